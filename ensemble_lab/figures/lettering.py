"""Letters on a page: how wide a text is, and how to make it fit."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "FAMILY",
    "Weight",
    "fit_class",
    "fit_classes",
    "is_drawable",
    "measure",
    "name_class",
    "shorten",
    "shorten_middle",
    "spell",
    "wrap",
    "write",
]

Weight = Literal["normal", "bold"]

FAMILY = "DejaVu Sans"
"""Comes with matplotlib: the same widths on every machine, and it has → … – and −."""

_CUT = "…"
_KEPT_END = 10
_CLASS, _LONG_CLASS = 9.0, 7.5


@lru_cache(maxsize=16_384)
def measure(text: str, size: float, weight: Weight = "normal") -> float:
    """Return the width of a text of that size in points, as vector formats draw it.

    Raster formats fit letters to pixels; what is drawn there differs by about a percent.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FAMILY, size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, False)
    return float(width)


@lru_cache(maxsize=4)
def _characters(weight: Weight) -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family=FAMILY, weight=weight))).get_charmap())


def is_drawable(text: str, weight: Weight = "normal") -> bool:
    """Return whether there are letters for the text; matplotlib warns of those it lacks.

    Examples
    --------
    >>> is_drawable("Ärmel → T-shirt/top"), is_drawable("猫"), is_drawable(" ")
    (True, False, False)
    """
    return not text.isspace() and {ord(letter) for letter in text} <= _characters(weight)


def spell(text: str, weight: Weight = "normal") -> str:
    """Return the text with a question mark for each letter that the font lacks.

    Examples
    --------
    >>> spell("猫.npz train")
    '?.npz train'
    """
    letters = _characters(weight)
    return "".join(letter if ord(letter) in letters else "?" for letter in text)


def name_class(number: int, name: str, weight: Weight = "bold") -> str:
    """Return a class's name on one line, or its number where there are no letters for the name.

    Examples
    --------
    >>> name_class(3, "dress  coat"), name_class(3, "猫"), name_class(3, "")
    ('dress coat', '3', '3')
    """
    text = " ".join(name.split())
    return text if text and is_drawable(text, weight) else str(number)


def fit_classes(
    classes: Sequence[int], class_names: Sequence[str] | None, width: float
) -> tuple[tuple[str, ...], float]:
    """Return a bold text of at most `width` points for each class, and the size of all.

    Where a name is too wide all are smaller; one that still is too wide begins with its
    class's number, since many names may begin alike, and is cut.

    Examples
    --------
    >>> fit_classes((0, 1), ("T-shirt/top", "Bag"), 90)
    (('T-shirt/top', 'Bag'), 9.0)
    >>> fit_classes((0, 1), ("T-shirt/top", "Bag"), 40)
    (('0 T-shir…', 'Bag'), 7.5)
    """
    names = [name_class(number, class_names[number] if class_names else "") for number in classes]
    is_long = any(measure(name, _CLASS, "bold") > width for name in names)
    size = _LONG_CLASS if is_long else _CLASS
    fitted = (
        fit_class(number, name, width, size, "bold")
        for number, name in zip(classes, names, strict=True)
    )
    return tuple(fitted), size


def fit_class(number: int, name: str, width: float, size: float, weight: Weight = "normal") -> str:
    """Return a class's name; one that is too wide begins with its number, and is cut.

    Examples
    --------
    >>> fit_class(3, "Staphylococcus aureus A", 200, 8)
    'Staphylococcus aureus A'
    >>> fit_class(3, "Staphylococcus aureus A", 60, 8)
    '3 Staphyloc…'
    """
    if name == str(number) or measure(name, size, weight) <= width:
        return name
    return shorten(f"{number} {name}", width, size, weight)


def shorten_middle(text: str, width: float, size: float, weight: Weight = "normal") -> str:
    """Return the text, cut before its end where it is too wide: keys end in what differs.

    Examples
    --------
    >>> shorten_middle("label-smoothing-resnet-0003", 90, 8)
    'label-sm…esnet-0003'
    """
    if measure(text, size, weight) <= width:
        return text
    end = text[-_KEPT_END:]
    return shorten(text[:-_KEPT_END], width - measure(end, size, weight), size, weight) + end


def shorten(text: str, width: float, size: float, weight: Weight = "normal") -> str:
    """Return the text, or as much of its beginning as fits into `width` points before an ``…``.

    Examples
    --------
    >>> shorten("T-shirt/top", 100, 8), shorten("T-shirt/top", 40, 8)
    ('T-shirt/top', 'T-shirt/t…')
    """
    if measure(text, size, weight) <= width:
        return text
    # Longer beginnings are wider; of a long text every one would take seconds.
    ends = range(1, len(text))
    cuts = bisect_right(ends, width, key=lambda end: measure(_cut(text, end), size, weight))
    return _cut(text, cuts) if cuts else _CUT


def _cut(text: str, end: int) -> str:
    return text[:end].rstrip() + _CUT


def wrap(text: str, width: float, size: float, weight: Weight = "normal") -> tuple[str, ...]:
    """Return the text in lines of at most `width` points, broken at spaces.

    A word that is too long for a line of its own is shortened.

    Examples
    --------
    >>> wrap("majority, ties by mean-probability", 90, 8)
    ('majority, ties by', 'mean-probability')
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width, size, weight))
    return tuple(lines)


def write(
    figure: "Figure",
    x: float,
    y: float,
    text: str,
    size: float,
    colour: str,
    *,
    weight: Weight = "normal",
    align: Literal["left", "center", "right"] = "left",
) -> None:
    """Write a line on a figure, its baseline at `y`; in points from the lower left corner."""
    width, height = 72 * figure.get_size_inches()
    figure.text(
        x / width,
        y / height,
        text,
        fontsize=size,
        fontfamily=FAMILY,
        fontweight=weight,
        color=colour,
        horizontalalignment=align,
        verticalalignment="baseline",
        # A run, a group or a class may be called "$5".
        parse_math=False,
    )
