"""Coincidences of errors: which members are wrong together, and which say the same wrong class."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Index, Labels, Votes, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["Coincidences", "count_coincidences"]

_BLOCK_CELLS = 2**23
"""Members times examples at a time: each sum in float32 stays below 2**24, so it is exact."""


@dataclass(frozen=True, eq=False)
class Coincidences:
    """Counts of examples that all measures of diversity by votes are made of.

    Attributes
    ----------
    n_examples : int
    both_wrong : int64 (members, members)
        Examples that both get wrong; the diagonal holds each member's errors.
    wrong_alike : int64 (members, members)
        Those of them on which both say the same class.
    by_wrong : int64 (members + 1,)
        Examples that just 0, 1, … all members get wrong.
    all_alike : int
        Examples that all members get wrong with the same class.
    """

    n_examples: int
    both_wrong: Index
    wrong_alike: Index
    by_wrong: Index
    all_alike: int

    @property
    def n_members(self) -> int:
        """Members that were compared."""
        return len(self.both_wrong)

    @property
    def errors(self) -> Index:
        """Errors of each member, int64 (members,)."""
        return np.diagonal(self.both_wrong)


def count_coincidences(votes: Votes, labels: Labels) -> Coincidences:
    """Return on how many examples members are wrong together, and wrong alike.

    Only examples that some member gets wrong are multiplied out, and of these only the classes
    that some member says wrongly: where errors are few, a thousand members take a second or two.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)

    Returns
    -------
    Coincidences

    Raises
    ------
    PredictionError
        Labels of another number of examples, or no member or example.

    Examples
    --------
    >>> votes = np.array([[0, 1, 2, 0], [0, 1, 1, 0], [0, 1, 2, 2]], np.uint8)
    >>> counts = count_coincidences(votes, np.array([0, 0, 0, 0]))
    >>> counts.both_wrong
    array([[2, 2, 2],
           [2, 2, 2],
           [2, 2, 3]])
    >>> counts.wrong_alike
    array([[2, 1, 2],
           [1, 2, 1],
           [2, 1, 3]])
    >>> counts.by_wrong.tolist(), counts.all_alike
    ([1, 1, 0, 2], 1)
    """
    check_axes(votes, "members examples", name="votes")
    n_members, n_examples = votes.shape
    check_axes(labels, "examples", name="labels", examples=n_examples)
    if n_members == 0 or n_examples == 0:
        raise PredictionError(
            f"votes must be of at least one member and one example; got shape {votes.shape}."
        )
    both_wrong = np.zeros((n_members, n_members), np.int64)
    wrong_alike = np.zeros_like(both_wrong)
    by_wrong = np.zeros(n_members + 1, np.int64)
    all_alike = 0
    step = max(1, _BLOCK_CELLS // n_members)
    for start in range(0, n_examples, step):
        rows = slice(start, start + step)
        is_wrong = votes[:, rows] != labels[rows]
        n_wrong = is_wrong.sum(axis=0)
        by_wrong += np.bincount(n_wrong, minlength=n_members + 1)
        contested = n_wrong > 0
        chosen, is_wrong = votes[:, rows][:, contested], is_wrong[:, contested]
        both_wrong += _count_pairs(is_wrong)
        wrong_alike += _count_alike(chosen, is_wrong)
        all_alike += int((is_wrong.all(axis=0) & (chosen == chosen[0]).all(axis=0)).sum())
    return Coincidences(n_examples, both_wrong, wrong_alike, by_wrong, all_alike)


def _count_alike(chosen: Votes, is_wrong: Booleans) -> Index:
    """Return on how many examples two members say the same wrong class (members, members)."""
    alike = np.zeros((len(chosen), len(chosen)), np.int64)
    for number in np.unique(chosen[is_wrong]):
        says_it = is_wrong & (chosen == number)
        alike += _count_pairs(says_it[:, says_it.any(axis=0)])
    return alike


def _count_pairs(flags: Booleans) -> Index:
    """Return on how many examples the flags of two members are both up (members, members)."""
    numbers: Array = flags.astype(np.float32)
    pairs: Index = (numbers @ numbers.T).astype(np.int64)
    return pairs
