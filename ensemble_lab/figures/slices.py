"""Error rates by slice: dots with their intervals beside the rate of all, a panel a column."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ensemble_lab.errors.slices import ColumnSlices, Slice
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import FAINT, INK, dress_axes
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten, shorten_middle, spell
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MOST_DRAWN", "draw_slices"]

MOST_DRAWN = 10
"""Slices of a column that are drawn unless said otherwise."""

_ALPHA = 0.05
_APART, _PLAIN = "#D55E00", "#0072B2"
_WIDTH = 460.0
_LEFT, _RIGHT = 104.0, 118.0
_ROW, _HEAD, _FOOT, _TOP, _BOTTOM = 15.0, 24.0, 34.0, 34.0, 22.0
_LETTERS = 8.0
_ROOM = 2.6
"""How far the scale goes beyond the highest rate: longer intervals are cut, and say so."""


@house_figure
def draw_slices(
    columns: Sequence[ColumnSlices],
    *,
    errors: int,
    n_examples: int,
    limit: int = MOST_DRAWN,
    title: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return a figure of the error rate of each slice, and write it to `path`.

    The slices of a column stand in the order of their evidence, each with its 95 % interval, its
    errors and examples, and p after Holm. Those that differ from the rest at 5 % are filled
    diamonds, the others open circles. An interval that is much longer than the rates differ ends
    in an arrow.

    Parameters
    ----------
    columns : sequence of ColumnSlices
        One at least; a panel each.
    errors, n_examples : int
        Of the whole.
    limit : int
        Slices of a column that are drawn at most.
    title : str
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        No column, or a path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    from matplotlib.figure import Figure

    if not columns:
        raise PredictionError("columns must be one or more to be drawn; got none.")
    shown = [column.slices[:limit] for column in columns]
    heights = [_ROW * max(1, len(slices)) for slices in shown]
    height = _TOP + sum(heights) + len(columns) * (_HEAD + _FOOT) + _BOTTOM
    figure = Figure(figsize=(_WIDTH / 72, height / 72), dpi=DPI, facecolor="white")
    top = height - _TOP
    for column, slices, room in zip(columns, shown, heights, strict=True):
        top -= _HEAD + room
        axes = figure.add_axes(
            (
                _LEFT / _WIDTH,
                top / height,
                (_WIDTH - _LEFT - _RIGHT) / _WIDTH,
                room / height,
            )
        )
        _draw_panel(axes, column, slices, errors / n_examples)
        top -= _FOOT
    _write_frame(figure, height, title, f"{errors:,} of {n_examples:,} examples are wrong")
    return figure


def _draw_panel(
    axes: "Axes", column: ColumnSlices, slices: tuple[Slice, ...], overall: float
) -> None:
    highest = max([overall, *(each.rate for each in slices)]) or max(
        (each.high for each in slices), default=1.0
    )
    furthest = max([overall, *(each.high for each in slices)])
    end = 100 * min(1.0, furthest * 1.04, highest * _ROOM)
    dress_axes(axes, grid="x", bare=("top", "right", "left"))
    axes.axvline(100 * overall, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    for row, each in enumerate(slices):
        _draw_slice(axes, row, each, end)
    axes.set_xlim(0, end)
    axes.set_ylim(max(1, len(slices)) - 0.5, -0.5)
    names = [shorten_middle(spell(each.value), _LEFT - 16, _LETTERS) for each in slices]
    axes.set_yticks(range(len(slices)), names, fontfamily=FAMILY, parse_math=False)
    axes.tick_params(axis="y", length=0, pad=7)
    axes.set_xlabel("error rate, %", fontsize=_LETTERS, fontfamily=FAMILY, color=INK, labelpad=2)
    _head_panel(axes, column, len(column.slices) - len(slices))


def _head_panel(axes: "Axes", column: ColumnSlices, n_more: int) -> None:
    more = f", {n_more:,} more not shown" if n_more else ""
    tests = render_count(column.n_tests, "test")
    name = shorten(spell(column.column, "bold"), 150, 9, "bold")
    _note(axes, name, 0, 8 - _LEFT, size=9, colour=INK, weight="bold")
    _note(axes, f"{tests}{more}", 0.5, 0, align="center")
    _note(axes, "errors of examples · p", 1, 8)


def _note(
    axes: "Axes",
    text: str,
    x: float,
    offset: float,
    *,
    size: float = 7.0,
    colour: str = FAINT,
    weight: Literal["normal", "bold"] = "normal",
    align: Literal["left", "center"] = "left",
) -> None:
    """Write above a panel, `offset` points from a share `x` of its width."""
    axes.annotate(
        text,
        (x, 1),
        (offset, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=size,
        fontfamily=FAMILY,
        fontweight=weight,
        color=colour,
        ha=align,
        va="bottom",
        annotation_clip=False,
        parse_math=False,
    )


def _draw_slice(axes: "Axes", row: int, each: Slice, end: float) -> None:
    is_apart = each.p_holm <= _ALPHA
    colour = _APART if is_apart else _PLAIN
    low, high = 100 * each.low, 100 * each.high
    axes.plot([low, min(high, end)], [row, row], color=colour, linewidth=1.4, zorder=2)
    if high > end:
        axes.plot([end], [row], marker=">", markersize=4, color=colour, clip_on=False, linestyle="")
    axes.plot(
        [100 * each.rate],
        [row],
        marker="D" if is_apart else "o",
        markersize=4.6 if is_apart else 4.8,
        markerfacecolor=colour if is_apart else "white",
        markeredgecolor=colour,
        linestyle="",
        clip_on=False,
        zorder=3,
    )
    axes.annotate(
        f"{each.errors:,} of {each.n_examples:,} · {_render_p(each.p_holm)}",
        (1, row),
        (8, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        fontfamily=FAMILY,
        color=INK,
        annotation_clip=False,
    )


def _render_p(p: float) -> str:
    return "<.001" if p < 0.001 else "1" if p > 0.9995 else f"{p:.3f}".removeprefix("0")


def _write_frame(figure: "Figure", height: float, title: str, whole: str) -> None:
    if title:
        figure.text(
            8 / _WIDTH,
            1 - 16 / height,
            shorten(spell(title), _WIDTH - 16, 10),
            fontsize=10,
            fontfamily=FAMILY,
            color=INK,
            parse_math=False,
        )
    figure.text(
        8 / _WIDTH,
        1 - 29 / height,
        f"{whole} (dashed line); bars: 95 % Wilson intervals",
        fontsize=7.5,
        fontfamily=FAMILY,
        color=FAINT,
    )
    figure.text(
        8 / _WIDTH,
        8 / height,
        "◆ differs from the rest at 5 % · ○ does not · → goes on · p exact against the rest, after "
        "Holm within the column",
        fontsize=7.5,
        fontfamily=FAMILY,
        color=FAINT,
    )
