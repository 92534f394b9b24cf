"""Strict reader of IDX files of unsigned bytes, plain or gzipped: MNIST's own format.

Two zero bytes, the type (8: unsigned byte), the number of axes, each axis's length as a
big-endian uint32, then the bytes. Nothing is allocated before the header's promise has
been held against the size of the file.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from ensemble_lab.exceptions import DataError

__all__ = ["MAX_BYTES", "MAX_DEFLATE", "load_idx"]

MAX_BYTES = 16 * 2**30
"""No array of more bytes is read."""
MAX_DEFLATE = 1032
"""Deflate can write no more than this many bytes from one (zlib's technical notes)."""

_UNSIGNED_BYTE = 8
_BLOCK = 2**20


def load_idx(path: Path, axes: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the array of an IDX file of unsigned bytes.

    Parameters
    ----------
    path : path
        Gzipped or plain; told apart by the content, not by the name.
    axes : str
        The names of the axes it must have, such as ``"examples height width"``.

    Raises
    ------
    DataError
        No such file, not IDX, a type other than unsigned byte, other axes, or another
        number of bytes than its header says. Names the file and what to do.
    """
    try:
        with path.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            size = path.stat().st_size
            if not is_gzip:
                return _read(file, path, axes, most=size)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(unpacked, path, axes, most=size * MAX_DEFLATE)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"IDX file must be a whole gzip file; got {str(error).rstrip('.')}, in {path}. "
            "Download it again."
        ) from error
    except OSError as error:
        cause = error.strerror or error
        raise DataError(f"IDX file must be readable; got {cause}, in {path}.") from error


def _read(
    file: IO[bytes] | gzip.GzipFile, path: Path, axes: str, *, most: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"IDX file must begin with two zero bytes, a type and a number of axes; "
            f"got {magic.hex(' ') or 'nothing'}, in {path}. Download it again."
        )
    if magic[2] != _UNSIGNED_BYTE:
        raise DataError(
            f"IDX file must hold unsigned bytes (type 08); got type {magic[2]:02x}, in {path}."
        )
    header = file.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise DataError(
            f"IDX header must name {magic[3]} lengths; the file ends inside it, in {path}. "
            "Download it again."
        )
    shape = tuple(int.from_bytes(header[i : i + 4], "big") for i in range(0, len(header), 4))
    words = axes.split()
    if len(shape) != len(words):
        raise DataError(
            f"IDX file must have the axes ({', '.join(words)}); got shape {shape}, in {path}."
        )
    n_bytes = math.prod(shape)
    if n_bytes > min(most, MAX_BYTES):
        raise DataError(
            f"IDX file must hold the {n_bytes:,} bytes of shape {shape} that its header says; "
            f"it cannot hold more than {min(most, MAX_BYTES):,}, in {path}. Download it again."
        )
    return _fill(file, path, shape)


def _fill(
    file: IO[bytes] | gzip.GzipFile, path: Path, shape: tuple[int, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    array = np.empty(math.prod(shape), np.uint8)
    done = 0
    # One byte more is asked for than must be there: it finds what is too long, and at
    # the end of a gzip file it makes the checksum be compared.
    while block := file.read(min(_BLOCK, array.size - done + 1)):
        if done + len(block) > array.size:
            raise DataError(
                f"IDX file must end after the {array.size:,} bytes of shape {shape}; "
                f"it goes on, in {path}. Download it again."
            )
        array[done : done + len(block)] = np.frombuffer(block, np.uint8)
        done += len(block)
    if done < array.size:
        raise DataError(
            f"IDX file must hold the {array.size:,} bytes of shape {shape} that its header "
            f"says; got {done:,}, in {path}. Download it again."
        )
    return array.reshape(shape)
