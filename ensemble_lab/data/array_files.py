"""One array from a file of another program: a reader for each ending."""

import csv
import importlib.util
import itertools
import tokenize
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.data.sources.npz import load_arrays
from ensemble_lab.exceptions import DataError, MissingExtraError
from ensemble_lab.spelling import closest

__all__ = ["READERS", "ArrayFile", "load_array", "open_array"]

_NUMBERING = ("", "index", "member", "id", "imageid", "example", "row", "sample", "unnamed: 0")
"""Names of columns that tell rows apart; pandas writes one without a name."""
_NAMED = ("probabilities", "logits", "votes")
"""Which array of several in an npz file is meant, where one of them alone is there."""
_MOST_NAMED = 8
_UNREADABLE = (
    EOFError,
    MemoryError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
)
"""What NumPy raises on what is no npy file; it reads an old header with tokenize."""


@dataclass(frozen=True, eq=False)
class ArrayFile:
    """An array and where it comes from.

    Attributes
    ----------
    path : Path
    values : ndarray
        As in the file; of an npy file mapped from the disk and read when it is looked at.
    first_line : int or None
        Line of the first row, from 1; None where the file has no lines.
    names : tuple of str
        Of the columns; empty where the file has none.
    """

    path: Path
    values: Array
    first_line: int | None = None
    names: tuple[str, ...] = ()

    def place(self, row: int) -> str:
        """Return a row in words: ``row 3`` counts from 0, a line as an editor shows it.

        Examples
        --------
        >>> ArrayFile(Path("a.csv"), np.zeros((9, 2)), first_line=2).place(3)
        'row 3 (line 5)'
        """
        line = "" if self.first_line is None else f" (line {self.first_line + row})"
        return f"row {row}{line}"


def load_array(path: Path) -> ArrayFile:
    """Return the one array that a file holds; nothing in it is unpickled or run.

    ``npy``
        Mapped, so that memory holds what is looked at.
    ``npz``
        Its one array, or the one named probabilities, logits or votes.
    ``csv``
        Numbers between commas, a line a row, with or without a line of names above: float64
        (rows, columns), or (rows,) where there is one column.
    ``parquet``
        Columns of numbers, as csv.

    Raises
    ------
    DataError
        No such file, another ending, or what cannot be read as that; a csv file's line is named.
    MissingExtraError
        A parquet file without pyarrow.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in READERS:
        raise DataError(
            f"a file of numbers must end in {', '.join(READERS)}; got {path}"
            + closest(ending, READERS)
        )
    if not path.is_file():
        raise DataError(f"a file of numbers must exist; got no file {path}.")
    return READERS[ending](path)


def open_array(given: Path | str | Array, *, name: str) -> ArrayFile:
    """Return an array that is given as it is, under a name for messages, or by its file."""
    if isinstance(given, Path | str):
        return load_array(Path(given))
    return ArrayFile(Path(name), np.asarray(given))


def _read_npy(path: Path) -> ArrayFile:
    try:
        # Maps plain numbers and nothing else: it refuses objects, which would be unpickled.
        return ArrayFile(path, np.lib.format.open_memmap(path, mode="r"))
    except _UNREADABLE as error:
        raise DataError(
            f"npy file must hold one whole array of numbers; got {_tell(error)}, in {path}. "
            "Write it with numpy.save."
        ) from None


def _read_npz(path: Path) -> ArrayFile:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DataError(f"npz file must be a whole zip archive; got {error}, in {path}.") from None
    if "members" in names:
        raise DataError(
            f"npz file must hold one member; got members and their predictions, in {path}. Import "
            "one array each: numpy.load(file)['probabilities'][0]."
        )
    meant = names if len(names) == 1 else [name for name in names if name in _NAMED]
    if len(meant) != 1:
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        raise DataError(
            f"npz file must hold one array, or one of those named {', '.join(_NAMED)}; got "
            f"{', '.join(names[:_MOST_NAMED]) or 'none'}{more}, in {path}."
        )
    return ArrayFile(path, load_arrays(path, required=(meant[0],))[meant[0]])


def _read_csv(path: Path) -> ArrayFile:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines_read = csv.reader(file)
            names, second = next(lines_read, []), next(lines_read, [])
            has_names = not _is_numbers(names) or _is_numbering(names, second)
            if not _is_numbers(names):
                _refuse_index(names, path)
                _refuse_mixture(names, path)
            file.seek(0)
            rows = _rows(file, path, has_names)
            first = next(rows, None)
            if first is None:
                raise DataError(f"csv file must hold a row of numbers; got none, in {path}.")
            lines = itertools.chain([first], rows)
            values = np.loadtxt(lines, delimiter=",", comments=None, quotechar='"', ndmin=2)
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise DataError(f"csv file must be readable text; got {error}, in {path}.") from None
    except ValueError as error:
        raise DataError(_find_bad_line(path, has_names) or f"{_tell(error)}, in {path}.") from None
    told = tuple(name.strip() for name in names) if has_names else ()
    return ArrayFile(path, _one_column(values), first_line=1 + has_names, names=told)


def _refuse_index(names: Sequence[object], path: Path) -> None:
    """Refuse columns that number the rows: read as a class they would be wrong without a word."""
    for name in names:
        if str(name).strip().lower() in _NUMBERING:
            raise DataError(
                f"columns must be classes, or one of votes or labels; got {str(name)!r:.40}, in "
                f"{path}. Leave that column out; rows are in the order of the split."
            )


def _is_numbering(names: Sequence[str], second: Sequence[str]) -> bool:
    """Whether a first line of numbers is one of names: 0, 1, 2 … once each, as pandas has them.

    Of two columns it may be a row, where rows are written in whole numbers.
    """
    is_counted = len(names) > 1 and set(names) == {str(place) for place in range(len(names))}
    return is_counted and (len(names) > 2 or not all(word.isdecimal() for word in second))


def _refuse_mixture(names: Sequence[str], path: Path) -> None:
    """Refuse a first line that is partly numbers: a damaged row, or a column without a name."""
    words = [name for name in names if not _is_numbers([name])]
    if len(words) < len(names):
        raise DataError(
            f"first line must be numbers, or names alone; got {words[0]!r:.40} among numbers, in "
            f"{path}, line 1. Leave out a column that numbers the rows."
        )


def _rows(file: TextIO, path: Path, has_names: bool) -> Iterator[str]:
    """Yield the lines of numbers; rows are counted by them, so none may be empty in between."""
    empty = 0
    for number, line in enumerate(file, start=1):
        if number == 1 and has_names:
            continue
        if not line.strip():
            empty = empty or number
        elif empty:
            raise DataError(f"csv file must have no empty line; got line {empty}, in {path}.")
        else:
            yield line


def _is_numbers(words: list[str]) -> bool:
    try:
        return [float(word) for word in words] != []
    except ValueError:
        return False


def _find_bad_line(path: Path, has_names: bool) -> str | None:
    """Return what is wrong with the first line that is no row, with its place."""
    n_columns = None
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, words in enumerate(csv.reader(file), start=1):
            if not words or (number == 1 and has_names):
                continue
            where = f"row {number - 1 - has_names} (line {number}), in {path}."
            if not _is_numbers(words):
                word = next(word for word in words if not _is_numbers([word]))
                return f"csv file must hold numbers between commas; got {word!r:.40} in {where}"
            n_columns = n_columns or len(words)
            if len(words) != n_columns:
                return f"csv rows must be {n_columns} numbers long; got {len(words)} in {where}"
    return None


def _read_parquet(path: Path) -> ArrayFile:
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingExtraError(
            f"pyarrow must be installed to read {path}; got none. Install it with: "
            "pip install 'ensemble-lab[parquet]'"
        )
    import pandas

    try:
        frame = pandas.read_parquet(path, engine="pyarrow")
    except Exception as error:  # pyarrow has a tree of its own, and an ending is no promise
        raise DataError(
            f"parquet file must be one that pyarrow reads; got {_tell(error)}, in {path}."
        ) from None
    for name, kind in frame.dtypes.items():
        if getattr(kind, "kind", "O") not in "iuf":
            raise DataError(
                f"parquet columns must be numbers; got {kind} in column {name!r}, in {path}."
            )
    _refuse_index(tuple(frame.columns), path)
    if frame.size == 0:
        raise DataError(f"parquet file must hold at least one row of numbers; got none, in {path}.")
    # Columns that may miss values are no NumPy arrays; what is missing is no number then.
    is_plain = all(isinstance(kind, np.dtype) for kind in frame.dtypes)
    values = frame.to_numpy() if is_plain else frame.to_numpy(np.float64, na_value=np.nan)
    names = tuple(str(name).strip() for name in frame.columns)
    return ArrayFile(path, _one_column(values), names=names)


def _one_column(values: Array) -> Array:
    return values[:, 0] if values.shape[1] == 1 else values


def _tell(error: Exception) -> str:
    words = " ".join(str(error).split()).rstrip(".")
    return (words or type(error).__name__)[:200]


READERS: dict[str, Callable[[Path], ArrayFile]] = {
    "npy": _read_npy,
    "npz": _read_npz,
    "csv": _read_csv,
    "parquet": _read_parquet,
}
"""Endings of files and how each is read."""
