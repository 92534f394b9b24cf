"""Learning rates of an epoch, from the schedule and what has happened so far."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.training import Constant, Plateau, ScheduleSpec
from ensemble_lab.store.members import EpochRecord

__all__ = ["SCHEDULES", "constant_rate", "plan_rates", "plateau_rate"]


def plan_rates(
    spec: ScheduleSpec, base_rate: float, history: Sequence[EpochRecord], n_steps: int
) -> npt.NDArray[np.float32]:
    """Return the rate of every step of the epoch that follows `history`.

    A pure function: a member that is continued gets the rates it would have had.

    Parameters
    ----------
    spec : ScheduleSpec
    base_rate : float
        The optimizer's rate.
    history : sequence of EpochRecord
        All epochs before, from the first.
    n_steps : int
        Steps of the epoch.

    Returns
    -------
    float32 (steps,)

    Raises
    ------
    SpecError
        A plateau schedule where nothing was validated.
    """
    return np.asarray(SCHEDULES[spec.name](spec, base_rate, history, n_steps), np.float32)


def constant_rate(
    spec: Constant, base_rate: float, history: Sequence[EpochRecord], n_steps: int
) -> npt.NDArray[np.float64]:
    """Return `base_rate` at every step."""
    return np.full(n_steps, base_rate)


def plateau_rate(
    spec: Plateau, base_rate: float, history: Sequence[EpochRecord], n_steps: int
) -> npt.NDArray[np.float64]:
    """Return the rate after all reductions that `history` calls for.

    Each epoch whose validation accuracy is not above the best before it counts; at
    `patience` of them the rate is multiplied by `factor` and the count starts again.
    The rate does not fall below `lowest`, nor is one that starts below it raised.
    """
    rate, best, n_waited = base_rate, -np.inf, 0
    for record in history:
        if record.validation_accuracy is None:
            raise SpecError(
                "schedule 'plateau' needs validation examples; "
                f"epoch {record.epoch} was not validated. Set data.validation.share above 0."
            )
        if record.validation_accuracy > best:
            best, n_waited = record.validation_accuracy, 0
            continue
        n_waited += 1
        if n_waited == spec.patience:
            rate, n_waited = max(rate * spec.factor, min(rate, spec.lowest)), 0
    return np.full(n_steps, rate)


SCHEDULES: dict[
    str, Callable[[Any, float, Sequence[EpochRecord], int], npt.NDArray[np.float64]]
] = {"constant": constant_rate, "plateau": plateau_rate}
"""A row for each `name` of `ensemble_lab.spec.training.ScheduleSpec`."""
