"""The catalogue of a vote as a SQLite file, for questions in SQL from any language."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.errors.rows import ROW_NAMES
from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.store.files import one_line, replacing
from ensemble_lab.store.predictions import Predictions
from ensemble_lab.workflows.export_files import Contents

__all__ = ["write_sqlite"]

_TYPES = {
    "pair": "TEXT",
    "gap": "REAL",
    "margin": "REAL",
    "confidence": "REAL",
    "p_predicted": "REAL",
    "p_label": "REAL",
    "wrong_members": "TEXT",
}
"""Of the columns of the query that are no whole numbers."""
_BLOCK_EXAMPLES = 1 << 14


def write_sqlite(path: Path, contents: Contents) -> None:
    """Write tables ``errors``, ``votes``, ``about`` and, where labels are asked for, ``labels``.

    ``errors`` has a row an error and the columns of the query: booleans as 0 and 1, NULL where
    only votes are known, ``wrong_members`` as a JSON list. ``votes`` has a row for each example
    and member, errors or not.

    Raises
    ------
    StoreError
        The file could not be written; what was there before is kept.
    """
    if contents.catalogue is None:
        raise PredictionError("a SQLite file must hold a catalogue; got predictions alone.")
    with replacing(path) as partial:
        partial.unlink(missing_ok=True)
        try:
            # Nothing to roll back to: the file is put in place when it is whole.
            with closing(sqlite3.connect(partial, isolation_level=None)) as base:
                base.execute("PRAGMA journal_mode = OFF")
                base.execute("BEGIN")
                _fill(base, contents, contents.catalogue)
                base.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(
                f"{path} could not be written: {one_line(error)}. What was there before is kept."
            ) from error


def _fill(base: sqlite3.Connection, contents: Contents, catalogue: Catalogue) -> None:
    names = ", ".join(f'"{name}" {_TYPES.get(name, "INTEGER")}' for name in ROW_NAMES)
    base.execute(f'CREATE TABLE errors ({names}, PRIMARY KEY ("index"))')
    marks = ", ".join("?" * len(ROW_NAMES))
    base.executemany(f"INSERT INTO errors VALUES ({marks})", _list_errors(catalogue))
    base.execute(
        'CREATE TABLE votes ("index" INTEGER, member TEXT, vote INTEGER, '
        'PRIMARY KEY ("index", member)) WITHOUT ROWID'
    )
    base.executemany("INSERT INTO votes VALUES (?, ?, ?)", _list_votes(contents.predictions))
    if contents.labels is not None:
        base.execute('CREATE TABLE labels ("index" INTEGER PRIMARY KEY, label INTEGER)')
        index = contents.predictions.index.tolist()
        rows = zip(index, contents.labels.tolist(), strict=True)
        base.executemany("INSERT INTO labels VALUES (?, ?)", rows)
    base.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)")
    base.executemany("INSERT INTO about VALUES (?, ?)", _describe(contents, catalogue).items())


def _list_errors(catalogue: Catalogue) -> Iterator[tuple[Any, ...]]:
    for row in catalogue.to_rows():
        values: dict[str, Any] = dict(row)
        yield tuple(
            json.dumps(values[name]) if name == "wrong_members" else values[name]
            for name in ROW_NAMES
        )


def _list_votes(predictions: Predictions) -> Iterator[tuple[int, str, int]]:
    for block in predictions.blocks(_BLOCK_EXAMPLES):
        for index, votes in zip(block.index.tolist(), block.votes.T.tolist(), strict=True):
            for member, vote in zip(block.members, votes, strict=True):
                yield index, member, vote


def _describe(contents: Contents, catalogue: Catalogue) -> dict[str, str]:
    return {
        "run": contents.run,
        "split": catalogue.split,
        "examples": str(len(contents.predictions.index)),
        "errors": str(len(catalogue)),
        "members": json.dumps(list(catalogue.members)),
        "decision": catalogue.decision.text,
    }
