"""Write one table of all experiments, from their results.json files.

Beside what was measured stands what others state, and how they chose it. The figure shows
test errors against TFLOP of training.
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Argument, Option

__all__ = ["command"]


def command(
    folder: Annotated[Path, Argument(metavar="DIR", help="Holds the experiments' folders.")] = Path(
        "experiments"
    ),
    *,
    output: Annotated[Path, Option("-o", "--output", metavar="FILE", help="A Markdown file.")],
    figure: Annotated[
        Path | None,
        Option("--figure", metavar="FILE", help="A png, svg or pdf file.", show_default=False),
    ] = None,
) -> None:
    """Write one table of all experiments."""
    from ensemble_lab.workflows.summarise import save_summary

    save_summary(folder, output, figure=figure)
    print(output)
    if figure is not None:
        print(figure)
