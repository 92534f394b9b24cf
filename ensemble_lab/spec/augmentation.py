"""What is done to training images at random, afresh in every epoch."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from ensemble_lab.spec.frozen import FrozenSpec

__all__ = [
    "AffineWarp",
    "Augmentation",
    "AugmentationSpec",
    "Crop",
    "Elastic",
    "Erase",
    "Stages",
    "Warp",
    "find_fill",
    "split_stages",
]

Fill = Literal["nearest", "constant"]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1000)]


class AffineWarp(FrozenSpec):
    """One affine warp an image: rotation, zoom per axis, shear and shift, drawn uniformly.

    Attributes
    ----------
    rotation_degrees : float
        Angle in ± this, in degrees.
    zoom : float
        Scale of each axis, independently, in 1 ± this.
    shear_degrees : float
        Shear angle in ± this, in degrees.
    shift : float
        Shift along each axis in ± this, as a fraction of the image's height and width.
    fill : {"nearest", "constant"}
        What is seen beyond the border: the nearest pixel, or zero.
    """

    name: Literal["affine"]
    rotation_degrees: Annotated[float, Field(ge=0, le=180)] = 0.0
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.0
    shear_degrees: Annotated[float, Field(ge=0, lt=90)] = 0.0
    shift: Share = 0.0
    fill: Fill = "nearest"


class Crop(FrozenSpec):
    """The image padded by `pixels` on each side and cut back to its size at a random place.

    He, Zhang, Ren and Sun, "Deep Residual Learning" (2016), section 4.2, pad with zeros,
    which is ``fill = "constant"``. Each axis moves by a whole number in ± `pixels`, all
    equally likely, so nothing is blurred.
    """

    name: Literal["crop"]
    pixels: Annotated[int, Field(ge=1, le=1000)] = 4
    fill: Fill = "nearest"


class Elastic(FrozenSpec):
    """Every pixel moved by smoothed noise; the defaults are the paper's for MNIST.

    Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural Networks"
    (ICDAR 2003), section 2. Far from the border a displacement has, along each axis, the
    standard deviation `alpha` / (2 `sigma` sqrt(3π)): 1.4 pixels for 34 and 4.

    Attributes
    ----------
    alpha : float
        What the smoothed noise, uniform in ± 1 before, is multiplied by, in pixels.
    sigma : float
        Standard deviation of the Gaussian that smooths it, in pixels. Below 0.1 it
        would smooth nothing.
    fill : {"nearest", "constant"}
        What is seen beyond the border: the nearest pixel, or zero.
    """

    name: Literal["elastic"]
    alpha: Annotated[float, Field(ge=0, le=1000)] = 34.0
    sigma: Annotated[float, Field(ge=0.1, le=1000)] = 4.0
    fill: Fill = "nearest"


class Erase(FrozenSpec):
    """A rectangle of some of the images set to one value; the defaults are the paper's.

    Zhong, Zheng, Kang, Li and Yang, "Random Erasing Data Augmentation" (2017), algorithm 1,
    with the paper's constant instead of its random values in the rectangle.

    Attributes
    ----------
    probability : float
        Share of the images that lose a rectangle.
    smallest_area, largest_area : float
        Share of the image that the rectangle covers.
    lowest_aspect, highest_aspect : float
        Its height divided by its width.
    value : float
        What it is filled with, in 0 … 1: black to white.
    """

    name: Literal["erase"]
    probability: Share = 0.5
    smallest_area: Annotated[float, Field(gt=0, le=1)] = 0.02
    largest_area: Annotated[float, Field(gt=0, le=1)] = 0.4
    lowest_aspect: Positive = 0.3
    highest_aspect: Positive = 10 / 3
    value: Share = 0.0

    @model_validator(mode="after")
    def _check_ranges(self) -> Self:
        for low, high in (("smallest_area", "largest_area"), ("lowest_aspect", "highest_aspect")):
            least, most = getattr(self, low), getattr(self, high)
            if most < least:
                raise ValueError(f"{high} must be at least {low}, {least}; got {most}")
        return self


Warp = AffineWarp | Crop
AugmentationSpec = Annotated[AffineWarp | Crop | Elastic | Erase, Field(discriminator="name")]


class Stages(NamedTuple):
    """The entries of an augmentation by what is done with them, in the order of doing."""

    warps: tuple[Warp, ...]
    elastic: Elastic | None
    erase: Erase | None


def split_stages(augmentation: tuple[AugmentationSpec, ...]) -> Stages:
    """Return the warps, which become one, and the elastic and erase entries if there are any."""
    return Stages(
        tuple(entry for entry in augmentation if isinstance(entry, AffineWarp | Crop)),
        next((entry for entry in augmentation if isinstance(entry, Elastic)), None),
        next((entry for entry in augmentation if isinstance(entry, Erase)), None),
    )


def find_fill(augmentation: tuple[AugmentationSpec, ...]) -> Fill | None:
    """Return what lies beyond the border, or None where nothing moves.

    The entries that move pixels become one warp and agree: `Augmentation` sees to it.
    """
    return next((entry.fill for entry in augmentation if not isinstance(entry, Erase)), None)


def _check_entries(augmentation: tuple[AugmentationSpec, ...]) -> tuple[AugmentationSpec, ...]:
    warps, elastic, erase = split_stages(augmentation)
    if augmentation != (*warps, *(entry for entry in (elastic, erase) if entry is not None)):
        raise ValueError(
            "augmentation must be affine and crop entries, then at most one elastic, then at most "
            f"one erase; got {', '.join(entry.name for entry in augmentation)}"
        )
    fills = sorted({entry.fill for entry in augmentation if not isinstance(entry, Erase)})
    if len(fills) > 1:
        raise ValueError(
            "fill must be the same in all entries of augmentation, which become one warp; "
            f"got {' and '.join(fills)}"
        )
    return augmentation


Augmentation = Annotated[
    tuple[AugmentationSpec, ...], Field(strict=False), AfterValidator(_check_entries)
]
"""Entries in the order of doing: affine and crop, at most one elastic, at most one erase."""
