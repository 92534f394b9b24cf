r"""Select members on validation.

\b
  greedy  members added one by one where they help most; bagged, weighted
  best    the member with the fewest errors
  top     the best few (--size)
  triple  the three whose majority makes the fewest errors; all are tried

The decision says what it was chosen on and among how many, wherever it goes. Its errors here are
too few, for it was chosen here; -o keeps it, and other commands score it on test. Examples:

\b
  ensemble-lab select RUN -o greedy.json
  ensemble-lab vote RUN --decision greedy.json
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import Members, OwnSplit, RunFolder
from ensemble_lab.cli.output import (
    DataFormat,
    note,
    note_look,
    render_csv,
    render_json,
    render_sentence,
    render_table,
)
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.select import SelectionReport

__all__ = ["command"]


def command(
    run: RunFolder,
    method: Annotated[
        str, Option("--method", metavar="NAME", help="greedy | best | top | triple.")
    ] = "greedy",
    size: Annotated[
        int | None,
        Option("--size", min=1, metavar="K", help="Members of top; default 5.", show_default=False),
    ] = None,
    split: OwnSplit = None,
    members: Members = [],  # noqa: B006 - read, never written
    seed: Annotated[int, Option("--seed", min=0, metavar="N", help="Of the bags of greedy.")] = 0,
    allow_test_selection: Annotated[
        bool,
        Option(
            "--allow-test-selection",
            help="Choose on a test split all the same; the decision will say so.",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write the decision, for --decision of other commands.",
            show_default=False,
        ),
    ] = None,
    format: DataFormat = "table",
) -> None:
    """Select members on validation."""
    from ensemble_lab.analysis.selection.methods import DEFAULT_SIZE
    from ensemble_lab.workflows.select import select

    if size is not None and method != "top":
        raise UsageError(f"--size is of --method top; {method} has none")
    report = select(
        run,
        method,
        split,
        size=size or DEFAULT_SIZE,
        members=tuple(members),
        seed=seed,
        allow_test_selection=allow_test_selection,
        path=output,
    )
    rows = _list_rows(report)
    if format == "json":
        print(render_json(_list_values(report)))
    elif format == "csv":
        print(render_csv(rows, list(rows[0])))
    else:
        print(_render(report, rows))
    if output is not None:
        note(f"saved {output}")
    note_look(report.look)


def _list_rows(report: "SelectionReport") -> list[dict[str, Any]]:
    members = report.decision.members
    weights = report.decision.weights or (None,) * len(members)
    rows = [
        {"member": key, "weight": weight, "errors": errors}
        for key, weight, errors in zip(members, weights, report.member_errors, strict=True)
    ]
    return rows if report.decision.weights else [_without_weight(row) for row in rows]


def _without_weight(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "weight"}


def _list_values(report: "SelectionReport") -> dict[str, Any]:
    return {
        "split": report.split,
        "method": report.method,
        "n_examples": report.n_examples,
        "errors": report.errors,
        "all_errors": report.all_errors,
        "n_members": report.n_members,
        "decision": report.decision.to_json(),
    }


def _render(report: "SelectionReport", rows: list[dict[str, Any]]) -> str:
    decision = report.decision
    members = render_count(report.n_members, "member")
    return (
        f"{render_table(rows, list(rows[0]))}\n"
        f"{decision.rule} of {len(rows)} of {members}, chosen on {decision.chosen_on} among "
        f"{decision.chosen_among:,}\n"
        + render_sentence(
            f"{report.errors} errors of {report.n_examples:,} examples of {report.split}, where "
            f"it was chosen; {members} make {report.all_errors}"
        )
    )
