r"""Write the whole story of a vote as one HTML page.

Members and their vote with 95 % intervals, the curve over fewer members, the confusion matrix,
whose the errors are (ensemble-lab slices), what people said of labels (ensemble-lab review), every
error with its image and what each member says of it, and what the test set was asked before.
The page opens in any browser and asks nothing of any network. Examples:

\b
  ensemble-lab report RUN -o report.html
  ensemble-lab report RUN -o report.html --decision chosen.json
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.options import (
    DataDir,
    DecisionFile,
    Members,
    MetadataFiles,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
)
from ensemble_lab.cli.output import note_look

__all__ = ["command"]


def command(
    run: RunFolder,
    output: Annotated[Path, Option("-o", "--output", metavar="FILE", help="An html file.")],
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    metadata: MetadataFiles = [],  # noqa: B006
    data_dir: DataDir = None,
) -> None:
    """Write the whole story of a vote as one HTML page."""
    from ensemble_lab.workflows.report import save_report

    wanted = build_decision(rule, ties, decision, members)
    saved = save_report(
        run,
        output,
        split,
        wanted,
        members=tuple(members),
        metadata=tuple(metadata),
        data_dir=data_dir,
    )
    print(saved.path)
    note_look(saved.look)
