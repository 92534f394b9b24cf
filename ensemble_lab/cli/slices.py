r"""Say which examples the errors belong to.

The error rate of every value of every column: the label, who wrote the digit where that is known
(MNIST and QMNIST: series 4 are NIST's students, the others its employees), and whatever a file
says by index. A csv or parquet file has a column index, or a row for each example as published;
QMNIST's label files are read as they are. Each slice is compared with all other examples by
Fisher's exact test, adjusted by Holm over the slices of its column; the interval is Wilson's. Where
writers are known and a column is made of whole writers, as series is, a permutation test keeps
each writer's examples together. Numbers are divided at
their quartiles where they are many (--bins NAME=0 leaves each by itself). Examples:

\b
  ensemble-lab slices RUN
  ensemble-lab slices RUN --metadata who.csv --column age --bins age=5
  ensemble-lab slices RUN --split train-oof -o slices.png
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import (
    DataDir,
    DecisionFile,
    FigureFile,
    Members,
    MetadataFiles,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import (
    DataFormat,
    note,
    note_look,
    render_csv,
    render_json,
    render_sentence,
    render_share,
    render_table,
)
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import parse_whole, render_count

if TYPE_CHECKING:
    from ensemble_lab.errors.slices import ColumnSlices, Slice
    from ensemble_lab.workflows.slice_columns import Bins
    from ensemble_lab.workflows.slices import SliceReport

__all__ = ["command"]

_MOST_ROWS = 10
_WIDTH = 80
_COLUMNS = ("value", "examples", "errors", "rate", "95 %", "p", "Holm")

_Columns = Annotated[
    list[str],
    Option(
        "--column",
        metavar="NAME",
        help="Only slices of this column; may be repeated.",
        show_default=False,
    ),
]
_BinTexts = Annotated[
    list[str],
    Option(
        "--bins",
        metavar="NAME=K",
        help="Divide a column of numbers into K bins; 0 for each value by itself.",
        show_default=False,
    ),
]
_Cluster = Annotated[
    str | None,
    Option(
        "--cluster",
        metavar="COLUMN",
        help="What is alike as a whole; writer where it is known.",
        show_default=False,
    ),
]


def command(
    run: RunFolder,
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    metadata: MetadataFiles = [],  # noqa: B006
    column: _Columns = [],  # noqa: B006
    bins: _BinTexts = [],  # noqa: B006
    min_size: Annotated[
        int,
        Option("--min-size", min=1, metavar="N", help="Examples that a slice must have."),
    ] = 1,
    cluster: _Cluster = None,
    limit: Annotated[
        int | None,
        Option(
            "--limit",
            min=1,
            metavar="N",
            help=f"At most N slices of a column; {_MOST_ROWS} in tables and figures unless given.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Say which examples the errors belong to."""
    refuse_format_of_figure(output, format)
    divided = _parse_bins(bins)
    from ensemble_lab.workflows.slice_columns import SliceQuestion
    from ensemble_lab.workflows.slices import build_slices, save_slices

    question = SliceQuestion(
        split=split,
        decision=build_decision(rule, ties, decision, members),
        members=tuple(members),
        metadata=tuple(metadata),
        columns=tuple(column),
        bins=divided,
        min_size=min_size,
        cluster=cluster,
    )
    if output is not None:
        report = save_slices(run, output, question, limit=limit, data_dir=data_dir)
        print(output)
    else:
        report = build_slices(run, question, data_dir=data_dir)
        print(_show(report, format, limit))
    for text in report.notes:
        note(text)
    note_look(report.look)


def _parse_bins(texts: list[str]) -> tuple["Bins", ...]:
    """Return what ``NAME=K`` asks for.

    Examples
    --------
    >>> _parse_bins(["age=4"])
    (Bins(column='age', n_bins=4),)
    """
    from ensemble_lab.workflows.slice_columns import Bins

    parsed = []
    for text in texts:
        name, equals, number = text.rpartition("=")
        if not equals or not name:
            raise UsageError(f"--bins must be NAME=K, such as age=4; got {text!r}")
        parsed.append(Bins(name, parse_whole(number, name="bins", error=PredictionError)))
    return tuple(parsed)


def _show(report: "SliceReport", format: str, limit: int | None) -> str:
    if format == "json":
        return render_json(_list_values(report, limit))
    if format == "csv":
        rows = [
            {"column": found.column, **asdict(each)}
            for found in report.columns
            for each in found.slices[:limit]
        ]
        from ensemble_lab.errors.slices import Slice

        return render_csv(rows, ["column", *Slice.__dataclass_fields__])
    return _render(report, _MOST_ROWS if limit is None else limit)


def _list_values(report: "SliceReport", limit: int | None) -> dict[str, Any]:
    from ensemble_lab.workflows.slices_text import tell_slices

    values = asdict(report)
    del values["look"]
    for column in values["columns"]:
        column["slices"] = column["slices"][:limit]
    return values | {
        "decision": report.decision.to_json(),
        "sentences": list(tell_slices(report)),
    }


def _render(report: "SliceReport", limit: int) -> str:
    from ensemble_lab.workflows.slices_text import tell_slices

    parts = [
        f"{_render_column(found, limit)}\n{render_sentence(text)}"
        for found, text in zip(report.columns, tell_slices(report), strict=True)
    ]
    errors = render_count(report.errors, "error")
    parts.append(
        render_sentence(
            f"{errors} in {report.n_examples:,} examples of {report.split}, "
            f"{render_share(report.errors / report.n_examples)}; vote of "
            f"{len(report.decision.members)}, {report.decision.text}; rates with 95 % Wilson "
            "intervals, exact tests against the rest, Holm within each column"
        )
    )
    return "\n\n".join(parts)


def _render_column(found: "ColumnSlices", limit: int) -> str:
    from ensemble_lab.workflows.significance_text import render_p

    rows = [_row(each) for each in found.slices[:limit]]
    others = [name for name in _COLUMNS if name != "value"]
    widths = [max([len(name), *(len(row[name]) for row in rows)]) for name in others]
    room = _WIDTH - sum(2 + width for width in widths)
    # The column's name heads its values.
    name = f"column {found.column}" if found.column in others else found.column
    head = _shorten(name, room)
    table = [{head: _shorten(row["value"], room), **row} for row in rows]
    lines = [render_table(table, [head, *others], to_right=others)]
    n_more = len(found.slices) - len(rows)
    if n_more:
        least = found.slices[limit].p_holm
        p = "1" if least >= 1 else f"{render_p(least)} and up"
        lines.append(f"and {n_more:,} more, Holm {p}")
    if found.n_small:
        lines.append(
            f"not tested for being small: {found.n_small:,} with {found.n_small_examples:,} "
            "examples in all"
        )
    return "\n".join(lines)


def _row(each: "Slice") -> dict[str, str]:
    from ensemble_lab.workflows.significance_text import render_p

    cells = (
        each.value,
        f"{each.n_examples:,}",
        f"{each.errors:,}",
        f"{100 * each.rate:.2f} %",
        f"{100 * each.low:.2f} to {100 * each.high:.2f}",
        render_p(each.p),
        render_p(each.p_holm),
    )
    return dict(zip(_COLUMNS, cells, strict=True))


def _shorten(text: str, width: int) -> str:
    """Return a text of at most so many letters: its end may tell it apart as its beginning does.

    Examples
    --------
    >>> _shorten("a-very-long-name-of-a-column", 14)
    'a-very-…column'
    """
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    n_last = (width - 1) // 2
    return f"{text[: width - 1 - n_last]}…{text[len(text) - n_last :]}"
