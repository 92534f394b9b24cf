"""The plan of members against contested examples: what fits where; in points."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.figures.keys import Keys, choose_keys
from ensemble_lab.figures.lettering import measure

__all__ = ["MOST_COLUMNS", "Plan", "build_plan"]

MOST_COLUMNS = 600
"""Columns beyond would be thinner than a pixel or two."""

_WIDTH, _HEIGHT = 640.0, 430.0
_LARGEST_CELL = 18.0
# A pixel of a PNG.
_LEAST_ROW = 0.45
_INDEX_SIZE, _LEAST_INDEXED = 6.0, 7.0
_LARGEST_NUMBER, _SMALLEST_NUMBER = 8.0, 5.5
_FILLED = 0.8
_LEAST_RULED = 4.0
_MARGIN, _TICK, _GAP = 20.0, 6.0, 6.0
_HEADING, _ABOVE, _BESIDE, _NOTES = 58.0, 44.0, 84.0, 44.0
_LABEL_LINE, _AXIS_NAME = 12.0, 14.0
_LEAST_WIDTH = 430.0


@dataclass(frozen=True)
class Plan:
    """Where everything is; y goes up.

    Attributes
    ----------
    n_members, n_columns : int
        Columns that are drawn, at least one.
    row, column : float
        Height and width of a cell.
    keys : Keys
        What stands beside the rows.
    index_width : float
        Of the longest index below the columns; 0 where they do not fit.
    number_size : float
        Of the classes in the cells; 0 where they do not fit.
    """

    n_members: int
    n_columns: int
    row: float
    column: float
    keys: Keys
    index_width: float
    number_size: float

    margin, index_size, above_height, beside_width = _MARGIN, _INDEX_SIZE, _ABOVE, _BESIDE
    label_line = _LABEL_LINE

    @property
    def is_ruled(self) -> bool:
        """Whether lines part the cells; between smaller ones they would be most of the picture."""
        return min(self.row, self.column) >= _LEAST_RULED

    @property
    def has_counts(self) -> bool:
        """Whether numbers fit beside the bars of the members."""
        return len(self.keys.shown) == self.n_members

    @property
    def is_upright(self) -> bool:
        """Whether the indices are turned."""
        return self.index_width > _FILLED * self.column

    @property
    def matrix_width(self) -> float:
        """Width of all columns."""
        return self.n_columns * self.column

    @property
    def matrix_height(self) -> float:
        """Height of all rows."""
        return self.n_members * self.row

    @property
    def left(self) -> float:
        """Left edge of the matrix."""
        # The scale of the bars above, and the words "label" and "index", need some room too.
        return _MARGIN + max(self.keys.width, 30.0) + _TICK

    @property
    def bottom(self) -> float:
        """Lower edge of the matrix."""
        return _MARGIN + _NOTES + self.below

    @property
    def below(self) -> float:
        """Height of what stands below the columns: labels, and indices or a scale."""
        labels = _LABEL_LINE if self.number_size else 0.0
        if not self.index_width:
            return labels + _TICK + _INDEX_SIZE + _AXIS_NAME
        return labels + _TICK + (self.index_width if self.is_upright else _INDEX_SIZE)

    @property
    def above(self) -> float:
        """Lower edge of the bars above."""
        return self.bottom + self.matrix_height + _GAP

    @property
    def beside(self) -> float:
        """Left edge of the bars at the right."""
        return self.left + self.matrix_width + _GAP

    @property
    def width(self) -> float:
        """Width of the figure."""
        return max(_LEAST_WIDTH, self.beside + _BESIDE + _MARGIN)

    @property
    def empty_height(self) -> float:
        """Height of the figure where there is no column."""
        return _HEADING + _MARGIN + 12

    @property
    def height(self) -> float:
        """Height of the figure."""
        return self.above + _ABOVE + _HEADING


def build_plan(members: Sequence[str], index: Sequence[int], classes: Sequence[int]) -> Plan:
    """Return the plan.

    Parameters
    ----------
    members : sequence of str
        Keys, a row each.
    index : sequence of int
        Of the examples that are drawn, a column each.
    classes : sequence of int
        Everything that would be written in a cell.
    """
    n_columns = max(len(index), 1)
    column = min(_LARGEST_CELL, _WIDTH / n_columns)
    row = max(_LEAST_ROW, min(_LARGEST_CELL, _HEIGHT / len(members)))
    widest = max((measure(str(number), 1.0) for number in set(classes)), default=1.0)
    number_size = min(_LARGEST_NUMBER, 0.6 * row, _FILLED * column / widest)
    longest = max((measure(str(number), _INDEX_SIZE) for number in index), default=0.0)
    return Plan(
        n_members=len(members),
        n_columns=n_columns,
        row=row,
        column=column,
        keys=choose_keys(members, row),
        index_width=longest if column >= _LEAST_INDEXED else 0.0,
        number_size=number_size if number_size >= _SMALLEST_NUMBER else 0.0,
    )
