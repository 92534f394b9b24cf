"""The ledger: an append-only line for each way in which test labels were used.

A reader who wants to know how often a test set was asked, by what, and whether to
choose or to report, reads ``test-access.jsonl`` (checkpoints/README.md).
"""

import datetime
import errno
import json
import os
import reprlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.files import check_file, one_line, parse_json
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.run import Run

__all__ = ["Access", "load_ledger", "record_access"]

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)

Recorded = Literal["recorded", "known", "not recorded"]


@dataclass(frozen=True, kw_only=True)
class Access:
    """One use of a reported split's labels.

    Attributes
    ----------
    command : str
        The command or function that asked.
    split : str
    labels_sha256 : str
        Which labels, whatever the split is called.
    purpose : {"report", "choose"}
    decision : str or None
        Digest of the `Decision` that was scored, where there was one.
    members : str or None
        Digest of the predictions that were scored, where there were any.
    n_candidates : int
        How many decisions were compared.
    """

    command: str
    split: str
    labels_sha256: str
    purpose: Literal["report", "choose"] = "report"
    decision: str | None = None
    members: str | None = None
    n_candidates: int = 1


def record_access(run: Run, access: Access) -> Recorded:
    """Append an access unless an equal one is recorded.

    Returns
    -------
    {"recorded", "known", "not recorded"}
        The last where the run is read-only: it can be read, and the caller says so.

    Raises
    ------
    StoreError
        It could be written but was not: the disk is full, say.
    DamagedError
        A line of the ledger is damaged.
    """
    path = run.path / "test-access.jsonl"
    wanted = asdict(access)
    try:
        if any(_same(row, wanted) for row in load_ledger(run)):
            return "known"
        with lock_run(run.path):
            if any(_same(row, wanted) for row in load_ledger(run)):
                return "known"
            _append(path, wanted)
    except (StoreError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if isinstance(cause, OSError) and cause.errno in _READ_ONLY:
            return "not recorded"
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"the ledger must be written before labels are read; got {one_line(error)}, in {path}."
        ) from error
    return "recorded"


def load_ledger(run: Run) -> list[dict[str, Any]]:
    """Return the rows of a run's ledger, oldest first; none where there is no ledger.

    Raises
    ------
    DamagedError
        A line is no JSON object; names it. A last line without an end is a write that
        was cut off, and is passed over.
    """
    path = run.path / "test-access.jsonl"
    if not path.exists():
        return []
    check_file(path, what="the ledger")
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DamagedError(
            f"the ledger must be readable; got {one_line(error)}, in {path}."
        ) from None
    *lines, _unfinished = text.split(b"\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        row = _parse(line)
        if row is None:
            got = reprlib.repr(line.decode(errors="replace"))
            raise DamagedError(
                f"a ledger line must be a JSON object; got {got}, in {path}:{number}."
            )
        rows.append(row)
    return rows


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        return parse_json(line, what="a line", path=Path())
    except DamagedError:
        return None


def _same(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(row.get(key) == value for key, value in wanted.items())


def _append(path: Path, values: dict[str, Any]) -> None:
    from ensemble_lab import __version__

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    row = {"time": now, "version": __version__} | values
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        # What a killed or full disk left of a last line was never reported as recorded; it
        # must neither swallow this line nor stay before it as a damaged one.
        finished = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(descriptor, finished)
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
