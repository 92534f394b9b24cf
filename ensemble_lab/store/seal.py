"""The seal that ends a finished file, and the content digest inside it.

The last 80 bytes of a sealed file are a magic word (16), the content digest (32)
and the SHA-256 of all bytes before those last 32. HDF5 and Keras ignore trailing
bytes. The content digest is what the file says, whatever its bytes: a canonical
header and, for each dataset, path, dtype, shape and SHA-256 of its values; times,
hosts and durations stay outside it.
"""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from ensemble_lab.exceptions import DamagedError
from ensemble_lab.store.files import check_file

__all__ = ["MAGIC", "check_seal", "peek_digest", "seal"]

MAGIC = b"\x89ENSEMBLE-LAB\r\n\x1a"
_TRAILER = len(MAGIC) + 64
_BLOCK = 1 << 20


def seal(path: Path, content_sha256: str) -> None:
    """Append the seal to a file that is otherwise finished."""
    with path.open("rb+") as file:
        digest = _hash(file, path.stat().st_size)
        trailer = MAGIC + bytes.fromhex(content_sha256)
        digest.update(trailer)
        file.seek(0, os.SEEK_END)
        file.write(trailer + digest.digest())
        file.flush()
        os.fsync(file.fileno())


def check_seal(path: Path) -> str:
    """Return the content digest of a sealed file after hashing all of it.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        It has no seal (truncated, or never ours), or a byte was altered.
    """
    expected = peek_digest(path)
    try:
        with path.open("rb") as file:
            digest = _hash(file, os.fstat(file.fileno()).st_size - 32).digest()
            stated = file.read(32)
    except OSError as error:
        raise DamagedError(f"{path} must be a readable file; got {error.strerror}.") from None
    if digest != stated:
        raise DamagedError(
            f"the seal must match the bytes before it; got another SHA-256, in {path}. "
            "The file was altered or damaged: remove it and make it again."
        )
    return expected


def peek_digest(path: Path) -> str:
    """Return the content digest that a file's seal states, reading its last bytes only."""
    check_file(path, what="a file of this run")
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _TRAILER, 0))
            trailer = file.read(_TRAILER)
    except OSError as error:
        raise DamagedError(f"{path} must be a readable file; got {error.strerror}.") from None
    if len(trailer) < _TRAILER or not trailer.startswith(MAGIC):
        raise DamagedError(
            f"a finished file must end in its seal; got none, in {path}. It is truncated or not "
            "one of ours: remove it and make it again."
        )
    return trailer[len(MAGIC) : len(MAGIC) + 32].hex()


def _hash(file: BinaryIO, length: int) -> "hashlib._Hash":
    digest = hashlib.sha256()
    file.seek(0)
    while length > 0:
        block = file.read(min(_BLOCK, length))
        if not block:
            break
        digest.update(block)
        length -= len(block)
    return digest
