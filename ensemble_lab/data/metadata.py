"""What is known of examples besides their labels, by their published index."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.arrays import Array, Index, check_axes, find_positions, read_only
from ensemble_lab.data.dataset import check_index
from ensemble_lab.exceptions import DataError
from ensemble_lab.spelling import closest

__all__ = ["Column", "Metadata", "build_metadata"]


@dataclass(frozen=True, eq=False)
class Column:
    """One thing known of each example.

    Attributes
    ----------
    name : str
        Such as ``writer``.
    values : (examples,)
    """

    name: str
    values: Array


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
        columns = [Column(each.name, each.values[positions]) for each in self.columns]
        return build_metadata(self.index[positions], columns)


def build_metadata(index: Array, columns: Sequence[Column]) -> Metadata:
    """Return checked metadata whose arrays cannot be written through it.

    Parameters
    ----------
    index : int (examples,)
        Distinct, 0 or more, at least one.
    columns : sequence of Column
        At least one, of distinct names, each as long as `index`.

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
        check_axes(
            column.values,
            "examples",
            name=f"column {column.name}",
            error=DataError,
            examples=len(index),
        )
    return Metadata(
        index, tuple(Column(column.name, read_only(column.values)) for column in columns)
    )
