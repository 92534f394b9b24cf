"""A writer for each ending that predictions can be exported in."""

import csv
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array, Labels
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import MissingExtraError, PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.files import replacing
from ensemble_lab.store.predictions import Predictions

__all__ = ["FORMATS", "Contents", "Format", "find_format"]

_BLOCK_NUMBERS = 1 << 20


@dataclass(frozen=True, eq=False)
class Contents:
    """What goes into a file.

    Attributes
    ----------
    run : str
        Its name.
    predictions : Predictions
    labels : int64 (examples,) or None
        Where they are asked for.
    catalogue : Catalogue or None
        Where the format holds one.
    """

    run: str
    predictions: Predictions
    labels: Labels | None = None
    catalogue: Catalogue | None = None


@dataclass(frozen=True)
class Format:
    """How one kind of file is written.

    Attributes
    ----------
    write : function (path, contents)
        Writes it whole or not at all.
    has_errors : bool
        Whether it holds the catalogue of a vote.
    package : str or None
        What must be installed for it.
    """

    write: Callable[[Path, Contents], None]
    has_errors: bool = False
    package: str | None = None


def find_format(path: Path) -> Format:
    """Return how a file of that ending is written.

    Raises
    ------
    PredictionError
        Another ending; lists them.
    MissingExtraError
        A package that it needs is not installed.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise PredictionError(
            f"an export must end in {', '.join(FORMATS)}; got {path}" + closest(ending, FORMATS)
        )
    package = FORMATS[ending].package
    if package is not None and importlib.util.find_spec(package) is None:
        raise MissingExtraError(
            f"{package} must be installed to write {path}; got none. Install it with: "
            f"pip install 'ensemble-lab[{ending}]'"
        )
    return FORMATS[ending]


def _write_npz(path: Path, contents: Contents) -> None:
    predictions = contents.predictions
    arrays: dict[str, Array] = {
        "index": predictions.index,
        "members": np.array(predictions.members),
        "votes": predictions.votes,
    }
    if predictions.probabilities is not None:
        arrays["probabilities"] = predictions.probabilities
    if contents.labels is not None:
        arrays["labels"] = contents.labels
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _write_csv(path: Path, contents: Contents) -> None:
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_name_columns(contents))
        for columns in _list_rows(contents):
            writer.writerows(zip(*(c.tolist() for c in columns.values()), strict=True))


def _write_json(path: Path, contents: Contents) -> None:
    """Write a list with one row a line."""
    names = _name_columns(contents)
    with replacing(path) as partial, partial.open("w", encoding="utf-8") as file:
        before = "[\n"
        for columns in _list_rows(contents):
            for row in zip(*(c.tolist() for c in columns.values()), strict=True):
                file.write(before + json.dumps(dict(zip(names, row, strict=True))))
                before = ",\n"
        file.write("\n]\n")


def _write_parquet(path: Path, contents: Contents) -> None:
    import pyarrow
    import pyarrow.parquet

    writer = None
    with replacing(path) as partial:
        try:
            for columns in _list_rows(contents):
                table = pyarrow.table(dict(columns))
                writer = writer or pyarrow.parquet.ParquetWriter(partial, table.schema)
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def _write_sqlite(path: Path, contents: Contents) -> None:
    from ensemble_lab.workflows.export_sqlite import write_sqlite

    write_sqlite(path, contents)


def _name_columns(contents: Contents) -> list[str]:
    return list(next(_list_rows(contents)))


def _list_rows(contents: Contents) -> Iterator[Mapping[str, Array]]:
    """Yield the columns of the long form by block: a row for each example and member."""
    predictions = contents.predictions
    members, n_members = np.array(predictions.members), len(predictions.members)
    n_classes = 1 if predictions.probabilities is None else predictions.n_classes
    step, start = max(1, _BLOCK_NUMBERS // (n_members * n_classes)), 0
    for block in predictions.blocks(step):
        n_examples = len(block.index)
        columns: dict[str, Array] = {"index": np.repeat(block.index, n_members)}
        if contents.labels is not None:
            labels = contents.labels[start : start + n_examples]
            columns["label"] = np.repeat(labels, n_members)
        columns["member"] = np.tile(members, n_examples)
        columns["vote"] = block.votes.T.reshape(-1)
        if block.probabilities is not None:
            rows = block.probabilities.transpose(1, 0, 2).reshape(-1, n_classes)
            columns |= {f"p{number}": column for number, column in enumerate(rows.T)}
        yield columns
        start += n_examples


FORMATS = {
    "npz": Format(_write_npz),
    "csv": Format(_write_csv),
    "parquet": Format(_write_parquet, package="pyarrow"),
    "json": Format(_write_json),
    "sqlite": Format(_write_sqlite, has_errors=True),
    "db": Format(_write_sqlite, has_errors=True),
}
"""Endings of files and how each is written."""
