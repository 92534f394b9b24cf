"""Architectures by name and arguments; `ensemble_lab.training.architectures` lays their layers."""

from typing import Annotated, Literal

from pydantic import Field

from ensemble_lab.spec.frozen import FrozenSpec

__all__ = ["ArchitectureSpec", "BnElu", "Cnn3", "Mlp"]

Width = Annotated[int, Field(ge=1, le=1_000_000)]
Share = Annotated[float, Field(ge=0, lt=1)]


class _Architecture(FrozenSpec):
    outputs: Annotated[int, Field(ge=2, le=65_536)] | None = None
    """Number of classes the net can name; None takes the number in the training data."""


class Mlp(_Architecture):
    """Dense relu layers of the `hidden` widths, each followed by dropout."""

    name: Literal["mlp"]
    hidden: Annotated[tuple[Width, ...], Field(strict=False, max_length=64)] = (256,)
    dropout: Share = 0.0


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


ArchitectureSpec = Annotated[Mlp | Cnn3 | BnElu, Field(discriminator="name")]
