"""How members reach the run that they belong to: over a disk that is shared, or as bytes."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ensemble_lab.engines.jobs import Job
from ensemble_lab.engines.nodes import Task
from ensemble_lab.exceptions import StoreError
from ensemble_lab.store.files import one_line
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.parcels import Parcel, pack_member, pack_run, place
from ensemble_lab.store.run import Run, open_run

__all__ = ["Transport", "fetching", "sharing"]


class Transport(Protocol):
    """What the machine that asks does for a member, before, while and after it is away."""

    @property
    def run(self) -> Parcel | None:
        """The run as every task gets it; None where it is shared."""

    def pack(self, job: Job) -> Task:
        """Return the task of a job, again after each time it was lost.

        Raises
        ------
        LockedError
            Another process has the member.
        """

    def keep(self, job: Job, parcel: Parcel, log: bytes = b"") -> None:
        """Keep what came of a member, and what its worker's libraries said.

        Raises
        ------
        StoreError
            It did not come whole, or cannot be written.
        """

    def release(self, key: str) -> None:
        """Let go of a member: it is away no more."""


@dataclass(frozen=True)
class _Shared:
    token: str
    run: Parcel | None = None

    def pack(self, job: Job) -> Task:
        return Task(job, token=self.token)

    def keep(self, job: Job, parcel: Parcel, log: bytes = b"") -> None:
        pass

    def release(self, key: str) -> None:
        pass


@dataclass(frozen=True)
class _Fetched:
    opened: Run
    run: Parcel | None
    held: dict[str, ExitStack] = field(default_factory=dict)

    def pack(self, job: Job) -> Task:
        if job.key not in self.held:
            # The worker's own lock is on another disk: this one keeps other processes off here.
            stack = ExitStack()
            stack.enter_context(lock_member(self.opened, job.key))
            self.held[job.key] = stack
        return Task(job, member=pack_member(self.opened, job.key))

    def keep(self, job: Job, parcel: Parcel, log: bytes = b"") -> None:
        if log:
            _append(log, job.log)
        place(self.opened, job.key, parcel)

    def release(self, key: str) -> None:
        self.held.pop(key, ExitStack()).close()


@contextmanager
def sharing(run: Path) -> Iterator[Transport]:
    """Let workers write in the run's folder, which all machines see at the same path.

    A file of a name that nobody can guess lies in it meanwhile: who does not see it does not
    share the folder.
    """
    mark = run / f".shared-{secrets.token_hex(8)}"
    try:
        mark.touch()
    except OSError as error:
        raise StoreError(f"run folder must be writable; got {one_line(error)}.") from error
    try:
        yield _Shared(mark.name)
    finally:
        with suppress(OSError):
            mark.unlink()


@contextmanager
def fetching(run: Path) -> Iterator[Transport]:
    """Send each member to its worker's machine and put what comes back in its place.

    Its lock is held here while it is away.
    """
    opened = open_run(run)
    fetched = _Fetched(opened, pack_run(opened))
    try:
        yield fetched
    finally:
        for stack in fetched.held.values():
            stack.close()


def _append(words: bytes, path: Path) -> None:
    try:
        with path.open("ab") as log:
            log.write(words)
    except OSError as error:
        raise StoreError(f"{path} must be writable; got {one_line(error)}.") from error
