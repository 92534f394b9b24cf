"""Transforms of images in whole numbers: the same bits on every machine."""

import numpy as np

from ensemble_lab.arrays import Array, Images, Index, check_axes
from ensemble_lab.exceptions import DataError
from ensemble_lab.seeds import draw_generator, draw_uniform

__all__ = ["draw_offsets", "enlarge_by_three", "place_on_canvas"]

_SPLIT_NUMBERS = {"train": 0, "test": 1, "test50k": 2}
"""Never changed: stored members were trained on images at places drawn with them."""


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


def draw_offsets(seed: int, split: str, index: Index, *, largest: tuple[int, int]) -> Index:
    """Return how far down and to the right each example's image lies on its canvas.

    Each is uniform on 0 … `largest`, both ends included, and drawn by itself: the place of
    an example is a function of the seed, its published split and its index there, whatever
    else is asked for beside it.

    Parameters
    ----------
    seed : int
        Of the canvas.
    split : {"train", "test", "test50k"}
        The published split, before validation is cut.
    index : int64 (examples,)
        Positions in the split as published.
    largest : (int, int)
        The largest offset down and to the right, 0 or more.

    Returns
    -------
    int64 (examples, 2)
        Rows down, columns to the right.

    Examples
    --------
    >>> both = draw_offsets(0, "train", np.array([5, 9]), largest=(28, 28))
    >>> bool((both[1] == draw_offsets(0, "train", np.array([9]), largest=(28, 28))).all())
    True
    """
    # Raw words, whose sequence NumPy promises (NEP 19): a key for each axis.
    bits = draw_generator(seed, "canvas", step=_SPLIT_NUMBERS[split]).bit_generator
    keys = [int(word) for word in bits.random_raw(2)]
    drawn = [
        np.floor(draw_uniform(key, index) * (most + 1))
        for key, most in zip(keys, largest, strict=True)
    ]
    return np.stack(drawn, axis=1).astype(np.int64)


def place_on_canvas(images: Images, offsets: Index, *, size: int) -> Images:
    """Return the images, each whole on a canvas of zeros with its first pixel at its offset.

    After "Lesson 08 - CNN for the MNIST Dataset" (a notebook), section "Uncentered Images",
    which loops over the images and draws offsets from 0 to 27 on a canvas of 56×56.

    Parameters
    ----------
    images : uint8 (examples, height, width, channels)
    offsets : int64 (examples, 2)
        Rows down and columns to the right, 0 … `size` less the height, or the width.
    size : int
        Height and width of the canvas.

    Returns
    -------
    uint8 (examples, size, size, channels)

    Raises
    ------
    DataError
        Another shape, or an image that is not whole on the canvas.

    Examples
    --------
    >>> image = np.array([[[[7], [8]]]], np.uint8)
    >>> place_on_canvas(image, np.array([[2, 1]]), size=3)[0, :, :, 0].tolist()
    [[0, 0, 0], [0, 0, 0], [0, 7, 8]]
    """
    check_axes(images, "examples height width channels", name="images", error=DataError)
    n_examples, height, width, channels = images.shape
    sizes = {"examples": n_examples, "directions": 2}
    check_axes(offsets, "examples directions", name="offsets", error=DataError, **sizes)
    room = np.array([size - height, size - width])
    is_whole = ((offsets >= 0) & (offsets <= room)).all(axis=1)
    if not is_whole.all():
        at = int(np.argmin(is_whole))
        raise DataError(
            f"offsets must leave each image of {height}×{width} whole on a canvas of "
            f"{size}×{size}; got {tuple(offsets[at].tolist())} for image {at}."
        )
    canvas = np.zeros((n_examples, size, size, channels), images.dtype)
    windows = np.lib.stride_tricks.sliding_window_view(
        canvas, (height, width), axis=(1, 2), writeable=True
    )
    windows[np.arange(n_examples), offsets[:, 0], offsets[:, 1]] = images.transpose(0, 3, 1, 2)
    return canvas


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
