"""Rows for which a condition in SQL holds, on a table in memory that nothing else can be asked of.

`ensemble_lab.errors.condition` reads every word first. The rest here is a second wall around
SQLite: leave to read one table and to call a short list of functions, and bounds of size and time.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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
        From a catalogue and class names to one value a row.
    """

    type: Literal["INTEGER", "REAL", "TEXT"]
    values: Callable[["Catalogue", Sequence[str]], list[Any]]


def _plain(name: str, type: Literal["INTEGER", "REAL"]) -> Column:
    return Column(type, lambda rows, names: getattr(rows, name).tolist())


def _name(classes: Index, names: Sequence[str]) -> list[str]:
    return [names[number] if names else str(number) for number in classes.tolist()]


def _pair(rows: "Catalogue", names: Sequence[str]) -> list[str]:
    return list(map(render_pair, rows.label.tolist(), rows.predicted.tolist()))


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "index": _plain("index", "INTEGER"),
        "label": _plain("label", "INTEGER"),
        "predicted": _plain("predicted", "INTEGER"),
        "pair": Column("TEXT", _pair),
        "gap": _plain("gap", "REAL"),
        "margin": _plain("margin", "REAL"),
        "confidence": _plain("confidence", "REAL"),
        "p_predicted": _plain("p_predicted", "REAL"),
        "p_label": _plain("p_label", "REAL"),
        "votes_for_predicted": _plain("votes_for_predicted", "REAL"),
        "votes_for_label": _plain("votes_for_label", "REAL"),
        "tied": _plain("is_tied", "INTEGER"),
        "n_wrong": _plain("n_wrong", "REAL"),
        "label_name": Column("TEXT", lambda rows, names: _name(rows.label, names)),
        "predicted_name": Column("TEXT", lambda rows, names: _name(rows.predicted, names)),
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
    condition = parse_condition(text, tuple(COLUMNS))
    zeros = ["" if COLUMNS[name].type == "TEXT" else 0 for name in condition.columns]
    with _asked(condition, [(0, *zeros)]) as found:
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
        What cannot be worked out, such as a whole number above 2**63.
    """
    columns = [COLUMNS[name].values(rows, class_names) for name in condition.columns]
    found = []
    for start in range(0, len(rows), _BLOCK_ROWS):
        numbers = range(start, min(start + _BLOCK_ROWS, len(rows)))
        block = [map(_to_sql, column[start : numbers.stop]) for column in columns]
        with _asked(condition, list(zip(numbers, *block, strict=True))) as matches:
            found += [number for (number,) in matches]
    return np.array(found, np.int64)


def _to_sql(value: Any) -> Any:
    if isinstance(value, str):
        # A run's file may hold half a letter, which SQLite does not take.
        return value.encode("utf-8", "replace").decode("utf-8")
    # Only NaN differs from itself.
    return value if value == value else None


@contextlib.contextmanager
def _asked(condition: Condition, rows: list[tuple[Any, ...]]) -> Iterator["Iterator[tuple[int]]"]:
    """Give the numbers of the rows for which the condition holds; forget the table afterwards."""
    import sqlite3

    types = "".join(f', "{name}" {COLUMNS[name].type}' for name in condition.columns)
    places = ", ".join("?" * (1 + len(condition.columns)))
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE {TABLE} (row INTEGER PRIMARY KEY{types})")
            connection.executemany(f"INSERT INTO {TABLE} VALUES ({places})", rows)
            _confine(connection, n_rows=len(rows))
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
