"""What is known of examples besides their labels, by their published index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Index, check_axes, find_positions, read_only
from ensemble_lab.data.dataset import check_index
from ensemble_lab.exceptions import DataError
from ensemble_lab.spelling import closest

__all__ = ["UNKNOWN", "Column", "Metadata", "build_metadata"]

UNKNOWN = "(none)"
"""How the value of an example is written of which nothing is known."""


@dataclass(frozen=True, eq=False)
class Column:
    """One thing known of each example.

    Attributes
    ----------
    name : str
        Such as ``writer``.
    values : (examples,)
        Numbers or text.
    is_known : bool (examples,) or None
        Where `values` says something; None where it does of all.
    """

    name: str
    values: Array
    is_known: Booleans | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Each value as text, `UNKNOWN` where it is not known.

        Examples
        --------
        >>> import numpy as np
        >>> Column("hand", np.array(["left", ""]), np.array([True, False])).texts
        ('left', '(none)')
        """
        texts = map(str, self.values.tolist())
        if self.is_known is None:
            return tuple(texts)
        known = self.is_known.tolist()
        return tuple(text if is_ else UNKNOWN for text, is_ in zip(texts, known, strict=True))

    def take(self, positions: Index) -> "Column":
        """Return the values at those positions, in their order."""
        is_known = None if self.is_known is None else self.is_known[positions]
        return Column(self.name, self.values[positions], is_known)


@dataclass(frozen=True, eq=False, repr=False)
class Metadata:
    """Columns about the examples of a published split; made by `build_metadata`.

    Attributes
    ----------
    index : int64 (examples,)
        0-based positions in the split as published.
    columns : tuple of Column
        Each aligned with `index`.
    """

    index: Index
    columns: tuple[Column, ...]

    def __repr__(self) -> str:
        return f"Metadata({len(self.index):,} examples: {', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Array:
        """Return the values (examples,) of the column of that name.

        Raises
        ------
        DataError
            There is none; the message lists those there are.
        """
        for column in self.columns:
            if column.name == name:
                return column.values
        raise DataError(
            f"column must be one of {', '.join(self.names)}; got {name!r}"
            + closest(name, self.names)
        )

    def take_index(self, index: Index) -> "Metadata":
        """Return the rows for those published indices, in the order wanted.

        Raises
        ------
        DataError
            An index that is not there, or comes twice; names the former.

        Examples
        --------
        >>> import numpy as np
        >>> writers = build_metadata(np.array([7, 3]), [Column("writer", np.array([2049, 2050]))])
        >>> writers.take_index(np.array([3])).column("writer").tolist()
        [2050]
        """
        positions = find_positions(self.index, index, split="metadata", error=DataError)
        return build_metadata(
            self.index[positions], [each.take(positions) for each in self.columns]
        )

    def align(self, index: Index) -> "Metadata":
        """Return a row for each of those indices: one that is not there is unknown throughout.

        Parameters
        ----------
        index : int64 (examples,)
            Published indices, each once.

        Examples
        --------
        >>> import numpy as np
        >>> writers = build_metadata(np.array([7, 3]), [Column("writer", np.array([2049, 2050]))])
        >>> writers.align(np.array([3, 4])).columns[0].texts
        ('2050', '(none)')
        """
        order = np.argsort(self.index, kind="stable")
        places = np.searchsorted(self.index, index, sorter=order)
        positions = order[np.minimum(places, len(order) - 1)]
        is_there = self.index[positions] == index
        columns = [each.take(positions) for each in self.columns]
        return build_metadata(index, [_forget(each, is_there) for each in columns])


def build_metadata(index: Array, columns: Sequence[Column]) -> Metadata:
    """Return checked metadata whose arrays cannot be written through it.

    Parameters
    ----------
    index : int (examples,)
        Distinct, 0 or more, at least one.
    columns : sequence of Column
        At least one, of distinct names, each as long as `index`, and so is its `is_known`.

    Raises
    ------
    DataError
        Whatever of this does not hold.
    """
    index = check_index(index, name="index of metadata")
    names = [column.name for column in columns]
    if not names or len(set(names)) < len(names):
        raise DataError(f"columns must be there and differ in name; got {', '.join(names)!r}.")
    for column in columns:
        for array in (column.values, column.is_known):
            if array is not None:
                check_axes(
                    array,
                    "examples",
                    name=f"column {column.name}",
                    error=DataError,
                    examples=len(index),
                )
    return Metadata(index, tuple(_close(column) for column in columns))


def _close(column: Column) -> Column:
    is_known = None if column.is_known is None else read_only(column.is_known)
    return Column(column.name, read_only(column.values), is_known)


def _forget(column: Column, is_there: Booleans) -> Column:
    """Return the column as known only where `is_there`."""
    is_known = is_there if column.is_known is None else is_there & column.is_known
    return column if is_known.all() else Column(column.name, column.values, is_known)
