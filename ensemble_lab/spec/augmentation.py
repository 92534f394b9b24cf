"""What is done to training images at random, afresh in every epoch."""

from typing import Annotated, Literal

from pydantic import Field

from ensemble_lab.spec.frozen import FrozenSpec

__all__ = ["AffineWarp", "AugmentationSpec"]


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
    shift: Annotated[float, Field(ge=0, le=1)] = 0.0
    fill: Literal["nearest", "constant"] = "nearest"


AugmentationSpec = AffineWarp
