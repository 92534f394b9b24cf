"""Curves over epochs, and what the curves of several seeds have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Floats, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.histories import MemberHistory

__all__ = ["MEASURES", "Band", "Curves", "build_curves", "group_histories", "summarise_seeds"]

MEASURES = ("loss", "accuracy", "validation_loss", "validation_accuracy", "rate")
"""What is measured in each epoch: names of `EpochRecord` and of `Curves`."""


@dataclass(frozen=True, eq=False)
class Band:
    """A measure of several members, epoch by epoch; NaN where no member has it.

    Attributes
    ----------
    mean, least, greatest : float64 (epochs,)
        Over the members that have it in that epoch.
    """

    mean: Floats
    least: Floats
    greatest: Floats


@dataclass(frozen=True, eq=False)
class Curves:
    """How members learned together.

    Attributes
    ----------
    n_members : int64 (epochs,)
        Members that have the epoch; from epoch 1.
    loss, accuracy, validation_loss, validation_accuracy, rate : Band
        See `EpochRecord` for what each is measured on.
    """

    n_members: Array
    loss: Band
    accuracy: Band
    validation_loss: Band
    validation_accuracy: Band
    rate: Band

    @property
    def has_validation(self) -> bool:
        """Whether anything was measured on validation examples."""
        return bool(np.isfinite(self.validation_loss.mean).any())


def group_histories(
    histories: Sequence[MemberHistory],
) -> tuple[tuple[str, tuple[MemberHistory, ...]], ...]:
    """Return each group's name with the histories of its members, in the order they come."""
    names = dict.fromkeys(each.group for each in histories)
    return tuple((name, tuple(h for h in histories if h.group == name)) for name in names)


def build_curves(histories: Sequence[MemberHistory]) -> Curves:
    """Return the mean curves of members, and between which values they lie.

    A member that has fewer epochs than others counts in those that it has.

    Raises
    ------
    PredictionError
        No member has an epoch.
    """
    n_epochs = max((len(each.records) for each in histories), default=0)
    if n_epochs == 0:
        raise PredictionError("curves must have at least one epoch of one member; got none.")
    values = np.full((len(MEASURES), len(histories), n_epochs), np.nan)
    for row, each in enumerate(histories):
        for place, name in enumerate(MEASURES):
            # None becomes NaN.
            column = np.array([getattr(record, name) for record in each.records], np.float64)
            values[place, row, : len(column)] = column
    return Curves(
        np.array([sum(len(h.records) > epoch for h in histories) for epoch in range(n_epochs)]),
        *map(summarise_seeds, values),
    )


def summarise_seeds(values: Floats) -> Band:
    """Return mean, least and greatest value of each epoch, over the members that have it.

    Parameters
    ----------
    values : float64 (members, epochs)
        NaN where a member has no such epoch.

    Examples
    --------
    >>> band = summarise_seeds(np.array([[1.0, 4.0, np.nan], [3.0, np.nan, np.nan]]))
    >>> band.mean.tolist(), band.least.tolist(), band.greatest.tolist()
    ([2.0, 4.0, nan], [1.0, 4.0, nan], [3.0, 4.0, nan])
    """
    check_axes(values, "members epochs", name="values")
    is_known = ~np.isnan(values)
    n_known = is_known.sum(axis=0)
    sums = np.where(is_known, values, 0.0).sum(axis=0)
    nothing = np.full(values.shape[1], np.nan)
    return Band(
        mean=np.divide(sums, n_known, out=nothing, where=n_known > 0),
        # Where all are NaN the first is returned, which is one.
        least=np.fmin.reduce(values, axis=0),
        greatest=np.fmax.reduce(values, axis=0),
    )
