"""Training images beside what a member sees of them in its first epochs."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Images
from ensemble_lab.figures.axes import FAINT
from ensemble_lab.figures.files import house_figure
from ensemble_lab.figures.layout import POINT
from ensemble_lab.figures.lettering import fit_classes, measure
from ensemble_lab.figures.sheet import (
    MARGIN,
    Letters,
    draw_pictures,
    open_sheet,
    write_heading,
)
from ensemble_lab.figures.tiles import build_pictures
from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.spec.frozen import describe_spec
from ensemble_lab.training.augmented import Augmented

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_augmented"]

_BOX = 84
"""Side of the square for a picture, in pixels: 3 x 28."""
_GAP, _AFTER_ORIGINAL, _HEADER = 8, 20, 22
_WIDEST_NAME = 90.0
_INDEX, _SMALL = 7.5, 7.0
_LEAST_WIDTH = 560


@house_figure
def draw_augmented(
    augmented: Augmented,
    *,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
    path: Path | str | None = None,
) -> "Figure":
    """Return a sheet with a row for each example: the image as it is, and as it was seen.

    Parameters
    ----------
    augmented : Augmented
        As `ensemble_lab.training.augmented.augment_examples` returns it.
    class_names : tuple of str, optional
        One for each class; numbers unless given.
    title : str, optional
        Stands over the sheet; the member's key unless given.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    return _draw(augmented, class_names, title or augmented.member.key)


def _draw(augmented: Augmented, class_names: tuple[str, ...] | None, title: str) -> "Figure":
    pictures = _build_pictures(augmented)
    n_examples, n_columns, height, width = pictures.shape[:4]
    texts = fit_classes(augmented.labels.tolist(), class_names, _WIDEST_NAME)[0]
    first_left = MARGIN + _measure_names(augmented, texts)
    lefts = [first_left] + [
        first_left + _AFTER_ORIGINAL + column * (width + _GAP) for column in range(1, n_columns)
    ]
    sheet = max(_LEAST_WIDTH, lefts[-1] + width - MARGIN)
    letters = list(write_heading(title, _describe(augmented), sheet))
    first = int(letters[-1].y) + 30
    letters += _write_epochs(lefts, width, first + 14, augmented.member.training.epochs)
    # Index and class stand in two lines, whatever the height of a picture.
    row_height = max(height, 40) + _GAP
    tops = [first + _HEADER + row * row_height for row in range(n_examples)]
    for number, text, top in zip(augmented.index.tolist(), texts, tops, strict=True):
        letters.append(Letters(MARGIN, top + 16, str(number), _INDEX, weight="bold"))
        letters.append(Letters(MARGIN, top + 36, text, _INDEX))
    figure, axes = open_sheet(sheet + 2 * MARGIN, tops[-1] + row_height - _GAP + MARGIN)
    for letter in letters:
        letter.draw(axes)
    places = [(left, top) for top in tops for left in lefts]
    draw_pictures(axes, pictures.reshape(-1, *pictures.shape[2:]), places)
    return figure


def _build_pictures(augmented: Augmented) -> Images:
    """Return uint8 (examples, 1 + epochs, height, width) or (…, 3), the image as it is first."""
    seen = np.rint(np.clip(augmented.seen, 0, 1) * 255).astype(np.uint8)
    both = np.concatenate([augmented.images[:, np.newaxis], seen], axis=1)
    flat = build_pictures(both.reshape(-1, *both.shape[2:]), _BOX)
    return flat.reshape(*both.shape[:2], *flat.shape[1:])


def _describe(augmented: Augmented) -> tuple[str, ...]:
    member, n_epochs = augmented.member, augmented.seen.shape[1]
    entries = ", then ".join(map(_tell, member.training.augmentation))
    note = (
        f"The images that the net learns from in each epoch, by the draws of training with seed "
        f"{member.seed}"
    )
    if n_epochs > member.training.epochs:
        note += "; in brackets, those that it would see if it went on"
    return entries, f"{note}."


def _tell(entry: AugmentationSpec) -> str:
    """Return all arguments of an entry, also those at their defaults, but those that are 0."""
    values = entry.model_dump(exclude={"name"})
    return describe_spec(entry, **{key: value for key, value in values.items() if value})


def _write_epochs(lefts: list[int], width: int, y: int, n_trained: int) -> list[Letters]:
    """Return the number of each epoch; brackets mark those that the recipe does not reach."""
    words = ["as it is"] + [
        f"{number}" if number <= n_trained else f"({number})" for number in range(1, len(lefts))
    ]
    words[1:2] = [f"epoch {word}" for word in words[1:2]]
    return [
        Letters(left + width / 2, y, word, _SMALL, FAINT, align="center")
        for left, word in zip(lefts, words, strict=True)
    ]


def _measure_names(augmented: Augmented, texts: tuple[str, ...]) -> int:
    """Return the pixels that indices and classes need beside the pictures."""
    widest = max(
        *(measure(word, _INDEX, "bold") for word in map(str, augmented.index.tolist())),
        *(measure(text, _INDEX) for text in texts),
    )
    return math.ceil(widest * POINT) + _AFTER_ORIGINAL
