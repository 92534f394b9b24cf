"""Random affine warps and crops: composed by NumPy into one matrix an image, applied in graph.

Coordinates are (x, y) = (column, row) in pixels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Floats
from ensemble_lab.spec.augmentation import AffineWarp, Crop, Warp
from ensemble_lab.training.architectures.layers import Shape
from ensemble_lab.training.augment.draws import draw_steps

__all__ = ["N_DRAWS", "WARPS", "affine_matrices", "compose_warps", "draw_transforms", "warp"]

N_DRAWS = 6
"""Numbers in [0, 1) that an image takes of the stream for each entry, used or not."""


def draw_transforms(
    warps: tuple[Warp, ...],
    image_shape: Shape,
    batch_sizes: tuple[int, ...],
    seed: int,
    epoch: int,
    *,
    first_step: int = 0,
) -> npt.NDArray[np.float32]:
    """Return one transform an image for some steps of an epoch.

    Parameters
    ----------
    warps : tuple of AffineWarp or Crop
        At least one; the first is done to the image first.
    image_shape : tuple of int
        (height, width, channels).
    batch_sizes : tuple of int
        Images of each step.
    seed, epoch : int
    first_step : int
        Number of the first of the steps. Step i draws from the stream ``augment`` at
        (epoch, i), whatever else is drawn.

    Returns
    -------
    float32 (images, 8)
        a0 a1 a2 b0 b1 b2 c0 c1 as `keras.ops.image.affine_transform` takes them: the
        output pixel (x, y) shows the input at (a0 x + a1 y + a2, b0 x + b1 y + b2).
    """
    draws = draw_steps("augment", batch_sizes, (len(warps), N_DRAWS), seed, epoch, first_step)
    return compose_warps(warps, draws, image_shape)


def compose_warps(
    warps: tuple[Warp, ...], draws: Floats, image_shape: Shape
) -> npt.NDArray[np.float32]:
    """Return one transform an image, as `draw_transforms` does, from numbers that are drawn.

    Parameters
    ----------
    warps : tuple of AffineWarp or Crop
    draws : float64 (images, warps, N_DRAWS)
        In [0, 1).
    image_shape : tuple of int
    """
    matrices = np.broadcast_to(np.eye(3), (len(draws), 3, 3))
    for number, entry in enumerate(warps):
        # Output to input: what is done to the image last is asked first.
        matrices = matrices @ WARPS[entry.name](entry, draws[:, number], image_shape)
    return matrices.reshape(-1, 9)[:, :8].astype(np.float32)


def warp(images: Any, transforms: Any, fill: str) -> Any:
    """Return warped images of the running backend: float32 (images, height, width, channels)."""
    import keras

    return keras.ops.image.affine_transform(
        images,
        transforms,
        interpolation="bilinear",
        fill_mode=fill,
        fill_value=0.0,
        data_format="channels_last",
    )


def affine_matrices(
    image_shape: Shape,
    *,
    rotation: Floats,
    zoom_y: Floats,
    zoom_x: Floats,
    shear: Floats,
    shift_y: Floats,
    shift_x: Floats,
) -> Floats:
    """Return the output-to-input matrices of warps about the image's centre.

    The image is zoomed, then sheared, then rotated, then shifted; the matrix is the
    inverse of that.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width, channels).
    rotation, shear : float64 (images,)
        Radians; positive turns clockwise as seen (y points down), and moves lower rows right.
    zoom_y, zoom_x : float64 (images,)
        Above 1 magnifies.
    shift_y, shift_x : float64 (images,)
        Pixels; positive moves down and right.

    Returns
    -------
    float64 (images, 3, 3)
        The last row is 0 0 1.
    """
    height, width = image_shape[:2]
    n_images = len(rotation)
    linear = np.empty((n_images, 2, 2))
    cos, sin = np.cos(rotation), np.sin(rotation)
    # zoom⁻¹ · shear⁻¹ · rotation⁻¹, with shear⁻¹ = [[1, −tan s], [0, 1]].
    slant = np.tan(shear)
    linear[:, 0, 0] = (cos + slant * sin) / zoom_x
    linear[:, 0, 1] = (sin - slant * cos) / zoom_x
    linear[:, 1, 0] = -sin / zoom_y
    linear[:, 1, 1] = cos / zoom_y
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = centre + np.stack([shift_x, shift_y], axis=1)
    matrices = np.zeros((n_images, 3, 3))
    matrices[:, :2, :2] = linear
    matrices[:, :2, 2] = centre - np.einsum("nij,nj->ni", linear, moved)
    matrices[:, 2, 2] = 1
    return matrices


def _draw_affine(spec: AffineWarp, draws: Floats, image_shape: Shape) -> Floats:
    """Return float64 (images, 3, 3) from numbers in [0, 1), (images, 6)."""
    spread = 2 * draws - 1
    height, width = image_shape[:2]
    return affine_matrices(
        image_shape,
        rotation=np.deg2rad(spec.rotation_degrees) * spread[:, 0],
        zoom_y=1 + spec.zoom * spread[:, 1],
        zoom_x=1 + spec.zoom * spread[:, 2],
        shear=np.deg2rad(spec.shear_degrees) * spread[:, 3],
        shift_y=spec.shift * height * spread[:, 4],
        shift_x=spec.shift * width * spread[:, 5],
    )


def _draw_crop(spec: Crop, draws: Floats, image_shape: Shape) -> Floats:
    """Return float64 (images, 3, 3) from numbers in [0, 1), (images, 6)."""
    moved = np.floor(draws[:, :2] * (2 * spec.pixels + 1)) - spec.pixels
    matrices = np.tile(np.eye(3), (len(draws), 1, 1))
    matrices[:, :2, 2] = moved
    return matrices


WARPS: dict[str, Callable[[Any, Floats, Shape], Floats]] = {
    "affine": _draw_affine,
    "crop": _draw_crop,
}
"""A row for each `name` of `ensemble_lab.spec.augmentation.Warp`."""
