"""Train what an experiment asks for and its run lacks."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ensemble_lab.engines import HERE, Cluster, Event, find_engine
from ensemble_lab.exceptions import MismatchError, MissingError
from ensemble_lab.spec.experiment import ExperimentSpec, render_experiment
from ensemble_lab.spec.member import Backend, parse_member
from ensemble_lab.store.files import replacing
from ensemble_lab.store.lock import is_locked, lock_run
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import check_predictions
from ensemble_lab.store.run import Entry, Run, open_run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.store.training_state import state_path
from ensemble_lab.workflows.planning import Plan, PlannedMember, plan_experiment
from ensemble_lab.workflows.workers import (
    check_backends,
    check_engine,
    check_numerics,
    ignore,
    run_members,
)

__all__ = ["find_lacking", "find_untrained", "is_complete", "train"]


def train(
    experiment: ExperimentSpec | Path | str,
    *,
    run: Path | str | None = None,
    engine: str = "process",
    workers: int | None = None,
    cluster: Cluster = HERE,
    members: Sequence[str] = (),
    shard: str | None = None,
    data_dir: Path | str | None = None,
    backend: Backend | None = None,
    profile: bool = False,
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
    engine : {"process", "serial", "ray", "stacked"}
        Workers side by side, one by one or on other machines; or, with JAX, all members that
        differ in nothing but seeds, rates and schedules in one program, as many at once as fit
        in memory. That rounds differently: a member is not continued under an engine of the
        other kind.
    workers : int, optional
        Processes side by side; one a core unless given, but one stack after another. Stacks side
        by side share the memory: one compiles while another has the device.
    cluster : Cluster, optional
        For the engine ``ray``: which machines, and how they reach the run.
    members, shard, data_dir, backend
        As in `plan_experiment`.
    profile : bool
        Whether workers time augmentation alone as well, which takes some seconds a member;
        see `ensemble_lab.workflows.profile.profile_run`.
    report : callable
        Takes each `Event` of the workers. A member that another process is training is
        left to it, and told as ``locked``.

    Returns
    -------
    Run

    Raises
    ------
    SpecError, DataError
        The experiment or its data are wrong, or the engine takes no cluster or cannot train a
        member.
    MismatchError
        The run holds other data, or a member that something else made or began.
    TrainingError
        Members failed; the others are complete.
    InterruptedTraining
        Stopped by SIGINT or SIGTERM; the same call continues.
    """
    find_engine(engine, cluster)  # refused, if it is, before anything is read
    plan = plan_experiment(
        experiment, members=members, shard=shard, data_dir=data_dir, backend=backend
    )
    lacking = find_lacking(plan, run)
    check_engine((member.spec for member in lacking), engine, cluster)
    check_backends({member.spec.backend for member in lacking})
    opened = prepare_run(plan, _locate_run(plan, run), experiment)
    check_numerics(opened, [member.spec.key for member in lacking], engine)
    for member in lacking:
        size = member.plan
        report(Event(event="waiting", key=member.spec.key, epochs=size.epochs, tflop=size.tflop))
    run_members(
        opened,
        tuple(member.spec.key for member in lacking),
        ("--profile",) if profile else (),
        sharing="in-turn",
        engine=engine,
        workers=workers,
        cluster=cluster,
        data=plan.experiment.data,
        data_dir=data_dir,
        report=report,
    )
    return opened


def find_lacking(plan: Plan, run: Run | Path | str | None = None) -> tuple[PlannedMember, ...]:
    """Return the chosen members that a run lacks; all where there is no run yet.

    Raises
    ------
    MismatchError
        The run cannot grow into the plan (see `train`).
    DamagedError
        A file of a member is damaged; it is never overwritten unasked.
    """
    if not isinstance(run, Run):
        path = _locate_run(plan, run)
        if not (path / "run.json").exists():
            return plan.chosen_members
        run = _grow(open_run(path), _describe_run(plan, path), plan.chosen)
    return tuple(m for m in plan.chosen_members if not is_complete(run, m.spec.key))


def find_untrained(
    plan: Plan, lacking: Sequence[PlannedMember], run: Run | Path | str | None = None
) -> tuple[PlannedMember, ...]:
    """Return those of `find_lacking` that have no weights; the others only have to predict."""
    path = run.path if isinstance(run, Run) else _locate_run(plan, run)
    if not (path / "run.json").exists():
        return tuple(lacking)
    opened = open_run(path)
    there = {key for key in opened.keys if member_path(opened, key).exists()}
    return tuple(member for member in lacking if member.spec.key not in there)


def _locate_run(plan: Plan, run: Path | str | None) -> Path:
    return Path(run) if run is not None else Path("checkpoints") / plan.experiment.name


def _describe_run(plan: Plan, path: Path) -> Run:
    """Return the run that a plan would make from nothing."""
    return Run(
        path=path,
        name=plan.experiment.name,
        class_names=plan.class_names,
        image_shape=plan.dataset.image_shape,
        data=plan.experiment.data.to_json(),
        splits=tuple(split.name for split in plan.dataset.splits),
        members=tuple(member.entry for member in plan.members),
        probabilities=plan.experiment.probabilities,
    )


def prepare_run(plan: Plan, path: Path, source: ExperimentSpec | Path | str) -> Run:
    """Make the run folder, or let the one that is there grow; return the run.

    Raises
    ------
    MismatchError
        It holds other data, classes, or a started member of another making.
    """
    dataset, spec = plan.dataset, plan.experiment
    wanted = _describe_run(plan, path)
    with lock_run(path):
        if (path / "run.json").exists():
            wanted = _grow(open_run(path), wanted, plan.chosen)
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
                fold=split.fold,
            )
            save_split(wanted, record, split.labels)
        save_run(wanted)
        with replacing(path / "experiment.toml") as partial:
            if isinstance(source, ExperimentSpec):
                partial.write_text(render_experiment(source), encoding="utf-8")
            else:
                shutil.copyfile(source, partial)
    return wanted


def _grow(known: Run, wanted: Run, chosen: tuple[str, ...]) -> Run:
    """Return the known run with the wanted members; refuse what would change a started one."""
    for what in ("name", "class_names", "image_shape"):
        if getattr(known, what) != getattr(wanted, what):
            raise MismatchError(
                f"{what} of the run must stay {getattr(known, what)!r}; got "
                f"{getattr(wanted, what)!r}, in {known.path}. Use another --run."
            )
    added = [name for name in known.own_splits if name not in wanted.splits]
    if added:
        raise MismatchError(
            f"{added[0]} of the run must be what members are trained with; got examples that were "
            f"predicted or imported later, in {known.path}. Use another --run."
        )
    entries = {entry.key: entry for entry in known.members}
    for entry in wanted.members:
        before = entries.get(entry.key)
        if before and before.kind == "imported":
            raise MismatchError(
                f"group and seed must make a new member; got {entry.key}, which was imported, in "
                f"{known.path}. Use another group or --run."
            )
        if before and before.digest != entry.digest:
            if entry.key not in chosen:
                # It may be another process's, which chose it with options of its own.
                continue
            if _is_started(known, entry.key):
                raise MismatchError(_describe_change(before, entry, known))
        entries[entry.key] = entry
    splits = (*known.splits, *(name for name in wanted.splits if name not in known.splits))
    return replace(wanted, members=tuple(entries.values()), splits=splits)


def _is_started(run: Run, key: str) -> bool:
    """Whether a member has something to lose: files, or a worker in its first epoch."""
    has_files = member_path(run, key).exists() or state_path(run, key).exists()
    return has_files or is_locked(run, key)


def _describe_change(before: Entry, after: Entry, run: Run) -> str:
    # Whole specs: what a file leaves out has a value too.
    old, new = (parse_member(entry.spec).model_dump(mode="json") for entry in (before, after))
    for name, value, other in _differences(old, new):
        return (
            f"{name} of member {before.key} must stay {value!r}, which made it; got {other!r}, in "
            f"{run.path}. Use another group or --run, or remove {run.member_folder(before.key)}."
        )
    return (
        f"examples that member {before.key} learns from must stay the same; got others, in "
        f"{run.path}. Use another --run for other data or another validation split."
    )


def _differences(old: Any, new: Any, name: str = "") -> list[tuple[str, Any, Any]]:
    """Return (dotted name, old, new) for each leaf that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            difference
            for key in sorted(old.keys() | new.keys())
            for difference in _differences(old.get(key), new.get(key), f"{name}.{key}".strip("."))
        ]
    return [] if old == new else [(name.removeprefix("training."), old, new)]


def is_complete(run: Run, key: str) -> bool:
    """Whether a member is trained and has predicted on validation, or its fold, and test.

    Raises
    ------
    DamagedError, MismatchError
        A file of it is there but damaged, or of other weights; none is overwritten unasked.
    """
    try:
        load_member(run, key)
        for split in run.own_splits:
            check_predictions(run, key, split)
    except MissingError:
        return False
    # A leftover state may hold epoch votes that are not written yet.
    return not state_path(run, key).exists()
