"""The mean image of each class over its standard deviation."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Floats, Images
from ensemble_lab.data.class_means import ClassMeans
from ensemble_lab.figures.axes import FAINT
from ensemble_lab.figures.files import house_figure
from ensemble_lab.figures.layout import POINT
from ensemble_lab.figures.lettering import fit_classes
from ensemble_lab.figures.sheet import (
    MARGIN,
    Letters,
    draw_pictures,
    open_sheet,
    write_heading,
)
from ensemble_lab.figures.tiles import build_pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_class_means"]

_COLUMNS = 10
_GAP_X, _GAP_Y, _GAP_BLOCK = 16, 12, 30
_ROW_NAMES, _HEADER, _FOOTER = 68, 22, 24
_SMALL = 7.0
_LEAST_WIDTH = 560
_LARGEST_SD = 127.5
"""Half of the pixels 0 and half 255."""


@house_figure
def draw_class_means(
    class_means: ClassMeans,
    *,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
    path: Path | str | None = None,
) -> "Figure":
    """Return a sheet with the mean of each class over its standard deviation.

    Ten classes stand side by side. In both rows white is 0, or in three channels black;
    a mean reaches the other end at 255, a standard deviation at 127.5, the largest that
    there is.

    Parameters
    ----------
    class_means : ClassMeans
        As `ensemble_lab.data.class_means.build_class_means` returns it.
    class_names : tuple of str, optional
        One for each class; numbers unless given.
    title : str, optional
        Stands over the sheet; the split's name unless given.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    return _draw(class_means, class_names, title or class_means.split)


def _draw(class_means: ClassMeans, class_names: tuple[str, ...] | None, title: str) -> "Figure":
    n_classes = len(class_means.counts)
    box = 168 if n_classes <= _COLUMNS else 112
    columns = min(n_classes, _COLUMNS)
    means = build_pictures(_to_pixels(class_means.means, 255), box)
    sds = build_pictures(_to_pixels(class_means.sds, _LARGEST_SD), box)
    height, width = means.shape[1:3]
    sheet = max(_LEAST_WIDTH, _ROW_NAMES + columns * (box + _GAP_X) - _GAP_X)
    note = (
        f"{class_means.counts.sum():,} examples of {n_classes} classes; mean of every pixel, and "
        "its standard deviation, which is drawn at twice the strength"
    )
    letters = list(write_heading(title, [note], sheet))
    first = int(letters[-1].y) + 30
    block = _HEADER + 2 * height + _GAP_Y + _FOOTER + _GAP_BLOCK
    corners = [
        (MARGIN + _ROW_NAMES + column * (box + _GAP_X), first + row * block)
        for row, column in (divmod(place, columns) for place in range(n_classes))
    ]
    letters += _write_rows(sorted({top for _, top in corners}), height)
    letters += _write_classes(class_means, class_names, corners, box, 2 * height + _GAP_Y)
    figure, axes = open_sheet(sheet + 2 * MARGIN, corners[-1][1] + block - _GAP_BLOCK + MARGIN)
    for letter in letters:
        letter.draw(axes)
    across = (box - width) // 2
    there = np.flatnonzero(class_means.counts)
    upper = [(corners[place][0] + across, corners[place][1] + _HEADER) for place in there]
    lower = [(left, top + height + _GAP_Y) for left, top in upper]
    draw_pictures(axes, np.concatenate([means[there], sds[there]]), [*upper, *lower])
    return figure


def _to_pixels(values: Floats, largest: float) -> Images:
    """Return 0 … `largest` as 0 … 255; what is not known as 0."""
    return np.rint(np.nan_to_num(values) * (255 / largest)).astype(np.uint8)


def _write_rows(tops: list[int], height: int) -> list[Letters]:
    middle = _HEADER + height // 2 + 5
    return [
        Letters(MARGIN, top + middle + down, word, _SMALL, FAINT)
        for top in tops
        for word, down in (("mean", 0), ("sd", height + _GAP_Y))
    ]


def _write_classes(
    class_means: ClassMeans,
    class_names: tuple[str, ...] | None,
    corners: list[tuple[int, int]],
    box: int,
    height: int,
) -> list[Letters]:
    """Return name and number of examples of each class, all names in one size."""
    counts = class_means.counts.tolist()
    texts, size = fit_classes(range(len(counts)), class_names, box / POINT)
    letters = []
    for text, count, (left, top) in zip(texts, counts, corners, strict=True):
        middle, below = left + box / 2, top + _HEADER + height + 20
        letters.append(Letters(middle, top + 14, text, size, weight="bold", align="center"))
        counted = f"{count:,}" if count else "none"
        letters.append(Letters(middle, below, counted, _SMALL, FAINT, align="center"))
    return letters
