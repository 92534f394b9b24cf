"""Locks that a dead holder cannot keep: the operating system lets go of them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ensemble_lab.exceptions import LockedError, StoreError
from ensemble_lab.store.files import one_line, remove_partials
from ensemble_lab.store.run import Run

__all__ = ["is_locked", "lock_member", "lock_run"]

_RUN_TIMEOUT_S = 60.0
_BETWEEN_S = 0.02


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


def is_locked(run: Run, key: str) -> bool:
    """Whether a process holds a member for writing just now; nothing is written to find out."""
    try:
        descriptor = os.open(run.member_folder(key) / ".lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # this disk knows no locks, as whoever wants one is told
        return False
    finally:
        os.close(descriptor)
    return False


@contextmanager
def lock_run(path: Path) -> Iterator[None]:
    """Hold a run's manifest for the moment it takes to replace it."""
    with _hold(path / ".lock", timeout_s=_RUN_TIMEOUT_S, what=f"run {path}"):
        yield


@contextmanager
def _hold(path: Path, *, timeout_s: float, what: str) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _refuse(what, error) from error
    try:
        _wait(descriptor, timeout_s=timeout_s, what=what)
        yield
    finally:
        # Closed, it is let go of: the lock is this descriptor's, not the process's.
        os.close(descriptor)


def _wait(descriptor: int, *, timeout_s: float, what: str) -> None:
    """Take a lock as soon as it is free, at most `timeout_s` from now."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise LockedError(
                    f"{what} must not be in use; another process is writing it. Wait for it to end."
                ) from None
        except OSError as error:
            raise _refuse(what, error) from error
        time.sleep(_BETWEEN_S)


def _refuse(what: str, error: OSError) -> StoreError:
    return StoreError(
        f"{what} must be writable and its disk must know locks; got {one_line(error)}."
    )
