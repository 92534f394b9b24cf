"""Engines start workers and listen to them; they never import Keras.

A worker is a process (``python -m ensemble_lab.training.worker``) that is at one member at a
time, so one that dies takes nothing else with it; it is replaced before its memory has grown.
An engine is a row here: a name, and how many workers it runs side by side.
"""

import os
from collections.abc import Callable, Sequence

from ensemble_lab.engines.events import Event, Outcome
from ensemble_lab.engines.jobs import Job, Sharing
from ensemble_lab.engines.subprocesses import run_jobs
from ensemble_lab.exceptions import SpecError
from ensemble_lab.spelling import closest

__all__ = ["ENGINES", "Event", "Job", "Outcome", "Sharing", "run_engine"]

Report = Callable[[Event], None]


def _serial(jobs: Sequence[Job], n_workers: int | None, report: Report) -> tuple[Outcome, ...]:
    if n_workers not in (None, 1):
        raise SpecError(f"workers of the serial engine must be 1; got {n_workers}.")
    return run_jobs(jobs, 1, report)


def _process(jobs: Sequence[Job], n_workers: int | None, report: Report) -> tuple[Outcome, ...]:
    return run_jobs(jobs, n_workers or _count_places(jobs), report)


def _count_places(jobs: Sequence[Job]) -> int:
    """Return how many workers the cores have room for, at least one."""
    if hasattr(os, "sched_getaffinity"):
        n_cores = len(os.sched_getaffinity(0))
    else:
        n_cores = os.cpu_count() or 1
    return max(1, n_cores // max((job.threads for job in jobs), default=1))


ENGINES = {"serial": _serial, "process": _process}
"""serial: one worker after another. process: side by side, one a core unless told."""


def run_engine(
    name: str, jobs: Sequence[Job], *, n_workers: int | None, report: Report
) -> tuple[Outcome, ...]:
    """Run jobs with the engine of that name; one outcome a job, in the order of the jobs.

    Raises
    ------
    SpecError
        No such engine.
    """
    if name not in ENGINES:
        raise SpecError(
            f"engine must be one of {', '.join(ENGINES)}; got {name!r}" + closest(name, ENGINES)
        )
    return ENGINES[name](jobs, n_workers, report)
