"""Reliability on a scale of doubt, and the errors left where the least sure go to a person."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.analysis.calibration import Calibration
from ensemble_lab.analysis.intervals import wilson
from ensemble_lab.analysis.reliability import fill_bins, space_by_doubt
from ensemble_lab.figures.files import DPI, check_figure_path, house_style, save_figure
from ensemble_lab.figures.lettering import FAMILY, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_calibration"]

_INK, _GRID, _PLAIN, _COOLED, _MEMBER = "#1A1A1A", "#E6E6E6", "#0072B2", "#D55E00", "#BBBBBB"
_TITLE_WIDTH = 640.0
_FEWEST = 20
"""Examples that a bin must have to say anything of a share of errors."""
_MOST_REFERRED = 0.05
"""Share of the examples up to which errors are drawn: beyond, few are left."""


def draw_calibration(
    ensemble: Calibration,
    calibrated: Calibration | None = None,
    members: Sequence[Calibration] = (),
    *,
    title: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return two panels: errors against doubt, and errors left against what goes to a person.

    Doubt is 1 − confidence. On the left examples lie in bins of it, three to a factor of ten, with
    95 % intervals (Wilson's); on the dashed line doubt is just the share of errors, above it the
    answers are too sure. A bin without errors is an open triangle at its interval's upper end, and
    bins of fewer than 20 examples (of few in all, than a twentieth) are left out.

    Parameters
    ----------
    ensemble : Calibration
    calibrated : Calibration, optional
        The same at its temperature.
    members : sequence of Calibration
        Drawn thin, on the right.
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
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    if path is not None:
        check_figure_path(path)
    with house_style():
        from matplotlib.figure import Figure

        figure: Figure = Figure(
            figsize=(9.6, 4.2), dpi=DPI, facecolor="white", layout="constrained"
        )
        left, right = figure.subplots(1, 2)
        drawn = [(ensemble, _PLAIN, "ensemble")]
        if calibrated is not None:
            drawn.append((calibrated, _COOLED, "at its temperature"))
        for scores, colour, label in drawn:
            _draw_reliability(left, scores, colour, label)
        _finish_reliability(left)
        _draw_risk(right, ensemble, members)
        if title:
            text = shorten(title, _TITLE_WIDTH, 10)
            figure.suptitle(
                text, fontsize=10, fontfamily=FAMILY, x=0.01, ha="left", parse_math=False
            )
        if path is not None:
            save_figure(figure, Path(path))
    return figure


def _draw_reliability(axes: "Axes", scores: Calibration, colour: str, label: str) -> None:
    edges = np.sort(space_by_doubt(scores.n_examples))
    bins = fill_bins(scores.confidence, scores.is_right, edges)
    fewest = max(1, min(_FEWEST, scores.n_examples // _FEWEST))
    kept = np.flatnonzero(bins.counts >= fewest)
    doubt = np.maximum(1 - bins.confidence[kept], 1e-7)
    counts = bins.counts[kept]
    wrong = np.rint((1 - bins.accuracy[kept]) * counts).astype(np.int64)
    found = [wilson(int(w), int(n)) for w, n in zip(wrong, counts, strict=True)]
    ends = np.array(found).reshape(-1, 2) / counts[:, np.newaxis]
    has_errors = wrong > 0
    share = wrong / counts
    axes.errorbar(
        doubt[has_errors],
        share[has_errors],
        yerr=np.stack(
            [
                share[has_errors] - ends[has_errors, 0],
                ends[has_errors, 1] - share[has_errors],
            ]
        ),
        color=colour,
        marker="o",
        markersize=4,
        linewidth=1.2,
        elinewidth=0.8,
        capsize=2,
        label=label,
    )
    axes.plot(
        doubt[~has_errors],
        ends[~has_errors, 1],
        color=colour,
        marker="v",
        markersize=5,
        markerfacecolor="none",
        linestyle="none",
    )


def _finish_reliability(axes: "Axes") -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    axes.plot([low, 1], [low, 1], color=_INK, linestyle="--", linewidth=0.8, zorder=1)
    axes.set_xlim(low, 1.3)
    axes.set_ylim(low, 1.3)
    axes.set_xlabel("doubt of the answers: 1 − confidence", fontsize=9, fontfamily=FAMILY)
    axes.set_ylabel("share of them that are wrong", fontsize=9, fontfamily=FAMILY)
    axes.legend(frameon=False, prop={"family": FAMILY, "size": 8}, loc="lower right")
    _finish(axes)


def _draw_risk(axes: "Axes", ensemble: Calibration, members: Sequence[Calibration]) -> None:
    n = ensemble.n_examples
    n_shown = max(1, min(n, round(n * _MOST_REFERRED)))
    referred = np.arange(n_shown + 1)
    percent = 100 * referred / n
    for place, scores in enumerate(members):
        errors = scores.risk_coverage.errors[n - referred]
        label = "members" if place == 0 else None
        axes.plot(percent, errors, color=_MEMBER, linewidth=0.8, label=label)
    errors = ensemble.risk_coverage.errors[n - referred]
    axes.plot(percent, errors, color=_PLAIN, linewidth=1.6, label="ensemble")
    axes.set_xlim(0, percent[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("least sure answers that go to a person, %", fontsize=9, fontfamily=FAMILY)
    axes.set_ylabel(f"errors left of {n:,}", fontsize=9, fontfamily=FAMILY)
    axes.legend(frameon=False, prop={"family": FAMILY, "size": 8}, loc="upper right")
    _finish(axes)


def _finish(axes: "Axes") -> None:
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=_INK, labelfontfamily=FAMILY)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
