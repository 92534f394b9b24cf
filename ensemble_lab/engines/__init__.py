"""Engines start workers and listen to them; they never import Keras.

A worker is a process (``python -m ensemble_lab.training.worker``) that is at one member at a
time, so one that dies takes nothing else with it; it is replaced before its memory has grown.
Or it is at all members of a stack at once (``python -m ensemble_lab.training.stacked_worker``).
An engine is a row here: a name, and where and how many workers it runs side by side.
"""

import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ensemble_lab.engines.clusters import Cluster
from ensemble_lab.engines.events import Event, Outcome
from ensemble_lab.engines.jobs import Job, Sharing
from ensemble_lab.engines.subprocesses import run_jobs
from ensemble_lab.exceptions import MissingExtraError, SpecError
from ensemble_lab.spelling import closest

if TYPE_CHECKING:
    from ensemble_lab.store.training_state import Numerics

__all__ = [
    "ENGINES",
    "HERE",
    "Cluster",
    "Engine",
    "Event",
    "Job",
    "Outcome",
    "Sharing",
    "find_engine",
    "run_engine",
]

Report = Callable[[Event], None]
HERE = Cluster()
"""No cluster: this machine, its own disk."""


@dataclass(frozen=True)
class Engine:
    """How workers are started.

    Attributes
    ----------
    run : function (jobs, n_workers, cluster, report) -> outcomes
    has_machines : bool
        Whether workers may run on other machines, with their own data and a disk of their own;
        only then is a `Cluster` of use.
    extra : str or None
        Package that it needs, and the extra that installs it.
    numerics : {"single", "stacked"}
        Whose bits its members have. What stacks members only trains them.
    """

    run: Callable[[Sequence[Job], int | None, Cluster, Report], tuple[Outcome, ...]]
    has_machines: bool = False
    extra: str | None = None
    numerics: "Numerics" = "single"


def _serial(
    jobs: Sequence[Job], n_workers: int | None, _cluster: Cluster, report: Report
) -> tuple[Outcome, ...]:
    if n_workers not in (None, 1):
        raise SpecError(f"workers of the serial engine must be 1; got {n_workers}.")
    return run_jobs(jobs, 1, report)


def _stacked(
    jobs: Sequence[Job], n_workers: int | None, _cluster: Cluster, report: Report
) -> tuple[Outcome, ...]:
    # A stack takes all devices: another beside it is not asked for unless the user does.
    return run_jobs(jobs, n_workers or 1, report)


def _process(
    jobs: Sequence[Job], n_workers: int | None, _cluster: Cluster, report: Report
) -> tuple[Outcome, ...]:
    return run_jobs(jobs, n_workers or _count_places(jobs), report)


def _count_places(jobs: Sequence[Job]) -> int:
    """Return how many workers the cores have room for, at least one."""
    if hasattr(os, "sched_getaffinity"):
        n_cores = len(os.sched_getaffinity(0))
    else:
        n_cores = os.cpu_count() or 1
    return max(1, n_cores // max((job.threads for job in jobs), default=1))


def _ray(
    jobs: Sequence[Job], n_workers: int | None, cluster: Cluster, report: Report
) -> tuple[Outcome, ...]:
    from ensemble_lab.engines.ray import run_on_ray

    return run_on_ray(jobs, n_workers, cluster, report)


ENGINES = {
    "serial": Engine(_serial),
    "process": Engine(_process),
    "ray": Engine(_ray, has_machines=True, extra="ray"),
    "stacked": Engine(_stacked, numerics="stacked"),
}
"""serial: one worker after another. process: side by side, one a core unless told. ray: on the
machines of a cluster, as many as they have cores for. stacked: one worker for all members that
train together in one program, one such worker after another unless told."""


def find_engine(
    name: str, cluster: Cluster = HERE, *, to: Literal["train", "predict", "repeat"] = "train"
) -> Engine:
    """Return the engine of that name, if it can be had, does that and takes such a cluster.

    Raises
    ------
    SpecError
        No such engine, one that knows no cluster, or one that trains members together where
        each is asked alone.
    MissingExtraError
        What it needs is not installed.
    """
    if name not in ENGINES:
        raise SpecError(
            f"engine must be one of {', '.join(ENGINES)}; got {name!r}" + closest(name, ENGINES)
        )
    engine = ENGINES[name]
    if to != "train" and engine.numerics == "stacked":
        able = ", ".join(name for name, each in ENGINES.items() if each.numerics == "single")
        raise SpecError(
            f"engine must be one of {able} to {to}; got {name}, which trains members together."
        )
    if cluster != HERE and not engine.has_machines:
        takers = " or ".join(name for name, each in ENGINES.items() if each.has_machines)
        raise SpecError(
            f"engine must be {takers} to take an address, fetch or gpus; got {name}. Say --engine "
            f"{takers}, or leave them out."
        )
    if engine.extra is not None and importlib.util.find_spec(engine.extra) is None:
        raise MissingExtraError(
            f"{engine.extra} must be installed for the engine {name}; got none. Install it with: "
            f"pip install 'ensemble-lab[{engine.extra}]'"
        )
    return engine


def run_engine(
    name: str,
    jobs: Sequence[Job],
    *,
    n_workers: int | None,
    cluster: Cluster = HERE,
    report: Report,
) -> tuple[Outcome, ...]:
    """Run jobs with the engine of that name; one outcome a job, in the order of the jobs.

    Raises
    ------
    SpecError, MissingExtraError
        As `find_engine`, or fewer than one worker.
    """
    if n_workers is not None and n_workers < 1:
        raise SpecError(f"workers must be 1 or more; got {n_workers}. Leave it out for one a core.")
    return find_engine(name, cluster).run(jobs, n_workers, cluster, report)
