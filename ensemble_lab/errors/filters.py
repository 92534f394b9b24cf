"""Conditions on the rows of a catalogue.

Several values of one condition are alternatives (OR); several conditions hold together (AND).
No value at all leaves no row; a condition that is not asked is None, and stands elsewhere.
"""

import operator
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Index, Labels
from ensemble_lab.errors.pairs import Pair
from ensemble_lab.exceptions import PredictionError

__all__ = [
    "Flags",
    "Gaps",
    "Numbers",
    "Pairs",
    "match_flags",
    "match_gaps",
    "match_numbers",
    "match_pairs",
]

Numbers: TypeAlias = int | Iterable[int]
Pairs: TypeAlias = Pair | Iterable[Pair]
Gaps: TypeAlias = float | Iterable[float]
Flags: TypeAlias = bool | Iterable[bool]


def match_numbers(column: Index | Labels, wanted: Numbers, *, name: str) -> Booleans:
    """Return which rows hold one of the numbers.

    Parameters
    ----------
    column : int64 (rows,)
    wanted : int or iterable of int
    name : str
        What the column is called in a message.

    Returns
    -------
    is_match : bool (rows,)

    Raises
    ------
    PredictionError
        Something that is not a whole number of 0 or more.

    Examples
    --------
    >>> match_numbers(np.array([4, 7, 2]), [7, 4], name="label").tolist()
    [True, True, False]
    """
    return np.isin(column, _whole_numbers(wanted, name))


def match_pairs(label: Labels, predicted: Labels, wanted: Pairs) -> Booleans:
    """Return which rows are one of the confusion pairs (label, predicted).

    Parameters
    ----------
    label, predicted : int64 (rows,)
    wanted : (int, int) or iterable of (int, int)

    Returns
    -------
    is_match : bool (rows,)

    Raises
    ------
    PredictionError
        Something that is not a pair of whole numbers.
    """
    pairs = list(wanted)
    if pairs and all(isinstance(item, int | np.integer) for item in pairs):
        pairs = [tuple(pairs)]
    is_match = np.zeros(len(label), np.bool_)
    for pair in pairs:
        if isinstance(pair, str) or not isinstance(pair, Iterable) or len(tuple(pair)) != 2:
            raise PredictionError(
                f"pair must be (label, predicted), such as (4, 9); got {pair!r}. "
                "Read text with parse_pair."
            )
        first, second = _whole_numbers(tuple(pair), "pair")
        is_match |= (label == first) & (predicted == second)
    return is_match


def match_gaps(gap: Floats, *, low: Gaps | None = None, high: Gaps | None = None) -> Booleans:
    """Return which rows have a gap from `low` to `high`, ends included.

    Parameters
    ----------
    gap : float64 (rows,)
        NaN where only votes are known.
    low, high : float or iterable of float, optional
        Of several, one must hold: the least `low`, the greatest `high`.

    Returns
    -------
    is_match : bool (rows,)

    Raises
    ------
    PredictionError
        No gaps, because only votes are known; or a limit that is no number.

    Examples
    --------
    >>> match_gaps(np.array([-0.1, 0.4, 0.9]), low=0.0, high=0.4).tolist()
    [False, True, False]
    """
    if np.isnan(gap).any():
        raise PredictionError(
            "min_gap and max_gap must be asked of probabilities; got only votes, which have no "
            "gap. Leave them out."
        )
    is_match = np.ones(len(gap), np.bool_)
    if low is not None:
        is_match &= gap >= min(_limits(low, "min_gap"), default=np.inf)
    if high is not None:
        is_match &= gap <= max(_limits(high, "max_gap"), default=-np.inf)
    return is_match


def match_flags(column: Booleans, wanted: Flags) -> Booleans:
    """Return which rows hold one of the truth values.

    Parameters
    ----------
    column : bool (rows,)
    wanted : bool or iterable of bool

    Returns
    -------
    is_match : bool (rows,)
    """
    choices = list(wanted) if isinstance(wanted, Iterable) else [wanted]
    return np.isin(column, np.array(choices, np.bool_))


def _whole_numbers(wanted: Numbers, name: str) -> Index:
    items = list(wanted) if isinstance(wanted, Iterable) and not isinstance(wanted, str) else wanted
    numbers = []
    for item in items if isinstance(items, list) else [items]:
        try:
            number = -1 if isinstance(item, bool | np.bool_) else operator.index(item)
        except TypeError:
            number = -1
        if not 0 <= number < 2**63:
            raise PredictionError(f"{name} must be a whole number of 0 or more; got {item!r}.")
        numbers.append(number)
    return np.array(numbers, np.int64)


def _limits(wanted: Gaps, name: str) -> list[float]:
    limits = list(wanted) if isinstance(wanted, Iterable) else [wanted]
    for limit in limits:
        # NaN fails every comparison.
        if isinstance(limit, str) or not -np.inf <= limit <= np.inf:
            raise PredictionError(f"{name} must be a number; got {limit!r}.")
    return limits
