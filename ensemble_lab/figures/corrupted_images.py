"""What corruptions look like: a row each, a column each strength."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Images, Index
from ensemble_lab.data.corruptions import CORRUPTIONS, STRENGTHS, corrupt_images
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import INK
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST_EXAMPLES", "draw_corruption_examples"]

MOST_EXAMPLES = 6
"""That are drawn side by side."""

_TILE = 0.7, 0.525
"""Height of an image in inches, alone in its cell and beside others: 4 and 3 x 28 pixels."""
_GAP, _CELL_GAP = 0.04, 0.12
_MARGIN, _NAMES, _HEADER = 0.15, 0.95, 0.3
_BOLD, _SMALL = 9.0, 8.0


@house_figure
def draw_corruption_examples(
    images: Images,
    *,
    names: Sequence[str] = tuple(CORRUPTIONS),
    index: Index | None = None,
    split: str = "test",
    path: Path | str | None = None,
) -> "Figure":
    """Return a picture of corrupted images: a row a corruption, a column a strength.

    The first column shows the images as they are. The same input gives the same bytes.

    Parameters
    ----------
    images : uint8 (examples, height, width, channels)
        One to `MOST_EXAMPLES`, side by side in each cell. Three channels are red, green and
        blue; of any other number the first is drawn, inverted, so that ink is dark on white.
    names : sequence of str
        Corruptions.
    index : int64 (examples,), optional
        Positions in the split as published; 0, 1, 2 … unless given.
    split : {"train", "test"}
        The published split; with the index it decides what is random.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    DataError
        No such corruption or split, or images of another type or shape.
    PredictionError
        No image or too many of them, no corruption, or a path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    if not 1 <= len(images) <= MOST_EXAMPLES:
        raise PredictionError(
            f"images must be 1 to {MOST_EXAMPLES} to be drawn; got {len(images)}."
        )
    if not names:
        raise PredictionError("names must be at least one corruption; got none.")
    figure = _draw(images, names, np.arange(len(images)) if index is None else index, split)
    return figure


def _draw(images: Images, names: Sequence[str], index: Index, split: str) -> "Figure":
    from matplotlib.figure import Figure

    n_examples, height, width, _ = images.shape
    tall = _TILE[n_examples > 1]
    wide = tall * width / height
    cell = n_examples * (wide + _GAP) - _GAP
    size = (
        _MARGIN + _NAMES + (len(STRENGTHS) + 1) * (cell + _CELL_GAP),
        _MARGIN + _HEADER + len(names) * (tall + _CELL_GAP),
    )
    figure = Figure(figsize=size, dpi=DPI, facecolor="white")
    lefts = [_MARGIN + _NAMES + place * (cell + _CELL_GAP) for place in range(len(STRENGTHS) + 1)]
    for left, head in zip(lefts, ("clean", *map(str, STRENGTHS)), strict=True):
        _write(figure, left + cell / 2, size[1] - _HEADER, head, _SMALL, align="center")
    for row, name in enumerate(names):
        bottom = size[1] - _HEADER - 0.08 - tall - row * (tall + _CELL_GAP)
        _write(figure, _MARGIN, bottom + tall / 2 - 0.05, name, _BOLD)
        for left, strength in zip(lefts, (0, *STRENGTHS), strict=True):
            shown = images
            if strength:
                shown = corrupt_images(images, name, strength, index=index, split=split)
            for place, image in enumerate(shown):
                _draw_image(figure, image, left + place * (wide + _GAP), bottom, wide, tall)
    return figure


def _draw_image(
    figure: "Figure", image: Images, left: float, bottom: float, wide: float, tall: float
) -> None:
    across, up = figure.get_size_inches()
    axes = figure.add_axes((left / across, bottom / up, wide / across, tall / up))
    shown = image if image.shape[2] == 3 else 255 - image[..., 0]
    axes.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color="#CCCCCC", linewidth=0.6)


def _write(
    figure: "Figure", x: float, y: float, text: str, size: float, *, align: str = "left"
) -> None:
    across, up = figure.get_size_inches()
    place = x / across, y / up
    figure.text(*place, text, fontsize=size, fontfamily=FAMILY, color=INK, ha=align)
