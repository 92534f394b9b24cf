"""One image as the numbers that it is."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Images
from ensemble_lab.data.dataset import Split, take_index
from ensemble_lab.exceptions import DataError
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, measure, spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MOST_NUMBERS", "describe_example", "draw_digit", "render_digit"]

MOST_NUMBERS = 10_000
"""Of an image that is drawn as numbers; 96×96 in one channel."""

_CELL = 0.22
"""Side of the square for a number, in inches."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.45, 0.25, 0.95, 0.25
_TITLE = 10.0
_LEAST_WIDTH = 3.2
_THREE_DIGITS = 1.91
"""Width of three digits, to the size of the letters."""
_CHANNELS = ("red", "green", "blue")


def render_digit(image: Images) -> str:
    """Return the numbers of an image as text, a line for each row of pixels.

    Channels come one after another, an empty line between.

    Parameters
    ----------
    image : uint8 (height, width, channels)

    Examples
    --------
    >>> print(render_digit(np.array([[[0], [253]], [[18], [7]]], np.uint8)))
      0 253
     18   7
    """
    width = len(str(image.max()))
    return "\n\n".join(
        "\n".join(" ".join(f"{value:{width}d}" for value in row) for row in channel.tolist())
        for channel in np.moveaxis(image, -1, 0)
    )


def describe_example(
    split: Split,
    index: int,
    *,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
) -> str:
    """Return split (or `title`), index, class and shape of an example in a line.

    Raises
    ------
    DataError
        An index that the split does not hold.
    """
    example = take_index(split, np.array([index], np.int64))
    shape = "×".join(map(str, split.image_shape))
    if example.labels is None:
        return f"{title or split.name} {index}: no label, {shape}"
    label = int(example.labels[0])
    name = class_names[label] if class_names else str(label)
    return f"{title or split.name} {index}: label {name}, {shape}"


@house_figure
def draw_digit(
    split: Split,
    index: int,
    *,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
    path: Path | str | None = None,
    axes: "Axes | None" = None,
) -> "Figure":
    """Return a figure of one image as its numbers, each on a square that is the darker, the larger.

    Rows and columns are counted at the edges. Channels stand side by side.

    Parameters
    ----------
    split : Split
    index : int
    class_names : tuple of str, optional
        One for each class; numbers unless given.
    title : str, optional
        Stands over the image before index and class; the split's name unless given.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    axes : Axes, optional
        To draw on, in the place of a figure of its own.

    Raises
    ------
    DataError
        An index that the split does not hold, or more than `MOST_NUMBERS` numbers.
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    text = spell(describe_example(split, index, class_names=class_names, title=title))
    image = take_index(split, np.array([index], np.int64)).images[0]
    if image.size > MOST_NUMBERS:
        raise DataError(
            f"an image must have at most {MOST_NUMBERS:,} numbers to be drawn as such; got "
            f"{image.size:,}, in {split.name} {index}. Print them without a file."
        )
    axes = _open(image) if axes is None else axes
    _draw(axes, image, text)
    figure = axes.figure.figure
    return figure


def _open(image: Images) -> "Axes":
    """Return axes on which a number of the image has `_CELL` inches."""
    from matplotlib.figure import Figure

    rows, columns = image.shape[0], _count_columns(image)
    width = max(_LEAST_WIDTH, _LEFT + columns * _CELL + _RIGHT)
    height = _TOP + rows * _CELL + _BOTTOM
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    place = (_LEFT / width, _BOTTOM / height, columns * _CELL / width, rows * _CELL / height)
    return figure.add_axes(place)


def _count_columns(image: Images) -> int:
    """Return the columns of all channels, with one free between two."""
    _, width, channels = image.shape
    return int(channels * (width + 1) - 1)


def _draw(axes: "Axes", image: Images, title: str) -> None:
    height, width, channels = image.shape
    cell = _measure_cell(axes, image)
    size = 0.88 * cell / _THREE_DIGITS
    for number, channel in enumerate(np.moveaxis(image, -1, 0)):
        left = number * (width + 1)
        axes.imshow(
            channel,
            cmap="gray_r",
            vmin=0,
            vmax=255,
            interpolation="none",
            extent=(left - 0.5, left + width - 0.5, height - 0.5, -0.5),
        )
        _write_numbers(axes, channel, left, size)
        if channels > 1:
            name = _CHANNELS[number] if channels == 3 else f"channel {number}"
            _write(axes, left + (width - 1) / 2, -2, name, size + 1, INK)
    axes.set(xlim=(-0.5, _count_columns(image) - 0.5), ylim=(height - 0.5, -0.5))
    axes.set_axis_off()
    above = 1.6 if channels == 1 else 2.6
    axes.set_title(
        title,
        fontsize=min(_TITLE, max(6, _TITLE * _measure_room(axes) / measure(title, _TITLE))),
        fontfamily=FAMILY,
        color=INK,
        loc="left",
        pad=above * cell,
        parse_math=False,
    )


def _measure_cell(axes: "Axes", image: Images) -> float:
    """Return the side of the square for a number, in points."""
    box = axes.get_window_extent()
    cell = min(box.width / _count_columns(image), box.height / image.shape[0])
    return float(cell * 72 / axes.figure.figure.dpi)


def _measure_room(axes: "Axes") -> float:
    """Return the points from the left of the axes to the right of the figure."""
    figure = axes.figure.figure
    return float((figure.bbox.width - axes.get_window_extent().x0) * 72 / figure.dpi - 4)


def _write_numbers(axes: "Axes", channel: Images, left: int, size: float) -> None:
    """Write each number on its square, and rows and columns at the edges."""
    for (row, column), value in np.ndenumerate(channel):
        # Zeros step back, so that what is written shows.
        colour = "#B0B0B0" if value == 0 else "white" if value > 115 else INK
        _write(axes, left + column, row, str(value), size, colour)
    for column in range(channel.shape[1]):
        _write(axes, left + column, -1, str(column), 0.8 * size, FAINT)
    for row in range(channel.shape[0]) if left == 0 else ():
        _write(axes, -1, row, str(row), 0.8 * size, FAINT)


def _write(axes: "Axes", x: float, y: float, text: str, size: float, colour: str) -> None:
    axes.text(
        x,
        y,
        text,
        fontsize=size,
        fontfamily=FAMILY,
        color=colour,
        horizontalalignment="center",
        verticalalignment="center_baseline",
    )
