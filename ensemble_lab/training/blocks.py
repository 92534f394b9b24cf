"""One epoch's steps in compiled blocks, so that training can be watched and stopped."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array
from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training.backends import Steps
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.epoch import StepArrays

__all__ = ["Pace", "run_epoch"]


@dataclass
class Pace:
    """How many steps make a block of about `block_s` seconds.

    Starts at one, because a first block compiles; grows at most eightfold at a time,
    because short blocks measure badly.

    Attributes
    ----------
    block_s : float
    n_steps : int
    compiled : set of int
        Batch sizes of which a step was taken.
    """

    block_s: float = 1.0
    n_steps: int = 1
    compiled: set[int] = field(default_factory=set)

    def adapt(self, n_steps: int, seconds: float) -> None:
        """Learn from a block of `n_steps` that took `seconds`."""
        fitting = int(self.block_s * n_steps / max(seconds, 1e-9))
        self.n_steps = max(1, min(fitting, 8 * self.n_steps))


def run_epoch(
    steps: Steps,
    parts: tuple[StepArrays, ...],
    pace: Pace,
    *,
    name: str,
    on_progress: Callable[[float], None],
    clock: Clock,
) -> tuple[float, float]:
    """Take all steps; return mean loss and accuracy over the images.

    Parameters
    ----------
    steps : Steps
    parts : tuple of StepArrays
        As `draw_epoch` returns them.
    pace : Pace
    name : str
        Member and epoch, for messages.
    on_progress : function
        Called after each block with the share done, in 0 … 1; may raise to stop.
    clock : Clock

    Raises
    ------
    TrainingError
        A loss is not finite.
    """
    n_examples = sum(part.order.size for part in parts)
    sums: list[float] = []
    n_done, n_right = 0, 0
    for part in parts:
        with clock.on("input"):
            arrays = steps.place(part)
        n_steps, size = part.order.shape
        start = 0
        while start < n_steps:
            began = time.perf_counter()
            stop = min(n_steps, start + pace.n_steps)
            with clock.on("steps" if size in pace.compiled else "compiling"):
                losses, right = steps.run(arrays, start, stop)
            pace.compiled.add(size)
            pace.adapt(stop - start, time.perf_counter() - began)
            _check_losses(losses, part.rates[start:stop], name)
            sums += (losses.astype(np.float64) * size).tolist()
            n_right += int(right.sum())
            n_done += (stop - start) * size
            start = stop
            on_progress(n_done / n_examples)
    return math.fsum(sums) / n_examples, n_right / n_examples


def _check_losses(losses: npt.NDArray[np.float32], rates: Array, name: str) -> None:
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        raise TrainingError(
            f"loss of {name} must be finite; got {losses[bad[0]]} at rate {rates[bad[0]]:.6g}. "
            "Train with a lower rate."
        )
