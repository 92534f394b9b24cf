"""Files that appear whole or not at all, and the names they may have."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import DamagedError, MissingError, NewerFormatError, StoreError

__all__ = ["FORMAT_VERSION", "check_name", "check_version", "load_json", "replacing", "save_json"]

FORMAT_VERSION = 1
"""Version of every file this package writes; it reads this one and older ones."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,95}")


def check_name(name: str, *, what: str) -> str:
    """Return `name` if it can name a split, member or variant, and so part of a path.

    Raises
    ------
    StoreError
        Anything but lower-case letters, digits and hyphens.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise StoreError(
            f"{what} must be lower-case letters, digits and hyphens (at most 96); got {name!r}."
        )
    return name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a partial path in the same folder; on leaving, flush it and put it in place.

    The partial name keeps the whole ending (Keras wants ``.weights.h5``). If the body
    fails, the partial file is removed and what was at `path` stays.

    Raises
    ------
    StoreError
        The disk is full, the folder is read-only, or writing failed otherwise.
    """
    partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)  # noqa: PTH105 - the one atomic call
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path} could not be written: {error.strerror or error}. What was there before is "
            "kept; free some space or pick a folder you may write to."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save_json(path: Path, values: dict[str, Any]) -> None:
    """Write JSON that a person can read, whole or not at all."""
    text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def load_json(path: Path, *, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        It cannot be read, or is no JSON object.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"{what} must exist; got no file {path}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(f"{what} must be JSON; got {error}, in {path}.") from None
    if not isinstance(values, dict):
        raise DamagedError(f"{what} must be a JSON object; got {type(values).__name__}, in {path}.")
    return values


def check_version(version: Any, path: Path) -> None:
    """Refuse a version that is no whole number, or later than `FORMAT_VERSION`."""
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DamagedError(f"version must be a whole number from 1; got {version!r}, in {path}.")
    if version > FORMAT_VERSION:
        raise NewerFormatError(
            f"version must be at most {FORMAT_VERSION}; got {version}, in {path}. "
            "Install a newer ensemble-lab to read it."
        )
