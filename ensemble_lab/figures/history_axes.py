"""The panels of a history: lines with bands over epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.analysis.curves import Band
from ensemble_lab.figures.axes import dress_axes
from ensemble_lab.figures.history_series import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Line",
    "count_epochs",
    "draw_panel",
    "set_epochs",
]


@dataclass(frozen=True, eq=False)
class Line:
    """A measure over epochs.

    Attributes
    ----------
    band : Band
    style : Style
    has_band : bool
        Whether least and greatest are drawn.
    dot : int
        The epoch to mark; 0 for none.
    """

    band: Band
    style: Style
    has_band: bool = False
    dot: int = 0


def draw_panel(axes: "Axes", lines: Sequence[Line]) -> None:
    """Draw lines, their bands below all of them, and their dots above."""
    for line in lines:
        style, mean = line.style, line.band.mean
        epochs = np.arange(1, len(mean) + 1)
        if line.has_band:
            axes.fill_between(
                epochs,
                line.band.least,
                line.band.greatest,
                facecolor=style.colour,
                alpha=0.18,
                linewidth=0,
                zorder=2,
            )
        axes.plot(
            epochs,
            mean,
            color=style.colour,
            linestyle=style.dashes,
            linewidth=style.width,
            alpha=style.alpha,
            # A line of one point has no length.
            marker="o" if np.isfinite(mean).sum() == 1 else "",
            markersize=3.5,
            zorder=3,
        )
        if 1 <= line.dot <= len(mean):
            axes.plot(
                [line.dot],
                [mean[line.dot - 1]],
                linestyle="none",
                marker="o",
                markersize=2.5 + style.width,
                markerfacecolor=style.colour,
                markeredgecolor="white",
                markeredgewidth=0.5,
                zorder=4,
            )
    dress_axes(axes)


def set_epochs(axes: "Axes", n_epochs: int) -> None:
    """Set the axis of epochs, its ticks whole numbers from 1."""
    from matplotlib.ticker import FixedLocator, NullLocator

    pad = 0.5 if n_epochs == 1 else 0.02 * (n_epochs - 1)
    axes.set_xlim(1 - pad, n_epochs + pad)
    axes.xaxis.set_major_locator(FixedLocator(count_epochs(n_epochs)))
    axes.xaxis.set_minor_locator(NullLocator())


def count_epochs(n_epochs: int) -> list[int]:
    """Return at most ten epochs to write below the axis.

    Examples
    --------
    >>> count_epochs(1), count_epochs(8), count_epochs(30), count_epochs(150)
    ([1], [1, 2, 3, 4, 5, 6, 7, 8], [5, 10, 15, 20, 25, 30], [20, 40, 60, 80, 100, 120, 140])
    """
    steps = (n * 10**power for power in range(6) for n in (1, 2, 5))
    step = next(step for step in steps if n_epochs / step <= 10)
    return list(range(step, n_epochs + 1, step))
