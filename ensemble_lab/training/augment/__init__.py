"""Augmentation: drawn by NumPy ahead of an epoch, applied in graph on either backend.

Affine and crop entries become one matrix an image, and an elastic entry moves its pixels
before that matrix is asked, so an image is interpolated once; a rectangle is erased last.
Every number is a function of (seed, epoch, step), so an epoch that is drawn again after a
stop has the same bits. An image takes, of the memory of an epoch's arrays, 32 bytes for
its matrix, 2 × height × width for elastic noise (1,568 at 28×28) and 16 for a rectangle,
each only where it is asked for; twice that while they are placed on the device.
"""

from typing import Any

from ensemble_lab.spec.augmentation import AugmentationSpec, find_fill, split_stages
from ensemble_lab.training.augment.affine import WARPS, affine_matrices, draw_transforms, warp
from ensemble_lab.training.augment.elastic import draw_noise, resample, smooth, warp_elastically
from ensemble_lab.training.augment.erase import draw_boxes, erase_boxes

__all__ = [
    "WARPS",
    "affine_matrices",
    "augment_images",
    "draw_boxes",
    "draw_noise",
    "draw_transforms",
    "erase_boxes",
    "resample",
    "smooth",
    "warp",
    "warp_elastically",
]


def augment_images(
    images: Any,
    augmentation: tuple[AugmentationSpec, ...],
    transforms: Any = None,
    noise: Any = None,
    boxes: Any = None,
) -> Any:
    """Return a batch with its draws applied, on the running backend.

    Parameters
    ----------
    images : float32 (batch, height, width, channels)
    augmentation : tuple of AugmentationSpec
    transforms : float32 (batch, 8) or None
    noise : int8 (batch, 2, height, width) or None
    boxes : int32 (batch, 4) or None
        As `draw_transforms`, `draw_noise` and `draw_boxes` return them; None for what the
        augmentation does not ask for.
    """
    stages, fill = split_stages(augmentation), find_fill(augmentation)
    if stages.elastic is not None:
        images = warp_elastically(images, transforms, noise, stages.elastic)
    elif fill is not None:
        images = warp(images, transforms, fill)
    return images if stages.erase is None else erase_boxes(images, boxes, stages.erase.value)
