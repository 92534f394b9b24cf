"""How one member is trained: optimizer, schedule, epochs, and which weights are kept."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.spec.frozen import FrozenSpec

__all__ = [
    "Adam",
    "Constant",
    "OptimizerSpec",
    "Plateau",
    "RmsProp",
    "ScheduleSpec",
    "Sgd",
    "TrainingSpec",
]

Rate = Annotated[float, Field(gt=0, le=1000)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Epsilon = Annotated[float, Field(gt=0)]


class Adam(FrozenSpec):
    """Adam (Kingma and Ba, 2015, algorithm 1)."""

    name: Literal["adam"]
    rate: Rate = 1e-3
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Epsilon = 1e-7


class RmsProp(FrozenSpec):
    """RMSprop without momentum (Tieleman and Hinton, 2012, lecture 6e)."""

    name: Literal["rmsprop"]
    rate: Rate = 1e-3
    rho: Decay = 0.9
    epsilon: Epsilon = 1e-7


class Sgd(FrozenSpec):
    """Stochastic gradient descent, plain or with (Nesterov) momentum."""

    name: Literal["sgd"]
    rate: Rate = 0.01
    momentum: Decay = 0.0
    nesterov: bool = False


OptimizerSpec = Annotated[Adam | RmsProp | Sgd, Field(discriminator="name")]


class Constant(FrozenSpec):
    """The optimizer's rate throughout."""

    name: Literal["constant"]


class Plateau(FrozenSpec):
    """The rate times `factor` after `patience` epochs without a better validation accuracy.

    It never falls below `lowest`. After a reduction the count of epochs starts again.
    """

    name: Literal["plateau"]
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    patience: Annotated[int, Field(ge=1)] = 3
    lowest: Annotated[float, Field(ge=0)] = 1e-5


ScheduleSpec = Annotated[Constant | Plateau, Field(discriminator="name")]


class TrainingSpec(FrozenSpec):
    """The recipe of one member.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training images; images a step (the last step of an epoch
        takes what is left, nothing is dropped).
    keep : {"last", "best-validation", "average"}
        Which weights are the member: those of the last epoch, those of the first epoch
        with the best validation accuracy, or a running average over the steps with
        decay min(`average_decay`, (1 + step) / (10 + step)).
    epoch_votes : bool
        Also store the class chosen for each validation and test image after every epoch.
    """

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 10
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 128
    optimizer: OptimizerSpec = Adam(name="adam")
    schedule: ScheduleSpec = Constant(name="constant")
    augmentation: Annotated[tuple[AugmentationSpec, ...], Field(strict=False)] = ()
    keep: Literal["last", "best-validation", "average"] = "last"
    average_decay: Annotated[float, Field(gt=0, lt=1)] = 0.999
    epoch_votes: bool = False

    @model_validator(mode="after")
    def _check_fills(self) -> Self:
        fills = sorted({entry.fill for entry in self.augmentation})
        if len(fills) > 1:
            raise ValueError(
                "fill must be the same in all entries of augmentation, which become one warp; "
                f"got {' and '.join(fills)}"
            )
        return self
