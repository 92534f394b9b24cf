"""An UpSet: how many examples just these ensembles get wrong, for every set that occurs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_lab.errors.compare import JointErrors
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten, spell, wrap, write
from ensemble_lab.figures.upset_plan import NUMBER, Plan, build_plan
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_upset"]

_BAR, _SET, _ABSENT, _STRIPE = "#0072B2", "#8C8C8C", "#D5D5D5", "#F4F4F4"
_TITLE, _NOTE = 12.0, 8.5
_PAD = 5.0
_KEY = "Columns: examples that just the dotted ensembles get wrong. Rows: all errors of one."


@house_figure
def draw_upset(
    errors: JointErrors,
    names: Sequence[str],
    *,
    title: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return a picture of which ensembles share how many errors, and write it to `path`.

    A column is a set of ensembles, dotted and joined by a line; the bar above counts the examples
    that just these get wrong, and no other does. Every example is in one column. The largest come
    first; beyond thirty it is said how many more there are. Grey bars beside the names count all
    errors of each ensemble. The same input gives the same bytes.

    Parameters
    ----------
    errors : JointErrors
    names : sequence of str
        Of the ensembles, in their order. Long ones are cut.
    title : str
        What the errors are on.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        Another number of names than of ensembles, or a path that ends otherwise.
    StoreError
        The file cannot be written.

    References
    ----------
    A. Lex et al., "UpSet: visualization of intersecting sets", IEEE Transactions on Visualization
    and Computer Graphics 20 (2014), 1983-1992.
    """
    from matplotlib.figure import Figure

    if len(names) != errors.n_ensembles:
        raise PredictionError(
            f"names must be one for each of the {errors.n_ensembles} ensembles; got {len(names)}."
        )
    sizes = errors.is_wrong.sum(axis=1).tolist()
    plan = build_plan(errors.intersections(), names, sizes)
    figure = Figure(figsize=(plan.width / 72, plan.height / 72), dpi=DPI, facecolor="white")
    _draw_bars(_add_axes(figure, plan, plan.left, plan.bars_bottom, plan.bars_height), plan)
    _draw_matrix(_add_axes(figure, plan, plan.left, plan.bottom, plan.rows_height), plan)
    _draw_sets(figure, sizes, plan)
    _write_words(figure, errors, title, plan)
    return figure


def _add_axes(
    figure: "Figure",
    plan: Plan,
    left: float,
    bottom: float,
    height: float,
    width: float | None = None,
) -> "Axes":
    width = plan.matrix if width is None else width
    axes = figure.add_axes(
        (left / plan.width, bottom / plan.height, width / plan.width, height / plan.height)
    )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _draw_bars(axes: "Axes", plan: Plan) -> None:
    """Draw how many examples are in each column, and write it above."""
    counts = [each.count for each in plan.columns]
    axes.set_xlim(-0.5, max(1, len(counts)) - 0.5)
    axes.set_ylim(0, max(counts, default=1))
    axes.bar(range(len(counts)), counts, width=0.7, color=_BAR, linewidth=0)
    for place, count in enumerate(counts):
        _annotate(axes, f"{count:,}", (place, count), (0, 2), "center", "bottom")
    if counts:
        axes.axhline(0, color=INK, linewidth=0.8, clip_on=False)


def _draw_matrix(axes: "Axes", plan: Plan) -> None:
    """Draw a dot for every ensemble of each column, a faint one for those that are not in it."""
    n_rows = len(plan.names)
    _stripe(axes, n_rows)
    axes.set_xlim(-0.5, max(1, len(plan.columns)) - 0.5)
    size = (0.5 * min(plan.row, plan.column)) ** 2
    everywhere = [(x, y) for x in range(len(plan.columns)) for y in range(n_rows)]
    within = [(x, y) for x, each in enumerate(plan.columns) for y in each.ensembles]
    for dots, colour, layer in ((everywhere, _ABSENT, 1), (within, INK, 3)):
        x, y = zip(*dots, strict=True) if dots else ((), ())
        axes.scatter(x, y, s=size, color=colour, linewidth=0, zorder=layer)
    for place, each in enumerate(plan.columns):
        ends = (each.ensembles[0], each.ensembles[-1])
        axes.plot((place, place), ends, color=INK, linewidth=1.6, zorder=2)


def _draw_sets(figure: "Figure", sizes: Sequence[int], plan: Plan) -> None:
    """Draw how many errors each ensemble makes in all, and write it beside."""
    start = plan.margin - _PAD
    width = plan.left - start
    names = _add_axes(figure, plan, start, plan.bottom, plan.rows_height, width)
    _stripe(names, len(sizes))
    axes = _add_axes(figure, plan, plan.sets_left, plan.bottom, plan.rows_height, plan.sets_width)
    axes.patch.set_alpha(0)
    axes.set_ylim(len(sizes) - 0.5, -0.5)
    axes.set_xlim(0, max(1, *sizes))
    axes.barh(range(len(sizes)), sizes, height=0.55, color=_SET, linewidth=0)
    for place, (size, name) in enumerate(zip(sizes, plan.names, strict=True)):
        _annotate(axes, f"{size:,}", (size, place), (3, 0), "left", "center_baseline")
        y = plan.bottom + plan.rows_height - (place + 0.5) * plan.row - 0.36 * plan.name_size
        write(figure, plan.margin, y, name, plan.name_size, INK)


def _stripe(axes: "Axes", n_rows: int) -> None:
    """Shade every other row, so that the eye stays in its row."""
    axes.set_ylim(n_rows - 0.5, -0.5)
    for row in range(0, n_rows, 2):
        axes.axhspan(row - 0.5, row + 0.5, color=_STRIPE, linewidth=0, zorder=0)


def _annotate(
    axes: "Axes",
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float],
    across: str,
    along: str,
) -> None:
    axes.annotate(
        text,
        place,
        offset,
        textcoords="offset points",
        fontsize=NUMBER,
        fontfamily=FAMILY,
        color=INK,
        horizontalalignment=across,
        verticalalignment=along,
        annotation_clip=False,
    )


def _write_words(figure: "Figure", errors: JointErrors, title: str, plan: Plan) -> None:
    width = plan.width - 2 * plan.margin
    n_ensembles = errors.n_ensembles
    whose = render_count(n_ensembles, "ensemble")
    first = f"{title}: errors of {whose}" if title else f"Errors of {whose}"
    first = shorten(spell(" ".join(first.split()), "bold"), width, _TITLE, "bold")
    write(figure, plan.margin, plan.height - 22, first, _TITLE, INK, weight="bold")
    n_shared = len(errors.view("shared"))
    of = render_count(errors.n_examples, "example")
    second = f"{len(errors):,} of {of} wrong in at least one, {n_shared:,} in every one"
    write(figure, plan.margin, plan.height - 37, shorten(second, width, _NOTE), _NOTE, FAINT)
    room = plan.left - plan.margin - 12
    told = _KEY if plan.columns else "There is nothing to show."
    y = plan.bars_bottom + 3
    for line in reversed(wrap(told, room, NUMBER)):
        write(figure, plan.margin, y, line, NUMBER, FAINT)
        y += 10
    if plan.n_more:
        sets = "set" if plan.n_more == 1 else "sets"
        examples = "example" if plan.n_more_examples == 1 else "examples"
        more = f"and {plan.n_more:,} more {sets}, with {plan.n_more_examples:,} {examples}"
        write(figure, plan.left, plan.margin, more, NUMBER, FAINT)
