"""Rows for which a condition in SQL holds, on a table in memory that nothing else can be asked of.

`ensemble_lab.errors.condition` reads every word first. The rest here is a second wall around
SQLite: leave to read one table and to call a short list of functions, and bounds of size and time.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ensemble_lab.arrays import Index
from ensemble_lab.errors.condition import FUNCTIONS, TABLE, Condition, parse_condition
from ensemble_lab.errors.pairs import render_pair
from ensemble_lab.exceptions import PredictionError

if TYPE_CHECKING:
    import sqlite3

    from ensemble_lab.errors.table import Catalogue

__all__ = ["COLUMNS", "Column", "find_rows", "read_condition"]

_BLOCK_ROWS = 65_536
_STEPS_PER_ROW = 2_000
"""Of SQLite's virtual machine; the dearest conditions of 2,000 letters that were tried take 400."""
_STEPS_PER_LOOK = 100_000
_MAX_BYTES = 1_000_000
"""Of one value; nothing that may be called makes a longer one of it."""


@dataclass(frozen=True)
class Column:
    """A registry row.

    Attributes
    ----------
    type : {"INTEGER", "REAL", "TEXT"}
        Counts are REAL, so that ``votes_for_label / 15`` is a share and not 0.
    values : callable
        From a catalogue, class names and a block of rows to one value for each row of the block.
    """

    type: Literal["INTEGER", "REAL", "TEXT"]
    values: Callable[["Catalogue", Sequence[str], slice], list[Any]]


def _plain(name: str, type: Literal["INTEGER", "REAL"]) -> Column:
    return Column(type, lambda rows, names, block: getattr(rows, name)[block].tolist())


def _name_classes(classes: Index, names: Sequence[str]) -> list[str]:
    largest = int(classes.max(initial=-1))
    if names and largest >= len(names):
        raise PredictionError(
            f"class_names must name every class; got {len(names)} names and class {largest}."
        )
    return [names[number] if names else str(number) for number in classes.tolist()]


def _count_wrong(rows: "Catalogue", names: Sequence[str], block: slice) -> list[int]:
    counts: list[int] = rows.wrong_members[block].sum(axis=1).tolist()
    return counts


def _render_pairs(rows: "Catalogue", names: Sequence[str], block: slice) -> list[str]:
    return list(map(render_pair, rows.label[block].tolist(), rows.predicted[block].tolist()))


def _name_labels(rows: "Catalogue", names: Sequence[str], block: slice) -> list[str]:
    return _name_classes(rows.label[block], names)


def _name_predicted(rows: "Catalogue", names: Sequence[str], block: slice) -> list[str]:
    return _name_classes(rows.predicted[block], names)


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "index": _plain("index", "INTEGER"),
        "label": _plain("label", "INTEGER"),
        "predicted": _plain("predicted", "INTEGER"),
        "pair": Column("TEXT", _render_pairs),
        "gap": _plain("gap", "REAL"),
        "margin": _plain("margin", "REAL"),
        "confidence": _plain("confidence", "REAL"),
        "p_predicted": _plain("p_predicted", "REAL"),
        "p_label": _plain("p_label", "REAL"),
        "votes_for_predicted": _plain("votes_for_predicted", "REAL"),
        "votes_for_label": _plain("votes_for_label", "REAL"),
        "tied": _plain("is_tied", "INTEGER"),
        "n_wrong": Column("REAL", _count_wrong),
        "label_name": Column("TEXT", _name_labels),
        "predicted_name": Column("TEXT", _name_predicted),
    }
)
"""What a condition may ask of a row, by the names of `Catalogue.to_rows` and three more:
``n_wrong`` members that did not choose the label, and the names of both classes."""


def read_condition(text: str) -> Condition:
    """Return a condition that SQLite understands, tried on a row of zeros.

    Raises
    ------
    PredictionError
        As `ensemble_lab.errors.condition.parse_condition`, or what SQLite says of the grammar.
    """
    numeric = [name for name, column in COLUMNS.items() if column.type != "TEXT"]
    condition = parse_condition(text, tuple(COLUMNS), numeric=numeric)
    zeros = ["" if COLUMNS[name].type == "TEXT" else 0 for name in condition.columns]
    with _asked(condition, [(0, *zeros)], 1) as found:
        list(found)
    return condition


def find_rows(rows: "Catalogue", condition: Condition, class_names: Sequence[str] = ()) -> Index:
    """Return the rows for which a condition holds, in their order.

    What is not known (probabilities, where there are only votes) is NULL, for which no comparison
    holds. Memory holds one block of rows, and of it only the columns that the condition reads.

    Parameters
    ----------
    rows : Catalogue
    condition : Condition
    class_names : sequence of str
        One for each class; numbers unless given.

    Returns
    -------
    rows : int64 (matches,)

    Raises
    ------
    PredictionError
        What cannot be worked out, such as a whole number above 2**63, or a class without a name.
    """
    columns = [COLUMNS[name] for name in condition.columns]
    found = []
    for start in range(0, len(rows), _BLOCK_ROWS):
        numbers = range(start, min(start + _BLOCK_ROWS, len(rows)))
        block = slice(start, numbers.stop)
        values = [map(_to_sql, column.values(rows, class_names, block)) for column in columns]
        with _asked(condition, zip(numbers, *values, strict=True), len(numbers)) as matches:
            found += [number for (number,) in matches]
    # SQL promises no order.
    return np.sort(np.array(found, np.int64))


def _to_sql(value: Any) -> Any:
    if isinstance(value, str):
        # A run's file may hold half a letter, which SQLite does not take.
        return value.encode("utf-8", "replace").decode("utf-8")
    # Only NaN differs from itself.
    return value if value == value else None


@contextlib.contextmanager
def _asked(
    condition: Condition, rows: Iterable[tuple[Any, ...]], n_rows: int
) -> Iterator["Iterator[tuple[int]]"]:
    """Give the numbers of the rows for which the condition holds; forget the table afterwards."""
    import sqlite3

    types = "".join(f', "{name}" {COLUMNS[name].type}' for name in condition.columns)
    places = ", ".join("?" * (1 + len(condition.columns)))
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE {TABLE} (row INTEGER PRIMARY KEY{types})")
            connection.executemany(f"INSERT INTO {TABLE} VALUES ({places})", rows)
            _confine(connection, n_rows=n_rows)
            yield connection.execute(f"SELECT row FROM {TABLE} WHERE {condition.sql}")
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            text = condition.text if len(condition.text) <= 60 else f"{condition.text[:60]}…"
            raise PredictionError(
                f"where must be a condition in SQL; got {text!r}: {_explain(str(error))}."
            ) from None


def _explain(words: str) -> str:
    if words == "interrupted":
        return "it takes too long"
    # The table's name is ours; nobody typed it.
    return words.replace(f'near "{TABLE}"', "near a column")


def _confine(connection: "sqlite3.Connection", *, n_rows: int) -> None:
    """Leave a connection nothing but to read the table, in bounded memory and time."""
    import sqlite3

    bounds = {
        sqlite3.SQLITE_LIMIT_LENGTH: _MAX_BYTES,
        sqlite3.SQLITE_LIMIT_SQL_LENGTH: 20_000,
        sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
        sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 1,
        sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 20,
        sqlite3.SQLITE_LIMIT_ATTACHED: 0,
        sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
        sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
        sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
        sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
    }
    for limit, value in bounds.items():
        connection.setlimit(limit, value)
    callable_names = {*FUNCTIONS, "like", "glob"}

    def allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        is_allowed = (
            action == sqlite3.SQLITE_SELECT
            or (action == sqlite3.SQLITE_READ and first == TABLE)
            or (action == sqlite3.SQLITE_FUNCTION and str(second).lower() in callable_names)
        )
        return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY

    looks_left = iter(range((n_rows + 1) * _STEPS_PER_ROW // _STEPS_PER_LOOK + 1))
    connection.set_authorizer(allow)
    # A handler that returns true stops SQLite.
    connection.set_progress_handler(lambda: next(looks_left, None) is None, _STEPS_PER_LOOK)
