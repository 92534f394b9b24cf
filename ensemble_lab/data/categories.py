"""The values of a column as categories that divide the examples, numbers in bins if need be."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Index
from ensemble_lab.data.metadata import UNKNOWN, Column
from ensemble_lab.exceptions import DataError

__all__ = ["MOST_BINS", "Categories", "divide_column"]

MOST_BINS = 100
_MOST_VALUES = 20
"""Distinct numbers up to which each is a category of its own."""
_FEWEST_REPEATS = 5
"""Examples a value, on average, from which many whole numbers are still names of something."""
_QUARTILES = 4
_DIGITS = (4, 8, 17)
"""Places of a bound, as few as tell bins apart; 17 tell any two float64 apart."""


@dataclass(frozen=True, eq=False)
class Categories:
    """Examples divided by the values of a column.

    Attributes
    ----------
    name : str
        Of the column.
    values : tuple of str
        In the order of the numbers or letters; `UNKNOWN` last, where there are such examples.
    place : int64 (examples,)
        Which of them each example has.
    is_binned : bool
        Whether values are ranges of numbers.
    """

    name: str
    values: tuple[str, ...]
    place: Index
    is_binned: bool = False


def divide_column(column: Column, n_bins: int | None = None) -> Categories:
    """Return the examples divided by the values of a column.

    Text and whole numbers are names: each value is a category. Up to 20 distinct numbers are
    too. Of more, those with fractions are measured, and so are whole numbers that come fewer than
    5 times on average: they are divided at their quartiles. So 300 writers of 30 digits each stay
    300 writers, and a size in bytes becomes four ranges; what the numbers mean nobody can see from
    them, so `n_bins` says otherwise.

    Bins hold about equally many examples; equal values are never parted, so there may be fewer
    bins than asked for. A bin is named by the least and greatest value in it.

    Parameters
    ----------
    column : Column
    n_bins : int, optional
        2 to 100 bins, or 0 for each value by itself.

    Raises
    ------
    DataError
        Bins of text, or another number of them.

    Examples
    --------
    >>> divided = divide_column(Column("age", np.array([31, 8, 40, 17])), n_bins=2)
    >>> divided.values, divided.place.tolist()
    (('8 to 17', '31 to 40'), [1, 0, 1, 0])
    """
    if n_bins is not None and n_bins != 0 and not 2 <= n_bins <= MOST_BINS:
        raise DataError(
            f"bins of {column.name!r} must be from 2 to {MOST_BINS}, or 0 for each value by "
            f"itself; got {n_bins}."
        )
    is_known = np.ones(len(column.values), np.bool_) if column.is_known is None else column.is_known
    if n_bins and column.values.dtype.kind not in "iuf":
        raise DataError(f"bins must be of numbers; got {column.name!r}, which is text.")
    known = column.values[is_known]
    values, inverse = np.unique(known, return_inverse=True)
    if n_bins is None:
        n_bins = _choose_bins(values, len(known))
    if n_bins:
        names, of_known = _bin(values, inverse.reshape(-1), n_bins)
    else:
        names, of_known = tuple(map(str, values.tolist())), inverse.reshape(-1)
    return _place(column.name, names, of_known, is_known, is_binned=bool(n_bins))


def _choose_bins(values: Array, n_known: int) -> int:
    kind = values.dtype.kind
    if kind not in "iuf" or len(values) <= _MOST_VALUES:
        return 0
    return 0 if kind in "iu" and n_known >= _FEWEST_REPEATS * len(values) else _QUARTILES


def _bin(values: Array, inverse: Index, n_bins: int) -> tuple[tuple[str, ...], Index]:
    """Return the name of each bin, and the bin of each example."""
    if not len(values):
        return (), inverse
    counts = np.bincount(inverse)
    # A value goes to the bin in which its first example would be, so that none is parted.
    before = np.cumsum(counts) - counts
    bins = np.unique(before * n_bins // len(inverse), return_inverse=True)[1].reshape(-1)
    first = np.flatnonzero(np.diff(bins, prepend=-1))
    last = np.append(first[1:], len(values)) - 1
    ends = list(zip(values[first].tolist(), values[last].tolist(), strict=True))
    return _name_ranges(ends), bins[inverse]


def _name_ranges(ends: list[tuple[float, float]]) -> tuple[str, ...]:
    """Return ``low to high`` of each range, with as few digits as tell all bounds apart.

    Examples
    --------
    >>> _name_ranges([(0.5, 0.5), (0.61239, 1.5)])
    ('0.5', '0.6124 to 1.5')
    """
    numbers = {number for pair in ends for number in pair}
    shown: dict[float, str] = {}
    for digits in _DIGITS:
        shown = {
            number: str(number) if isinstance(number, int) else f"{number:.{digits}g}"
            for number in numbers
        }
        if len(set(shown.values())) == len(numbers):
            break
    return tuple(
        shown[low] if low == high else f"{shown[low]} to {shown[high]}" for low, high in ends
    )


def _place(
    name: str, names: tuple[str, ...], of_known: Index, is_known: Booleans, *, is_binned: bool
) -> Categories:
    place = np.full(len(is_known), len(names), np.int64)
    place[is_known] = of_known
    values = names if is_known.all() else (*names, UNKNOWN)
    return Categories(name, values, place, is_binned)
