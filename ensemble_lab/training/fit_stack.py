"""Training of many members at once, in memory: what `ensemble_lab.training.fit` does, stacked."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ensemble_lab.arrays import Probabilities
from ensemble_lab.exceptions import TrainingError
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.ahead import DrawAhead
from ensemble_lab.training.backends import Snapshot
from ensemble_lab.training.blocks import Pace, run_stacked_epoch
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.infer import infer_stack
from ensemble_lab.training.stack_machines import StackMachine
from ensemble_lab.training.states import (
    Examples,
    Taken,
    Voted,
    check_validation,
    end_epoch,
    plan_epoch_rates,
    set_rates,
    snapshot_of,
)

__all__ = ["StackCallbacks", "fit_stack"]


def _nothing(*_: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class StackCallbacks:
    """What is told while members are trained; each may raise to stop them all.

    Attributes
    ----------
    on_progress : function
        After each block and each inferred batch, for each member: its key, and epochs done so
        far, such as 3.25.
    on_state : function
        After each epoch: key and `TrainingState` from which `fit_stack` can go on.
    on_failure : function
        Key and `TrainingError` of a member that fails; the others go on.
    clock : Clock
        Is told which part of the work is done.
    """

    on_progress: Callable[[str, float], None] = _nothing
    on_state: Callable[[str, TrainingState], None] = _nothing
    on_failure: Callable[[str, TrainingError], None] = _nothing
    clock: Clock = field(default_factory=Clock)


def fit_stack(
    members: Sequence[MemberSpec],
    machine: StackMachine,
    train: Examples,
    validation: Examples | None = None,
    *,
    validation_name: str = "validation",
    voted: Voted = (),
    resume: Sequence[TrainingState | None] = (),
    callbacks: StackCallbacks = StackCallbacks(),
    pace: Pace | None = None,
) -> tuple[TrainingState | TrainingError, ...]:
    """Train members together, each from the start or from where `resume` left it.

    Everything random is a function of a member's own seed, the epoch and the step. Members
    that are behind are trained first, until they have caught up with the others. What the
    members of a program are does not change its code, so a member's bits do not depend on
    who else is trained; they may depend on the number of places.

    Parameters
    ----------
    members : sequence of MemberSpec
        Of the machine's stack, at most as many as it has places.
    machine : StackMachine
    train, validation : Examples
        No validation is legal unless the recipe needs it.
    validation_name : str
        What the validation split is called; among `voted` it is the same split.
    voted : tuple of (str, uint8 (examples, height, width, channels))
        Splits, by name, whose chosen classes are recorded after every epoch.
    resume : sequence of TrainingState or None
        One a member; none at all where all begin.
    callbacks : StackCallbacks
    pace : Pace or None
        How long compiled blocks are; None for the machine's, about a second.

    Returns
    -------
    tuple of TrainingState or TrainingError
        A member's last state, or why it failed: its loss is no longer finite.

    Raises
    ------
    SpecError
        Validation is needed and absent.
    MemoryError
        There are more places than the devices hold. `StackedSteps.halve_places`, and go on from
        the last states.
    """
    for member in members:
        check_validation(member, has_validation=validation is not None)
    states = [
        machine.start(member) if state is None else state
        for member, state in zip(members, resume or [None] * len(members), strict=True)
    ]
    draw = partial(machine.draw, len(train.images))
    with DrawAhead(draw) as draws:
        stack = _Stack(
            tuple(members), machine, train, validation, validation_name, voted, callbacks,
            pace or machine.pace, draws, list(states),
        )  # fmt: skip
        while epochs := [state.epoch for _, state in stack.unfinished()]:
            behind = [n for n, state in stack.unfinished() if state.epoch == min(epochs)]
            _train_epoch(stack, behind)
    return tuple(stack.states)


@dataclass
class _Stack:
    """Members that train together, and where each is; `on_device` are those that steps hold."""

    members: tuple[MemberSpec, ...]
    machine: StackMachine
    train: Examples
    validation: Examples | None
    validation_name: str
    voted: Voted
    callbacks: StackCallbacks
    pace: Pace
    draws: DrawAhead
    states: list[TrainingState | TrainingError]
    on_device: list[int] = field(default_factory=list)

    def unfinished(self) -> list[tuple[int, TrainingState]]:
        """Return numbers and states of members that neither failed nor are done."""
        return [
            (number, state)
            for number, (member, state) in enumerate(zip(self.members, self.states, strict=True))
            if isinstance(state, TrainingState) and state.epoch < member.training.epochs
        ]


def _train_epoch(stack: _Stack, numbers: list[int]) -> None:
    """Take the members of these numbers, which are at one epoch, through it."""
    began = time.perf_counter()
    steps, clock = stack.machine.steps, stack.callbacks.clock
    members = [stack.members[number] for number in numbers]
    states = [state for number, state in stack.unfinished() if number in numbers]
    if stack.on_device != numbers:
        steps.write([snapshot_of(s, m) for s, m in zip(states, members, strict=True)])
        stack.on_device = numbers
    epoch, n_examples = states[0].epoch, len(stack.train.images)

    def tell(done: float) -> None:
        for member in members:
            stack.callbacks.on_progress(member.key, epoch + done)

    with clock.on("input"):
        parts = [
            set_rates(drawn, plan_epoch_rates(member, state, n_examples))
            for member, state, drawn in zip(
                members, states, stack.draws.take(members, epoch), strict=True
            )
        ]
    names = [f"{member.key} in epoch {epoch + 1}" for member in members]
    means = run_stacked_epoch(steps, parts, stack.pace, names=names, on_progress=tell, clock=clock)
    with clock.on("evaluation"):
        snapshots = steps.read()
        answers = _infer_splits(stack, members, lambda: tell(1.0))
    for place, number in enumerate(numbers):
        answered = {split: each[place] for split, each in answers.items()}
        # Members share the time: together they took it once.
        taken = partial(Taken, rate=parts[place][-1].rates[-1], began=began, share=1 / len(numbers))
        _settle(stack, number, states[place], means[place], snapshots[place], answered, taken)


def _settle(
    stack: _Stack,
    number: int,
    state: TrainingState,
    means: tuple[float, float] | TrainingError,
    snapshot: Snapshot,
    answered: Mapping[str, Probabilities | TrainingError],
    taken: Callable[[float, float], Taken],
) -> None:
    """Keep a member's state after an epoch, or why it has none."""
    member = stack.members[number]
    errors = [each for each in (means, *answered.values()) if isinstance(each, TrainingError)]
    if isinstance(means, TrainingError) or errors:
        stack.states[number] = errors[0]
        stack.callbacks.on_failure(member.key, errors[0])
        return
    validation = stack.validation
    after = end_epoch(
        member,
        state,
        snapshot,
        taken(*means),
        {name: each for name, each in answered.items() if not isinstance(each, TrainingError)},
        None if validation is None else (stack.validation_name, validation.labels),
        tuple(split for split, _ in stack.voted),
    )
    stack.states[number] = after
    stack.callbacks.on_state(member.key, after)


def _infer_splits(
    stack: _Stack, members: Sequence[MemberSpec], on_batch: Callable[[], None]
) -> dict[str, list[Probabilities | TrainingError]]:
    """Return what each member says of each split that wants it."""
    wanted = dict(stack.voted)
    if stack.validation is not None:
        wanted[stack.validation_name] = stack.validation.images
    return {
        split: infer_stack(
            stack.machine.steps.infer,
            images,
            names=[f"{member.key} on {split}" for member in members],
            largest_batch=members[0].training.batch_size,
            on_batch=on_batch,
        )
        for split, images in wanted.items()
    }
