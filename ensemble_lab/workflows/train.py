"""Train what an experiment asks for and its run lacks."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ensemble_lab.engines import Event
from ensemble_lab.exceptions import (
    MismatchError,
    MissingError,
)
from ensemble_lab.spec.experiment import ExperimentSpec
from ensemble_lab.spec.member import Backend
from ensemble_lab.store.files import replacing
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.members import (
    load_member,
    member_path,
)
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Entry, Run, open_run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.store.training_state import state_path
from ensemble_lab.workflows.planning import Plan, plan_experiment, select_members
from ensemble_lab.workflows.workers import check_backends, ignore, run_members

__all__ = ["is_complete", "train"]


def train(
    experiment: ExperimentSpec | Path | str,
    *,
    run: Path | str | None = None,
    engine: str = "process",
    workers: int | None = None,
    members: Sequence[str] = (),
    shard: str | None = None,
    data_dir: Path | str | None = None,
    backend: Backend | None = None,
    report: Callable[[Event], None] = ignore,
) -> Run:
    """Train the members that are missing and predict on validation and test.

    Members that are complete are left alone; an unfinished one goes on after its last
    epoch; one that failed is tried again. No test label is read.

    Parameters
    ----------
    experiment : ExperimentSpec or path of a TOML file
    run : path, optional
        Run folder; ``checkpoints/<name>`` unless given.
    engine : {"process", "serial"}
    workers : int, optional
        Processes side by side; one a core unless given.
    members : sequence of str
        Patterns of keys (``bn-elu-*``); all unless given.
    shard : str, optional
        ``I/N``: every N-th of those members, starting with the I-th.
    data_dir : path, optional
        Where to look for data first.
    backend : {"tensorflow", "jax"}, optional
        For all members, whatever the file says.
    report : callable
        Takes each `Event` of the workers.

    Returns
    -------
    Run

    Raises
    ------
    SpecError, DataError
        The experiment or its data are wrong.
    MismatchError
        The run holds other data, or a member that something else made.
    TrainingError
        Members failed; the others are complete.
    InterruptedTraining
        Stopped by SIGINT or SIGTERM; the same call continues.
    """
    plan = plan_experiment(experiment, data_dir=data_dir, backend=backend)
    chosen = select_members(plan.members, tuple(members), shard)
    path = Path(run) if run is not None else Path("checkpoints") / plan.experiment.name
    opened = prepare_run(plan, path, experiment)
    lacking = [member for member in chosen if not is_complete(opened, member.spec.key)]
    check_backends({member.spec.backend for member in lacking})
    for member in lacking:
        size = member.plan
        report(Event(event="waiting", key=member.spec.key, epochs=size.epochs, tflop=size.tflop))
    run_members(
        opened,
        tuple(member.spec.key for member in lacking),
        (),
        engine=engine,
        workers=workers,
        data=plan.experiment.data,
        data_dir=data_dir,
        report=report,
    )
    return opened


def prepare_run(plan: Plan, path: Path, source: ExperimentSpec | Path | str) -> Run:
    """Make the run folder, or let the one that is there grow; return the run.

    Raises
    ------
    MismatchError
        It holds other data, classes, or a started member of another making.
    """
    dataset, spec = plan.dataset, plan.experiment
    wanted = Run(
        path=path,
        name=spec.name,
        class_names=plan.class_names,
        image_shape=dataset.image_shape,
        data=spec.data.to_json(),
        splits=tuple(split.name for split in dataset.splits),
        members=tuple(member.entry for member in plan.members),
    )
    with lock_run(path):
        if (path / "run.json").exists():
            wanted = _grow(open_run(path), wanted)
        # The splits come first: they refuse other data before anything is replaced.
        for split in dataset.splits:
            record = SplitRecord(
                name=split.name,
                role=split.role,
                index=split.index,
                images_sha256=split.images_sha256,
                labels_sha256=split.labels_sha256,
                source={
                    "data": spec.data.to_json(),
                    "split": "test" if split.name == "test" else "train",
                },
            )
            save_split(wanted, record, split.labels)
        save_run(wanted)
        if not isinstance(source, ExperimentSpec):
            with replacing(path / "experiment.toml") as partial:
                shutil.copyfile(source, partial)
    return wanted


def _grow(known: Run, wanted: Run) -> Run:
    """Return the known run with the wanted members; refuse what would change a started one."""
    for what in ("class_names", "image_shape"):
        if getattr(known, what) != getattr(wanted, what):
            raise MismatchError(
                f"{what} of the run must stay {getattr(known, what)}; got {getattr(wanted, what)}, "
                f"in {known.path}. Use another --run for other data."
            )
    entries = {entry.key: entry for entry in known.members}
    for entry in wanted.members:
        before = entries.get(entry.key)
        if before is not None and before.digest != entry.digest and _is_started(known, entry.key):
            raise MismatchError(_describe_change(before, entry, known))
        entries[entry.key] = entry
    splits = (*known.splits, *(name for name in wanted.splits if name not in known.splits))
    return replace(wanted, members=tuple(entries.values()), splits=splits)


def _is_started(run: Run, key: str) -> bool:
    return member_path(run, key).exists() or state_path(run, key).exists()


def _describe_change(before: Entry, after: Entry, run: Run) -> str:
    for name, old, new in _differences(before.spec or {}, after.spec or {}):
        return (
            f"{name} of member {before.key} must stay {old!r}, which made it; got {new!r}, in "
            f"{run.path}. Use another group or --run, or remove {run.member_folder(before.key)}."
        )
    return (
        f"examples that member {before.key} learns from must stay the same; got others, in "
        f"{run.path}. Use another --run for other data or another validation split."
    )


def _differences(old: Any, new: Any, name: str = "") -> list[tuple[str, Any, Any]]:
    """Return (dotted name, old, new) for each leaf that differs; a default shows as 'default'."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            difference
            for key in sorted(old.keys() | new.keys())
            for difference in _differences(
                old.get(key, "default"), new.get(key, "default"), f"{name}.{key}".strip(".")
            )
        ]
    return [] if old == new else [(name.removeprefix("training."), old, new)]


def is_complete(run: Run, key: str) -> bool:
    """Whether a member is trained and has predicted on validation and test.

    Raises
    ------
    DamagedError
        Its file is there but damaged; it is never overwritten unasked.
    """
    try:
        load_member(run, key)
    except MissingError:
        return False
    # A leftover state may hold epoch votes that are not written yet.
    wanted = [name for name in ("validation", "test") if name in run.splits]
    return (
        all(has_predictions(run, key, split) for split in wanted)
        and not state_path(run, key).exists()
    )
