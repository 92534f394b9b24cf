"""Reliability and risk–coverage of an ensemble, side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ensemble_lab.analysis.calibration.measures import Calibration
from ensemble_lab.analysis.calibration.reliability import Bins, fill_bins, space_by_doubt
from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.arrays import Floats
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import choose_ticks, dress_axes, set_counts, set_scale
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Line", "draw_calibration"]

_FAINT, _MEMBER = "#808080", "#BFBFBF"
_COLOURS = ("#0072B2", "#D55E00")
_MARKERS = ("o", "s")
_TITLE_WIDTH = 560.0
_MOST_POINTS = 400
"""Points of a curve; a million would make a file of as many."""


class Line(NamedTuple):
    """What is drawn, under which name."""

    name: str
    calibration: Calibration


@house_figure
def draw_calibration(
    lines: Sequence[Line],
    members: Sequence[Calibration] = (),
    *,
    n_referred: int = 0,
    title: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return a figure of reliability and of risk against coverage, and write it to `path`.

    Confidences of good nets lie close to 1, so the axes hold what is missing from it, on a
    logarithmic scale: on the left doubt (1 − confidence) against the share of errors, in three
    bins to a factor of ten, with 95 % Wilson intervals and the number of examples below; a zero
    has its place at the foot. Points above the diagonal are too sure. On the right the share of
    errors among the answers that are kept, against the share that goes to a person, least sure
    first. The same input gives the same bytes.

    Parameters
    ----------
    lines : sequence of Line
        One or two, of the same examples.
    members : sequence of Calibration
        Drawn on the right in grey, without names.
    n_referred : int
        Marked on the right; nothing is for 0.
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
        A path that ends otherwise, or another number of lines.
    StoreError
        The file cannot be written.
    """
    if not 1 <= len(lines) <= len(_COLOURS):
        raise PredictionError(f"lines must be 1 or {len(_COLOURS)}; got {len(lines)}.")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.6), dpi=DPI, facecolor="white", layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(4, 1), wspace=0.06)
    above, below = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    right = figure.add_subplot(grid[:, 1])
    _draw_reliability(above, below, lines)
    _draw_risk(right, lines, members, n_referred)
    for axes in (above, below, right):
        dress_axes(axes)
    if title:
        figure.suptitle(
            shorten(title, _TITLE_WIDTH, 11),
            fontsize=11,
            fontfamily=FAMILY,
            x=0.01,
            horizontalalignment="left",
            parse_math=False,
        )
    return figure


def _draw_reliability(above: "Axes", below: "Axes", lines: Sequence[Line]) -> None:
    edges = space_by_doubt(lines[0].calibration.n_examples)
    doubts = 1 - edges
    # The surest bin reaches to no doubt at all, for which a logarithm has no place.
    doubts[-1] = doubts[-2] / 10 ** (1 / 3)
    shares, most = [0.0, 1.0], 1
    for place, (name, found) in enumerate(lines):
        bins = fill_bins(found.confidence, found.is_right, edges)
        shares += _draw_bins(above, bins, doubts, place, name)
        below.stairs(
            bins.counts[::-1], doubts[::-1], color=_COLOURS[place], linewidth=1.2, baseline=None
        )
        most = max(most, int(bins.counts.max()))
    set_scale(above, np.array(shares), lambda share: f"{100 * share:.4g} %")
    # Below the least share the scale is no longer logarithmic.
    ends = np.array([max(doubts[-1], min(share for share in shares if share > 0)), 1.0])
    above.plot(ends, ends, color=_FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    _write_sides(above)
    for axes in (above, below):
        axes.set_xscale("log")
        axes.set_xlim(doubts[-1], 1.05)
        _mark_shares(axes, doubts[-1])
    above.tick_params(labelbottom=False)
    set_counts(below, most)
    below.set_ylabel("examples", fontsize=9, fontfamily=FAMILY)
    below.set_xlabel("doubt: 1 − confidence", fontsize=9, fontfamily=FAMILY)
    above.set_ylabel("share of errors: 1 − accuracy", fontsize=9, fontfamily=FAMILY)


def _draw_bins(axes: "Axes", bins: Bins, doubts: Floats, place: int, name: str) -> list[float]:
    """Draw a point for each bin that is not empty; return the values drawn."""
    is_filled = bins.counts > 0
    counts = bins.counts[is_filled].tolist()
    wrong = np.round((1 - bins.accuracy[is_filled]) * counts).tolist()
    shares = np.array(wrong) / counts
    ranges = np.array([wilson(w, n) for w, n in zip(wrong, counts, strict=True)]).T / counts
    x = 1 - bins.confidence[is_filled]
    # What is surer than the axis reaches stands in the middle of its bin.
    x = np.where(x < doubts[-1], np.sqrt(doubts[-1] * doubts[-2]), x)
    axes.errorbar(
        x,
        shares,
        yerr=np.maximum([shares - ranges[0], ranges[1] - shares], 0),
        color=_COLOURS[place],
        marker=_MARKERS[place],
        markersize=4.5,
        linestyle="none",
        elinewidth=0.8,
        label=name,
        zorder=3 + place,
    )
    return [*shares.tolist(), *ranges.ravel().tolist()]


def _write_sides(axes: "Axes") -> None:
    """Say what it means to lie above or below the diagonal."""
    for text, x, y in (("too sure", 0.02, 0.95), ("not sure enough", 0.98, 0.08)):
        axes.text(
            x,
            y,
            text,
            transform=axes.transAxes,
            fontsize=8,
            fontfamily=FAMILY,
            color=_FAINT,
            horizontalalignment="left" if x < 0.5 else "right",
            verticalalignment="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            zorder=6,
        )


def _draw_risk(
    axes: "Axes", lines: Sequence[Line], members: Sequence[Calibration], n_referred: int
) -> None:
    first = lines[0].calibration
    n_examples, n_errors = first.n_examples, first.errors
    # First the limits: of one example there is nothing to see, and a scale must stand on it.
    axes.set_xlim(0.8 / n_examples, 1)
    axes.set_xscale("log")
    referred = np.geomspace(1, max(n_examples - 1, 1), _MOST_POINTS).round().astype(np.int64)
    # The marked number is among them.
    marked = [n_referred] if 0 < n_referred < n_examples else []
    referred = np.unique(np.minimum(np.append(referred, marked), n_examples - 1)).astype(np.int64)
    kept = n_examples - referred
    for number, member in enumerate(members):
        axes.plot(
            referred / n_examples,
            member.risk_coverage.errors[kept] / kept,
            color=_MEMBER,
            linewidth=0.7,
            label="each member" if number == 0 else None,
        )
    best = np.maximum(n_errors - referred, 0)
    axes.plot(
        referred / n_examples,
        best / kept,
        color=_FAINT,
        linewidth=0.9,
        linestyle=(0, (1, 2)),
        label="ensemble, were all its errors least sure",
    )
    for place, (name, found) in enumerate(lines):
        label, at = name, n_examples - n_referred
        if 0 < n_referred < n_examples:
            left = found.risk_coverage.count_left(n_referred)
            label = f"{name}\n{left:.4g} of {n_errors} errors left at the mark"
        # One curve may hide the other.
        axes.plot(
            referred / n_examples,
            found.risk_coverage.errors[kept] / kept,
            color=_COLOURS[place],
            linewidth=2.0 - 0.8 * place,
            marker=_MARKERS[place],
            markersize=5.5 - place,
            markevery=np.flatnonzero(kept == at).tolist(),
            label=label,
            zorder=3 + place,
        )
    _set_risk_axes(axes, n_examples)


def _set_risk_axes(axes: "Axes", n_examples: int) -> None:
    from matplotlib.ticker import FuncFormatter

    _mark_shares(axes, 0.8 / n_examples)
    top = max(axes.get_ylim()[1], 1e-6)
    # Room for the legend.
    axes.set_ylim(0, 1.4 * top)
    axes.set_yticks([tick for tick in axes.get_yticks() if tick <= min(1.0, 1.4 * top)])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
    axes.set_xlabel(
        "answers that go to a person, least sure first: 1 − coverage",
        fontsize=9,
        fontfamily=FAMILY,
    )
    axes.set_ylabel("risk: share of errors among the rest", fontsize=9, fontfamily=FAMILY)
    axes.legend(frameon=False, loc="upper right", prop={"family": FAMILY, "size": 8})


def _mark_shares(axes: "Axes", least: float) -> None:
    """Write shares below a logarithmic axis in per cent."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.xaxis.set_major_locator(FixedLocator(choose_ticks(least, 1.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
