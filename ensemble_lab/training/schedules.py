"""Learning rates of an epoch, from the schedule and what has happened so far."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.training import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    Plateau,
    ScheduleSpec,
    Step,
)
from ensemble_lab.store.members import EpochRecord

__all__ = [
    "SCHEDULES",
    "constant_rate",
    "cosine_rates",
    "exponential_rate",
    "one_cycle_rates",
    "plan_rates",
    "plateau_rate",
    "step_rate",
]

History = Sequence[EpochRecord]
Rates = npt.NDArray[np.float64]


def plan_rates(
    spec: ScheduleSpec, base_rate: float, history: History, n_steps: int, n_epochs: int
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
    n_epochs : int
        Epochs in all.

    Returns
    -------
    float32 (steps,)

    Raises
    ------
    SpecError
        A plateau schedule where nothing was validated.
    """
    return np.asarray(SCHEDULES[spec.name](spec, base_rate, history, n_steps, n_epochs), np.float32)


def constant_rate(
    spec: Constant, base_rate: float, history: History, n_steps: int, n_epochs: int
) -> Rates:
    """Return `base_rate` at every step."""
    return np.full(n_steps, base_rate)


def plateau_rate(
    spec: Plateau, base_rate: float, history: History, n_steps: int, n_epochs: int
) -> Rates:
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


def exponential_rate(
    spec: Exponential, base_rate: float, history: History, n_steps: int, n_epochs: int
) -> Rates:
    """Return `base_rate` × `factor` ** (epochs before)."""
    return np.full(n_steps, base_rate * spec.factor ** len(history))


def step_rate(spec: Step, base_rate: float, history: History, n_steps: int, n_epochs: int) -> Rates:
    """Return the rate after all reductions that are due; never below `lowest`, unless it began so.

    The first is due after `first` epochs, the next `every` epochs later.
    """
    first = spec.every if spec.first is None else spec.first
    n_reductions = max(0, (len(history) - first) // spec.every + 1)
    reduced = base_rate * spec.factor**n_reductions
    return np.full(n_steps, max(reduced, min(base_rate, spec.lowest)))


def cosine_rates(
    spec: Cosine, base_rate: float, history: History, n_steps: int, n_epochs: int
) -> Rates:
    """Return the half cosine at the steps of this epoch: the very last step has `last`."""
    return base_rate * _descend(_progress(history, n_steps, n_epochs), 1.0, spec.last)


def one_cycle_rates(
    spec: OneCycle, base_rate: float, history: History, n_steps: int, n_epochs: int
) -> Rates:
    """Return the rates on the way up or down: `first` at the first step, `last` at the last."""
    done = _progress(history, n_steps, n_epochs)
    up = _descend(np.minimum(done / spec.rise, 1), spec.first, 1.0)
    down = _descend(np.maximum(done - spec.rise, 0) / (1 - spec.rise), 1.0, spec.last)
    return base_rate * np.where(done < spec.rise, up, down)


def _progress(history: History, n_steps: int, n_epochs: int) -> Rates:
    """Return the place of this epoch's steps among all, from 0 (first) to 1 (last)."""
    steps = len(history) * n_steps + np.arange(n_steps)
    return steps / max(n_epochs * n_steps - 1, 1)


def _descend(done: Rates, start: float, stop: float) -> Rates:
    """Return half a cosine from `start` to `stop`; upwards where `stop` is above."""
    return stop + (start - stop) * (1 + np.cos(math.pi * done)) / 2


SCHEDULES: dict[str, Callable[[Any, float, History, int, int], Rates]] = {
    "constant": constant_rate,
    "plateau": plateau_rate,
    "exponential": exponential_rate,
    "step": step_rate,
    "cosine": cosine_rates,
    "one-cycle": one_cycle_rates,
}
"""A row for each `name` of `ensemble_lab.spec.training.ScheduleSpec`."""
