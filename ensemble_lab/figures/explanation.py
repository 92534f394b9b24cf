"""An explanation on one page: the image, what members say of it, and what looks like it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_lab.errors.explanation import Explanation
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.explanation_panels import (
    choose_classes_shown,
    draw_bars,
    draw_joining,
    draw_members,
    draw_picture,
)
from ensemble_lab.figures.files import (
    DPI,
    check_figure_path,
    house_figure,
    house_style,
    save_numbered,
)
from ensemble_lab.figures.lettering import name_class, shorten, spell, write
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_explanation", "draw_explanations"]

_WIDTH, _HEIGHT = 11.0, 7.8
"""Inches of a page; places below are in inches from its lower left corner."""
_LEFT, _TEXT_WIDTH = 0.35, 72 * 10.3
_IMAGE = (_LEFT, 4.05, 2.6, 2.6)
_BARS = (4.15, 4.05, 2.1, 2.6)
_MEMBERS = (7.9, 2.6, 2.8, 4.05)
_CHANCES, _STRIPS = (1.25, 2.85, 5.0, 0.7), (1.25, 2.37, 5.0, 0.36)
_NEIGHBOUR, _STEP = 1.05, 1.29
_MOST_NEIGHBOURS = 8


def draw_explanations(
    explained: Sequence[Explanation], *, path: Path | str | None = None
) -> list["Figure"]:
    """Return a page for each explanation, and write them to `path`.

    Parameters
    ----------
    explained : sequence of Explanation
    path : path, optional
        A ``.pdf`` holds all; ``.png`` and ``.svg`` are numbered where there are several.

    Raises
    ------
    PredictionError
        A path that ends otherwise.
    StoreError
        The files cannot be written.
    """
    if path is not None:
        check_figure_path(path)
    with house_style():
        pages = [_draw(each) for each in explained]
        if path is not None:
            save_numbered(pages, path, len(pages))
    return pages


@house_figure
def draw_explanation(explained: Explanation, *, path: Path | str | None = None) -> "Figure":
    """Return a page about one example, and write it to `path`.

    The image; mean probabilities and votes of the classes; what each member says of them, a dot on
    its vote; the chance that k members err, and what the first k choose; the nearest training
    examples. Of many classes the likeliest are shown, the label and the vote's choice always.

    Parameters
    ----------
    explained : Explanation
        From `ensemble_lab.explain_example`.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    return _draw(explained)


def _draw(explained: Explanation) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=DPI, facecolor="white")
    _write_head(figure, explained)
    if explained.image is None:
        _say(figure, _LEFT, 5.3, explained.images_note or "no image")
    else:
        draw_picture(_add(figure, _IMAGE), explained.image)
    shown = choose_classes_shown(explained)
    draw_bars(_add(figure, _BARS), explained, shown)
    draw_members(_add(figure, _MEMBERS), explained, shown)
    draw_joining(_add(figure, _CHANCES), _add(figure, _STRIPS), explained)
    _draw_neighbours(figure, explained)
    return figure


def _add(figure: "Figure", place: tuple[float, float, float, float]) -> "Axes":
    left, bottom, width, height = place
    return figure.add_axes((left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))


def _say(figure: "Figure", x: float, y: float, text: str, size: float = 8.0) -> None:
    write(figure, 72 * x, 72 * y, shorten(spell(text), _TEXT_WIDTH - 72 * x, size), size, FAINT)


def _write_head(figure: "Figure", explained: Explanation) -> None:
    label, predicted = _name(explained, explained.label), _name(explained, explained.predicted)
    word = "right" if explained.is_right else "wrong"
    title = (
        f"{explained.split} {explained.index}: label {label}, the vote says {predicted} ({word})"
    )
    shown = shorten(spell(title, "bold"), _TEXT_WIDTH, 12, "bold")
    write(figure, 72 * _LEFT, 72 * 7.45, shown, 12, INK, weight="bold")
    tie = "; a tie, settled so" if explained.is_tied else ""
    _say(
        figure,
        _LEFT,
        7.22,
        f"{explained.run}: vote of {len(explained.members):,}, {explained.decision.text}{tie}",
    )
    facts = [f"{fact.name} {fact.value}" for fact in explained.facts]
    if explained.rank is not None:
        errors = render_count(explained.n_errors, "error")
        facts.insert(0, f"number {explained.rank:,} of {errors} by gap")
    if explained.confidence is not None:
        facts.insert(0, f"confidence {explained.confidence:.4f}, gap {explained.gap:.4f}")
    facts += [review.text for review in explained.reviews]
    _say(figure, _LEFT, 7.03, " · ".join(facts))


def _name(explained: Explanation, number: int) -> str:
    name = shorten(name_class(number, explained.class_names[number]), 150, 12, "bold")
    return name if name == str(number) else f"{number} {name}"


def _draw_neighbours(figure: "Figure", explained: Explanation) -> None:
    around = explained.neighbourhood
    if around is None:
        if explained.image is not None:
            _say(figure, _LEFT, 1.75, f"no neighbours: {explained.images_note}")
        return
    counts = ", ".join(f"{label} ({count})" for label, count in around.label_counts)
    words = (
        f"Nearest in pixels of {around.n_training:,} {around.training}. Labels of the "
        f"{len(around.near_labels)} nearest: {counts}"
    )
    _say(figure, _LEFT, 1.75, words)
    for place, each in enumerate(around.nearest[:_MOST_NEIGHBOURS]):
        left = _LEFT + place * _STEP
        draw_picture(_add(figure, (left, 0.58, _NEIGHBOUR, _NEIGHBOUR)), each.image)
        name = shorten(name_class(each.label, explained.class_names[each.label]), 72, 9, "bold")
        write(figure, 72 * left, 72 * 0.4, name, 9, INK, weight="bold")
        distance = "same picture" if each.distance == 0 else f"at {each.distance:.2f}"
        _say(figure, left, 0.24, f"{each.index}, {distance}", 7.0)
