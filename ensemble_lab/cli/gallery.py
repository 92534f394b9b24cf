r"""Draw the examples that the vote gets wrong.

One tile an example: image, index, label and chosen class, confidence gap, votes. Takes the
conditions of ensemble-lab errors. Many errors fill several pages: errors-1.png, errors-2.png …,
or one PDF.

An html file is one page for any browser, which asks nothing of any network: filter by confusion,
gap, votes, members, what is known of the examples and what people said of their labels (--metadata,
ensemble-lab review), sort, mark, and see what each member says of an image. Examples:

\b
  ensemble-lab gallery RUN -o errors.png
  ensemble-lab gallery RUN -o errors.html --min-gap 0.5
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.options import DataDir, MetadataFiles, RunFolder
from ensemble_lab.cli.output import note_look
from ensemble_lab.cli.question import takes_question
from ensemble_lab.workflows.question import Question

__all__ = ["command"]


@takes_question
def command(
    run: RunFolder,
    output: Annotated[
        Path,
        Option("-o", "--output", metavar="FILE", help="A png, svg, pdf or html file."),
    ],
    question: Question,
    metadata: MetadataFiles = [],  # noqa: B006 - read, never written
    data_dir: DataDir = None,
) -> None:
    """Draw the examples that the vote gets wrong."""
    from ensemble_lab.workflows.gallery import save_gallery

    drawn = save_gallery(run, question, output, metadata=tuple(metadata), data_dir=data_dir)
    for path in drawn.paths:
        print(path)
    note_look(drawn.look)
