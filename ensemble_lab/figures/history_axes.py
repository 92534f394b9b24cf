"""The panels of a history: lines with bands, on logarithmic scales that have a place for zero."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.analysis.curves import Band
from ensemble_lab.arrays import Floats
from ensemble_lab.figures.history_series import Style
from ensemble_lab.figures.lettering import FAMILY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Line",
    "choose_ticks",
    "count_epochs",
    "draw_panel",
    "set_epochs",
    "set_scale",
]


_INK, _GRID = "#1A1A1A", "#E6E6E6"
_SIZE = 8.0
# Steps of a decade, from few ticks to many.
_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
_FEWEST_TICKS = 3


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
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=_SIZE, colors=_INK, labelfontfamily=FAMILY)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def set_scale(axes: "Axes", values: Floats, render: Callable[[float], str]) -> None:
    """Set a logarithmic scale for these values; zero, where it occurs, has a place at its foot.

    Parameters
    ----------
    axes : Axes
    values : float64 (values,)
        All that is drawn; at least one, none negative.
    render : callable
        The text of a tick.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    positive = values[values > 0]
    least, greatest = (positive.min(), positive.max()) if positive.size else (0.1, 1.0)
    # A mean over members may miss their common value by its last bit.
    is_one = bool(greatest <= least * (1 + 1e-9))
    pad = 2.0 if is_one else max(1.12, (greatest / least) ** 0.05)
    bottom, top = least / pad, greatest * pad
    # First the limits: a scale is set on those there are, which one value leaves without a span.
    if (values == 0).any():
        # Linear from zero to the least positive value, which takes half a decade of room.
        axes.set_ylim(-0.1 * least, top)
        axes.set_yscale("symlog", linthresh=least, linscale=0.5)
        ticks = [0.0, *([least] if is_one else choose_ticks(least, top))]
    else:
        axes.set_ylim(bottom, top)
        axes.set_yscale("log")
        ticks = [least] if is_one else choose_ticks(bottom, top)
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: render(value)))


def choose_ticks(least: float, greatest: float) -> list[float]:
    """Return round numbers for a logarithmic scale: whole decades where there are enough.

    Examples
    --------
    >>> choose_ticks(0.02, 2.5), choose_ticks(0.0002, 300)
    ([0.03, 0.1, 0.3, 1.0], [0.001, 0.01, 0.1, 1.0, 10.0, 100.0])
    """
    from matplotlib.ticker import MaxNLocator

    first, last = math.floor(math.log10(least)), math.ceil(math.log10(greatest))
    for steps in _STEPS:
        found = [float(f"{n}e{power}") for power in range(first, last + 1) for n in steps]
        ticks = [tick for tick in found if least <= tick <= greatest]
        if len(ticks) >= _FEWEST_TICKS:
            break
    else:
        even = map(float, MaxNLocator(4).tick_values(least, greatest))
        ticks = [tick for tick in even if least <= tick <= greatest]
    # A scale of very many decades.
    return ticks[:: max(1, round(len(ticks) / 7))]


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
