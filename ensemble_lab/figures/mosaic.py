"""A whole split in one picture: every image a tile, pixel for pixel."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Images, Index
from ensemble_lab.data.dataset import Split
from ensemble_lab.exceptions import DataError, PredictionError
from ensemble_lab.figures.files import house_style
from ensemble_lab.figures.tiles import choose_colours
from ensemble_lab.store.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MAX_BYTES", "build_mosaic", "check_mosaic_path", "draw_mosaic", "save_mosaic"]

MAX_BYTES = 2**28
"""Of a mosaic's pixels: 340,000 images of 28×28, or 87,000 coloured ones of 32×32."""

_DPI = 100
_WHITE = 255


def build_mosaic(split: Split, *, by_label: bool = False) -> Images:
    """Return every image of a split as a tile, in rows from the upper left.

    The number of columns is the one that makes the mosaic most nearly square. Colours are
    those of `ensemble_lab.figures.tiles.choose_colours`; what no image fills is white.

    Parameters
    ----------
    split : Split
    by_label : bool
        Class after class, each on rows of its own and half a tile of white between two; within
        a class, and without it, in the split's order.

    Returns
    -------
    uint8 (height, width) or (height, width, 3)

    Raises
    ------
    DataError
        More than `MAX_BYTES`, or no labels to group by.

    Examples
    --------
    >>> from ensemble_lab.data.dataset import build_split
    >>> images = np.array([0, 55, 155], np.uint8).reshape(3, 1, 1, 1)
    >>> split = build_split("train", "none", np.arange(3), images, None)
    >>> build_mosaic(split).tolist()
    [[255, 200], [100, 255]]
    """
    height, width, channels = split.image_shape
    groups = _group(split, by_label)
    gap = math.ceil(height / 2)
    columns = _choose_columns([len(group) for group in groups], height, width, gap)
    n_rows = [math.ceil(len(group) / columns) for group in groups]
    full_height = sum(n_rows) * height + (len(groups) - 1) * gap
    colours = (3,) if channels == 3 else ()
    shape = (full_height, columns * width, *colours)
    if math.prod(shape) > MAX_BYTES:
        raise DataError(
            f"a mosaic must have at most {MAX_BYTES:,} bytes; got {math.prod(shape):,} of "
            f"{split.n_examples:,} images of {height}×{width}. Draw fewer examples."
        )
    mosaic = np.full(shape, _WHITE, np.uint8)
    top = 0
    for group, rows in zip(groups, n_rows, strict=True):
        _fill(mosaic[top : top + rows * height], split.images, group, columns)
        top += rows * height + gap
    return mosaic


def _group(split: Split, by_label: bool) -> list[Index]:
    """Return the positions of each group, in its order; a class without examples has none."""
    if not by_label:
        return [np.arange(split.n_examples)]
    if split.labels is None:
        raise DataError(f"{split.name} must be labelled to be grouped by label; it has no labels.")
    order = np.argsort(split.labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(split.labels[order])) + 1)


def _choose_columns(sizes: list[int], height: int, width: int, gap: int) -> int:
    """Return the number of columns that makes groups of those sizes most nearly square."""

    def measure(columns: int) -> float:
        n_rows = sum(math.ceil(size / columns) for size in sizes)
        return abs(math.log((n_rows * height + (len(sizes) - 1) * gap) / (columns * width)))

    square = math.sqrt(sum(sizes) * height / width)
    # Groups fill their last rows in part, so that more columns than that are needed.
    most = math.ceil(2 * square) + math.ceil(len(sizes) * (height + gap) / width)
    return min(range(1, min(max(sizes), most) + 1), key=measure)


def _fill(band: Images, images: Images, group: Index, columns: int) -> None:
    """Write the images of a group into its rows, a row of tiles at a time."""
    height, width = images.shape[1:3]
    for row, start in enumerate(range(0, len(group), columns)):
        tiles = choose_colours(images[group[start : start + columns]])
        # (tiles, height, width, …) to (height, tiles, width, …).
        line = np.moveaxis(tiles, 0, 1).reshape(height, len(tiles) * width, *tiles.shape[3:])
        band[row * height : (row + 1) * height, : line.shape[1]] = line


def check_mosaic_path(path: Path | str) -> None:
    """Refuse a path that does not end in ``.png``: a mosaic is pixels.

    Raises
    ------
    PredictionError
    """
    if Path(path).suffix.lower() != ".png":
        raise PredictionError(
            f"path of a mosaic, which is pixels and nothing else, must end in .png; got "
            f"{str(path)!r}."
        )


def draw_mosaic(
    split: Split, *, by_label: bool = False, path: Path | str | None = None
) -> "Figure":
    """Return a figure of `build_mosaic`, pixel for pixel, and write its pixels to `path`.

    Parameters
    ----------
    split : Split
    by_label : bool
        See `build_mosaic`.
    path : path, optional
        Ends in ``.png``.

    Raises
    ------
    DataError
        A mosaic that is too large, or no labels to group by.
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    from matplotlib.figure import Figure

    if path is not None:
        save_mosaic(split, path, by_label=by_label)
    mosaic = build_mosaic(split, by_label=by_label)
    with house_style():
        height, width = mosaic.shape[:2]
        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.imshow(mosaic, cmap="gray", vmin=0, vmax=255, interpolation="none", aspect="auto")
    return figure


def save_mosaic(split: Split, path: Path | str, *, by_label: bool = False) -> None:
    """Write the pixels of `build_mosaic`, as they are: 60,000 images take a second or two.

    Raises what `draw_mosaic` raises; no figure is drawn.
    """
    # Matplotlib needs Pillow, and its own imsave would make four channels of one.
    from PIL import Image

    check_mosaic_path(path)
    mosaic = Image.fromarray(build_mosaic(split, by_label=by_label))
    with replacing(Path(path)) as partial:
        # Measured on MNIST: the usual level 6 takes 1.7 times as long for 3 % less.
        mosaic.save(partial, format="png", compress_level=4)
