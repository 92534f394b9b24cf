"""The ledger: an append-only line for each use of test labels, and what number of look it is.

A reader who wants to know how often a test set was asked, by what, and whether to
choose or to report, reads ``test-access.jsonl`` (checkpoints/README.md).
"""

import datetime
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.files import one_line
from ensemble_lab.store.lines import READ_ONLY, append_lines, load_lines
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.run import Run, open_run

__all__ = [
    "LEDGER",
    "Access",
    "Look",
    "find_user_ledger",
    "load_ledger",
    "read_ledger",
    "record_access",
    "tell_look",
]

LEDGER = "test-access.jsonl"


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
    words : str or None
        The decision for a reader; makes no other look.
    """

    command: str
    split: str
    labels_sha256: str
    purpose: Literal["report", "choose"] = "report"
    decision: str | None = None
    members: str | None = None
    n_candidates: int = 1
    words: str | None = None


@dataclass(frozen=True)
class Look:
    """What became of one use of test labels.

    Attributes
    ----------
    number : int or None
        The place of this look among the different ones at these labels, from 1; None where no
        decision was scored.
    n_looks : int
        Different looks at these labels so far, in this run, in the runs beside it and in the
        user's ledger.
    is_repeat : bool
        Whether this very decision was scored before.
    kept : {"run", "user", "nowhere"}
        Whose ledger has it: the run's; the user's, where the run is read-only; or none, where
        that cannot be written either.
    """

    number: int | None
    n_looks: int
    is_repeat: bool
    kept: Literal["run", "user", "nowhere"]


def record_access(run: Run, access: Access) -> Look:
    """Append an access to the run's ledger, or to the user's where the run is read-only.

    A look is one decision scored with the same predictions on the same labels. Asked again, it
    is one line more and no look more.

    Raises
    ------
    StoreError
        It could be written but was not: the disk is full, say.
    DamagedError
        A line of the run's ledger is damaged. Ledgers of the runs beside it are not judged
        here: a damaged one does not count.
    """
    wanted = asdict(access)
    before = [*load_ledger(run), *_read_neighbours(run)]
    kept: Literal["run", "user", "nowhere"] = "run"
    try:
        _record(run.path, wanted)
    except (StoreError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if isinstance(cause, OSError) and cause.errno in READ_ONLY:
            kept = _record_for_user(run, wanted)
        elif isinstance(error, StoreError):
            raise
        else:
            raise StoreError(
                f"the ledger must be written before labels are read; got {one_line(error)}, in "
                f"{run.path / LEDGER}."
            ) from error
    return _number(before, wanted, kept)


def tell_look(row: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return what makes the look of a ledger's row: labels, members, decision.

    None where no decision was scored.
    """
    parts = tuple(row.get(name) for name in ("labels_sha256", "members", "decision"))
    return parts if all(isinstance(part, str) for part in parts) else None  # type: ignore[return-value]


def find_user_ledger() -> Path:
    """Return where looks at read-only runs are kept: ``ensemble-lab`` in the user's state folder.

    That is ``$XDG_STATE_HOME``, or ``~/.local/state``.
    """
    named = os.environ.get("XDG_STATE_HOME")
    folder = Path(named) if named else Path.home() / ".local" / "state"
    return folder / "ensemble-lab" / LEDGER


def _record(folder: Path, wanted: dict[str, Any]) -> None:
    with lock_run(folder):
        _append(folder / LEDGER, wanted)


def _record_for_user(run: Run, wanted: dict[str, Any]) -> Literal["user", "nowhere"]:
    try:
        _record(find_user_ledger().parent, wanted | {"run": str(run.path.resolve())})
    except (StoreError, OSError):
        return "nowhere"
    return "user"


def _read_neighbours(run: Run) -> list[dict[str, Any]]:
    """Return the rows of the runs in the same folder and of the user's ledger."""
    own = run.path.resolve()
    beside = sorted(own.parent.glob(f"*/{LEDGER}"))
    rows = []
    for path in [*(path for path in beside if path.parent != own), find_user_ledger()]:
        try:
            rows += read_ledger(path)
        except DamagedError:
            continue
    return rows


def _number(
    before: list[dict[str, Any]],
    wanted: dict[str, Any],
    kept: Literal["run", "user", "nowhere"],
) -> Look:
    looks = [
        look
        for row in sorted(before, key=lambda row: str(row.get("time", "")))
        if (look := tell_look(row)) is not None and look[0] == wanted["labels_sha256"]
    ]
    places = {look: number for number, look in enumerate(dict.fromkeys(looks), start=1)}
    this = tell_look(wanted)
    if this is None:
        return Look(None, len(places), is_repeat=False, kept=kept)
    number = places.get(this, len(places) + 1)
    return Look(number, max(number, len(places)), is_repeat=this in places, kept=kept)


def load_ledger(run: Run | Path | str) -> list[dict[str, Any]]:
    """Return the rows of a run's ledger, oldest first; none where there is no ledger.

    Parameters
    ----------
    run : Run or path

    Raises
    ------
    DamagedError
        A line is no JSON object; names it. A last line without an end is a write that
        was cut off, and is passed over.
    """
    run = open_run(run)
    return read_ledger(run.path / LEDGER)


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a ledger's file (see `load_ledger`)."""
    return load_lines(path, what="ledger")


def _append(path: Path, values: dict[str, Any]) -> None:
    from ensemble_lab import __version__

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    append_lines(path, [{"time": now, "version": __version__} | values])
