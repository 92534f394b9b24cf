"""Files that only grow: one JSON object a line, and what a killed writer left of the last one."""

import errno
import json
import os
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import DamagedError
from ensemble_lab.store.files import check_file, one_line, parse_json

__all__ = ["READ_ONLY", "append_lines", "load_lines"]

READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Numbers of the errors that a file in a read-only place gives."""


def load_lines(path: Path, *, what: str) -> list[dict[str, Any]]:
    """Return the objects of a file's lines in order, line 1 first; none where there is no file.

    A last line without an end is a write that was cut off, and is passed over.

    Parameters
    ----------
    path : Path
    what : str
        What to call the file in a message, such as ``ledger``.

    Raises
    ------
    DamagedError
        A line is no JSON object; names it by its number.
    """
    if not path.exists():
        return []
    check_file(path, what=f"the {what}")
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DamagedError(
            f"the {what} must be readable; got {one_line(error)}, in {path}."
        ) from None
    *lines, _unfinished = text.split(b"\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        row = _parse(line)
        if row is None:
            got = reprlib.repr(line.decode(errors="replace"))
            raise DamagedError(
                f"a line of the {what} must be a JSON object; got {got}, in {path}:{number}."
            )
        rows.append(row)
    return rows


def append_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Append a line for each object and flush them to the disk. The caller holds the run's lock.

    Raises
    ------
    DamagedError, MissingError
        There is something else than a file, or a link to nothing.
    OSError
        The file cannot be written, or the disk is full; then no row was appended.
    """
    if path.is_symlink() or path.exists():
        # A pipe would hang, a device never end, and a link to nothing leave the run.
        check_file(path, what="a file that grows")
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        # What a killed or full disk left of a last line was never reported as recorded; it
        # must neither swallow this line nor stay before it as a damaged one.
        finished = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(descriptor, finished)
        text = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        if os.write(descriptor, text) < len(text):
            os.ftruncate(descriptor, finished)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        return parse_json(line, what="a line", path=Path())
    except DamagedError:
        return None
