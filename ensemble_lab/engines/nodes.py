"""What a machine of a cluster does for one job: the same worker, on a shared run or a copy."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from platform import node as name_machine
from tempfile import TemporaryDirectory

from ensemble_lab import __version__
from ensemble_lab.engines.events import Event, Outcome
from ensemble_lab.engines.jobs import Job
from ensemble_lab.engines.subprocesses import run_jobs
from ensemble_lab.exceptions import EnsembleLabError, MismatchError, StoreError
from ensemble_lab.store.parcels import (
    NOTHING,
    Parcel,
    list_versions,
    pack_changes,
    pack_state,
    unpack,
)

__all__ = ["Answer", "Task", "work"]

Tell = Callable[[Event | Parcel], None]

SEND_EVERY_S = 30.0
"""How much training a machine that is lost may take with it, where members are fetched."""
_LONGEST_LOG = 1 << 18
_OF_NO_FILE = (-1, -1, -1)


@dataclass(frozen=True)
class Task:
    """A job as another machine gets it.

    Attributes
    ----------
    job : Job
        With whole paths, as they are on the machine that asks.
    version : str
        Of the ensemble_lab that asks.
    token : str
        Name of a file in the run's folder, which only those see that share it; empty where
        members are fetched.
    member : Parcel
        What the member has so far, where it is fetched.
    """

    job: Job
    version: str = __version__
    token: str = ""
    member: Parcel = NOTHING


@dataclass(frozen=True)
class Answer:
    """What became of a task.

    Attributes
    ----------
    outcome : Outcome
    parcel : Parcel
        What the member has that was not sent before; empty where the run is shared.
    log : bytes
        The end of what the worker's libraries said; empty where the run is shared.
    """

    outcome: Outcome
    parcel: Parcel = NOTHING
    log: bytes = b""


def work(task: Task, run: Parcel | None, tell: Tell) -> Answer:
    """Run a task's worker on this machine and answer what became of it.

    Parameters
    ----------
    task : Task
    run : Parcel or None
        The run without its members; None where this machine shares its folder.
    tell : function
        Takes the worker's events and, every `SEND_EVERY_S` at most, where a member that is
        fetched stands.
    """
    try:
        if task.version != __version__:
            raise MismatchError(
                f"ensemble_lab must be {task.version} on every machine, as where training was "
                f"started; got {__version__} on {name_machine()}."
            )
        if run is None:
            _check_shared(task)
            return Answer(_run(task.job, tell))
        return _work_on_a_copy(task, run, tell)
    except EnsembleLabError as error:
        return Answer(Outcome(task.job.key, "failed", type(error).__name__, str(error)))


def _run(job: Job, tell: Callable[[Event], None]) -> Outcome:
    (outcome,) = run_jobs([job], 1, tell)
    return outcome


def _check_shared(task: Task) -> None:
    # Not run.json: another disk may hold an old copy of the run at the same path.
    if not (task.job.run / task.token).is_file():
        raise StoreError(
            f"run folder must be on a disk that all machines share; got none or another at "
            f"{task.job.run} on {name_machine()}. Let members come back over the network with "
            "--fetch, or share the folder under the same path."
        )


def _work_on_a_copy(task: Task, run: Parcel, tell: Tell) -> Answer:
    key = task.job.key
    with TemporaryDirectory(prefix="ensemble-lab-") as made:
        folder = Path(made) / "members" / key
        unpack(run, Path(made))
        unpack(task.member, folder)
        job = replace(task.job, run=Path(made), log=folder / "log.txt")
        sent, last = dict(list_versions(folder)), time.monotonic()

        def pass_on(event: Event) -> None:
            nonlocal last
            tell(event)
            if event.event == "epoch" and time.monotonic() - last >= SEND_EVERY_S:
                state = pack_state(folder)
                tell(state)
                # Known there from now on: at the end it is sent once more, or told to be gone.
                sent.update((name, _OF_NO_FILE) for name, _ in state.files)
                last = time.monotonic()

        outcome = _run(job, pass_on)
        # The log that its words name is the one that stays.
        cause = outcome.cause.replace(str(job.log), str(task.job.log))
        log = job.log.read_bytes()[-_LONGEST_LOG:]
        return Answer(replace(outcome, cause=cause), pack_changes(folder, sent), log)
