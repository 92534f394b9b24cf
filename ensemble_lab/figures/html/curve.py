"""The curve of errors against members as lines of an SVG, which takes its colours from a page."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.subsets.curve import SubsetCurve
from ensemble_lab.arrays import Floats

__all__ = ["CurveLines", "Tick", "draw_curve", "round_steps"]

WIDTH, HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 10, 38


@dataclass(frozen=True)
class Tick:
    """A number on an axis and where it stands."""

    at: float
    text: str


@dataclass(frozen=True)
class CurveLines:
    """What is drawn, in units of the picture from its top left corner.

    Attributes
    ----------
    expected, spread, ties : str
        Points of the line, of the band of one standard deviation, and of the band between ties
        all right and all wrong.
    dots : tuple of (x, y)
    across, up : tuple of Tick
    left, right, top, bottom : float
        Ends of the axes.
    """

    expected: str
    spread: str
    ties: str
    dots: tuple[tuple[float, float], ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


def draw_curve(curve: SubsetCurve) -> CurveLines:
    """Return the lines of a curve; the vertical axis begins at zero."""
    low_sd, high_sd = np.maximum(curve.expected - curve.sd, 0), curve.expected + curve.sd
    most = float(max(high_sd.max(), curve.high.max())) or 1.0
    n_members = len(curve.k)
    x = _LEFT + (WIDTH - _LEFT - _RIGHT) * (curve.k - 0.5) / n_members
    up = round_steps(most)
    most = max(most, up[-1])
    steps = [int(step) for step in round_steps(n_members, most=12) if step >= 1 and step % 1 == 0]
    # The ends are always written; what stands near one would run into it.
    steps = [step for step in steps if min(step - 1, n_members - step) > (steps[0] / 2)]

    def place(values: Floats) -> Floats:
        height = HEIGHT - _TOP - _BOTTOM
        return np.asarray(HEIGHT - _BOTTOM - height * values / most, np.float64)

    def write(*sides: Floats) -> str:
        points = zip(np.concatenate([x, x[::-1]][: len(sides)]), np.concatenate(sides), strict=True)
        return " ".join(f"{across:.1f},{down:.1f}" for across, down in points)

    line = place(curve.expected)
    columns = {int(k): float(at) for k, at in zip(curve.k, x, strict=True)}
    return CurveLines(
        expected=write(line),
        spread=write(place(low_sd), place(high_sd)[::-1]),
        ties=write(place(curve.low), place(curve.high)[::-1]),
        dots=tuple(zip(np.round(x, 1).tolist(), np.round(line, 1).tolist(), strict=True)),
        across=tuple(Tick(round(columns[k], 1), str(k)) for k in sorted({1, n_members, *steps})),
        up=tuple(
            Tick(round(float(place(np.array(value))), 1), f"{value:g}") for value in (0.0, *up)
        ),
    )


def round_steps(highest: float, *, most: int = 5) -> tuple[float, ...]:
    """Return multiples of 1, 2 or 5 times a power of ten up to the highest, at most so many.

    Examples
    --------
    >>> round_steps(37), round_steps(0.3, most=3), round_steps(15, most=12)
    ((10.0, 20.0, 30.0), (0.1, 0.2, 0.3), (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0))
    """
    power = math.floor(math.log10(highest / most))
    step = next(
        size
        for size in (float(f"{n}e{power}") for n in (1, 2, 5, 10))
        if highest / size <= most + 1e-9
    )
    return tuple(round(step * n, 12) for n in range(1, math.floor(highest / step + 1e-9) + 1))
