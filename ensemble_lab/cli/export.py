r"""Write predictions or errors for other programs.

\b
  npz             index, members, votes, probabilities
  csv             a row an example and member: index, member, vote, p0 ...
  parquet, json   the same
  sqlite, db      tables errors (columns of ensemble-lab errors), votes, about

The format is that of FILE's ending. Labels go out when asked for with --labels, and with the errors
of a vote; that is a look at a test set and enters the ledger. Predictions alone are none. Examples:

\b
  ensemble-lab export RUN -o predictions.parquet
  ensemble-lab export RUN -o errors.sqlite --rule mean-probability
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.options import (
    DecisionFile,
    Members,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
)
from ensemble_lab.cli.output import note, note_look

__all__ = ["command"]


def command(
    run: RunFolder,
    output: Annotated[
        Path,
        Option(
            "-o", "--output", metavar="FILE", help="A npz, csv, parquet, json, sqlite or db file."
        ),
    ],
    split: SplitName = "test",
    members: Members = [],  # noqa: B006 - read, never written
    labels: Annotated[
        bool, Option("--labels", help="The labels of all examples too; a look.")
    ] = False,
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    decision: DecisionFile = None,
) -> None:
    """Write predictions or errors for other programs."""
    from ensemble_lab.workflows.export import export_run

    wanted = build_decision(rule, ties, decision, members)
    report = export_run(run, output, split, wanted, members=tuple(members), labels=labels)
    print(report.path)
    if not report.has_probabilities:
        note("no probabilities are in it: some member has votes alone; name others with --members")
    note_look(report.look)
