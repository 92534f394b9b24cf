"""How one member is trained: optimizer, schedule, epochs, and which weights are kept."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ensemble_lab.spec.augmentation import Augmentation
from ensemble_lab.spec.frozen import FrozenSpec

__all__ = [
    "Adadelta",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "CrossEntropy",
    "Exponential",
    "LossSpec",
    "Margin",
    "OneCycle",
    "OptimizerSpec",
    "Plateau",
    "RmsProp",
    "ScheduleSpec",
    "Sgd",
    "Step",
    "TrainingSpec",
]

Rate = Annotated[float, Field(gt=0, le=1000)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Epsilon = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Reduction = Annotated[float, Field(gt=0, lt=1)]
Epochs = Annotated[int, Field(ge=1, le=100_000)]


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


class AdamW(FrozenSpec):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2).

    In each step every weight also loses `weight_decay` × rate of itself.
    """

    name: Literal["adamw"]
    rate: Rate = 1e-3
    beta_1: Decay = 0.9
    beta_2: Decay = 0.999
    epsilon: Epsilon = 1e-7
    weight_decay: Annotated[float, Field(ge=0)] = 0.01


class Adadelta(FrozenSpec):
    """Adadelta (Zeiler, 2012, algorithm 1).

    The paper has no rate, which is a rate of 1; Keras 3 multiplies by 0.001 unless told.
    """

    name: Literal["adadelta"]
    rate: Rate = 1.0
    rho: Decay = 0.95
    epsilon: Epsilon = 1e-7


OptimizerSpec = Annotated[Adam | AdamW | RmsProp | Sgd | Adadelta, Field(discriminator="name")]


class Constant(FrozenSpec):
    """The optimizer's rate throughout."""

    name: Literal["constant"]


class Plateau(FrozenSpec):
    """The rate times `factor` after `patience` epochs without a better validation accuracy.

    It never falls below `lowest`. After a reduction the count of epochs starts again.
    """

    name: Literal["plateau"]
    factor: Reduction = 0.5
    patience: Annotated[int, Field(ge=1)] = 3
    lowest: Annotated[float, Field(ge=0)] = 1e-5


class Exponential(FrozenSpec):
    """The rate times `factor` after every epoch."""

    name: Literal["exponential"]
    factor: Reduction


class Step(FrozenSpec):
    """The rate times `factor` after the first `first` epochs and after every `every` from there.

    `first` is `every` unless given. The rate never falls below `lowest`.
    """

    name: Literal["step"]
    factor: Reduction = 0.5
    every: Epochs
    first: Epochs | None = None
    lowest: Annotated[float, Field(ge=0)] = 0.0


class Cosine(FrozenSpec):
    """Half a cosine, from the rate at the first step to `last` times it at the last.

    Loshchilov and Hutter, "SGDR" (2017), equation 5, without restarts.
    """

    name: Literal["cosine"]
    last: Share = 0.0


class OneCycle(FrozenSpec):
    """Step by step up from `first` times the rate to the rate, then down to `last` times it.

    `rise` is the share of all steps that goes up; the step nearest to it is nearest to the
    rate. Both ways are half cosines. After L. Smith and N. Topin, "Super-Convergence" (2018),
    section 3; the shape is that of fastai.
    """

    name: Literal["one-cycle"]
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    first: Share = 0.04
    last: Share = 0.0


ScheduleSpec = Annotated[
    Constant | Plateau | Exponential | Step | Cosine | OneCycle, Field(discriminator="name")
]


class CrossEntropy(FrozenSpec):
    """Cross-entropy against the label, or against a label spread out by `smoothing`.

    The label gets 1 − `smoothing`, and all classes share `smoothing` equally, the label
    among them (Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7).
    """

    name: Literal["cross-entropy"]
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Margin(FrozenSpec):
    """Margin loss on capsule lengths, and how badly the label's capsule draws the image again.

    max(0, `present` − length)² for the label, `absent_weight` × max(0, length − `absent`)²
    for each other class, and `reconstruction` × the sum of squares over the image's values,
    which are in 0 … 1 (Sabour, Frosst and Hinton, 2017, equation 4 and section 4.1).
    """

    name: Literal["margin"]
    present: Annotated[float, Field(gt=0, le=1)] = 0.9
    absent: Annotated[float, Field(ge=0, lt=1)] = 0.1
    absent_weight: Annotated[float, Field(ge=0)] = 0.5
    reconstruction: Annotated[float, Field(ge=0)] = 0.0005

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.absent >= self.present:
            raise ValueError(
                f"absent must be below present; got {self.absent} and {self.present} in "
                "loss 'margin'"
            )
        return self


LossSpec = Annotated[CrossEntropy | Margin, Field(discriminator="name")]


class TrainingSpec(FrozenSpec):
    """The recipe of one member.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training images; images a step (the last step of an epoch
        takes what is left, nothing is dropped).
    loss : LossSpec
        What the steps make small, on average over a batch.
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
    loss: LossSpec = CrossEntropy(name="cross-entropy")
    augmentation: Augmentation = ()
    keep: Literal["last", "best-validation", "average"] = "last"
    average_decay: Annotated[float, Field(gt=0, lt=1)] = 0.999
    epoch_votes: bool = False
