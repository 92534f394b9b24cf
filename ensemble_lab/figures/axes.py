"""Axes: how all charts are dressed, and logarithmic scales that have a place for zero."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from ensemble_lab.arrays import Floats
from ensemble_lab.figures.lettering import FAMILY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FAINT", "GRID", "INK", "choose_ticks", "dress_axes", "set_counts", "set_scale"]

INK, FAINT, GRID = "#1A1A1A", "#595959", "#E6E6E6"
_SIZE = 8.0
# Steps of a decade, from few ticks to many.
_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
_FEWEST_TICKS = 3


def dress_axes(
    axes: "Axes",
    *,
    grid: Literal["both", "x", "y"] = "both",
    bare: Sequence[str] = ("top", "right"),
) -> None:
    """Give axes a faint grid below what is drawn, quiet ticks, and no frame on the bare sides."""
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=_SIZE, colors=INK, labelfontfamily=FAMILY)
    for side in bare:
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


def set_counts(axes: "Axes", most: int, *, most_decades: int = 3) -> None:
    """Set a scale of counts up to `most`: 0, then logarithmic from 1.

    Every decade has a tick up to `most_decades` of them, then every second one, every third …
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, 2 * most)
    decades = range(len(str(most)))
    step = len(decades) // (most_decades + 1) + 1
    ticks = [0, *(10**power for power in decades[::step])]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))


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
