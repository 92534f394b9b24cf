"""The plan of a matrix of members: what fits where at 2, 20 or 200 of them; in points."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.figures.lettering import measure, spell

__all__ = ["Plan", "build_plan"]

_LEAST_SIDE, _SIDE, _WISHED_CELL = 190.0, 430.0, 62.0
_LONGEST_NAME = 110.0
_LARGEST_NUMBER, _SMALLEST_NUMBER = 18.0, 6.0
_LARGEST_TICK, _SMALLEST_TICK = 8.0, 6.0
_MOST_TICKS = 25
# Letters may fill this much of a cell; a raster makes them a little wider.
_FILLED = 0.8
_MARGIN, _TICK = 20.0, 6.0
_BAR_GAP, _BAR, _BAR_LABELS = 16.0, 12.0, 44.0
_HEADING, _NOTES = 52.0, 30.0
_LEAST_WIDTH = 400.0


@dataclass(frozen=True)
class Plan:
    """Where everything is; y goes up.

    Attributes
    ----------
    side : float
        Of the matrix.
    n_members : int
    shown : tuple of int
        Members whose keys stand beside the matrix.
    names : tuple of str
        What stands there.
    tick_size : float
    is_upright : bool
        Whether the keys below the columns are turned.
    number_size : float
        Size of the numbers in the cells; 0 where they do not fit.
    """

    side: float
    n_members: int
    shown: tuple[int, ...]
    names: tuple[str, ...]
    tick_size: float
    is_upright: bool
    number_size: float

    margin, bar_width = _MARGIN, _BAR

    @property
    def _names_width(self) -> float:
        return max(measure(name, self.tick_size) for name in self.names) * 1.02

    @property
    def left(self) -> float:
        """Left edge of the matrix."""
        return _MARGIN + self._names_width + _TICK

    @property
    def bottom(self) -> float:
        """Lower edge of the matrix."""
        below = self._names_width if self.is_upright else self.tick_size
        return _MARGIN + _NOTES + below + _TICK

    @property
    def bar(self) -> float:
        """Left edge of the bar of colours."""
        return self.left + self.side + _BAR_GAP

    @property
    def width(self) -> float:
        """Width of the figure."""
        return max(_LEAST_WIDTH, self.bar + _BAR + _BAR_LABELS + _MARGIN)

    @property
    def height(self) -> float:
        """Height of the figure."""
        return self.bottom + self.side + _HEADING


def build_plan(members: Sequence[str], numbers: Sequence[str]) -> Plan:
    """Return the plan for a matrix.

    Parameters
    ----------
    members : sequence of str
        Keys.
    numbers : sequence of str
        Everything that would be written in a cell.
    """
    n_members = len(members)
    side = min(_SIDE, max(_LEAST_SIDE, n_members * _WISHED_CELL))
    cell = side / n_members
    widest = max(measure(number, 1.0) for number in set(numbers))
    number_size = min(_LARGEST_NUMBER, 0.4 * cell, _FILLED * cell / widest)
    tick_size = min(_LARGEST_TICK, 0.85 * cell)
    step = 1
    if tick_size < _SMALLEST_TICK:
        tick_size = _LARGEST_TICK - 1
        steps = (n * 10**power for power in range(6) for n in (1, 2, 5))
        step = next(step for step in steps if n_members / step <= _MOST_TICKS)
    shown = tuple(range(0, n_members, step))
    names = tuple(_fit(spell(members[place]), tick_size) for place in shown)
    return Plan(
        side=side,
        n_members=n_members,
        shown=shown,
        names=names,
        tick_size=tick_size,
        is_upright=any(measure(name, tick_size) > _FILLED * step * cell for name in names),
        number_size=number_size if number_size >= _SMALLEST_NUMBER else 0.0,
    )


def _fit(key: str, size: float) -> str:
    """Return the key, or as much of its end as fits: that is where the seed stands."""
    starts = (f"…{key[start:]}" for start in range(1, len(key)))
    return next((text for text in (key, *starts) if measure(text, size) <= _LONGEST_NAME), "…")
