"""The plan of a matrix of members: what fits where at 2, 20 or 200 of them; in points."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.figures.keys import Keys, choose_keys
from ensemble_lab.figures.lettering import measure

__all__ = ["Plan", "build_plan"]

_LEAST_SIDE, _SIDE, _WISHED_CELL = 190.0, 430.0, 62.0
_LARGEST_NUMBER, _SMALLEST_NUMBER = 18.0, 6.0
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
    keys : Keys
        What stands beside the matrix.
    is_upright : bool
        Whether the keys below the columns are turned.
    number_size : float
        Size of the numbers in the cells; 0 where they do not fit.
    """

    side: float
    n_members: int
    keys: Keys
    is_upright: bool
    number_size: float

    margin, bar_width = _MARGIN, _BAR

    @property
    def left(self) -> float:
        """Left edge of the matrix."""
        return _MARGIN + self.keys.width + _TICK

    @property
    def bottom(self) -> float:
        """Lower edge of the matrix."""
        below = self.keys.width if self.is_upright else self.keys.size
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
    keys = choose_keys(members, cell)
    return Plan(
        side=side,
        n_members=n_members,
        keys=keys,
        is_upright=any(measure(key, keys.size) > _FILLED * keys.step * cell for key in keys.names),
        number_size=number_size if number_size >= _SMALLEST_NUMBER else 0.0,
    )
