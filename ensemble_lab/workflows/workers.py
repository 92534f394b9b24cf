"""Workers for the members of a run: started by an engine, their failures kept."""

import datetime
import importlib.util
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from ensemble_lab.data.sources import locate
from ensemble_lab.engines import (
    Cluster,
    Event,
    Job,
    Outcome,
    Sharing,
    find_engine,
    run_engine,
)
from ensemble_lab.exceptions import (
    DamagedError,
    InterruptedTraining,
    MissingExtraError,
    TrainingError,
)
from ensemble_lab.spec.data import DataSpec
from ensemble_lab.spec.member import MemberSpec, parse_member
from ensemble_lab.store.members import Failure, clear_failure, member_path, save_failure
from ensemble_lab.store.run import Run
from ensemble_lab.store.training_state import resume_state
from ensemble_lab.training.stacks import name_stack
from ensemble_lab.training.trainers import TRAINERS

__all__ = ["check_backends", "check_engine", "check_numerics", "ignore", "run_members"]


def ignore(_event: Event) -> None:
    """Report nothing."""


def check_backends(backends: set[str], *, to: Literal["train", "predict"] = "train") -> None:
    """Refuse a backend that is not installed, before anything is started.

    Parameters
    ----------
    backends : set of str
    to : {"train", "predict"}
        What it is needed for.

    Raises
    ------
    MissingExtraError
        Says how to install it.
    """
    for backend in sorted(backends):
        row = TRAINERS[backend]
        for package in row.packages if to == "train" else row.predicting_packages:
            if importlib.util.find_spec(package) is None:
                raise MissingExtraError(
                    f"{package} must be installed to {to} with {backend}; got none. Install it "
                    f"with: pip install 'ensemble-lab[{row.extra}]'"
                )


def check_engine(members: Iterable[MemberSpec], engine: str, cluster: Cluster) -> None:
    """Refuse an engine that cannot be had or cannot train one of the members.

    Raises
    ------
    SpecError, MissingExtraError
        As `find_engine`, or a member that cannot be trained together with others.
    """
    if find_engine(engine, cluster).numerics == "stacked":
        for member in members:
            name_stack(member)


def check_numerics(run: Run, keys: Iterable[str], engine: str) -> None:
    """Refuse an engine that cannot go on with a member, before anything is started.

    A state that is damaged is its own worker's to tell: it leaves the other members alone.

    Raises
    ------
    MismatchError
        A member that is not done was begun by an engine of other numerics.
    """
    numerics = find_engine(engine).numerics
    for key in keys:
        if not member_path(run, key).exists():
            with suppress(DamagedError):
                resume_state(run, key, numerics)


def run_members(
    run: Run,
    keys: tuple[str, ...],
    arguments: tuple[str, ...],
    *,
    sharing: Sharing,
    engine: str,
    workers: int | None,
    cluster: Cluster,
    data: DataSpec,
    data_dir: Path | str | None,
    report: Callable[[Event], None],
) -> None:
    """Let workers do what is asked for each key, and keep the cause of each failure.

    Parameters
    ----------
    run : Run
    keys : tuple of str
    arguments : tuple of str
        Of the worker, beside run, key and folder of the data.
    sharing : {"alone", "in-turn", "together"}
        As in `ensemble_lab.engines.Job`; members of a stack have no other in their process.
    engine, workers, data_dir, report
        As in `ensemble_lab.workflows.train.train`.
    data : DataSpec
        Tells where the data lie.

    Where the engine has other machines, these look for the data themselves, unless their folder
    is given; here they are found, or downloaded, once for all workers.

    Raises
    ------
    TrainingError
        At least one failed; names the first and its cause.
    InterruptedTraining
        Workers were asked to stop, all together or one by one.
    """
    folder = Path(data_dir) if data_dir else None
    chosen = find_engine(engine)
    is_stacked = chosen.numerics == "stacked"
    if not chosen.has_machines:
        folder = locate(data, folder)
    elif folder is not None:
        folder = folder.absolute()
    options = (*arguments, *(("--data-dir", str(folder)) if folder else ()))
    specs = {key: parse_member(run.member(key).spec) for key in keys}
    stacks = {key: name_stack(spec) for key, spec in specs.items()} if is_stacked else {}
    n_stacks = min(workers or 1, len(set(stacks.values())))
    if n_stacks > 1:
        options += ("--stacks", str(n_stacks))
    jobs = [
        Job(
            run=run.path,
            key=key,
            options=options,
            log=run.member_folder(key) / "log.txt",
            threads=spec.threads,
            backend=spec.backend,
            sharing="alone" if is_stacked else sharing,
            stack=stacks.get(key, ""),
        )
        for key, spec in specs.items()
    ]

    def hear(event: Event) -> None:
        if event.event == "start":
            clear_failure(run, event.key)
        report(event)

    outcomes = run_engine(engine, jobs, n_workers=workers, cluster=cluster, report=hear)
    for outcome in outcomes:
        if outcome.status == "failed":
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            save_failure(run, outcome.key, Failure(outcome.error, outcome.cause, now))
        elif outcome.status in ("trained", "complete"):
            clear_failure(run, outcome.key)
    _raise_for(outcomes)


def _raise_for(outcomes: tuple[Outcome, ...]) -> None:
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    stopped = [outcome.key for outcome in outcomes if outcome.status == "interrupted"]
    if failed:
        first, n_more = failed[0], len(failed) - 1
        more = f", and {n_more} more" if n_more else ""
        died = " The same command tries again." if first.error == "WorkerDied" else ""
        raise TrainingError(
            f"{first.key} failed{more} (of {len(outcomes)}): {first.cause.rstrip('.')}.{died}"
        )
    if stopped:
        raise InterruptedTraining(
            f"{len(stopped)} of {len(outcomes)} members stopped before the end; the same command "
            "continues."
        )
