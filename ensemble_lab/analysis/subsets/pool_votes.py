"""What curves ask of the votes of a pool: who votes how often alike, and who disagrees."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.votes.counts import count_votes
from ensemble_lab.arrays import Array, Index, Labels, Votes, check_axes, smallest_unsigned
from ensemble_lab.exceptions import PredictionError

__all__ = ["MAX_MEMBERS", "PoolVotes", "find_patterns", "gather_votes"]

MAX_MEMBERS = 1_000
"""Beyond, products of binomials leave the range of float64."""

_BLOCK_CELLS = 2**20


@dataclass(frozen=True, eq=False)
class PoolVotes:
    """The votes of a pool, as far as errors of its subsets depend on them.

    Examples on which all members agree are in `patterns` alone, so that this grows with how much
    is contested and not with how many examples there are.

    Attributes
    ----------
    patterns : int64 (patterns, ranks)
        Different counts of votes: those for the label, then those for the other classes, largest
        first.
    weights : int64 (patterns,)
        How many examples have each.
    contested : unsigned (members, contested)
        Votes on the examples that members disagree about, by the rank of their class there: the
        label is 0, then come the other classes by their votes.
    n_ranks : int
        How many ranks there are.
    member_errors : int64 (members,)
    n_examples : int
    """

    patterns: Array
    weights: Index
    contested: Array
    n_ranks: int
    member_errors: Index
    n_examples: int


def gather_votes(blocks: Iterable[tuple[Votes, Labels]], n_classes: int) -> PoolVotes:
    """Return what matters of the votes in blocks of examples, wherever the blocks begin.

    Parameters
    ----------
    blocks : iterable of (votes, labels)
        unsigned (members, examples) and int64 (examples,); at least one.
    n_classes : int

    Raises
    ------
    PredictionError
        Labels of another number of examples or outside the classes, or too many members.

    Examples
    --------
    >>> votes = np.array([[0, 1, 2], [0, 1, 1]], np.uint8)
    >>> pool = gather_votes([(votes, np.array([0, 0, 2]))], 3)
    >>> pool.patterns.tolist(), pool.weights.tolist(), pool.contested.tolist()
    ([[0, 2, 0], [1, 1, 0], [2, 0, 0]], [1, 1, 1], [[0], [1]])
    """
    found: list[tuple[Array, Index]] = []
    contested: list[Array] = []
    errors: list[Index] = []
    n_ranks, n_examples = 1, 0
    for votes, labels in blocks:
        _check_votes(votes, labels, n_classes)
        for rows in _cut(len(labels), n_classes):
            patterns = _count_patterns(votes[:, rows], labels[rows], n_classes)
            found.append(np.unique(patterns, axis=0, return_counts=True))
        is_contested = (votes != votes[0]).any(axis=0)
        local, most = _name_locally(votes[:, is_contested], labels[is_contested], n_classes)
        contested.append(local)
        n_ranks = max(n_ranks, most)
        errors.append(np.count_nonzero(votes != labels, axis=1))
        n_examples += len(labels)
    patterns, place = np.unique(
        np.concatenate([each for each, _ in found]), axis=0, return_inverse=True
    )
    weights = np.zeros(len(patterns), np.int64)
    np.add.at(weights, place.reshape(-1), np.concatenate([each for _, each in found]))
    return PoolVotes(
        patterns=patterns,
        weights=weights,
        contested=np.concatenate(contested, axis=1),
        n_ranks=n_ranks,
        member_errors=np.sum(errors, axis=0, dtype=np.int64),
        n_examples=n_examples,
    )


def find_patterns(votes: Votes, labels: Labels, n_classes: int) -> tuple[Array, Index]:
    """Return the different counts of votes, as in `PoolVotes`, and which each example has.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)
    n_classes : int

    Raises
    ------
    PredictionError
        As `gather_votes`.
    """
    _check_votes(votes, labels, n_classes)
    patterns = np.concatenate(
        [
            _count_patterns(votes[:, rows], labels[rows], n_classes)
            for rows in _cut(len(labels), n_classes)
        ]
    )
    found, place = np.unique(patterns, axis=0, return_inverse=True)
    return found, place.reshape(-1)


def _check_votes(votes: Votes, labels: Labels, n_classes: int) -> None:
    n_members, n_examples = votes.shape
    check_axes(labels, "examples", name="labels", examples=n_examples)
    if not 1 <= n_members <= MAX_MEMBERS:
        raise PredictionError(
            f"members must be 1 to {MAX_MEMBERS:,} for a curve; got {n_members:,}."
        )
    if n_examples == 0 or not 0 <= labels.min() <= labels.max() < n_classes:
        raise PredictionError(f"labels must be there, from 0 to {n_classes - 1}.")


def _cut(n_examples: int, n_classes: int) -> list[slice]:
    step = max(1, _BLOCK_CELLS // n_classes)
    return [slice(start, start + step) for start in range(0, n_examples, step)]


def _count_patterns(votes: Votes, labels: Labels, n_classes: int) -> Array:
    """Return the pattern of each example: int64 (examples, ranks)."""
    counts = count_votes(votes, n_classes).astype(np.int64)
    own = np.take_along_axis(counts, labels[:, np.newaxis], axis=1)
    np.put_along_axis(counts, labels[:, np.newaxis], -1, axis=1)
    # No more other classes than members can have votes.
    others = -np.sort(-counts, axis=1)[:, : min(n_classes, len(votes) + 1) - 1]
    return np.concatenate([own, np.maximum(others, 0)], axis=1)


def _name_locally(votes: Votes, labels: Labels, n_classes: int) -> tuple[Array, int]:
    """Return `PoolVotes.contested` and `PoolVotes.n_ranks` of some examples.

    The ranks are few, whatever the number of classes.
    """
    local = np.zeros(votes.shape, smallest_unsigned(n_classes))
    n_ranks = 1
    for rows in _cut(votes.shape[1], n_classes):
        counts = count_votes(votes[:, rows], n_classes).astype(np.int64)
        np.put_along_axis(counts, labels[rows, np.newaxis], len(votes) + 1, axis=1)
        ranks = np.argsort(np.argsort(-counts, axis=1, kind="stable"), axis=1)
        local[:, rows] = np.take_along_axis(ranks, votes[:, rows].T.astype(np.int64), axis=1).T
        n_ranks = max(n_ranks, int((counts > 0).sum(axis=1).max()))
    return local, n_ranks
