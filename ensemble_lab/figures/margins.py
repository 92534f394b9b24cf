"""How sure the vote is where it is wrong, and how far right and wrong examples lie apart."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Floats
from ensemble_lab.errors.margins import Margins
from ensemble_lab.figures.axes import FAINT, INK, dress_axes, set_counts
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten, write
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_margins"]

_RIGHT, _WRONG = "#0072B2", "#D55E00"
_TITLE, _NOTE, _SMALL = 12.0, 8.5, 7.5
_WIDTH, _HEIGHT, _MARGIN = 460.0, 418.0, 20.0
_LEFT, _BOTTOM, _BELOW, _BETWEEN, _ABOVE = 48.0, 56.0, 150.0, 60.0, 100.0
_BIN = 0.05
# Ticks of more would be a bar.
_MOST_RUG = 100
_RUG = 7.0


@house_figure
def draw_margins(margins: Margins, *, path: Path | str | None = None) -> "Figure":
    """Return a picture of confidence gaps and margins, and write it to `path`.

    Above, the gaps of the errors that were asked for: higher is more confidently wrong. Below, the
    margins of all examples of the split, right and wrong on one axis, their numbers on a
    logarithmic scale that begins at 0. Up to a hundred examples have a stroke each below the axis.
    The same input gives the same bytes.

    Parameters
    ----------
    margins : Margins
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
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=DPI, facecolor="white")
    _write_heading(figure, margins)
    _draw_gaps(_add_axes(figure, _BOTTOM + _BELOW + _BETWEEN, _ABOVE), margins)
    _draw_margins(_add_axes(figure, _BOTTOM, _BELOW), margins)
    _write_note(figure, margins)
    return figure


def _add_axes(figure: "Figure", bottom: float, height: float) -> "Axes":
    width = _WIDTH - _LEFT - _MARGIN
    return figure.add_axes((_LEFT / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT))


def _bin(values: Floats, least: float) -> tuple[Floats, Floats]:
    """Return counts and edges of bins up to 1, edges included."""
    edges = np.linspace(least, 1, round((1 - least) / _BIN) + 1)
    # A difference of float64 sums may pass 1 by its last bit.
    counts, _ = np.histogram(np.clip(values, least, 1), edges)
    return counts.astype(np.float64), edges


def _draw_gaps(axes: "Axes", margins: Margins) -> None:
    from matplotlib.ticker import MaxNLocator

    gap = margins.gap
    # Negative gaps are few, and mostly near 0.
    least = min(0.0, np.floor(gap.min(initial=0.0) * 10) / 10)
    counts, edges = _bin(gap, least)
    axes.stairs(counts, edges, fill=True, facecolor=_WRONG, edgecolor="white", linewidth=0)
    axes.vlines(edges, 0, np.append(counts, 0), color="white", linewidth=0.8)
    _draw_rug(axes, gap, _WRONG)
    axes.set(xlim=(least, 1), ylim=(0, 1.08 * max(counts.max(), 1)))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
    axes.set_xlabel(
        "confidence gap: p(predicted) − p(label)", fontsize=_NOTE, fontfamily=FAMILY, color=INK
    )
    axes.set_ylabel("errors", fontsize=_NOTE, fontfamily=FAMILY, color=INK)
    dress_axes(axes, grid="y")
    _make_room(axes, len(gap))
    if not len(gap):
        axes.text(
            0.5,
            0.5,
            "no error",
            transform=axes.transAxes,
            fontsize=_NOTE,
            fontfamily=FAMILY,
            color=FAINT,
            horizontalalignment="center",
        )


def _draw_margins(axes: "Axes", margins: Margins) -> None:
    is_right = margins.is_right
    right, wrong = margins.margin[is_right], margins.margin[~is_right]
    (n_right, edges), (n_wrong, _) = (_bin(values, -1.0) for values in (right, wrong))
    axes.stairs(n_right, edges, fill=True, facecolor=_RIGHT, label=f"right: {len(right):,}")
    # Hatched, and seen through: told apart without colour too, also where both fall.
    axes.stairs(
        n_wrong,
        edges,
        fill=True,
        facecolor="none",
        edgecolor=_WRONG,
        hatch="/////",
        linewidth=1.2,
        label=f"wrong: {len(wrong):,}",
    )
    axes.set_xlim(-1, 1)
    set_counts(axes, int(max(n_right.max(), n_wrong.max(), 1)), most_decades=7)
    _draw_rug(axes, wrong, _WRONG)
    _draw_rug(axes, right, _RIGHT)
    axes.set_xlabel(
        "margin: p(label) − largest other", fontsize=_NOTE, fontfamily=FAMILY, color=INK
    )
    axes.set_ylabel("examples", fontsize=_NOTE, fontfamily=FAMILY, color=INK)
    dress_axes(axes, grid="y")
    _make_room(axes, min(len(right), len(wrong)))
    # Above the axes, where no bar can be.
    axes.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0,
        borderpad=0,
        ncols=2,
        prop={"family": FAMILY, "size": 8},
    )


def _draw_rug(axes: "Axes", values: Floats, colour: str) -> None:
    """Draw a stroke for each of a few values, below the axis."""
    if not 0 < len(values) <= _MOST_RUG:
        return
    axes.plot(
        np.clip(values, -1, 1),
        np.zeros(len(values)),
        transform=axes.get_xaxis_transform(),
        linestyle="none",
        marker=[(0, 0), (0, -1)],
        markersize=2 * _RUG,
        markeredgecolor=colour,
        markeredgewidth=0.8,
        clip_on=False,
        zorder=4,
    )


def _make_room(axes: "Axes", n_values: int) -> None:
    """Move the ticks of an axis below its strokes."""
    if 0 < n_values <= _MOST_RUG:
        axes.tick_params(axis="x", length=0, pad=_RUG + 3)


def _write_heading(figure: "Figure", margins: Margins) -> None:
    width = _WIDTH - 2 * _MARGIN
    n_errors, n_asked = margins.n_errors, len(margins.gap)
    errors = render_count(n_errors, "error")
    if n_asked != n_errors:
        errors = f"{n_asked:,} of {errors}"
    title = f"{margins.split}: {errors} in {render_count(len(margins.margin), 'example')}"
    text = shorten(title, width, _TITLE, "bold")
    write(figure, _MARGIN, _HEIGHT - 22, text, _TITLE, INK, weight="bold")
    members = render_count(len(margins.decision.members), "member")
    note = shorten(f"Vote of {members}: {margins.decision.text}", width, _NOTE)
    write(figure, _MARGIN, _HEIGHT - 36, note, _NOTE, FAINT)


def _write_note(figure: "Figure", margins: Margins) -> None:
    """Say where the vote and the mean probabilities disagree."""
    n_right = int(np.count_nonzero(margins.is_right & (margins.margin < 0)))
    n_wrong = int(np.count_nonzero(~margins.is_right & (margins.margin > 0)))
    if n_right or n_wrong:
        note = (
            f"Vote and mean probabilities disagree: {n_right:,} right below 0, "
            f"{n_wrong:,} wrong above."
        )
        write(figure, _MARGIN, _MARGIN - 6, note, _SMALL, FAINT)
