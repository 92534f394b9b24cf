"""The ledger: an append-only line for each way in which test labels were used.

A reader who wants to know how often a test set was asked, by what, and whether to
choose or to report, reads ``test-access.jsonl`` (checkpoints/README.md).
"""

import datetime
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ensemble_lab.exceptions import DamagedError, LockedError, StoreError
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.run import Run

__all__ = ["Access", "load_ledger", "record_access"]

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
        if isinstance(error, DamagedError | LockedError):
            raise
        return "not recorded"
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
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise DamagedError(f"the ledger must be readable text; got {error}, in {path}.") from None
    rows = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise DamagedError(
                f"a ledger line must be a JSON object; got {line[:40]!r}, in {path}:{number}."
            )
        rows.append(row)
    return rows


def _same(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(row.get(key) == value for key, value in wanted.items())


def _append(path: Path, values: dict[str, Any]) -> None:
    from ensemble_lab import __version__

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    row = {"time": now, "version": __version__} | values
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        # A cut-off last line must not swallow this one.
        end = os.lseek(descriptor, 0, os.SEEK_END)
        lead = "" if end == 0 or os.pread(descriptor, 1, end - 1) == b"\n" else "\n"
        os.write(descriptor, (lead + json.dumps(row, ensure_ascii=False) + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
