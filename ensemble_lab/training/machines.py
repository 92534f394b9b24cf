"""What is compiled to train a net, used by one member after another that differ in seeds alone."""

from dataclasses import dataclass, field
from typing import Any

from ensemble_lab.arrays import Images, Labels
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.training import OptimizerSpec
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.layers import Layer, Shape
from ensemble_lab.training.backends import Snapshot, StepOptions, Steps, load_backend
from ensemble_lab.training.blocks import Pace
from ensemble_lab.training.infer import Predictor
from ensemble_lab.training.network import build_network, draw_weights
from ensemble_lab.training.optimizers import build_optimizer

__all__ = ["Blueprint", "Machine", "build_machine", "draw_blueprint"]


@dataclass(frozen=True)
class Blueprint:
    """All that is compiled in, but the examples: equal blueprints make equal machines.

    Seeds, the schedule, the number of epochs and which weights are kept are none of it:
    each step is told what follows from them.
    """

    backend: str
    layers: tuple[Layer, ...]
    image_shape: Shape
    optimizer: OptimizerSpec
    options: StepOptions


@dataclass(frozen=True, eq=False)
class Machine:
    """Two sets of weights: averages are validated while training goes on with its own.

    Attributes
    ----------
    blueprint : Blueprint
    steps : Steps
    n_dropout : int
        Dropout layers of the net.
    kept : keras.Model
        From images, float32 in 0 … 1, to probabilities.
    predictor : Predictor
        The same, compiled, from uint8 images.
    unused : Snapshot
        Of the steps before any was taken.
    pace : Pace
        What is known of the steps' speed, which members have in common.
    """

    blueprint: Blueprint
    steps: Steps
    n_dropout: int
    kept: Any
    predictor: Predictor
    unused: Snapshot
    pace: Pace = field(default_factory=Pace)

    def start(self, member: MemberSpec) -> TrainingState:
        """Return where a member begins, whoever used the machine before."""
        plan = self.blueprint
        weights = draw_weights(plan.layers, plan.image_shape, member.seed_of("init"))
        averages = weights if self.unused.averages else ()
        return TrainingState(0, weights, self.unused.optimizer, averages, 0, ())


def draw_blueprint(member: MemberSpec, image_shape: Shape, n_classes: int) -> Blueprint:
    """Return what of a member is compiled in, for images of (height, width, channels)."""
    recipe = member.training
    return Blueprint(
        backend=member.backend,
        layers=describe_layers(member.architecture, n_classes),
        image_shape=tuple(image_shape),
        optimizer=recipe.optimizer,
        options=StepOptions(
            loss=recipe.loss,
            augmentation=recipe.augmentation,
            average_decay=recipe.average_decay if recipe.keep == "average" else None,
        ),
    )


def build_machine(plan: Blueprint, images: Images, labels: Labels) -> Machine:
    """Return a machine that holds its examples on the device.

    Parameters
    ----------
    plan : Blueprint
    images : uint8 (examples, height, width, channels)
    labels : int64 (examples,)
    """
    backend = load_backend(plan.backend)
    network, kept = (
        build_network(plan.layers, plan.image_shape, 0, backend.layer_classes) for _ in range(2)
    )
    optimizer = build_optimizer(plan.optimizer, network.training.trainable_variables)
    steps = backend.build_steps(network, optimizer, images, labels, plan.options)
    return Machine(
        blueprint=plan,
        steps=steps,
        n_dropout=len(network.seed_states),
        kept=kept.model,
        predictor=backend.compile_inference(kept.model),
        unused=steps.read(),
    )
