"""Candidates: everything that somebody could pick, and how each errs on each example.

An example that all candidates get right, or all wrong, cannot decide between them; only the others
are looked at. Candidates come in blocks, so that a million of them need no more memory than some.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from ensemble_lab.arrays import Array, Floats, Index, Labels, Votes, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = [
    "MAX_SUBSET_MEMBERS",
    "Candidates",
    "list_singles",
    "list_subsets",
    "list_triples",
    "name_subset",
    "name_triple",
]

MAX_SUBSET_MEMBERS = 20
"""Beyond, subsets are more than a million."""

_BLOCK_CELLS = 2**21


@dataclass(frozen=True, eq=False)
class Candidates:
    """What could be picked, in a fixed order.

    Attributes
    ----------
    n : int
        How many there are.
    rows : int64 (contested,)
        Examples on which members do not all agree.
    sure_errors : int64 (errors,)
        Examples that all members get wrong alike, and so does every candidate.
    n_examples : int
    blocks : callable
        Gives the candidates anew, as chances of error, float64 (candidates, contested): 0 or 1,
        and between them where a vote is tied, as it is settled at random.
    """

    n: int
    rows: Index
    sure_errors: Index
    n_examples: int
    blocks: Callable[[], Iterator[Floats]]


def list_singles(votes: Votes, labels: Labels) -> Candidates:
    """Return each row of votes as a candidate: members, or epochs of one member.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)

    Raises
    ------
    PredictionError
        Labels of another number of examples.
    """
    contested, sure = _divide(votes, labels)
    wrong = (votes[:, contested] != labels[contested]).astype(np.float64)
    return Candidates(len(votes), contested, sure, len(labels), lambda: iter([wrong]))


def list_triples(votes: Votes, labels: Labels) -> Candidates:
    """Return the majority of every three members, in the order of `itertools.combinations`.

    Parameters
    ----------
    votes : unsigned (members, examples)
        Of three members or more.
    labels : int64 (examples,)

    Raises
    ------
    PredictionError
        Fewer members, or labels of another number of examples.
    """
    n_members = len(votes)
    if n_members < 3:
        raise PredictionError(f"triples must be of at least 3 members; got {n_members}.")
    contested, sure = _divide(votes, labels)
    chosen, truth = votes[:, contested], labels[contested]

    def blocks() -> Iterator[Floats]:
        triples = combinations(range(n_members), 3)
        step = max(1, _BLOCK_CELLS // max(1, len(contested)))
        while some := list(islice(triples, step)):
            yield _count_triples(chosen, truth, np.array(some))

    n = n_members * (n_members - 1) * (n_members - 2) // 6
    return Candidates(n, contested, sure, len(labels), blocks)


def list_subsets(votes: Votes, labels: Labels) -> Candidates:
    """Return the majority of every subset of the members but the empty one.

    Candidate i is the subset whose members are the bits of i + 1 (see `name_subset`); the last
    is all of them.

    Parameters
    ----------
    votes : unsigned (members, examples)
        Of at most 20 members.
    labels : int64 (examples,)

    Raises
    ------
    PredictionError
        More members, or labels of another number of examples.

    Notes
    -----
    The votes of a subset for a class are those of its first ten members and of the others,
    added: two tables of 1,024 rows in the place of one of a million.
    """
    n_members = len(votes)
    if n_members > MAX_SUBSET_MEMBERS:
        raise PredictionError(
            f"subsets must be of at most {MAX_SUBSET_MEMBERS} members; got {n_members}."
        )
    contested, sure = _divide(votes, labels)
    is_vote = _rank_classes(votes[:, contested], labels[contested])
    n_low = min(n_members, 10)
    low, high = _add_up(is_vote[:n_low]), _add_up(is_vote[n_low:])
    n_at_once = max(1, _BLOCK_CELLS // max(1, low.size))

    def blocks() -> Iterator[Floats]:
        for start in range(0, len(high), n_at_once):
            counts = high[start : start + n_at_once, np.newaxis] + low
            n_here = counts.shape[0] * counts.shape[1]
            chances = _settle(counts.reshape(n_here, *counts.shape[2:]))
            yield chances[1:] if start == 0 else chances  # without the empty subset

    return Candidates(2**n_members - 1, contested, sure, len(labels), blocks)


def name_triple(number: int, members: tuple[str, ...]) -> tuple[str, ...]:
    """Return the members of a candidate of `list_triples`.

    Examples
    --------
    >>> name_triple(1, ("a", "b", "c", "d"))
    ('a', 'b', 'd')
    """
    return next(islice(combinations(members, 3), number, None))


def name_subset(number: int, members: tuple[str, ...]) -> tuple[str, ...]:
    """Return the members of a candidate of `list_subsets`.

    Examples
    --------
    >>> name_subset(0, ("a", "b", "c")), name_subset(5, ("a", "b", "c"))
    (('a',), ('b', 'c'))
    """
    return tuple(key for bit, key in enumerate(members) if (number + 1) >> bit & 1)


def _divide(votes: Votes, labels: Labels) -> tuple[Index, Index]:
    """Return the examples that members disagree about, and those that all get wrong alike."""
    check_axes(votes, "members examples", name="votes")
    check_axes(labels, "examples", name="labels", examples=votes.shape[1])
    is_alike = (votes == votes[0]).all(axis=0)
    return np.flatnonzero(~is_alike), np.flatnonzero(is_alike & (votes[0] != labels))


def _count_triples(votes: Votes, labels: Labels, triples: Array) -> Floats:
    """Return the chances of error (triples, examples)."""
    first, second, third = (votes[triples[:, place]] for place in range(3))
    is_right = [(each == labels).view(np.uint8) for each in (first, second, third)]
    n_right = is_right[0] + is_right[1] + is_right[2]
    all_differ = (first != second) & (second != third) & (first != third)
    # One right among three that differ: a tie, in which the label has one chance of three.
    return np.where(n_right >= 2, 0.0, np.where((n_right == 1) & all_differ, 2 / 3, 1.0))


def _rank_classes(votes: Votes, labels: Labels) -> Array:
    """Return who votes for what, by rank: bool as uint8 (members, ranks, examples).

    Rank 0 is the label; the others are the classes that anybody chose, in any order.
    """
    n_members, n_examples = votes.shape
    ordered = np.sort(votes, axis=0)
    is_new = np.ones(ordered.shape, np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    is_new &= ordered != labels
    n_ranks = 1 + int(is_new.sum(axis=0).max(initial=0))
    is_vote = np.zeros((n_members, n_ranks, n_examples), np.uint8)
    is_vote[:, 0] = votes == labels
    place = np.cumsum(is_new, axis=0)
    for rank in range(1, n_ranks):
        is_it = is_new & (place == rank)
        at = is_it.argmax(axis=0)
        class_of_rank = ordered[at, np.arange(n_examples)]
        is_vote[:, rank] = (votes == class_of_rank) & is_it.any(axis=0)
    return is_vote


def _add_up(is_vote: Array) -> Array:
    """Return the counts of all subsets, the empty one first: uint8 (subsets, ranks, examples)."""
    counts = np.zeros((1, *is_vote.shape[1:]), np.uint8)
    for row in is_vote:
        counts = np.concatenate([counts, counts + row])
    return counts


def _settle(counts: Array) -> Floats:
    """Return the chances of error (subsets, examples), ties at random."""
    best = counts.max(axis=1)
    n_best = (counts == best[:, np.newaxis]).sum(axis=1)
    return np.where(counts[:, 0] == best, 1 - 1 / n_best, 1.0)
