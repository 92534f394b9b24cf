r"""Count the errors of k members' votes, for every k.

The k members are drawn from the run's without replacement, and vote by majority. Expected errors
are exact, with ties settled at random; low and high have all ties right and all wrong; sd is over
2,000 orders of the members. It describes subsets of this pool: near its right end all subsets
are nearly the same, and committees trained afresh differ more.

--by example tells of each example that some member gets wrong the chance that k members err, and
whether more members would mend it: irreducible at 95 % where the strongest wrong class beats the
label among the members by a one-sided sign test, else undecided with so many members. Examples:

\b
  ensemble-lab curve RUN
  ensemble-lab curve RUN --members 'light-*' -o curve.png
  ensemble-lab curve RUN --split test --by example
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import (
    FigureFile,
    Members,
    OwnSplit,
    RunFolder,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import (
    DataFormat,
    DataFormatName,
    note_look,
    render_csv,
    render_json_rows,
    render_table,
)
from ensemble_lab.cli.verdict_table import render_verdicts
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.curve import CurveReport

__all__ = ["command"]

_COLUMNS = ("k", "expected", "low", "high", "sd", "n_orders")
_MOST_ROWS = 25
"""More members than these, and the table leaves sizes out."""


def command(
    run: RunFolder,
    split: OwnSplit = None,
    members: Members = [],  # noqa: B006 - read, never written
    by: Annotated[
        Literal["size", "example"],
        Option("--by", help="Errors for every k, or a verdict for every example."),
    ] = "size",
    size: Annotated[
        int | None,
        Option(
            "--size",
            min=1,
            metavar="K",
            help="Members of the vote, by example; half of them unless given.",
            show_default=False,
        ),
    ] = None,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Count the errors of k members' votes, for every k."""
    from ensemble_lab.workflows.curve import build_curve, save_curve

    refuse_format_of_figure(output, format)
    patterns = tuple(members)
    if by == "example":
        _show_verdicts(run, split, size, patterns, output, format)
        return
    if size is not None:
        raise UsageError("every k is told by size; leave out --size or add --by example")
    if output is not None:
        report = save_curve(run, output, split, members=patterns)
        print(output)
    else:
        report = build_curve(run, split, members=patterns)
        rows = _list_rows(report)
        if format == "json":
            print(render_json_rows(rows))
        elif format == "csv":
            print(render_csv(rows, _COLUMNS))
        else:
            print(_render(report, rows))
    note_look(report.look)


def _show_verdicts(
    run: Path,
    split: str | None,
    size: int | None,
    members: tuple[str, ...],
    output: Path | None,
    format: DataFormatName,
) -> None:
    from ensemble_lab.workflows.verdicts import judge_run

    if output is not None:
        raise UsageError("the verdicts have no figure; leave out -o or --by example")
    report = judge_run(run, split, k=size, members=members)
    print(render_verdicts(report, format))
    note_look(report.look)


def _list_rows(report: "CurveReport") -> list[dict[str, Any]]:
    curve = report.curve
    columns = zip(
        *(getattr(curve, name).tolist() for name in ("k", "expected", "low", "high", "sd")),
        strict=True,
    )
    return [dict(zip(_COLUMNS, (*row, curve.n_orders), strict=True)) for row in columns]


def _render(report: "CurveReport", rows: list[dict[str, Any]]) -> str:
    sizes = set(choose_sizes(len(rows)))
    table = [
        {
            "members": row["k"],
            "errors": f"{row['expected']:.1f}",
            "sd": f"{row['sd']:.1f}",
            "ties right": f"{row['low']:.1f}",
            "ties wrong": f"{row['high']:.1f}",
        }
        for row in rows
        if row["k"] in sizes
    ]
    left_out = "" if len(sizes) == len(rows) else "; --format json has every size"
    count = render_count(len(rows), "member")
    return (
        f"{render_table(table, list(table[0]), to_right=list(table[0]))}\n"
        f"{report.curve.n_examples:,} examples of {report.split}; majority of subsets of "
        f"{count}{left_out}"
    )


def choose_sizes(n_members: int) -> list[int]:
    """Return the sizes that a table shows: all of a few, else some that grow, and the last.

    Examples
    --------
    >>> choose_sizes(4)
    [1, 2, 3, 4]
    >>> choose_sizes(64)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50, 64]
    """
    if n_members <= _MOST_ROWS:
        return list(range(1, n_members + 1))
    steps = [*range(1, 11), 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700]
    return [*(size for size in steps if size < n_members), n_members]
