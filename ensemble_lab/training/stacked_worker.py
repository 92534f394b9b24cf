"""Members that train together: ``python -m ensemble_lab.training.stacked_worker RUN KEY``.

What `ensemble_lab.training.worker` does for one member, in one process for all members of a
stack, ``KEY`` and those that follow ``--with``: it says of each what becomes of it, saves their
states between epochs, and stops within a block when it is asked to. What was trained
predicts one member after another, by the same code that predicts with stored members, so that
predictions that are lost can be made again.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_lab.data.dataset import Dataset
from ensemble_lab.exceptions import InterruptedTraining, MismatchError, TrainingError
from ensemble_lab.spec.member import MemberSpec, parse_member
from ensemble_lab.spelling import render_count
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.timings import add_sitting, share_timings
from ensemble_lab.store.training_state import TrainingState, resume_state, save_state
from ensemble_lab.training import nets
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.environment import describe_commit, leave
from ensemble_lab.training.fit_stack import StackCallbacks, fit_stack
from ensemble_lab.training.inputs import check_examples, load_checked_dataset
from ensemble_lab.training.predicting import load_responder
from ensemble_lab.training.profiling import measure_augmentation
from ensemble_lab.training.reporter import Reporter, own_stdout
from ensemble_lab.training.stack_machines import StackMachine, build_stack
from ensemble_lab.training.stacks import name_stack
from ensemble_lab.training.state_writer import writing
from ensemble_lab.training.worker import (
    find_unpredicted,
    finish_member,
    is_finished,
    store_trained,
)

__all__ = ["main", "train_stack"]

Waiting = dict[str, Reporter]
"""Members that no last word was said of, by key."""


def main(arguments: list[str] | None = None) -> int:
    """Run a worker; return its exit code: 130 if it was stopped, else 0: members speak for it."""
    parser = argparse.ArgumentParser(prog="python -m ensemble_lab.training.stacked_worker")
    parser.add_argument("run", type=Path)
    parser.add_argument("key")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--with", dest="others", metavar="KEY", nargs="+", default=[])
    parser.add_argument("--stacks", type=int, default=1, help="stacks side by side")
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args(arguments)
    describe_commit()  # now: it is kept for when a member is stored
    # What was imported to get here kept one core busy.
    spent, stop = time.process_time(), threading.Event()
    clock = Clock(spent, times_augmentation=chosen.profile)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with own_stdout() as lines:
        keys = (chosen.key, *chosen.others)
        waiting = {key: Reporter(key, lines, stop, clock) for key in keys}
        try:
            run = open_run(chosen.run)
            train_stack(run, waiting, chosen.data_dir, clock, n_stacks=chosen.stacks)
        except Exception as error:
            for reporter in waiting.values():
                reporter.tell_exception(error)
            return 130 if isinstance(error, InterruptedTraining) else 0
    return 0


def train_stack(
    run: Run, waiting: Waiting, data_dir: Path | None, clock: Clock, *, n_stacks: int = 1
) -> None:
    """Do what of members is not done yet, and take each from `waiting` with its last word.

    Parameters
    ----------
    run : Run
    waiting : dict of str to Reporter
        Changed. The reporters have one clock.
    data_dir : path or None
        Folder to look in first.
    clock : Clock
    n_stacks : int
        That are trained side by side, and share the memory.

    Raises
    ------
    InterruptedTraining
        The worker is to stop. All members that wait can be continued.
    MismatchError
        The members are not of one stack, or the data have changed.
    MemoryError
        Not even one member at a time fits.
    """
    specs = {key: parse_member(run.member(key).spec) for key in waiting}
    if len({name_stack(spec) for spec in specs.values()}) > 1:
        raise MismatchError(f"members of a stack must be alike; got {', '.join(waiting)}.")
    with ExitStack() as locks:
        for key in specs:
            with _on_its_own(waiting, key):
                locks.enter_context(lock_member(run, key))
                if member_path(run, key).exists() and is_finished(run, key):
                    waiting.pop(key).say("done", status="complete")
        if waiting:
            first = specs[next(iter(waiting))]
            # The user's environment says where data lie; the worker's own comes after.
            dataset = load_checked_dataset(run, first, data_dir)
            with nets.open_libraries(first), _sharing_timings(run, tuple(waiting), clock):
                _train_locked(_Work(run, dataset, waiting, clock), specs, n_stacks)


@contextmanager
def _on_its_own(waiting: Waiting, key: str) -> Iterator[None]:
    """Let a member that fails, or that another process holds, leave the others alone."""
    try:
        yield
    except InterruptedTraining:
        raise
    except Exception as error:
        waiting.pop(key).tell_exception(error)


@contextmanager
def _sharing_timings(run: Run, keys: Sequence[str], clock: Clock) -> Iterator[None]:
    """Keep where time went, also if the members are stopped before their end."""
    try:
        yield
    finally:
        timings = share_timings(clock.read(), len(keys))
        for key in keys:
            add_sitting(run, key, timings)


@dataclass(frozen=True, eq=False)
class _Work:
    """The members of a run that wait, and what they learn from."""

    run: Run
    dataset: Dataset
    waiting: Waiting
    clock: Clock


def _train_locked(work: _Work, specs: dict[str, MemberSpec], n_stacks: int) -> None:
    run, dataset, waiting = work.run, work.dataset, work.waiting
    unfinished: list[MemberSpec] = []
    for key in tuple(waiting):
        with _on_its_own(waiting, key):
            check_examples(run, specs[key], dataset)
            if not member_path(run, key).exists():
                # Read for what it refuses: a turn reads the states of its own members again.
                resume_state(run, key, "stacked")
                unfinished.append(specs[key])
                continue
            waiting[key].start(specs[key].epochs, specs[key].epochs)
            member = load_member(run, key)
            responder = load_responder(run, specs[key], member, nets)
            splits = find_unpredicted(run, key)
            finish_member(run, specs[key], dataset, member, splits, responder, waiting[key])
            waiting.pop(key).say("done", status="trained")
    if unfinished:
        with work.clock.on("compiling"):
            train = nets.take_examples(dataset.split("train"))
            machine = build_stack(unfinished, train, run.n_classes, n_stacks)
        _train_in_turns(work, unfinished, machine)


def _train_in_turns(work: _Work, members: Sequence[MemberSpec], machine: StackMachine) -> None:
    """Train as many members at once as fit, and after them the next."""
    left = list(members)
    while left := [member for member in left if member.key in work.waiting]:
        turn = left[: machine.steps.n_places]
        sys.stderr.write(f"{render_count(len(turn), 'member')} of {len(members)} at once\n")
        try:
            states = _fit(work, turn, machine)
        except MemoryError as error:
            sys.stderr.write(f"half as many: {error}\n")
            machine.steps.halve_places()
            machine.pace.compiled.clear()
            continue
        for member, state in zip(turn, states, strict=True):
            if isinstance(state, TrainingState):
                with _on_its_own(work.waiting, member.key):
                    _finish(work, member, state, machine.steps.n_places_a_device)
                    work.waiting.pop(member.key).say("done", status="trained")


def _fit(work: _Work, members: Sequence[MemberSpec], machine: StackMachine) -> tuple[Any, ...]:
    run, dataset, waiting, clock = work.run, work.dataset, work.waiting, work.clock

    def save(key: str, state: TrainingState) -> None:
        with clock.on("files"):
            save_state(run, key, state)

    def keep_state(key: str, state: TrainingState) -> None:
        writer.keep(key, state)
        waiting[key].tell_epoch(state)

    def give_up(key: str, error: TrainingError) -> None:
        waiting.pop(key).tell_exception(error)

    validation = dataset.validation
    voted = tuple((split.name, split.images) for split in dataset.splits if split.name != "train")
    resume = [resume_state(run, member.key, "stacked") for member in members]
    begun = [0 if state is None else state.epoch for state in resume]
    for member, epoch in zip(members, begun, strict=True):
        # Not before its turn: what a member has left is told from the time since its start.
        waiting[member.key].start(epoch, member.epochs)
    train = nets.take_examples(dataset.split("train"))
    with writing(save) as writer:
        states = fit_stack(
            members,
            machine,
            train,
            None if validation is None else nets.take_examples(validation),
            validation_name="validation" if validation is None else validation.name,
            voted=voted if members[0].training.epoch_votes else (),
            resume=resume,
            callbacks=StackCallbacks(
                on_progress=lambda key, epoch: waiting[key].progress(epoch),
                on_state=keep_state,
                on_failure=give_up,
                clock=clock,
            ),
        )
    if clock.times_augmentation:
        with clock.on("profiling"):
            seconds = measure_augmentation(machine, members[0], len(train.images))
        n_epochs = members[0].epochs - min(begun)
        clock.augmentation = (clock.augmentation or 0.0) + seconds * n_epochs
    return states


def _finish(work: _Work, spec: MemberSpec, state: TrainingState, n_together: int) -> None:
    """Store a member whose training is over, and let it predict."""
    run, dataset, reporter = work.run, work.dataset, work.waiting[spec.key]
    trained = nets.open_state(run, spec, state, stack=n_together)
    member = store_trained(run, spec, dataset, trained, nets, reporter)
    finish_member(run, spec, dataset, member, run.own_splits, trained.responder, reporter)


if __name__ == "__main__":
    leave(main())
