"""Numbers for each image of some steps, from a stream of its own."""

import numpy as np

from ensemble_lab.arrays import Floats
from ensemble_lab.seeds import draw_generator

__all__ = ["draw_steps"]


def draw_steps(
    stream: str,
    batch_sizes: tuple[int, ...],
    shape: tuple[int, ...],
    seed: int,
    epoch: int,
    first_step: int,
) -> Floats:
    """Return numbers in [0, 1), float64 (images, *shape), step after step.

    Step i draws from `stream` at (epoch, i), whatever else is drawn.
    """
    steps = enumerate(batch_sizes, start=first_step)
    return np.concatenate(
        [
            draw_generator(seed, stream, epoch=epoch, step=step).random((size, *shape))
            for step, size in steps
        ]
    )
