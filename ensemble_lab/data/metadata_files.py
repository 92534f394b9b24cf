"""Tables about examples in people's own files: csv, parquet, and QMNIST's extended labels."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Index
from ensemble_lab.data.metadata import Column, Metadata, build_metadata
from ensemble_lab.data.sources.extended_labels import name_columns
from ensemble_lab.data.sources.idx import load_idx_int32
from ensemble_lab.exceptions import DataError, MissingExtraError

__all__ = ["MetadataFile", "load_metadata_file"]

_INDEX = "index"
_PANDAS_INDEX = "__index_level_0__"
"""What pandas calls an index without a name in a parquet file."""
_N_EXTENDED = 8
_BLOCK_ROWS = 10_000
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_CODE = re.compile(r"-?0[0-9]")
"""A number that is written as a name is, such as 007."""


@dataclass(frozen=True, eq=False)
class MetadataFile:
    """What a file says of examples.

    Attributes
    ----------
    path : Path
    metadata : Metadata
    is_in_order : bool
        Whether the file names no indices, and its rows are the split's examples in their order.
    """

    path: Path
    metadata: Metadata
    is_in_order: bool


@dataclass(frozen=True)
class _Reader:
    """How one kind of file is read.

    Attributes
    ----------
    load : function (path) -> columns
    is_longer : bool
        Whether rows may follow those of the split, about other examples.
    """

    load: Callable[[Path], list[Column]]
    is_longer: bool = False


def load_metadata_file(path: Path | str, n_examples: int) -> MetadataFile:
    """Return the columns of a file about the examples of a published split.

    The column ``index`` says which examples the rows are about, in any order; some may be missing.
    Without one, a table has a row for each example of the split as published, in its order.
    QMNIST's label files have no such column, and may go on behind MNIST's examples; they bring
    ``label`` and what `ensemble_lab.data.loading.load_metadata` names.

    In a csv file, a column of whole numbers is one, unless a number begins with a needless zero;
    so is one of numbers; any other is text as written. An empty cell is not known, nor is a number
    that is not finite.

    Parameters
    ----------
    path : path
        Ends in ``.csv``, ``.parquet``, ``idx2-int`` or ``idx2-int.gz``.
    n_examples : int
        Of the split as published.

    Raises
    ------
    DataError
        No such file, one that ends otherwise or is damaged, no column, a column without a name or
        twice, an index that is none or comes twice, or rows that are not those of the split.
    MissingExtraError
        A parquet file without pyarrow.
    """
    path = Path(path)
    ending = next((each for each in _READERS if path.name.lower().endswith(each)), None)
    if ending is None:
        raise DataError(f"metadata file must end in {', '.join(_READERS)}; got {path}.")
    if path.exists() and not path.is_file():
        raise DataError(f"metadata file must be a file; got a folder or a device, {path}.")
    reader = _READERS[ending]
    try:
        columns = reader.load(path)
    except OSError as error:
        cause = error.strerror or str(error).rstrip(".")
        raise DataError(f"metadata file must be readable; got {cause}, in {path}.") from error
    try:
        return _place_rows(path, columns, n_examples, is_longer=reader.is_longer)
    except DataError as error:
        raise DataError(f"{str(error).rstrip('.')}, in {path}.") from None


def _place_rows(
    path: Path, columns: list[Column], n_examples: int, *, is_longer: bool
) -> MetadataFile:
    """Return the columns with the indices that their rows are about."""
    named = [column for column in columns if column.name == _INDEX]
    others = [column for column in columns if column.name != _INDEX]
    if not others or not len(others[0].values):
        raise DataError("metadata must have a column besides index, and rows; got none")
    if named:
        column = named[0]
        if column.is_known is not None:
            row = int(np.flatnonzero(~column.is_known)[0])
            raise DataError(f"index must be there in every row; got none in row {row + 1}")
        if column.values.dtype.kind in "iu":
            _refuse_repeats(column.values)
        return MetadataFile(path, build_metadata(column.values, others), is_in_order=False)
    n_rows = len(others[0].values)
    if n_rows != n_examples and not (is_longer and n_rows > n_examples):
        raise DataError(
            f"a table without a column 'index' must have a row for each of the {n_examples:,} "
            f"examples as published; got {n_rows:,} rows"
        )
    index = np.arange(n_examples)
    metadata = build_metadata(index, [column.take(index) for column in others])
    return MetadataFile(path, metadata, is_in_order=True)


def _refuse_repeats(index: Index) -> None:
    values, counts = np.unique(index, return_counts=True)
    if (counts > 1).any():
        raise DataError(f"index must name each example once; got {values[counts > 1][0]} twice")


def _load_csv(path: Path) -> list[Column]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            names = [name.strip() for name in next(rows, [])]
            if not names:
                raise DataError(f"csv file must begin with a header; got none, in {path}.")
            _check_names(names, path)
            columns = _read_rows(rows, len(names), path)
    except UnicodeDecodeError as error:
        raise DataError(f"csv file must be UTF-8; got {error.reason}, in {path}.") from error
    except csv.Error as error:
        raise DataError(f"csv file must be well formed; got {error}, in {path}.") from error
    return [_parse_cells(name, cells) for name, cells in zip(names, columns, strict=True)]


def _read_rows(rows: Iterator[list[str]], n_columns: int, path: Path) -> list[list[str]]:
    """Return the cells of each column; empty lines may stand at the end alone."""
    columns: list[list[str]] = [[] for _ in range(n_columns)]
    n_before = n_empty = 0
    # Blocks keep the rows short-lived: a million lists at once would be slow to look after.
    while block := list(islice(rows, _BLOCK_ROWS)):
        for number, row in enumerate(block, n_before + 1):
            if len(row) == n_columns and not n_empty:
                continue
            if row:
                got = f"{len(row)}" if not n_empty else "an empty line"
                raise DataError(
                    f"row must have the {n_columns} columns of the header; got {got}, in {path}, "
                    f"row {number - n_empty}."
                )
            n_empty += 1
        n_before += len(block)
        for cells, more in zip(columns, zip(*filter(None, block), strict=True), strict=False):
            cells.extend(map(str.strip, more))
    return columns


def _check_names(names: list[str], path: Path) -> None:
    for place, name in enumerate(names):
        if not name:
            raise DataError(
                f"columns must have names; column {place + 1} has none, in {path}. Name it index "
                "if it says which examples the rows are about."
            )
        if name in names[:place]:
            raise DataError(f"columns must differ in name; got {name!r} twice, in {path}.")


def _parse_cells(name: str, cells: list[str]) -> Column:
    """Return a column of whole numbers, else of numbers, else of text."""
    texts = np.array(cells, object)
    is_known = texts != ""
    known = texts[is_known].tolist()
    values: Array
    if known and all(map(_WHOLE.fullmatch, known)):
        values = np.zeros(len(cells), np.int64)
        values[is_known] = [int(cell) for cell in known]
        return _column(name, values, is_known)
    if known and not any(map(_CODE.match, known)):
        values = np.full(len(cells), np.nan)
        try:
            values[is_known] = [float(cell) for cell in known]
        except ValueError:
            return _column(name, texts, is_known)
        return _column(name, values, is_known & np.isfinite(values))
    return _column(name, texts, is_known)


def _column(name: str, values: Array, is_known: Booleans) -> Column:
    return Column(name, values, None if is_known.all() else is_known)


def _load_parquet(path: Path) -> list[Column]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError(
            f"a parquet file needs pyarrow, in {path}. Install it with: "
            "pip install 'ensemble-lab[parquet]'"
        ) from None
    try:
        # One thread: those that pyarrow starts outlive the table.
        with path.open("rb") as file:
            table = parquet.ParquetFile(file).read(use_threads=False)
    except pyarrow.ArrowException as error:
        cause = str(error).splitlines()[0].rstrip(".") or type(error).__name__
        raise DataError(f"parquet file must be whole; got {cause}, in {path}.") from error
    has_index = _INDEX in table.column_names
    names = [
        _INDEX if name == _PANDAS_INDEX and not has_index else name for name in table.column_names
    ]
    _check_names(names, path)
    return [_take_arrow(name, table.column(at), path) for at, name in enumerate(names)]


def _take_arrow(name: str, cells: Any, path: Path) -> Column:
    """Return a column of parquet: numbers as numbers, all else as text."""
    import pyarrow
    from pyarrow import types

    is_known = ~np.asarray(cells.is_null().to_numpy(), np.bool_)
    kind = cells.type
    if types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        raise DataError(f"column {name!r} must hold numbers or text; got {kind}, in {path}.")
    if types.is_integer(kind):
        try:
            whole = cells.cast(pyarrow.int64()).fill_null(0).to_numpy()
        except pyarrow.ArrowInvalid:
            raise DataError(
                f"column {name!r} must hold numbers below 2**63; got {kind}, in {path}."
            ) from None
        return _column(name, np.asarray(whole, np.int64), is_known)
    if types.is_floating(kind) or types.is_decimal(kind):
        values = np.asarray(cells.cast(pyarrow.float64()).to_numpy(), np.float64)
        return _column(name, values, is_known & np.isfinite(values))
    try:
        texts = ["" if cell is None else str(cell) for cell in cells.to_pylist()]
    except (OverflowError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(
            f"column {name!r} must hold what Python can name; got {kind} and {error}, in {path}."
        ) from None
    return _column(name, np.array(texts, object), is_known)


def _load_extended(path: Path) -> list[Column]:
    table = load_idx_int32(path, "examples columns")
    if table.shape[1] != _N_EXTENDED:
        raise DataError(
            f"extended labels must have {_N_EXTENDED} columns; got shape {table.shape}, in {path}."
        )
    label = Column("label", table[:, 0].astype(np.int64))
    return [label, *name_columns(table, np.arange(len(table))).columns]


_READERS: Mapping[str, _Reader] = {
    ".csv": _Reader(_load_csv),
    ".parquet": _Reader(_load_parquet),
    "idx2-int": _Reader(_load_extended, is_longer=True),
    "idx2-int.gz": _Reader(_load_extended, is_longer=True),
}
"""How a name ends, and how the file is read."""
