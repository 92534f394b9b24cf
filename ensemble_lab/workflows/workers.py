"""Workers for the members of a run: started by an engine, their failures kept."""

import datetime
import importlib.util
from collections.abc import Callable
from pathlib import Path

from ensemble_lab.data.sources import locate
from ensemble_lab.engines import Event, Job, Outcome, run_engine
from ensemble_lab.exceptions import MissingExtraError, TrainingError
from ensemble_lab.spec.data import DataSpec
from ensemble_lab.store.members import Failure, clear_failure, save_failure
from ensemble_lab.store.run import Run

__all__ = ["check_backends", "ignore", "run_members"]


def ignore(_event: Event) -> None:
    """Report nothing."""


def check_backends(backends: set[str]) -> None:
    """Refuse a backend that is not installed, before anything is started.

    Raises
    ------
    MissingExtraError
        Says how to install it.
    """
    for backend in sorted(backends):
        for package in (backend, "keras"):
            if importlib.util.find_spec(package) is None:
                extra = "train" if backend == "tensorflow" else backend
                raise MissingExtraError(
                    f"{package} must be installed to train with {backend}; got none. Install it "
                    f"with: pip install 'ensemble-lab[{extra}]'"
                )


def run_members(
    run: Run,
    keys: tuple[str, ...],
    arguments: tuple[str, ...],
    *,
    engine: str,
    workers: int | None,
    data: DataSpec,
    data_dir: Path | str | None,
    report: Callable[[Event], None],
) -> tuple[Outcome, ...]:
    """Run a worker for each key and keep the cause of each failure.

    Raises
    ------
    TrainingError
        At least one failed; names the first and its cause.
    """
    folder = locate(data, Path(data_dir) if data_dir else None)
    options = (*arguments, *(("--data-dir", str(folder)) if folder else ()))
    jobs = [
        Job(key, (str(run.path), key, *options), run.member_folder(key) / "log.txt") for key in keys
    ]
    outcomes = run_engine(engine, jobs, n_workers=workers, report=report)
    failed = []
    for outcome in outcomes:
        if outcome.status == "failed":
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            save_failure(run, outcome.key, Failure(outcome.error, outcome.cause, now))
            failed.append(outcome)
        elif outcome.status in ("trained", "complete"):
            clear_failure(run, outcome.key)
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise TrainingError(
            f"{len(failed)} of {len(keys)} members failed; {failed[0].key}{more}: "
            f"{failed[0].cause.rstrip('.')}. The same command tries again."
        )
    return outcomes
