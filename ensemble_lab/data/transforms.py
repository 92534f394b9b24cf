"""Transforms of images in whole numbers: the same bits on every machine."""

import numpy as np

from ensemble_lab.arrays import Array, Images, check_axes
from ensemble_lab.exceptions import DataError

__all__ = ["enlarge_by_three"]


def enlarge_by_three(images: Array, *, largest: int, border: int = 0) -> Images:
    """Return images three times as high and wide, 0 … `largest` stretched to 0 … 255.

    Bilinear with pixel centres: output pixel i of a row lies at (i − 1) / 3 of the input,
    so that the weights are 0, 1/3, 2/3 or 1 and the sums are exact in ninths; beyond the
    edge the edge's value holds. Halves are rounded up. Then `border` pixels of 0 all round.

    Parameters
    ----------
    images : int (examples, height, width)
        Values from 0 to `largest`.
    largest : int
        The value that becomes 255.
    border : int
        Pixels to add on each side.

    Returns
    -------
    uint8 (examples, 3 height + 2 border, 3 width + 2 border, 1)

    Raises
    ------
    DataError
        Another shape, or a value outside 0 … `largest`.

    Examples
    --------
    >>> enlarge_by_three(np.array([[[0, 3]]]), largest=3)[0, 0, :, 0].tolist()
    [0, 0, 85, 170, 255, 255]
    """
    check_axes(images, "examples height width", name="images", error=DataError)
    if images.min() < 0 or images.max() > largest:
        raise DataError(f"images must hold 0 to {largest}; got {images.min()} to {images.max()}.")
    down, across = (_weights(length) for length in images.shape[1:])
    ninths = down @ images.astype(np.int64) @ across.T
    stretched = (2 * 255 * ninths + 9 * largest) // (2 * 9 * largest)
    margins = ((0, 0), (border, border), (border, border))
    return np.pad(stretched.astype(np.uint8), margins)[..., np.newaxis]


def _weights(length: int) -> Array:
    """Return int64 (3 length, length): thirds of each input pixel in each output pixel.

    Examples
    --------
    >>> _weights(2).tolist()
    [[3, 0], [3, 0], [2, 1], [1, 2], [0, 3], [0, 3]]
    """
    left, thirds = np.divmod(np.arange(3 * length) - 1, 3)
    weights = np.zeros((3 * length, length), np.int64)
    rows = np.arange(3 * length)
    np.add.at(weights, (rows, np.clip(left, 0, length - 1)), 3 - thirds)
    np.add.at(weights, (rows, np.clip(left + 1, 0, length - 1)), thirds)
    return weights
