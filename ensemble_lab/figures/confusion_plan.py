"""The plan of a confusion matrix: what fits where at 2, 10 or 100 classes; in points."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.figures.lettering import fit_class, measure, name_class

__all__ = ["Plan", "Ticks", "build_plan", "name_classes"]

_LEAST_SIDE, _SIDE, _WISHED_CELL = 200.0, 430.0, 62.0
_LONGEST_NAME = 90.0
_LARGEST_NUMBER, _SMALLEST_NUMBER = 22.0, 6.0
_LARGEST_TICK, _SMALLEST_TICK = 8.0, 6.0
_MOST_TICKS = 25
# Letters may fill this much of a cell; a raster makes them a little wider.
_FILLED = 0.8
_MARGIN, _AXIS_NAME, _TICK = 20.0, 16.0, 5.0
_LIST = 190.0
_STRIP = 110.0
_HEADING, _NOTES = 62.0, 26.0
_LEAST_WIDTH = 470.0


@dataclass(frozen=True)
class Ticks:
    """Which classes are written beside the matrix, and how.

    Attributes
    ----------
    classes : tuple of int
    words : tuple of str
    size : float
    is_upright : bool
        Whether the words below the columns are turned.
    """

    classes: tuple[int, ...]
    words: tuple[str, ...]
    size: float
    is_upright: bool

    @property
    def width(self) -> float:
        """Width of the longest."""
        return max(measure(word, self.size) for word in self.words) * 1.02


@dataclass(frozen=True)
class Plan:
    """Where everything is; y goes up.

    Attributes
    ----------
    side : float
        Of the matrix.
    n_classes : int
    ticks : Ticks
    number_size : float
        Size of the numbers in the cells; 0 where they do not fit.
    """

    side: float
    n_classes: int
    ticks: Ticks
    number_size: float

    heading, notes, strip_gap = _HEADING, _NOTES, 12.0
    strip_width, list_width, margin = _STRIP, _LIST, _MARGIN

    @property
    def cell(self) -> float:
        """Side of a cell."""
        return self.side / self.n_classes

    @property
    def has_numbers(self) -> bool:
        """Whether cells have numbers; where not, the largest are marked and listed."""
        return self.number_size > 0

    @property
    def left(self) -> float:
        """Left edge of the matrix."""
        return _MARGIN + _AXIS_NAME + self.ticks.width + _TICK

    @property
    def bottom(self) -> float:
        """Lower edge of the matrix."""
        below = self.ticks.width if self.ticks.is_upright else self.ticks.size
        return _MARGIN + _NOTES + _AXIS_NAME + below + _TICK

    def middle_of(self, label: int, predicted: int) -> tuple[float, float]:
        """Return the middle of a cell."""
        x = self.left + (predicted + 0.5) * self.cell
        return x, self.bottom + self.side - (label + 0.5) * self.cell

    @property
    def strip(self) -> float:
        """Left edge of the bars of errors."""
        return self.left + self.side + self.strip_gap

    @property
    def list(self) -> float:
        """Left edge of the list of the largest cells."""
        return self.strip + _STRIP + 14

    @property
    def width(self) -> float:
        """Width of the figure."""
        right = self.strip + _STRIP if self.has_numbers else self.list + _LIST
        return max(_LEAST_WIDTH, right + _MARGIN)

    @property
    def height(self) -> float:
        """Height of the figure."""
        return self.bottom + self.side + _HEADING


def build_plan(n_classes: int, names: Sequence[str], numbers: Sequence[str]) -> Plan:
    """Return the plan for a matrix.

    Parameters
    ----------
    n_classes : int
    names : sequence of str
        Of the classes.
    numbers : sequence of str
        Everything that would be written in a cell.
    """
    side = min(_SIDE, max(_LEAST_SIDE, n_classes * _WISHED_CELL))
    cell = side / n_classes
    widest = max(measure(number, 1.0) for number in {"0", *numbers})
    size = min(_LARGEST_NUMBER, 0.4 * cell, _FILLED * cell / widest)
    return Plan(
        side, n_classes, _choose_ticks(names, cell), size if size >= _SMALLEST_NUMBER else 0.0
    )


def _choose_ticks(names: Sequence[str], cell: float) -> Ticks:
    """Return all names where there is room for letters; else every so many classes' numbers."""
    n_classes = len(names)
    size = min(_LARGEST_TICK, 0.85 * cell)
    if size >= _SMALLEST_TICK:
        words = tuple(fit_class(*each, _LONGEST_NAME, size) for each in enumerate(names))
        is_upright = any(measure(word, size) > _FILLED * cell for word in words)
        return Ticks(tuple(range(n_classes)), words, size, is_upright)
    steps = (n * 10**power for power in range(6) for n in (1, 2, 5))
    step = next(step for step in steps if n_classes / step <= _MOST_TICKS)
    classes = tuple(range(0, n_classes, step))
    words = tuple(map(str, classes))
    size = _LARGEST_TICK - 1
    return Ticks(classes, words, size, any(measure(w, size) > _FILLED * step * cell for w in words))


def name_classes(names: Sequence[str]) -> tuple[str, ...]:
    r"""Return the names on one line each: the number where letters are lacking or a name is empty.

    Examples
    --------
    >>> name_classes(["cat", "two\nlines", "猫", " "])
    ('cat', 'two lines', '2', '3')
    """
    return tuple(name_class(number, name, "normal") for number, name in enumerate(names))
