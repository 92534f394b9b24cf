"""One epoch's steps in compiled blocks, so that training can be watched and stopped."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array
from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training.backends import Steps
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.epoch import StepArrays

__all__ = ["Pace", "run_epoch", "run_stacked_epoch"]

if TYPE_CHECKING:
    from ensemble_lab.training.steps_stacked import StackedSteps


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
    for number, start, losses, right in _run_blocks(steps, parts, parts, pace, clock):
        part, stop = parts[number], start + len(losses)
        error = _find_error(losses, part.rates[start:stop], name)
        if error is not None:
            raise error
        size = part.order.shape[1]
        sums += (losses.astype(np.float64) * size).tolist()
        n_right += int(right.sum())
        n_done += len(losses) * size
        on_progress(n_done / n_examples)
    return math.fsum(sums) / n_examples, n_right / n_examples


def run_stacked_epoch(
    steps: "StackedSteps",
    parts: Sequence[tuple[StepArrays, ...]],
    pace: Pace,
    *,
    names: Sequence[str],
    on_progress: Callable[[float], None],
    clock: Clock,
) -> list[tuple[float, float] | TrainingError]:
    """Take all steps of members that train together; return what `run_epoch` would for each.

    One whose loss is not finite has its error in its place and leaves the others alone.

    Parameters
    ----------
    steps : StackedSteps
    parts : sequence of tuple of StepArrays
        As `draw_epoch` returns them, a tuple a member.
    pace : Pace
    names : sequence of str
        Members and epoch, for messages.
    on_progress, clock
        As of `run_epoch`.
    """
    n_examples = sum(part.order.size for part in parts[0])
    sums: list[list[float]] = [[] for _ in names]
    errors: list[TrainingError | None] = [None] * len(names)
    n_right, n_done = np.zeros(len(names), np.int64), 0
    together = list(zip(*parts, strict=True))
    for number, start, losses, right in _run_blocks(steps, together, parts[0], pace, clock):
        stop, size = start + losses.shape[1], parts[0][number].order.shape[1]
        for member, row in enumerate(losses):
            rates = parts[member][number].rates[start:stop]
            errors[member] = errors[member] or _find_error(row, rates, names[member])
            sums[member] += (row.astype(np.float64) * size).tolist()
        n_right += right.sum(axis=1)
        n_done += (stop - start) * size
        if all(errors):
            break
        on_progress(n_done / n_examples)
    return [
        error or (math.fsum(row) / n_examples, int(right) / n_examples)
        for error, row, right in zip(errors, sums, n_right, strict=True)
    ]


def _run_blocks(
    steps: Any, placed: Sequence[Any], parts: Sequence[StepArrays], pace: Pace, clock: Clock
) -> Iterator[tuple[int, int, Array, Array]]:
    """Take all steps, of one member or of many; yield part, first step, losses and numbers right.

    `placed` is what the steps place for each of the parts.
    """
    for number, part in enumerate(parts):
        with clock.on("input"):
            arrays = steps.place(placed[number])
        n_steps, size = part.order.shape
        start = 0
        while start < n_steps:
            began = time.perf_counter()
            stop = min(n_steps, start + pace.n_steps)
            with clock.on("steps" if size in pace.compiled else "compiling"):
                losses, right = steps.run(arrays, start, stop)
            pace.compiled.add(size)
            pace.adapt(stop - start, time.perf_counter() - began)
            yield number, start, losses, right
            start = stop


def _find_error(losses: npt.NDArray[np.float32], rates: Array, name: str) -> TrainingError | None:
    bad = np.flatnonzero(~np.isfinite(losses))
    if not bad.size:
        return None
    return TrainingError(
        f"loss of {name} must be finite; got {losses[bad[0]]} at rate {rates[bad[0]]:.6g}. "
        "Train with a lower rate."
    )
