"""Locks that a dead holder cannot keep: the operating system lets go of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ensemble_lab.exceptions import LockedError, StoreError
from ensemble_lab.store.files import one_line, remove_partials
from ensemble_lab.store.run import Run

__all__ = ["lock_member", "lock_run"]

_RUN_TIMEOUT_S = 60.0


@contextmanager
def lock_member(run: Run, key: str) -> Iterator[None]:
    """Hold a member for writing, or fail at once; sweep what a killed holder left half-written.

    Raises
    ------
    LockedError
        Another process holds it.
    """
    with _hold(run.member_folder(key) / ".lock", timeout_s=0, what=f"member {key}"):
        remove_partials(run.member_folder(key))
        yield


@contextmanager
def lock_run(path: Path) -> Iterator[None]:
    """Hold a run's manifest for the moment it takes to replace it."""
    with _hold(path / ".lock", timeout_s=_RUN_TIMEOUT_S, what=f"run {path}"):
        yield


@contextmanager
def _hold(path: Path, *, timeout_s: float, what: str) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=timeout_s)
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"{what} must not be in use; another process is writing it. Wait for it to end."
        ) from None
    except (OSError, NotImplementedError) as error:
        raise StoreError(
            f"{what} must be writable and its disk must know locks; got {one_line(error)}."
        ) from error
    try:
        yield
    finally:
        lock.release()
