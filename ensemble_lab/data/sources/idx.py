"""Strict reader of IDX files, plain or gzipped: MNIST's own format.

Two zero bytes, the type (8: unsigned byte, 12: big-endian int32), the number of axes, each
axis's length as a big-endian uint32, then the values. Nothing is allocated before the
header's promise has been held against the size of the file.
"""

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array
from ensemble_lab.exceptions import DataError

__all__ = ["MAX_BYTES", "MAX_DEFLATE", "load_idx", "load_idx_int32", "read_idx"]

MAX_BYTES = 16 * 2**30
"""No array of more bytes is read."""
MAX_DEFLATE = 1032
"""Deflate can write no more than this many bytes from one (zlib's technical notes)."""

_BLOCK = 2**20


@dataclass(frozen=True)
class _Type:
    """A type of values: its number in the header, how it is stored, and its name."""

    code: int
    stored: np.dtype[np.generic]
    name: str


_UNSIGNED_BYTE = _Type(0x08, np.dtype(np.uint8), "unsigned bytes")
_INT32 = _Type(0x0C, np.dtype(">i4"), "big-endian int32")


def load_idx(path: Path, axes: str, *, n_examples: int | None = None) -> npt.NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes.

    Parameters
    ----------
    path : path
        Gzipped or plain; told apart by the content, not by the name.
    axes : str
        The names of the axes it must have, such as ``"examples height width"``.
    n_examples : int, optional
        The length that the first axis must have.

    Raises
    ------
    DataError
        No such file, not IDX, a type other than unsigned byte, other axes, or another
        number of bytes than its header says. Names the file and what to do.
    """
    return _load(path, axes, _UNSIGNED_BYTE, n_examples)


def load_idx_int32(
    path: Path, axes: str, *, n_examples: int | None = None
) -> npt.NDArray[np.int32]:
    """Return the array of an IDX file of big-endian int32, in the machine's own byte order.

    Parameters and errors as in `load_idx`.
    """
    return _load(path, axes, _INT32, n_examples).astype(np.int32)


def read_idx(
    file: IO[bytes], where: str, axes: str, *, size: int, n_examples: int | None = None
) -> npt.NDArray[np.uint8]:
    """Return the array of unsigned bytes in an open IDX file (see `load_idx`).

    Parameters
    ----------
    file : binary file
        From its beginning; gzipped or plain.
    where : str
        What to call it in messages.
    axes : str
    size : int
        Its length in bytes, to hold the header against.
    n_examples : int, optional
    """
    return _open(file, where, axes, _UNSIGNED_BYTE, size, n_examples)


def _load(path: Path, axes: str, kind: _Type, n_examples: int | None) -> Array:
    try:
        with path.open("rb") as file:
            return _open(file, str(path), axes, kind, path.stat().st_size, n_examples)
    except OSError as error:
        cause = error.strerror or error
        raise DataError(f"IDX file must be readable; got {cause}, in {path}.") from error


def _open(
    file: IO[bytes], where: str, axes: str, kind: _Type, size: int, n_examples: int | None
) -> Array:
    is_gzip = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not is_gzip:
        return _read(file, where, axes, kind, most=size, n_examples=n_examples)
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            most = size * MAX_DEFLATE
            return _read(unpacked, where, axes, kind, most=most, n_examples=n_examples)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"IDX file must be a whole gzip file; got {str(error).rstrip('.')}, in {where}. "
            "Download it again."
        ) from error


def _read(
    file: IO[bytes] | gzip.GzipFile,
    where: str,
    axes: str,
    kind: _Type,
    *,
    most: int,
    n_examples: int | None,
) -> Array:
    shape = _read_header(file, where, kind)
    words = axes.split()
    if len(shape) != len(words):
        raise DataError(
            f"IDX file must have the axes ({', '.join(words)}); got shape {shape}, in {where}."
        )
    if n_examples is not None and shape[0] != n_examples:
        raise DataError(
            f"IDX file must hold {n_examples:,} {words[0]}; got {shape[0]:,}, in {where}. "
            "Download it again."
        )
    n_bytes = math.prod(shape) * kind.stored.itemsize
    if n_bytes > min(most, MAX_BYTES):
        raise DataError(
            f"IDX file must hold the {n_bytes:,} bytes of shape {shape} that its header says; "
            f"it cannot hold more than {min(most, MAX_BYTES):,}, in {where}. Download it again."
        )
    return _fill(file, where, shape, n_bytes).view(kind.stored).reshape(shape)


def _read_header(file: IO[bytes] | gzip.GzipFile, where: str, kind: _Type) -> tuple[int, ...]:
    """Return the shape that the header says."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"IDX file must begin with two zero bytes, a type and a number of axes; "
            f"got {magic.hex(' ') or 'nothing'}, in {where}. Download it again."
        )
    if magic[2] != kind.code:
        raise DataError(
            f"IDX file must hold {kind.name} (type {kind.code:02x}); got type {magic[2]:02x}, "
            f"in {where}."
        )
    header = file.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise DataError(
            f"IDX header must name {magic[3]} lengths; the file ends inside it, in {where}. "
            "Download it again."
        )
    return tuple(int.from_bytes(header[i : i + 4], "big") for i in range(0, len(header), 4))


def _fill(
    file: IO[bytes] | gzip.GzipFile, where: str, shape: tuple[int, ...], n_bytes: int
) -> npt.NDArray[np.uint8]:
    array = np.empty(n_bytes, np.uint8)
    done = 0
    # One byte more is asked for than must be there: it finds what is too long, and at
    # the end of a gzip file it makes the checksum be compared.
    while block := file.read(min(_BLOCK, n_bytes - done + 1)):
        if done + len(block) > n_bytes:
            raise DataError(
                f"IDX file must end after the {n_bytes:,} bytes of shape {shape}; "
                f"it goes on, in {where}. Download it again."
            )
        array[done : done + len(block)] = np.frombuffer(block, np.uint8)
        done += len(block)
    if done < n_bytes:
        raise DataError(
            f"IDX file must hold the {n_bytes:,} bytes of shape {shape} that its header "
            f"says; got {done:,}, in {where}. Download it again."
        )
    return array
