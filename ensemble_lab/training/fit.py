"""Training of one member, in memory: arrays in, a trained network out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Votes
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.members import EpochRecord
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.blocks import Pace, run_epoch
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.infer import Predictor, infer
from ensemble_lab.training.machines import Machine, build_machine, draw_blueprint
from ensemble_lab.training.states import (
    Examples,
    Taken,
    Voted,
    begin_epoch,
    check_validation,
    end_epoch,
    snapshot_of,
)

__all__ = ["Callbacks", "Examples", "Fitted", "fit"]


def _nothing(*_: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Callbacks:
    """What is told while a member is trained; each may raise to stop it.

    Attributes
    ----------
    on_progress : function
        After each block and each inferred batch: epochs done so far, such as 3.25.
    on_state : function
        After each epoch: the `TrainingState` from which `fit` can go on. Its last
        history record says how the epoch went.
    clock : Clock
        Is told which part of the work is done.
    """

    on_progress: Callable[[float], None] = _nothing
    on_state: Callable[[TrainingState], None] = _nothing
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained member.

    Attributes
    ----------
    model : keras.Model
        From images, float32 in 0 … 1, to probabilities; holds the kept weights.
    predictor : Predictor
        The same, compiled, from uint8 images; what `infer` takes.
    history : tuple of EpochRecord
    kept_epoch : int
        The epoch whose weights these are.
    epoch_votes : tuple of (str, unsigned (epochs, examples))
    """

    model: Any
    predictor: Predictor
    history: tuple[EpochRecord, ...]
    kept_epoch: int
    epoch_votes: tuple[tuple[str, Votes], ...] = ()


def fit(
    member: MemberSpec,
    train: Examples,
    validation: Examples | None = None,
    *,
    n_classes: int,
    validation_name: str = "validation",
    voted: Voted = (),
    resume: TrainingState | None = None,
    callbacks: Callbacks = Callbacks(),
    pace: Pace | None = None,
    machine: Machine | None = None,
) -> Fitted:
    """Train a member, from the start or from where `resume` left it.

    Everything random is a function of the member's seed, the epoch and the step, so
    a member that is stopped after any epoch and continued has the same bits in the end.

    Parameters
    ----------
    member : MemberSpec
    train, validation : Examples
        No validation is legal unless the recipe needs it.
    n_classes : int
    validation_name : str
        What the validation split is called; among `voted` it is the same split.
    voted : tuple of (str, uint8 (examples, height, width, channels))
        Splits, by name, whose chosen classes are recorded after every epoch.
    resume : TrainingState or None
    callbacks : Callbacks
    pace : Pace or None
        How long compiled blocks are; None for the machine's, about a second.
    machine : Machine or None
        Compiled for the member's blueprint and these training examples; whoever used it
        before leaves no bit behind. It holds what is returned, until it is used again.
        None to compile one.

    Raises
    ------
    SpecError
        The images do not suit the architecture, or validation is needed and absent.
    TrainingError
        The loss is no longer finite.
    """
    check_validation(member, has_validation=validation is not None)
    if machine is None:
        plan = draw_blueprint(member, train.images.shape[1:], n_classes)
        machine = build_machine(plan, train.images, train.labels)
    fitting = _Fitting(
        member, train, validation, validation_name, voted, callbacks, pace or machine.pace, machine
    )
    state = machine.start(member) if resume is None else resume
    machine.steps.write(snapshot_of(state, member))
    while state.epoch < member.training.epochs:
        state = _train_epoch(fitting, state)
        callbacks.on_state(state)
    machine.kept.set_weights(state.kept or state.weights)
    return Fitted(
        machine.kept, machine.predictor, state.history, state.kept_epoch, state.epoch_votes
    )


@dataclass(frozen=True)
class _Fitting:
    """What does not change from epoch to epoch, but inside `pace` and `machine`."""

    member: MemberSpec
    train: Examples
    validation: Examples | None
    validation_name: str
    voted: Voted
    callbacks: Callbacks
    pace: Pace
    machine: Machine


def _train_epoch(fitting: _Fitting, state: TrainingState) -> TrainingState:
    """Return the state after one more epoch."""
    began = time.perf_counter()
    machine, validation = fitting.machine, fitting.validation
    loss, accuracy, rate = _take_steps(fitting, state)
    with fitting.callbacks.clock.on("evaluation"):
        snapshot = machine.steps.read()
        machine.kept.set_weights(snapshot.averages or snapshot.weights)
        probabilities = _infer_splits(fitting, state.epoch + 1)
    return end_epoch(
        fitting.member,
        state,
        snapshot,
        Taken(loss, accuracy, rate, began),
        probabilities,
        None if validation is None else (fitting.validation_name, validation.labels),
        tuple(split for split, _ in fitting.voted),
    )


def _take_steps(fitting: _Fitting, state: TrainingState) -> tuple[float, float, Any]:
    """Return the epoch's mean loss and accuracy, and its last rate."""
    member, images = fitting.member, fitting.train.images
    with fitting.callbacks.clock.on("input"):
        parts = begin_epoch(
            member,
            state,
            n_examples=len(images),
            image_shape=images.shape[1:],
            n_dropout=fitting.machine.n_dropout,
        )
    loss, accuracy = run_epoch(
        fitting.machine.steps,
        parts,
        fitting.pace,
        name=f"{member.key} in epoch {state.epoch + 1}",
        on_progress=lambda done: fitting.callbacks.on_progress(state.epoch + done),
        clock=fitting.callbacks.clock,
    )
    return loss, accuracy, parts[-1].rates[-1]


def _infer_splits(fitting: _Fitting, n_epochs: float) -> dict[str, npt.NDArray[np.float32]]:
    """Return probabilities of the weights that would be kept, for each split that wants them."""
    wanted = dict(fitting.voted)
    if fitting.validation is not None:
        wanted[fitting.validation_name] = fitting.validation.images
    return {
        split: infer(
            fitting.machine.predictor,
            images,
            name=f"{fitting.member.key} on {split}",
            on_batch=lambda: fitting.callbacks.on_progress(n_epochs),
        )
        for split, images in wanted.items()
    }
