"""A sheet of examples with their index and their class."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.data.dataset import Split, take_index
from ensemble_lab.data.sampling import sample_split
from ensemble_lab.exceptions import DataError
from ensemble_lab.figures.files import house_figure
from ensemble_lab.figures.layout import POINT
from ensemble_lab.figures.lettering import fit_classes
from ensemble_lab.figures.sheet import MARGIN, Letters, draw_pictures, open_sheet, write_heading
from ensemble_lab.figures.tiles import BOX, build_pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST_SAMPLES", "draw_samples"]

MOST_SAMPLES = 400
"""Of more, a mosaic is made."""

_MOST_COLUMNS = 20
_GAP_X, _GAP_Y = 20, 26
# Three tiles wide at least: a title over one tile would be broken at every word.
_LEAST_WIDTH = 3 * (BOX + _GAP_X) - _GAP_X
_INDEX = 7.5
_PICTURE_TOP, _BELOW = 24, 34


@house_figure
def draw_samples(
    split: Split,
    *,
    index: tuple[int, ...] = (),
    n_examples: int = 25,
    seed: int = 0,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
    path: Path | str | None = None,
) -> "Figure":
    """Return a sheet of examples, each with its index and class, and write it to `path`.

    Parameters
    ----------
    split : Split
    index : tuple of int
        These examples, in this order.
    n_examples : int
        Without `index`, so many are drawn, at most `MOST_SAMPLES`; all where there are fewer.
    seed : int
        Which (see `sample_split`).
    class_names : tuple of str, optional
        One for each class; numbers unless given.
    title : str, optional
        Stands over the sheet; the split's name unless given.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    DataError
        An index that the split does not hold or that comes twice, or too many examples.
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    n_shown = len(index) or min(n_examples, split.n_examples)
    if n_shown > MOST_SAMPLES:
        raise DataError(
            f"samples must be at most {MOST_SAMPLES}; got {n_shown:,}. Draw a mosaic of them."
        )
    if index:
        shown = take_index(split, np.array(index, np.int64))
        note = f"{n_shown} of {split.n_examples:,} examples, chosen by index"
    else:
        shown = sample_split(split, n_examples, seed=seed)
        note = f"{n_shown} of {split.n_examples:,} examples, drawn with seed {seed}"
    return _draw(shown, class_names, title or split.name, note)


def _draw(shown: Split, class_names: tuple[str, ...] | None, title: str, note: str) -> "Figure":
    columns = min(_MOST_COLUMNS, math.ceil(math.sqrt(shown.n_examples)))
    width = max(_LEAST_WIDTH, columns * (BOX + _GAP_X) - _GAP_X)
    pictures = build_pictures(shown.images)
    letters = list(write_heading(title, [note], width))
    first, tile = int(letters[-1].y) + 34, _PICTURE_TOP + pictures.shape[1] + _BELOW
    corners = [
        (MARGIN + column * (BOX + _GAP_X), first + row * (tile + _GAP_Y))
        for row, column in (divmod(place, columns) for place in range(shown.n_examples))
    ]
    for number, (left, top) in zip(shown.index.tolist(), corners, strict=True):
        letters.append(Letters(left, top + 16, str(number), _INDEX, weight="bold"))
    letters += _write_classes(shown, class_names, [(x, y + tile - 8) for x, y in corners])
    figure, axes = open_sheet(width + 2 * MARGIN, corners[-1][1] + tile + MARGIN)
    for letter in letters:
        letter.draw(axes)
    across = (BOX - pictures.shape[2]) // 2
    draw_pictures(axes, pictures, [(left + across, top + _PICTURE_TOP) for left, top in corners])
    return figure


def _write_classes(
    shown: Split, class_names: tuple[str, ...] | None, places: list[tuple[int, int]]
) -> Iterator[Letters]:
    """Yield the class of each example, all in one size; none where there are no labels."""
    if shown.labels is None:
        return
    texts, size = fit_classes(shown.labels.tolist(), class_names, BOX / POINT)
    for text, (left, y) in zip(texts, places, strict=True):
        yield Letters(left + BOX / 2, y, text, size, weight="bold", align="center")
