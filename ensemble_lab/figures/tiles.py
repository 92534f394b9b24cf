"""What a tile of the gallery shows of an example: its picture, its words, its votes."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Floats, Images, Index, Labels
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.lettering import name_class

__all__ = [
    "BOX",
    "Tile",
    "build_pictures",
    "build_tiles",
    "choose_colours",
    "picture_shape",
    "render_gap",
]

BOX = 168
"""Side of the square for a picture, in pixels: 6 x 28, 3 x 56, 21 x 8."""


@dataclass(frozen=True)
class Tile:
    """The words and votes of one example.

    Attributes
    ----------
    index, gap, votes : str
        Such as ``6576``, ``gap +0.98`` and ``5 of 5``; of a right example ``margin +0.42``.
    label, predicted : str
        Names of the classes, or their numbers.
    numbers : (int, int)
        Of both.
    counts : (int, int, int)
        Votes for the predicted class, for others, for the label; on a right example the votes
        for its class are those for the label.
    """

    index: str
    gap: str
    label: str
    predicted: str
    votes: str
    numbers: tuple[int, int]
    counts: tuple[int, int, int]

    @property
    def pair(self) -> str:
        """Label and predicted class, such as ``4 → 9``."""
        return f"{self.label} → {self.predicted}"


def build_tiles(catalogue: Catalogue, class_names: tuple[str, ...] | None) -> tuple[Tile, ...]:
    """Return the words and votes of each row, in the rows' order.

    Raises
    ------
    PredictionError
        A class without a name.
    """
    names = _name_classes(np.concatenate([catalogue.label, catalogue.predicted]), class_names)
    n_members = len(catalogue.members)
    tiles = []
    for row in catalogue.to_rows():
        is_right = row["label"] == row["predicted"]
        marks = ["tie"] * row["tied"] + ["right"] * is_right
        # A gap ranks errors only; a right example has none.
        gap = f"margin {render_gap(row['margin'])}" if is_right else f"gap {render_gap(row['gap'])}"
        for_label = row["votes_for_label"]
        against = 0 if is_right else row["votes_for_predicted"]
        tiles.append(
            Tile(
                index=str(row["index"]),
                gap=gap,
                label=names[row["label"]],
                predicted=names[row["predicted"]],
                votes=" · ".join([f"{row['votes_for_predicted']} of {n_members}", *marks]),
                numbers=(row["label"], row["predicted"]),
                counts=(against, n_members - against - for_label, for_label),
            )
        )
    return tuple(tiles)


def render_gap(gap: float | None) -> str:
    """Return a confidence gap with its sign and two decimals, ``–`` where it is not known.

    Examples
    --------
    >>> render_gap(0.984), render_gap(-0.001), render_gap(0.0), render_gap(None)
    ('+0.98', '−0.00', '0.00', '–')
    """
    if gap is None or math.isnan(gap):
        return "–"
    return f"{gap:+.2f}".replace("-", "−") if gap else "0.00"


def _name_classes(classes: Labels, class_names: tuple[str, ...] | None) -> dict[int, str]:
    """Return a text for each class: its number where the name has letters we cannot draw."""
    names = {}
    for number in np.unique(classes).tolist():
        if class_names is not None and number >= len(class_names):
            raise PredictionError(
                f"class_names must name every class; got {len(class_names)} names and "
                f"class {number}."
            )
        names[number] = name_class(number, class_names[number] if class_names else "")
    return names


def picture_shape(height: int, width: int, box: int = BOX) -> tuple[int, int]:
    """Return height and width at which an image is drawn, in pixels.

    The largest whole multiple that fits into a square of `box`, so that every pixel of the
    image is a square of one size; a larger image is reduced to fit.

    Examples
    --------
    >>> picture_shape(28, 28), picture_shape(8, 8), picture_shape(64, 20), picture_shape(336, 100)
    ((168, 168), (168, 168), (128, 40), (168, 50))
    """
    longest = max(height, width)
    scale = box // longest if longest <= box else box / longest
    return max(1, round(height * scale)), max(1, round(width * scale))


def build_pictures(images: Images, box: int = BOX) -> Images:
    """Return images as they are drawn: uint8 (examples, height, width) or (…, 3).

    Their colours are those of `choose_colours`, their size that of `picture_shape`.

    Parameters
    ----------
    images : uint8 (examples, height, width, channels)
    box : int
        Side of the square for a picture, in pixels.
    """
    shown = choose_colours(images)
    sizes = picture_shape(images.shape[1], images.shape[2], box)
    for axis, size in zip((1, 2), sizes, strict=True):
        shown = _resize(shown, axis, size)
    return shown


def choose_colours(images: Images) -> Images:
    """Return images in the colours they are drawn in: uint8 (examples, height, width) or (…, 3).

    Three channels are red, green and blue. Of any other number the first is drawn in grey, and
    inverted, so that ink is dark on white.

    Examples
    --------
    >>> choose_colours(np.array([[[[0], [200]]]], np.uint8)).tolist()
    [[[255, 55]]]
    """
    return images if images.shape[3] == 3 else 255 - images[..., 0]


def _resize(images: Images, axis: int, size: int) -> Images:
    """Repeat each pixel a whole number of times, or average neighbours, along one axis."""
    old = images.shape[axis]
    if size >= old:
        return np.repeat(images, size // old, axis=axis)
    starts = np.arange(size) * old // size
    counts: Index = np.diff(starts, append=old).reshape((-1,) + (1,) * (images.ndim - axis - 1))
    sums: Floats = np.add.reduceat(images, starts, axis=axis, dtype=np.float64)
    return (sums / counts).round().astype(np.uint8)
