"""How long augmentation takes: it happens within compiled steps, so it is timed alone."""

import statistics
import time
from typing import Any

import numpy as np

from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.epoch import StepArrays, draw_augmentation, draw_order
from ensemble_lab.training.machines import Machine
from ensemble_lab.training.stack_machines import StackMachine

__all__ = ["measure_augmentation"]

_N_STEPS = 20
_N_REPEATS = 3


def measure_augmentation(
    machine: Machine | StackMachine, member: MemberSpec, n_examples: int
) -> float:
    """Return the seconds that reading and augmenting all images once takes; 0 without a recipe.

    Median of three times over the first steps of the member's first epoch, with its own draws.
    In a stack it is what all members take at once, here with the draws of that one.
    """
    recipe, shape = member.training, machine.blueprint.image_shape
    if not recipe.augmentation:
        return 0.0
    size = min(recipe.batch_size, n_examples)
    n_steps = min(_N_STEPS, n_examples // size)
    order = draw_order(member.seed_of("order"), 0, n_examples)[: n_steps * size]
    drawn = StepArrays(
        order=order.reshape(n_steps, size),
        dropout=np.zeros((n_steps, machine.n_dropout, 2), np.uint32),
        rates=np.zeros(n_steps, np.float32),
        **draw_augmentation(member, 0, shape, 0, n_steps, size)._asdict(),
    )
    steps: Any = machine.steps
    arrays = steps.place([drawn] if isinstance(machine, StackMachine) else drawn)
    steps.augment(arrays, 0, 1)
    seconds = []
    for _ in range(_N_REPEATS):
        began = time.perf_counter()
        steps.augment(arrays, 0, n_steps)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * n_examples / (n_steps * size)
