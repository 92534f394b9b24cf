"""Files that appear whole or not at all, and the names they may have."""

import errno
import json
import os
import re
import reprlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from ensemble_lab.canonical import canonical_json
from ensemble_lab.exceptions import DamagedError, MissingError, NewerFormatError, StoreError

__all__ = [
    "FORMAT_VERSION",
    "appearing",
    "check_field",
    "check_file",
    "check_name",
    "check_target",
    "check_version",
    "is_name",
    "load_json",
    "one_line",
    "parse_json",
    "remove_partials",
    "replacing",
    "reserve",
    "save_json",
]

Value = TypeVar("Value")

FORMAT_VERSION = 1
"""Version of every file this package writes; it reads this one and older ones."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,95}")
_OF_A_RUN = {
    "run.json",
    "experiment.toml",
    "test-access.jsonl",
    "verdicts.jsonl",
    "splits",
    "members",
    "catalogues",
}
"""What lies in a run's folder; pictures and whatever a user adds may lie beside."""
_DEEPEST = 3
"""Folders from a file of a member to its run."""
_WORDS = {dict: "an object", int: "a whole number", list: "a list", str: "text"}


def is_name(name: str) -> bool:
    """Whether `name` can name a split, member or variant."""
    return bool(_NAME.fullmatch(name))


def check_name(name: str, *, what: str) -> str:
    """Return `name` if it can name a split, member or variant, and so part of a path.

    Raises
    ------
    StoreError
        Anything but lower-case letters, digits and hyphens.
    """
    if not isinstance(name, str) or not is_name(name):
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
            f"{path} could not be written: {_reason(error)}. What was there before is "
            "kept; free some space or pick a folder you may write to."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def check_target(path: Path) -> None:
    """Refuse a file that could not be written, or must not be, before work is done for it.

    Raises
    ------
    StoreError
        It is a folder or one of a run's own files, or the folder that it goes into takes none.
    """
    folder = next(each for each in path.absolute().parents if each.exists())
    if path.is_dir():
        problem = "it is a folder"
    elif (run := _find_owner(path)) is not None:
        problem = f"{run} is a run, and keeps its own files there"
    elif not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        problem = f"{folder} is no folder that takes files"
    else:
        return
    raise StoreError(f"{path} could not be written: {problem}. Pick another file.")


def _find_owner(path: Path) -> Path | None:
    """Return the run of which a path is a file by the format, or None."""
    whole = path.resolve()
    for folder in whole.parents[:_DEEPEST]:
        if whole.relative_to(folder).parts[0] in _OF_A_RUN and (folder / "run.json").exists():
            return folder
    return None


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Give a partial folder beside a new one; on leaving, put it in place, whole or not at all.

    Raises
    ------
    StoreError
        Something is at `folder`, or it cannot be written.
    """
    if folder.exists():
        raise StoreError(f"{folder} must not exist yet; got what is there. Name a new folder.")
    partial = folder.with_name(f".partial-{os.getpid()}-{folder.name}")
    try:
        partial.mkdir(parents=True)
        yield partial
        partial.rename(folder)
        _sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(
            f"{folder} could not be written: {_reason(error)}. Nothing of it was left; free some "
            "space or pick a folder you may write to."
        ) from error
    finally:
        import shutil  # no query makes a folder

        shutil.rmtree(partial, ignore_errors=True)


def reserve(path: Path, n_bytes: int) -> None:
    """Raise OSError unless a file of that size fits on the disk; nothing is left at `path`."""
    try:
        with path.open("wb") as file:
            if n_bytes and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
    finally:
        path.unlink(missing_ok=True)


def remove_partials(folder: Path) -> None:
    """Remove what killed writers left half-written. The caller alone writes in the folder."""
    # Not that of failure.json: the parent writes it, which has no lock.
    for pattern in (".partial-*.h5", ".partial-*-timings.json"):
        for partial in folder.glob(pattern):
            with suppress(OSError):
                partial.unlink()


def _reason(error: OSError) -> str:
    # HDF5 puts a page of its own, with a date, in the place of the system's words.
    is_known = error.errno is not None and error.errno in errno.errorcode
    return os.strerror(error.errno or 0) if is_known else one_line(error)


def one_line(error: BaseException) -> str:
    r"""Return an exception's words on one line, at most 200 characters of them.

    Examples
    --------
    >>> one_line(OSError("write failed: time = Fri\n, errno = 28"))
    'write failed: time = Fri , errno = 28'
    """
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save_json(path: Path, values: dict[str, Any]) -> None:
    """Write JSON that a person can read, whole or not at all."""
    try:
        text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as error:
        raise StoreError(f"JSON must hold finite numbers; got {error}, for {path}.") from None
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
    check_file(path, what=what)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DamagedError(f"{what} must be readable; got {error.strerror}, in {path}.") from None
    return parse_json(text, what=what, path=path)


def check_file(path: Path, *, what: str) -> None:
    """Refuse what is not there, or is no plain file (a folder, a pipe that never ends).

    Raises
    ------
    MissingError
        There is nothing.
    DamagedError
        There is something else.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise MissingError(f"{what} must exist; got no file {path}.") from None
    except (OSError, ValueError) as error:
        raise DamagedError(
            f"{what} must be a file that can be read; got {one_line(error)}."
        ) from None
    if not stat.S_ISREG(mode):
        raise DamagedError(f"{what} must be a file; got a folder or a device, {path}.")


def parse_json(text: bytes, *, what: str, path: Path) -> dict[str, Any]:
    """Return the JSON object that UTF-8 text holds.

    Raises
    ------
    DamagedError
        It is none, or holds NaN, infinity or half a character.
    """
    try:
        values = json.loads(text.decode())
        canonical_json(values).encode()
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{what} must be JSON; got {one_line(error)}, in {path}.") from None
    if not isinstance(values, dict):
        raise DamagedError(f"{what} must be a JSON object; got {type(values).__name__}, in {path}.")
    return values


def check_field(values: dict[str, Any], name: str, kind: type[Value], path: Path) -> Value:
    """Return a value of a JSON object that must be there and of that type.

    Raises
    ------
    DamagedError
        It is not there, or of another type.
    """
    value = values.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        got = reprlib.repr(value) if name in values else "none"
        raise DamagedError(f"{name} must be {_WORDS[kind]}; got {got}, in {path}.")
    return value


def check_version(version: Any, path: Path) -> None:
    """Refuse a version that is no whole number, or later than `FORMAT_VERSION`."""
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise DamagedError(f"version must be a whole number from 1; got {version!r}, in {path}.")
    if version > FORMAT_VERSION:
        raise NewerFormatError(
            f"version must be at most {FORMAT_VERSION}; got {version}, in {path}. "
            "Install a newer ensemble-lab to read it."
        )
