"""Architectures by name and arguments; `ensemble_lab.training.architectures` lays their layers."""

from typing import Annotated, Literal

from pydantic import Field

from ensemble_lab.spec.frozen import FrozenSpec

__all__ = ["ArchitectureSpec", "BnElu", "Cdeotte", "Cnn", "Cnn3", "Light", "MNet", "Mlp"]

Width = Annotated[int, Field(ge=1, le=1_000_000)]
Share = Annotated[float, Field(ge=0, lt=1)]
Penalty = Annotated[float, Field(ge=0)]


class _Architecture(FrozenSpec):
    outputs: Annotated[int, Field(ge=2, le=65_536)] | None = None
    """Number of classes the net can name; None takes the number in the training data."""


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
    """Four *valid* bias-free convolutions with batch norm, 95,002 parameters at 28×28×1."""

    name: Literal["light"]
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


ArchitectureSpec = Annotated[
    Mlp | Cnn | Cnn3 | BnElu | Light | Cdeotte | MNet, Field(discriminator="name")
]
