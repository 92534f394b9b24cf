"""Architectures by name and arguments; `ensemble_lab.training.architectures` lays their layers."""

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from ensemble_lab.spec.frozen import FrozenSpec

__all__ = [
    "WITHOUT_RECIPE",
    "ArchitectureSpec",
    "BnElu",
    "CapsNet",
    "Cdeotte",
    "Cnn",
    "Cnn3",
    "Light",
    "MNet",
    "Mlp",
    "NaiveBayes",
    "SgdLinear",
]

Width = Annotated[int, Field(ge=1, le=1_000_000)]
Share = Annotated[float, Field(ge=0, lt=1)]
Penalty = Annotated[float, Field(ge=0)]


class _Architecture(FrozenSpec):
    losses: ClassVar[tuple[str, ...]] = ("cross-entropy",)
    """Names of the losses that suit what the net gives."""

    backends: ClassVar[tuple[str, ...]] = ("tensorflow", "jax")
    """Names of the backends that can train it."""

    has_recipe: ClassVar[bool] = True
    """Whether epochs, optimizer and all else of a `TrainingSpec` decide its weights."""

    outputs: Annotated[int, Field(ge=2, le=65_536)] | None = None
    """Number of classes the net can name; None takes the number in the training data."""

    standardise: bool = False
    """Whether each image is brought to mean 0 and standard deviation 1 before anything else."""

    @model_validator(mode="after")
    def _check_standardise(self) -> Self:
        if self.standardise and not self.has_recipe:
            raise ValueError(
                f"standardise must be left out of a model of {self.backends[0]}, which takes "
                "pixels as they are; got true"
            )
        return self


class Mlp(_Architecture):
    """Dense relu layers of the `hidden` widths, each followed by dropout.

    `l1` and `l2` times the sum of the absolute values and of the squares of the kernels
    are added to the loss; of all hidden layers, or of the first alone.
    """

    name: Literal["mlp"]
    hidden: Annotated[tuple[Width, ...], Field(strict=False, max_length=64)] = (256,)
    dropout: Share = 0.0
    l1: Penalty = 0.0
    l2: Penalty = 0.0
    penalised: Literal["all", "first"] = "all"


Stage = Annotated[tuple[Width, ...], Field(strict=False, min_length=1, max_length=64)]


class Cnn(_Architecture):
    """Stages of 3×3 relu convolutions, each stage ended by a 2×2 pool, then dense relu layers.

    Attributes
    ----------
    stages : tuple of tuple of int
        The filters of each convolution of each stage.
    first_padding : {"valid", "same"}
        Of the first convolution; all others are *valid*.
    dropout : float
        After the last pool.
    hidden : tuple of int
        Widths of the dense layers.
    hidden_dropout : float
        After each of them.
    """

    name: Literal["cnn"]
    stages: Annotated[tuple[Stage, ...], Field(strict=False, min_length=1, max_length=16)]
    first_padding: Literal["valid", "same"] = "valid"
    dropout: Share = 0.0
    hidden: Annotated[tuple[Width, ...], Field(strict=False, max_length=64)] = ()
    hidden_dropout: Share = 0.0


class Cnn3(_Architecture):
    """Three 3×3 convolutions and a dense layer; 130,890 parameters at 28×28×1."""

    name: Literal["cnn3"]


class BnElu(_Architecture):
    """Four *same* convolutions with elu and batch norm; 1,245,322 parameters at 28×28×1.

    `momentum` is that of the running statistics, Keras's default; after few steps (a small
    data set) 0.99 still remembers where they started, and 0.9 does not. `dropout` comes
    before the last layer; the write-up has none.
    """

    name: Literal["bn_elu"]
    momentum: Annotated[float, Field(gt=0, lt=1)] = 0.99
    dropout: Share = 0.0


class Light(_Architecture):
    """*Valid* bias-free convolutions with batch norm, 95,002 parameters at 28×28×1.

    The first convolution is 5×5, the others 3×3.

    Attributes
    ----------
    stages : tuple of tuple of int
        Filters of the convolutions; a pool halves height and width between stages.
    strided : bool
        Whether the first convolution takes every second place itself, in the place of the first
        pool: a quarter of its work.
    dropout : float
        Before the last layer.
    """

    name: Literal["light"]
    stages: Annotated[tuple[Stage, ...], Field(strict=False, min_length=1, max_length=16)] = (
        (16,),
        (48, 64),
        (96,),
    )
    strided: bool = False
    dropout: Share = 0.2


class Cdeotte(_Architecture):
    """Seven convolutions, two of them strided instead of pooled; 327,242 parameters at 28×28×1.

    C. Deotte, "25 Million Images! [0.99757] MNIST" (Kaggle, 2018).
    """

    name: Literal["cdeotte"]
    dropout: Share = 0.4


class MNet(_Architecture):
    """*Valid* convolutions of one size, batch norm and relu, no pooling (M3, M5, M7).

    S. An, M. Lee, S. Park, H. Yang and J. So, "An Ensemble of Simple Convolutional Neural
    Network Models for MNIST Digit Recognition" (arXiv:2008.10400, 2020), section 2.
    """

    name: Literal["m_net"]
    size: Literal[3, 5, 7] = 3


class CapsNet(_Architecture):
    """Capsules that agree on a class, and a decoder; 8,215,568 parameters at 28×28×1.

    S. Sabour, N. Frosst and G. Hinton, "Dynamic Routing Between Capsules" (NIPS 2017,
    arXiv:1710.09829), section 4; routing "max-min": Z. Zhao et al., "Capsule Networks with
    Max-Min Normalization" (arXiv:1903.09662, 2019).

    Attributes
    ----------
    routing : {"softmax", "max-min"}
        How agreements become shares: a capsule divides one between the classes, or gives
        each class a share of its own, 0 to the worst and 1 to the best.
    routings : int
        Times that shares are formed; 1 forms them of nothing and routes evenly.
    filters, size : int
        Of the first convolution; the second has the same size and stride 2.
    capsules, capsule_dimension : int
        Kinds of primary capsules at each place, and values of each.
    class_dimension : int
        Values of each class's capsule.
    decoder : tuple of int
        Widths of the hidden layers that draw the image again.
    """

    losses: ClassVar[tuple[str, ...]] = ("margin",)
    name: Literal["capsnet"]
    routing: Literal["softmax", "max-min"] = "softmax"
    routings: Annotated[int, Field(ge=1, le=100)] = 3
    filters: Width = 256
    size: Annotated[int, Field(ge=1, le=1000)] = 9
    capsules: Width = 32
    capsule_dimension: Width = 8
    class_dimension: Width = 16
    decoder: Annotated[tuple[Width, ...], Field(strict=False, max_length=64)] = (512, 1024)


class _Classic(_Architecture):
    """A model of scikit-learn, on pixels in 0 … 1, flattened.

    All that decides its fit is an argument here; it has no recipe. `scaled` first takes
    each pixel's mean over the training images away and divides by its standard deviation.
    """

    backends: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    has_recipe: ClassVar[bool] = False
    scaled: bool = False


class NaiveBayes(_Classic):
    """Gaussian naive Bayes: each pixel normal within a class, and independent of the others.

    `var_smoothing` times the largest variance of a pixel is added to all variances. The
    classes' prior is their share of the training images. Nothing is drawn: members of
    other seeds are the same net.
    """

    name: Literal["naive_bayes"]
    var_smoothing: Annotated[float, Field(gt=0)] = 1e-9


class SgdLinear(_Classic):
    """A linear classifier, one class against the rest, by stochastic gradient descent.

    All defaults are scikit-learn's `SGDClassifier`'s, which see for the arguments; the seed
    decides the order of the images. With the loss ``hinge`` (a linear support vector
    machine) the member has votes only, with ``log_loss`` it has probabilities.
    """

    name: Literal["sgd_linear"]
    loss: Literal["hinge", "log_loss"] = "hinge"
    penalty: Literal["l2", "l1", "elasticnet"] = "l2"
    alpha: Annotated[float, Field(gt=0)] = 1e-4
    l1_ratio: Annotated[float, Field(ge=0, le=1)] = 0.15
    max_iter: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    tol: Annotated[float, Field(ge=0)] = 1e-3
    n_iter_no_change: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    learning_rate: Literal["optimal", "constant", "invscaling", "adaptive"] = "optimal"
    eta0: Annotated[float, Field(gt=0)] = 0.01
    power_t: Annotated[float, Field(ge=0)] = 0.5
    average: bool = False


ArchitectureSpec = Annotated[
    Mlp | Cnn | Cnn3 | BnElu | Light | Cdeotte | MNet | CapsNet | NaiveBayes | SgdLinear,
    Field(discriminator="name"),
]

WITHOUT_RECIPE = tuple(
    get_args(each.model_fields["name"].annotation)[0]
    for each in get_args(get_args(ArchitectureSpec)[0])
    if not each.has_recipe
)
"""Names of the architectures whose `has_recipe` is false."""
