"""Rows to a table, JSON, CSV or bare indices: one way for all commands."""

import io
import json
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Option

if TYPE_CHECKING:
    from ensemble_lab.store.ledger import Look

__all__ = [
    "DataFormat",
    "DataFormatName",
    "Format",
    "RowFormat",
    "RowFormatName",
    "note",
    "note_look",
    "render_csv",
    "render_json",
    "render_json_rows",
    "render_sentence",
    "render_share",
    "render_table",
]


Format = Annotated[Literal["table", "json"], Option("--format", help="How to print.")]
DataFormatName = Literal["table", "json", "csv"]
DataFormat = Annotated[DataFormatName, Option("--format", help="How to print.")]
RowFormatName = Literal["table", "json", "csv", "indices"]
RowFormat = Annotated[RowFormatName, Option("--format", help="How to print.")]

Rows = Sequence[Mapping[str, Any]]


def render_json(values: Any) -> str:
    """Return JSON with unrounded numbers; NaN is refused, never printed."""
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)


def render_json_rows(rows: Rows) -> str:
    """Return a JSON list with one row a line; ``[]`` where there is none.

    Examples
    --------
    >>> print(render_json_rows([{"index": 1}, {"index": 7}]))
    [
    {"index": 1},
    {"index": 7}
    ]
    """
    lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def render_csv(rows: Rows, columns: Sequence[str]) -> str:
    """Return CSV with a header; lists are joined by spaces, absent values are empty."""
    import csv

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            " ".join(map(str, row[name])) if isinstance(row[name], list | tuple) else row[name]
            for name in columns
        )
    return text.getvalue().rstrip("\n")


def render_table(rows: Rows, columns: Sequence[str], *, to_right: Sequence[str] = ()) -> str:
    """Return aligned columns under their names: numbers to the right, words to the left.

    Columns of numbers that are written out already are named in `to_right`.

    Examples
    --------
    >>> rows = [{"key": "a", "errors": 9}, {"key": "bc", "errors": 12}]
    >>> print(render_table(rows, ["key", "errors"]))
    key  errors
    a         9
    bc       12
    """
    cells = [[_cell(row[name]) for name in columns] for row in rows]
    widths = [
        max(len(name), *(len(line[place]) for line in cells)) if cells else len(name)
        for place, name in enumerate(columns)
    ]
    is_right = [
        name in to_right
        or (bool(rows) and all(isinstance(row[name], int | float | None) for row in rows))
        for name in columns
    ]
    lines = [list(map(_tame, columns)), *cells]
    return "\n".join(
        "  ".join(
            word.rjust(width) if right else word.ljust(width)
            for word, width, right in zip(line, widths, is_right, strict=True)
        ).rstrip()
        for line in lines
    )


def render_sentence(text: str, *, first: str = "", indent: str = "") -> str:
    """Return a sentence in lines of at most 80 letters: what begins the first, and the others."""
    return textwrap.fill(
        _tame(text),
        80,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def render_share(share: float) -> str:
    """Return a share in percent, with as many digits as keep it from looking whole.

    Examples
    --------
    >>> render_share(0.9833), render_share(59_999 / 60_000), render_share(1.0)
    ('98.33 %', '99.998 %', '100.00 %')
    """
    digits = next((n for n in range(2, 12) if share == 1 or round(share, n + 2) < 1), 12)
    return f"{share * 100:.{digits}f} %"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:z.4f}"  # z: no minus before a zero
    return _tame(str(value))


# What moves a cursor, breaks a line or turns the letters around it: names and values come from
# people's files.
_UNRULY = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def _tame(text: str) -> str:
    return _UNRULY.sub("\N{REPLACEMENT CHARACTER}", text)


def note(text: str) -> None:
    """Say something beside the data: one line on stderr."""
    print(_tame(text), file=sys.stderr)


def note_look(look: "Look | None") -> None:
    """Say what number of look this was at its test set, and where it is kept if not in the run."""
    if look is None:
        return
    if look.kept == "nowhere":
        note("not recorded: the run is read-only, so its ledger was not written")
    if look.number is None:
        return
    place = f"look {look.number} on this test set"
    if look.is_repeat:
        place = f"look {look.number} of {look.n_looks} on this test set, taken before"
    if look.kept == "user":
        from ensemble_lab.store.ledger import find_user_ledger

        place += f"; the run is read-only, so it is kept in {find_user_ledger()}"
    note(place)
