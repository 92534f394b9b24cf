"""Random erasing: rectangles drawn by NumPy, laid over the images in graph.

Zhong, Zheng, Kang, Li and Yang, "Random Erasing Data Augmentation" (2017), algorithm 1.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.augmentation import Erase
from ensemble_lab.training.architectures.layers import Shape
from ensemble_lab.training.augment.draws import draw_steps

__all__ = ["N_BOX_DRAWS", "check_erase", "draw_boxes", "erase_boxes", "place_boxes"]

N_BOX_DRAWS = 4
"""Numbers in [0, 1) that an image takes of the stream: whether, which size, and where."""


def draw_boxes(
    spec: Erase,
    image_shape: Shape,
    batch_sizes: tuple[int, ...],
    seed: int,
    epoch: int,
    *,
    first_step: int = 0,
) -> npt.NDArray[np.int32]:
    """Return one rectangle an image for some steps of an epoch.

    Area and aspect are uniform among those in their ranges that fit the image, the place among
    those wholly in it. Sides are whole pixels; only sizes within both ranges come up, none is
    rounded out.

    Parameters
    ----------
    spec : Erase
    image_shape : tuple of int
        (height, width, channels).
    batch_sizes : tuple of int
        Images of each step.
    seed, epoch : int
    first_step : int
        Number of the first of the steps. Step i draws from the stream ``erase`` at
        (epoch, i), whatever else is drawn.

    Returns
    -------
    int32 (images, 4)
        Top, bottom, left, right, of which bottom and right stay; zeros where nothing goes.

    Raises
    ------
    SpecError
        No rectangle of whole pixels is within the ranges.
    """
    draws = draw_steps("erase", batch_sizes, (N_BOX_DRAWS,), seed, epoch, first_step)
    return place_boxes(spec, image_shape, draws)


def erase_boxes(images: Any, boxes: Any, value: float) -> Any:
    """Return images of the running backend with their rectangles set to `value`.

    Parameters
    ----------
    images : float32 (images, height, width, channels)
    boxes : int32 (images, 4)
        As `draw_boxes` returns them.
    value : float
    """
    from keras import ops

    height, width = images.shape[1:3]
    rows, columns = ops.arange(height, dtype="int32"), ops.arange(width, dtype="int32")
    top, bottom, left, right = (boxes[:, side, None] for side in range(4))
    is_in_rows = ops.logical_and(rows >= top, rows < bottom)[:, :, None, None]
    is_in_columns = ops.logical_and(columns >= left, columns < right)[:, None, :, None]
    return ops.where(ops.logical_and(is_in_rows, is_in_columns), value, images)


def place_boxes(
    spec: Erase, image_shape: Shape, draws: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """Return one rectangle an image, as `draw_boxes` does, from numbers that are drawn.

    Parameters
    ----------
    spec : Erase
    image_shape : tuple of int
    draws : float64 (images, N_BOX_DRAWS)
        In [0, 1).
    """
    sizes, shares = _list_sizes(spec, image_shape)
    chosen = np.searchsorted(np.cumsum(shares[:-1]), draws[:, 1], side="right")
    n_places = np.array(image_shape[:2]) - sizes[chosen] + 1
    start = np.floor(draws[:, 2:] * n_places).astype(np.int32)
    stop = start + sizes[chosen]
    boxes = np.stack([start[:, 0], stop[:, 0], start[:, 1], stop[:, 1]], axis=1)
    boxes[draws[:, 0] >= spec.probability] = 0
    return boxes.astype(np.int32)


def check_erase(spec: Erase, image_shape: Shape) -> None:
    """Refuse ranges that leave nothing to erase in images of (height, width, channels).

    Raises
    ------
    SpecError
        No rectangle of whole pixels is within the ranges.
    """
    _list_sizes(spec, image_shape)


def _list_sizes(
    spec: Erase, image_shape: Shape
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the legal (height, width), int32 (sizes, 2), and how often each comes up."""
    height, width = image_shape[:2]
    sizes = np.indices((height, width), np.int32).reshape(2, -1).T + 1
    area, aspect = sizes.prod(axis=1) / (height * width), sizes[:, 0] / sizes[:, 1]
    is_legal = (spec.smallest_area <= area) & (area <= spec.largest_area)
    is_legal &= (spec.lowest_aspect <= aspect) & (aspect <= spec.highest_aspect)
    if not is_legal.any():
        raise SpecError(
            "erase must leave a rectangle of whole pixels to choose; got none of area "
            f"{spec.smallest_area:g} … {spec.largest_area:g} and aspect {spec.lowest_aspect:g} … "
            f"{spec.highest_aspect:g} in images of {height} × {width}. Widen the ranges."
        )
    # Uniform area and aspect are a density in (height, width) that goes with
    # |∂(area, aspect) / ∂(height, width)| ∝ height / width.
    return sizes[is_legal], aspect[is_legal] / aspect[is_legal].sum()
