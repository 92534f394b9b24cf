r"""Count which classes are taken for which.

The confusion matrix of the vote, or of one member: rows are labels, columns predicted classes.
Right answers stand in a column of their own, where they cannot hide the errors. A matrix that
is too wide for the terminal is replaced by its largest cells and the classes with most errors;
a figure, json and csv hold all of it. Examples:

\b
  ensemble-lab confusion RUN --member cnn3-0001 --split validation
  ensemble-lab confusion RUN --normalise -o confusion.png

The examples behind a cell: ensemble-lab errors RUN --pair 4:9.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.matrix import render_confusion
from ensemble_lab.cli.options import (
    DecisionFile,
    FigureFile,
    Members,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import (
    DataFormat,
    note_look,
    render_csv,
    render_json,
)

if TYPE_CHECKING:
    from ensemble_lab.analysis.confusion import Confusion

__all__ = ["command"]


def command(
    run: RunFolder,
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    member: Annotated[
        str | None,
        Option("--member", metavar="KEY", help="What this member alone says.", show_default=False),
    ] = None,
    normalise: Annotated[
        bool,
        Option("--normalise", help="Percent of each label's examples in place of counts."),
    ] = False,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Count which classes are taken for which."""
    from ensemble_lab.workflows.confusion import count_confusion, save_confusion

    if member is not None and (members or decision is not None):
        others = "--members" if members else "--decision"
        raise UsageError(f"--member is the only one to speak; leave out {others}")
    refuse_format_of_figure(output, format)
    asked = (split, build_decision(rule, ties, decision, members))
    patterns = tuple(members) if member is None else (_check_member(run, member),)
    if output is not None:
        confusion = save_confusion(run, output, *asked, members=patterns, normalise=normalise)
        print(output)
    else:
        confusion = count_confusion(run, *asked, members=patterns)
        if format == "json":
            print(render_json(_to_json(confusion, normalise=normalise)))
        elif format == "csv":
            print(_render_matrix_csv(confusion, normalise=normalise))
        else:
            print(render_confusion(confusion, normalise=normalise))
    note_look(confusion.look)


def _check_member(run: Path, key: str) -> str:
    """Return the key: a pattern of several is none, and its vote would be another thing."""
    from ensemble_lab.store.run import open_run

    return open_run(run).member(key).key


def _to_json(confusion: "Confusion", *, normalise: bool) -> dict[str, Any]:
    from ensemble_lab.analysis.confusion import rank_pairs

    counts = confusion.counts
    return {
        "split": confusion.split,
        "n_examples": confusion.n_examples,
        "errors": confusion.n_errors,
        "rule": confusion.decision.rule,
        "tie_policy": confusion.decision.tie_policy,
        "members": list(confusion.decision.members),
        "class_names": list(confusion.class_names),
        "counts": counts.tolist(),
        **({"shares": confusion.shares.tolist()} if normalise else {}),
        "pairs": [
            {"label": label, "predicted": predicted, "count": int(counts[label, predicted])}
            for label, predicted in rank_pairs(counts).tolist()
        ],
    }


def _render_matrix_csv(confusion: "Confusion", *, normalise: bool) -> str:
    values = (confusion.shares if normalise else confusion.counts).tolist()
    columns = [str(number) for number in range(len(values))]
    rows = [
        {"label": label, **dict(zip(columns, row, strict=True))} for label, row in enumerate(values)
    ]
    return render_csv(rows, ["label", *columns])
