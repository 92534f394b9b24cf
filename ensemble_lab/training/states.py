"""From one training state of a member to the next: what its epoch takes, what it leaves."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Images, Labels, Votes
from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.members import EpochRecord
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.architectures.layers import Shape
from ensemble_lab.training.backends import Snapshot
from ensemble_lab.training.epoch import StepArrays, count_steps, draw_epoch
from ensemble_lab.training.infer import measure
from ensemble_lab.training.schedules import plan_rates

__all__ = [
    "Examples",
    "Taken",
    "Voted",
    "begin_epoch",
    "check_validation",
    "end_epoch",
    "plan_epoch_rates",
    "set_rates",
    "snapshot_of",
]

Voted = tuple[tuple[str, Images], ...]
"""Splits, by name, whose chosen classes are recorded after every epoch."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Images with their labels.

    Attributes
    ----------
    images : uint8 (examples, height, width, channels)
    labels : int64 (examples,)
    """

    images: Images
    labels: Labels


@dataclass(frozen=True)
class Taken:
    """What an epoch's steps gave.

    Attributes
    ----------
    loss, accuracy : float
        Means over the images.
    rate : float32
        Of the last step.
    began : float
        When the epoch began, by `time.perf_counter`.
    share : float
        What of the time since then was the member's: less than all of it in a stack.
    """

    loss: float
    accuracy: float
    rate: Any
    began: float
    share: float = 1.0


def check_validation(member: MemberSpec, *, has_validation: bool) -> None:
    """Refuse a recipe that chooses weights by validation where there is none.

    Raises
    ------
    SpecError
        Names the member.
    """
    if member.training.keep == "best-validation" and not has_validation:
        raise SpecError(
            f"keep 'best-validation' of {member.key} needs validation examples; there are none. "
            "Set data.validation.share above 0."
        )


def snapshot_of(state: TrainingState, member: MemberSpec) -> Snapshot:
    """Return what steps go on from."""
    averages = state.kept if member.training.keep == "average" else ()
    return Snapshot(state.weights, state.optimizer, averages)


def begin_epoch(
    member: MemberSpec, state: TrainingState, *, n_examples: int, image_shape: Shape, n_dropout: int
) -> tuple[StepArrays, ...]:
    """Return the steps of the epoch that follows `state`, as `draw_epoch` does."""
    return draw_epoch(
        member,
        state.epoch,
        plan_epoch_rates(member, state, n_examples),
        n_examples=n_examples,
        image_shape=image_shape,
        n_dropout=n_dropout,
    )


def plan_epoch_rates(
    member: MemberSpec, state: TrainingState, n_examples: int
) -> npt.NDArray[np.float32]:
    """Return the rates of the epoch that follows `state`: float32 (steps,)."""
    recipe = member.training
    return plan_rates(
        recipe.schedule,
        recipe.optimizer.rate,
        state.history,
        count_steps(n_examples, recipe.batch_size),
        recipe.epochs,
    )


def set_rates(
    parts: tuple[StepArrays, ...], rates: npt.NDArray[np.float32]
) -> tuple[StepArrays, ...]:
    """Return the steps of an epoch that were drawn before their rates were known."""
    stops = np.cumsum([len(part.rates) for part in parts])
    cut = np.split(rates, stops[:-1])
    return tuple(part._replace(rates=own) for part, own in zip(parts, cut, strict=True))


def end_epoch(
    member: MemberSpec,
    state: TrainingState,
    snapshot: Snapshot,
    taken: Taken,
    probabilities: Mapping[str, npt.NDArray[np.float32]],
    validation: tuple[str, Labels] | None,
    voted: tuple[str, ...],
) -> TrainingState:
    """Return the state after one more epoch.

    Parameters
    ----------
    member : MemberSpec
    state : TrainingState
        Before the epoch.
    snapshot : Snapshot
        After its steps.
    taken : Taken
    probabilities : mapping of str to float32 (examples, classes)
        By split, of the weights that would be kept.
    validation : (str, int64 (examples,)) or None
        Name and labels of the split that is validated on.
    voted : tuple of str
        Splits whose chosen classes are recorded.
    """
    validation_loss, validation_accuracy = (
        (None, None) if validation is None else measure(probabilities[validation[0]], validation[1])
    )
    record = EpochRecord(
        epoch=state.epoch + 1,
        loss=taken.loss,
        accuracy=taken.accuracy,
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
        # The shortest decimal that is this float32: 0.001, not 0.0010000000474974513.
        rate=float(str(taken.rate)),
        seconds=(time.perf_counter() - taken.began) * taken.share,
    )
    kept, kept_epoch = _choose_kept(member, state, snapshot, record)
    return TrainingState(
        epoch=record.epoch,
        weights=snapshot.weights,
        optimizer=snapshot.optimizer,
        kept=kept,
        kept_epoch=kept_epoch,
        history=(*state.history, record),
        epoch_votes=_append_votes(state, {split: probabilities[split] for split in voted}),
        numerics=state.numerics,
    )


def _choose_kept(
    member: MemberSpec, state: TrainingState, snapshot: Snapshot, record: EpochRecord
) -> tuple[tuple[Array, ...], int]:
    """Return the weights kept so far and their epoch; none where the last are kept."""
    if member.training.keep != "best-validation":
        return snapshot.averages, record.epoch
    best = max((r.validation_accuracy or 0.0 for r in state.history), default=-1.0)
    if (record.validation_accuracy or 0.0) > best:
        return snapshot.weights, record.epoch
    return state.kept, state.kept_epoch


def _append_votes(
    state: TrainingState, probabilities: dict[str, npt.NDArray[np.float32]]
) -> tuple[tuple[str, Votes], ...]:
    before = dict(state.epoch_votes)
    rows = {split: choose_classes(each)[np.newaxis] for split, each in probabilities.items()}
    return tuple(
        (split, np.concatenate([before[split], row]) if split in before else row)
        for split, row in rows.items()
    )
