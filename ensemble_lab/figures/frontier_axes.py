"""The axes of the frontier: scales, markers and legend."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ensemble_lab.figures.axes import dress_axes
from ensemble_lab.figures.lettering import FAMILY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["STYLES", "Dot", "Kind", "Style", "draw_axes", "draw_dot", "draw_legend"]

_QUOTED = "#8C8C8C"


@dataclass(frozen=True)
class Style:
    """How points of a kind look, and what the legend says of them."""

    marker: str
    colour: str
    is_filled: bool
    meaning: str


Kind = Literal["member", "vote", "quoted member", "quoted vote"]
# Okabe and Ito's blue and vermilion; the marker tells them apart without colour.
STYLES: dict[Kind, Style] = {
    "member": Style("o", "#0072B2", True, "ours: one net, mean over seeds"),
    "vote": Style("D", "#D55E00", True, "ours: majority vote of a run"),
    "quoted member": Style("o", _QUOTED, False, "quoted from its authors: one net"),
    "quoted vote": Style("D", _QUOTED, False, "quoted: vote of several"),
}


@dataclass(frozen=True)
class Dot:
    """A point on logarithmic axes, and its standard deviation; 0 where there is none."""

    kind: Kind
    label: str
    tflop: float
    errors: float
    sd: float

    @property
    def low(self) -> float:
        """Lower end of the bar; one that would reach 0 has none."""
        return self.errors - self.sd if self.sd < self.errors else self.errors

    @property
    def high(self) -> float:
        """Upper end of the bar."""
        return self.errors + self.sd


def draw_axes(axes: "Axes", dots: list[Dot]) -> None:
    """Set logarithmic scales with room for all dots and their names, ticks and grid."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    costs = [dot.tflop for dot in dots] or [1.0, 1000.0]
    highs = [dot.high for dot in dots] or [100.0]
    lows = [dot.low for dot in dots] or [10.0]
    # Room for a name beyond the outermost points.
    span = max(math.log10(max(costs) / min(costs)), 1.0)
    rise = max(math.log10(max(highs) / min(lows)), 0.5)
    axes.set(xscale="log", yscale="log")
    axes.set(
        xlim=(min(costs) * 10 ** (-0.1 * span), max(costs) * 10 ** (0.12 * span)),
        ylim=(min(lows) * 10 ** (-0.08 * rise), max(highs) * 10 ** (0.08 * rise)),
    )
    for axis, steps in ((axes.xaxis, (1,)), (axes.yaxis, (1, 1.5, 2, 3, 5, 7))):
        axis.set_major_locator(FixedLocator([n * 10.0**e for e in range(-6, 9) for n in steps]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    dress_axes(axes)
    axes.set_xlabel("training, TFLOP", fontsize=9, fontfamily=FAMILY)
    axes.set_ylabel("test errors of 10,000", fontsize=9, fontfamily=FAMILY)


def draw_dot(axes: "Axes", dot: Dot) -> None:
    """Draw the marker of its kind, and its bar."""
    style = STYLES[dot.kind]
    axes.errorbar(
        [dot.tflop],
        [dot.errors],
        yerr=[[dot.errors - dot.low], [dot.sd]] if dot.sd else None,
        marker=style.marker,
        markersize=6.5 if style.marker == "o" else 5.5,
        markerfacecolor=style.colour if style.is_filled else "white",
        markeredgecolor=style.colour,
        ecolor=style.colour,
        elinewidth=1.0,
        capsize=2.0,
        linestyle="none",
        zorder=4 if style.is_filled else 3,
    )


def draw_legend(axes: "Axes") -> None:
    """Write what each kind of marker means, in a line over the axes."""
    from matplotlib.lines import Line2D

    entries = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=style.marker,
            markersize=6,
            markerfacecolor=style.colour if style.is_filled else "white",
            markeredgecolor=style.colour,
            label=style.meaning,
        )
        for style in STYLES.values()
    ]
    axes.legend(
        handles=entries,
        loc="lower left",
        bbox_to_anchor=(-0.012, 1.0),
        ncol=len(entries),
        frameon=False,
        columnspacing=1.2,
        handletextpad=0.2,
        prop={"family": FAMILY, "size": 8},
    )
