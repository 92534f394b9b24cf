"""The confusion matrix as a picture: its errors in colour, its diagonal apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ensemble_lab.analysis.confusion import Confusion, count_errors, rank_pairs, render_percent
from ensemble_lab.arrays import Array, Floats
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.confusion_largest import (
    MOST_LISTED,
    Largest,
    mark_largest,
    write_largest,
)
from ensemble_lab.figures.confusion_plan import Plan, build_plan, name_classes
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, measure, shorten, wrap, write
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_confusion"]

_LINE = "#D9D9D9"
_DIAGONAL = "#E8E8E8"
# One hue from light to dark, so that lightness alone tells more from less.
_LEAST, _MOST = (0.996, 0.878, 0.776), (0.550, 0.176, 0.016)
_TITLE, _NOTE, _SMALL = 12.0, 8.5, 7.5
_SCALE_LINE = 11.0
# Beyond, lines between cells would be most of the picture.
_MOST_RULED = 40
_DARK = 0.55


@house_figure
def draw_confusion(
    confusion: Confusion, *, normalise: bool = False, path: Path | str | None = None
) -> "Figure":
    """Return a picture of a confusion matrix, and write it to `path`.

    Rows are labels, columns predicted classes. Colour is scaled by the errors alone, so that they
    show beside a diagonal a thousand times larger; the diagonal is grey. Bars at the right count
    the errors of each row. Cells have numbers where these can be read; of more classes the
    largest cells are marked and listed. The same input gives the same bytes.

    Parameters
    ----------
    confusion : Confusion
    normalise : bool
        Shares of each label's examples, in percent, not counts.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

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
    values: Array = confusion.shares if normalise else confusion.counts
    words = _write_cells(values, normalise=normalise)
    names = name_classes(confusion.class_names)
    plan = build_plan(len(names), names, [word for row in words for word in row])
    return _draw(confusion, values, words, names, plan, normalise=normalise)


def _write_cells(values: Array, *, normalise: bool) -> list[list[str]]:
    render = render_percent if normalise else str
    return [[render(value) if value else "" for value in row] for row in values.tolist()]


def _draw(
    confusion: Confusion,
    values: Array,
    words: list[list[str]],
    names: Sequence[str],
    plan: Plan,
    *,
    normalise: bool,
) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(plan.width / 72, plan.height / 72), dpi=DPI, facecolor="white")
    axes = _add_axes(figure, plan, plan.left, plan.side)
    strength = _measure_strength(values)
    _draw_cells(axes, strength, plan)
    _draw_ticks(axes, plan)
    if plan.has_numbers:
        _write_numbers(axes, words, strength, plan)
    else:
        pairs = rank_pairs(values).tolist()
        largest = [
            Largest(true, chosen, (names[true], names[chosen]), words[true][chosen])
            for true, chosen in pairs[:MOST_LISTED]
        ]
        mark_largest(figure, largest, plan)
        write_largest(figure, largest, len(pairs), plan)
        _draw_scale(figure, values, plan, normalise=normalise)
    _draw_bars(_add_axes(figure, plan, plan.strip, plan.strip_width), confusion, plan)
    _write_heading(figure, confusion, plan)
    _write_notes(figure, plan, normalise=normalise)
    return figure


def _add_axes(figure: "Figure", plan: Plan, left: float, width: float) -> "Axes":
    """Return axes as high as the matrix, a class a unit, the first class on top."""
    axes = figure.add_axes(
        (
            left / plan.width,
            plan.bottom / plan.height,
            width / plan.width,
            plan.side / plan.height,
        )
    )
    axes.set(xlim=(-0.5, plan.n_classes - 0.5), ylim=(plan.n_classes - 0.5, -0.5))
    return axes


def _measure_strength(values: Array) -> Floats:
    """Return how dark each cell is, from 0 to 1: the root of its share of the largest error."""
    errors = np.where(np.eye(len(values), dtype=np.bool_), 0, values)
    greatest = errors.max()
    strength: Floats = np.sqrt(errors / greatest) if greatest else np.zeros(errors.shape)
    return strength


def _shade(strength: Floats) -> Floats:
    """Return red, green and blue of each strength; white for 0."""
    least, most = np.array(_LEAST), np.array(_MOST)
    depth = strength[..., np.newaxis]
    colours: Floats = np.where(depth > 0, least + depth * (most - least), 1.0)
    return colours


def _draw_cells(axes: "Axes", strength: Floats, plan: Plan) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    colours = _shade(strength)
    edge = plan.n_classes - 0.5
    axes.imshow(colours, interpolation="none", aspect="auto", extent=(-0.5, edge, edge, -0.5))
    diagonal = [Rectangle((n - 0.5, n - 0.5), 1, 1) for n in range(plan.n_classes)]
    axes.add_collection(PatchCollection(diagonal, facecolor=_DIAGONAL, linewidth=0))
    if plan.n_classes <= _MOST_RULED:
        places = np.arange(plan.n_classes - 1) + 0.5
        axes.hlines(places, -0.5, edge, color=_LINE, linewidth=0.5)
        axes.vlines(places, -0.5, edge, color=_LINE, linewidth=0.5)
    for spine in axes.spines.values():
        spine.set(color=_LINE, linewidth=0.8)


def _draw_ticks(axes: "Axes", plan: Plan) -> None:
    ticks = plan.ticks
    style: dict[str, Any] = {
        "fontsize": ticks.size,
        "fontfamily": FAMILY,
        "color": INK,
        "parse_math": False,
    }
    axes.set_xticks(ticks.classes, ticks.words, rotation=90 if ticks.is_upright else 0, **style)
    axes.set_yticks(ticks.classes, ticks.words, **style)
    axes.tick_params(length=0 if len(ticks.classes) == plan.n_classes else 2, pad=3, color=INK)
    axes.set_xlabel("predicted", fontsize=_NOTE, fontfamily=FAMILY, labelpad=4)
    axes.set_ylabel("label", fontsize=_NOTE, fontfamily=FAMILY, labelpad=4)


def _write_numbers(axes: "Axes", words: list[list[str]], strength: Floats, plan: Plan) -> None:
    for label, row in enumerate(words):
        for predicted, word in enumerate(row):
            if not word:
                continue
            is_dark = strength[label, predicted] > _DARK
            colour = FAINT if label == predicted else ("white" if is_dark else INK)
            axes.text(
                predicted,
                label,
                word,
                fontsize=plan.number_size,
                fontfamily=FAMILY,
                color=colour,
                horizontalalignment="center",
                verticalalignment="center_baseline",
            )


def _draw_scale(figure: "Figure", values: Array, plan: Plan, *, normalise: bool) -> None:
    """Draw what some colours stand for, in the lower corner where cells say no numbers."""
    from matplotlib.patches import Rectangle

    errors = np.where(np.eye(len(values), dtype=np.bool_), 0, values)
    greatest = errors.max()
    steps = greatest * np.linspace(0.25, 1, 4) ** 2
    shown = np.unique(steps if normalise else np.maximum(np.rint(steps), 1).astype(np.int64))
    for row, value in enumerate(shown[::-1].tolist() if greatest else []):
        y = plan.bottom + _SCALE_LINE * (len(shown) - 1 - row)
        colour = tuple(_shade(np.sqrt(np.float64(value / greatest))))
        size = (12 / plan.width, (_SCALE_LINE - 2) / plan.height)
        corner = (plan.list / plan.width, y / plan.height)
        figure.add_artist(Rectangle(corner, *size, facecolor=colour, linewidth=0))
        text = f"{render_percent(value)} %" if normalise else f"{value:,}"
        write(figure, plan.list + 17, y + 2.5, text, _SMALL, FAINT)


def _draw_bars(axes: "Axes", confusion: Confusion, plan: Plan) -> None:
    """Draw how many examples of each label are errors: a bar, and the numbers where they fit."""
    errors, sums = count_errors(confusion.counts), confusion.counts.sum(axis=1)
    has_words = plan.cell >= _SMALL + 1
    texts = [f"{e:,} of {n:,}" if n else "no example" for e, n in zip(errors, sums, strict=True)]
    widest = max(measure(text, _SMALL) for text in texts) + 6 if has_words else 0.0
    longest = max(int(errors.max()), 1)
    axes.set_xlim(0, longest * plan.strip_width / max(plan.strip_width - widest, 20.0))
    axes.barh(np.arange(len(errors)), errors, height=min(0.7, 14 / plan.cell), color=_MOST)
    per_point = axes.get_xlim()[1] / plan.strip_width
    for place, (count, text) in enumerate(zip(errors.tolist(), texts, strict=True)):
        if has_words:
            axes.text(
                count + 4 * per_point,
                place,
                text,
                fontsize=_SMALL,
                fontfamily=FAMILY,
                color=FAINT,
                verticalalignment="center_baseline",
            )
    axes.set_yticks([])
    axes.set_xticks([] if has_words else [0, longest])
    axes.tick_params(labelsize=_SMALL, labelfontfamily=FAMILY, colors=FAINT, length=2)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set(color=_LINE, linewidth=0.8)
    axes.set_title("errors", fontsize=_NOTE, fontfamily=FAMILY, color=INK, loc="left", pad=6)


def _write_heading(figure: "Figure", confusion: Confusion, plan: Plan) -> None:
    members = confusion.decision.members
    if len(members) == 1:
        whose = f"Member {members[0]}"
    else:
        whose = f"Vote of {len(members)} members: {confusion.decision.text}"
    n_errors = render_count(confusion.n_errors, "error")
    title = f"{confusion.split}: {n_errors} in {confusion.n_examples:,} examples"
    width = plan.width - 2 * plan.margin
    text = shorten(title, width, _TITLE, "bold")
    write(figure, plan.margin, plan.height - 22, text, _TITLE, INK, weight="bold")
    write(figure, plan.margin, plan.height - 37, shorten(whose, width, _NOTE), _NOTE, FAINT)


def _write_notes(figure: "Figure", plan: Plan, *, normalise: bool) -> None:
    note = "Colour shows errors alone, by the root of their number; right answers are grey."
    if normalise:
        note = f"Numbers are percent of the label's examples. {note}"
    width = plan.width - 2 * plan.margin
    for row, line in enumerate(wrap(note, width, _SMALL)):
        write(figure, plan.margin, plan.margin + 14 - 10 * row, line, _SMALL, FAINT)
