"""The plan of an UpSet: what fits where with 2, 20 or 200 sets; in points."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.errors.compare import Intersection
from ensemble_lab.figures.lettering import measure, shorten, spell

__all__ = ["MOST_COLUMNS", "NUMBER", "Plan", "build_plan"]

MOST_COLUMNS = 30
NUMBER = 7.5
"""Size of the counts."""

_MARGIN, _GAP = 20.0, 10.0
_LONGEST_NAME = 160.0
_SETS, _BARS, _NO_BARS = 70.0, 130.0, 20.0
_HEADING, _NOTES = 48.0, 18.0
_LEAST_WIDTH = 420.0
_WISHED_MATRIX, _NARROWEST, _WIDEST = 260.0, 15.0, 34.0
# Rows up to so many ensembles, how high they are, and the size of the names in them.
_ROWS = ((8, 20.0, 9.0), (20, 15.0, 8.0))
_LOWEST_ROW, _SMALLEST_NAME = 11.0, 7.0


@dataclass(frozen=True)
class Plan:
    """Where everything is; y goes up.

    Attributes
    ----------
    columns : tuple of Intersection
        Those that are drawn.
    n_more, n_more_examples : int
        Those that are not, and the examples in them.
    names : tuple of str
        As they are written, from above.
    name_size, row, column, matrix : float
        Size of the names, height of a row, widths of a column and of all.
    names_width, counts_width : float
        Of the names and of the counts at the ends of the sets' bars.
    """

    columns: tuple[Intersection, ...]
    n_more: int
    n_more_examples: int
    names: tuple[str, ...]
    name_size: float
    row: float
    column: float
    matrix: float
    names_width: float
    counts_width: float

    margin, sets_width = _MARGIN, _SETS

    @property
    def sets_left(self) -> float:
        """Left edge of the sets' bars."""
        return _MARGIN + self.names_width + _GAP

    @property
    def left(self) -> float:
        """Left edge of the matrix."""
        return self.sets_left + _SETS + self.counts_width + _GAP

    @property
    def bottom(self) -> float:
        """Lower edge of the matrix."""
        return _MARGIN + (_NOTES if self.n_more else 0.0)

    @property
    def rows_height(self) -> float:
        """Height of the matrix."""
        return self.row * len(self.names)

    @property
    def bars_height(self) -> float:
        """Height of the longest of the intersections' bars."""
        return _BARS if self.columns else _NO_BARS

    @property
    def bars_bottom(self) -> float:
        """Lower edge of the intersections' bars."""
        return self.bottom + self.rows_height + _GAP / 2

    @property
    def width(self) -> float:
        """Width of the figure."""
        return max(_LEAST_WIDTH, self.left + self.matrix + _MARGIN)

    @property
    def height(self) -> float:
        """Height of the figure: above the bars there is room for the heading and a count."""
        return self.bars_bottom + self.bars_height + NUMBER + _HEADING


def build_plan(
    intersections: Sequence[Intersection], names: Sequence[str], sizes: Sequence[int]
) -> Plan:
    """Return the plan for intersections, the largest first.

    Parameters
    ----------
    intersections : sequence of Intersection
    names : sequence of str
        Of the sets.
    sizes : sequence of int
        Examples in each set.
    """
    columns, rest = intersections[:MOST_COLUMNS], intersections[MOST_COLUMNS:]
    row, name_size = next(
        ((height, size) for most, height, size in _ROWS if len(names) <= most),
        (_LOWEST_ROW, _SMALLEST_NAME),
    )
    written = tuple(
        shorten(spell(" ".join(name.split())), _LONGEST_NAME, name_size) for name in names
    )
    widest = max((measure(f"{each.count:,}", NUMBER) for each in columns), default=0.0)
    column = max(
        min(_WIDEST, _WISHED_MATRIX / max(1, len(columns))), _NARROWEST, widest + 0.4 * NUMBER
    )
    return Plan(
        columns=tuple(columns),
        n_more=len(rest),
        n_more_examples=sum(each.count for each in rest),
        names=written,
        name_size=name_size,
        row=row,
        column=column,
        matrix=column * max(1, len(columns)),
        names_width=max(measure(name, name_size) for name in written) * 1.02,
        counts_width=max(measure(f"{size:,}", NUMBER) for size in sizes) + 4.0,
    )
