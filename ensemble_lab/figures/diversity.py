"""A measure of all pairs of members as a picture: who errs like whom."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ensemble_lab.analysis.confusion import render_percent
from ensemble_lab.analysis.diversity.ensemble import Diversity
from ensemble_lab.analysis.diversity.pair_measures import PairMeasure, find_pair_measure
from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.arrays import Floats
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.diversity_plan import Plan, build_plan
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten, wrap, write
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_diversity"]

_LINE, _DIAGONAL = "#D9D9D9", "#D9D9D9"
# One hue from light to dark, so that lightness alone tells more from less.
_LEAST, _MOST = (0.87, 0.92, 0.97), (0.03, 0.19, 0.42)
_TITLE, _NOTE, _SMALL = 12.0, 8.5, 7.5
_DARK = 0.55
# Beyond, lines between cells would be most of the picture.
_MOST_RULED = 40


@house_figure
def draw_diversity(
    diversity: Diversity,
    members: Sequence[str],
    *,
    measure: str = "error-correlation",
    title: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return a picture of a measure of all pairs of members, and write it to `path`.

    Colour runs from the least to the largest value of any pair, as the bar beside the matrix
    says; the diagonal is grey. Cells have numbers where these can be read. Dark lines part
    groups. The same input gives the same bytes.

    Parameters
    ----------
    diversity : Diversity
    members : sequence of str
        Keys, in the order of the matrices.
    measure : str
        A name of `PAIR_MEASURES`.
    title : str
        Whose members, and on what.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        A path that ends otherwise, or no such measure.
    StoreError
        The file cannot be written.
    """
    row = find_pair_measure(measure)
    values = diversity.pairs[measure]
    words = [[_write_value(value, measure) for value in line] for line in values.tolist()]
    plan = build_plan(members, [word for line in words for word in line])
    figure = _draw(values, words, plan, measure=measure)
    _draw_groups(figure.axes[0], members)
    _write_heading(figure, row, title, diversity, plan)
    _write_notes(figure, values, measure, plan)
    return figure


def _write_value(value: float, measure: str) -> str:
    """Return a correlation with two decimals, a share in percent, and a dash for no value."""
    if value != value:
        return "–"
    if measure == "error-correlation":
        return f"{value:z.2f}".replace("-", "−")
    return render_percent(value) if value else "0"


def _draw(values: Floats, words: list[list[str]], plan: Plan, *, measure: str) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(plan.width / 72, plan.height / 72), dpi=DPI, facecolor="white")
    axes = _add_axes(figure, plan, plan.left, plan.side)
    span = _find_span(values)
    strength = _measure_strength(values, span)
    _draw_cells(axes, strength, plan)
    _draw_ticks(axes, plan)
    if plan.number_size:
        _write_numbers(axes, words, strength, plan)
    if span is not None:
        _draw_bar(_add_axes(figure, plan, plan.bar, plan.bar_width), *span, measure)
    return figure


def _off_diagonal(values: Floats) -> Floats:
    pairs: Floats = values[~np.eye(len(values), dtype=np.bool_)]
    return pairs


def _find_span(values: Floats) -> tuple[float, float] | None:
    """Return the least and the largest value of a pair; None where no two values differ."""
    pairs = _off_diagonal(values)
    known = pairs[np.isfinite(pairs)]
    # What rounding tells apart is no difference.
    if not known.size or known.max() - known.min() < 1e-9:
        return None
    return float(known.min()), float(known.max())


def _measure_strength(values: Floats, span: tuple[float, float] | None) -> Floats:
    """Return how dark each cell is, from 0 to 1; NaN where there is no value."""
    if span is None:
        return np.where(np.isnan(values), np.nan, 0.5)
    low, high = span
    strength: Floats = (values - low) / (high - low)
    return strength


def _add_axes(figure: "Figure", plan: Plan, left: float, width: float) -> "Axes":
    return figure.add_axes(
        (left / plan.width, plan.bottom / plan.height, width / plan.width, plan.side / plan.height)
    )


def _shade(strength: Floats) -> Floats:
    """Return red, green and blue of each strength from 0 to 1; white for NaN."""
    least, most = np.array(_LEAST), np.array(_MOST)
    depth = np.clip(strength, 0, 1)[..., np.newaxis]
    colours: Floats = np.where(np.isnan(depth), 1.0, least + depth * (most - least))
    return colours


def _draw_cells(axes: "Axes", strength: Floats, plan: Plan) -> None:
    from matplotlib.colors import to_rgb

    colours = _shade(strength)
    colours[np.arange(len(strength)), np.arange(len(strength))] = to_rgb(_DIAGONAL)
    axes.imshow(colours, interpolation="none", aspect="auto")
    if plan.n_members <= _MOST_RULED:
        places = np.arange(plan.n_members - 1) + 0.5
        edge = plan.n_members - 0.5
        axes.hlines(places, -0.5, edge, color="white", linewidth=0.8)
        axes.vlines(places, -0.5, edge, color="white", linewidth=0.8)
    for spine in axes.spines.values():
        spine.set(color=_LINE, linewidth=0.8)


def _draw_groups(axes: "Axes", members: Sequence[str]) -> None:
    """Draw lines between groups, unless most members are groups of their own."""
    changes = np.flatnonzero(np.diff(number_groups(tuple(members)))) + 0.5
    if len(changes) <= len(members) / 2:
        axes.hlines(changes, -0.5, len(members) - 0.5, color=INK, linewidth=0.9)
        axes.vlines(changes, -0.5, len(members) - 0.5, color=INK, linewidth=0.9)


def _draw_ticks(axes: "Axes", plan: Plan) -> None:
    style: dict[str, Any] = {
        "fontsize": plan.keys.size,
        "fontfamily": FAMILY,
        "color": INK,
        "parse_math": False,
    }
    shown, names = plan.keys.shown, plan.keys.names
    axes.set_xticks(shown, names, rotation=90 if plan.is_upright else 0, **style)
    axes.set_yticks(shown, names, **style)
    axes.tick_params(length=0 if len(shown) == plan.n_members else 2, pad=3, color=INK)


def _write_numbers(axes: "Axes", words: list[list[str]], strength: Floats, plan: Plan) -> None:
    for first, line in enumerate(words):
        for second, word in enumerate(line):
            if first == second:
                continue
            axes.text(
                second,
                first,
                word,
                fontsize=plan.number_size,
                fontfamily=FAMILY,
                color="white" if strength[first, second] > _DARK else INK,
                horizontalalignment="center",
                verticalalignment="center_baseline",
            )


def _draw_bar(axes: "Axes", low: float, high: float, measure: str) -> None:
    """Draw which colour stands for which value."""
    from matplotlib.ticker import MaxNLocator

    shades = _shade(np.linspace(0, 1, 256))[:, np.newaxis]
    axes.imshow(
        shades, extent=(0, 1, low, high), origin="lower", aspect="auto", interpolation="none"
    )
    places = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in places if low - 1e-12 <= tick <= high + 1e-12]
    axes.set_xticks([])
    axes.yaxis.tick_right()
    unit = 1 if measure == "error-correlation" else 100
    labels = [f"{round(tick * unit, 6):g}".replace("-", "−") for tick in ticks]
    if unit == 100:
        labels = [f"{label} %" for label in labels]
    axes.set_yticks(ticks, labels, fontsize=_SMALL, fontfamily=FAMILY, color=FAINT)
    axes.tick_params(length=2, pad=3, color=FAINT)
    for spine in axes.spines.values():
        spine.set(color=_LINE, linewidth=0.8)


def _write_heading(
    figure: "Figure", row: PairMeasure, title: str, diversity: Diversity, plan: Plan
) -> None:
    width = plan.width - 2 * plan.margin
    first = f"{title}: {row.title}" if title else row.title[0].upper() + row.title[1:]
    text = shorten(first, width, _TITLE, "bold")
    write(figure, plan.margin, plan.height - 22, text, _TITLE, INK, weight="bold")
    mean = diversity.means[row.name]
    unit = "" if row.name == "error-correlation" else " %"
    value = "" if mean is None else f"mean {_write_value(mean, row.name)}{unit}, "
    n_examples = render_count(diversity.n_examples, "example")
    second = f"{value}{n_examples}; {row.more_diverse} = more diverse"
    write(figure, plan.margin, plan.height - 37, shorten(second, width, _NOTE), _NOTE, FAINT)


def _write_notes(figure: "Figure", values: Floats, measure: str, plan: Plan) -> None:
    notes = []
    if measure != "error-correlation" and plan.number_size:
        notes.append("Numbers are percent of the examples.")
    if _find_span(values) is not None:
        notes.append("Colour runs from the least to the largest pair.")
    if np.isnan(_off_diagonal(values)).any():
        notes.append("White: none, where a member is always right or always wrong.")
    lines = wrap(" ".join(notes), plan.width - 2 * plan.margin, _SMALL)
    for place, line in enumerate(lines):
        write(figure, plan.margin, plan.margin + 14 - 10 * place, line, _SMALL, FAINT)
