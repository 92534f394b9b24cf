"""What is compiled to train members together, used for as many of them at a time as fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.blocks import Pace
from ensemble_lab.training.epoch import StepArrays, count_steps, draw_epoch
from ensemble_lab.training.machines import Blueprint, draw_blueprint
from ensemble_lab.training.network import build_network, draw_weights
from ensemble_lab.training.optimizers import build_optimizer
from ensemble_lab.training.states import Examples, snapshot_of

if TYPE_CHECKING:
    from ensemble_lab.training.steps_stacked import StackedSteps

__all__ = ["StackMachine", "build_stack"]


@dataclass(frozen=True, eq=False)
class StackMachine:
    """What is compiled for a stack, used for as many of its members at a time as fit.

    Attributes
    ----------
    blueprint : Blueprint
    steps : StackedSteps
    n_dropout : int
        Dropout layers of the net.
    pace : Pace
        What is known of the steps' speed.
    """

    blueprint: Blueprint
    steps: "StackedSteps"
    n_dropout: int
    pace: Pace = field(default_factory=Pace)

    def start(self, member: MemberSpec) -> TrainingState:
        """Return where a member begins."""
        plan = self.blueprint
        first = self.steps.start(
            draw_weights(plan.layers, plan.image_shape, member.seed_of("init"))
        )
        return TrainingState(
            0, first.weights, first.optimizer, first.averages, 0, (), numerics="stacked"
        )

    def draw(self, n_examples: int, member: MemberSpec, epoch: int) -> tuple[StepArrays, ...]:
        """Return what a member draws for an epoch; its rates are 0 until `set_rates`."""
        return draw_epoch(
            member,
            epoch,
            np.zeros(count_steps(n_examples, member.training.batch_size), np.float32),
            n_examples=n_examples,
            image_shape=self.blueprint.image_shape,
            n_dropout=self.n_dropout,
        )


def build_stack(
    members: Sequence[MemberSpec], train: Examples, n_classes: int, n_stacks: int = 1
) -> StackMachine:
    """Return a machine for members of one stack, with places for as many as fit in memory.

    Parameters
    ----------
    members : sequence of MemberSpec
        Of one `ensemble_lab.training.stacks.name_stack`.
    train : Examples
        What all of them learn from.
    n_classes : int
    n_stacks : int
        That are trained side by side, and share the memory.
    """
    from ensemble_lab.training.steps_stacked import StackedSteps, layer_classes

    first = members[0]
    plan = draw_blueprint(first, train.images.shape[1:], n_classes)
    network = build_network(plan.layers, plan.image_shape, 0, layer_classes)
    optimizer = build_optimizer(plan.optimizer, network.training.trainable_variables)
    examples = train.images, train.labels
    steps = StackedSteps(network, optimizer, *examples, plan.options, len(members), n_stacks)
    machine = StackMachine(plan, steps, len(network.seed_states))
    state = machine.start(first)
    arrays, *_ = machine.draw(len(train.images), first, 0)
    steps.fit_places(snapshot_of(state, first), arrays)
    return machine
