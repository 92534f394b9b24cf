"""Ballots: the votes that are counted in the end, of single members or one of each group."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.votes.counts import count_true, count_votes
from ensemble_lab.analysis.votes.ties import choose_best
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Booleans, Votes, smallest_unsigned
from ensemble_lab.decision import Decision
from ensemble_lab.store.predictions import Predictions

__all__ = ["Ballots", "cast_ballots"]


@dataclass(frozen=True, eq=False)
class Ballots:
    """What is counted.

    Attributes
    ----------
    votes : unsigned (groups, examples)
        The class that each group chose.
    is_open : bool (examples,)
        Where ties within groups have a say: settled otherwise, they could have given
        another class or a tie among groups.
    """

    votes: Votes
    is_open: Booleans


def cast_ballots(block: Predictions, groups: Array, decision: Decision) -> Ballots:
    """Return the majority of each group among its own members.

    Ties within a group are settled by `decision.ties` from its own members alone; ``random``
    draws by seed and index, so that groups tied between the same classes choose alike.

    Parameters
    ----------
    block : Predictions
    groups : int (members,)
        Number of each member's group, from 0 without gaps. Where each member is a group of
        its own, the ballots are the members' votes.
    decision : Decision
    """
    sizes = np.bincount(groups)
    n_examples, n_classes = len(block.index), block.n_classes
    if sizes.max() == 1:
        return Ballots(block.votes, np.zeros(n_examples, np.bool_))
    votes = np.empty((len(sizes), n_examples), block.votes.dtype)
    certain = np.zeros((n_examples, n_classes), smallest_unsigned(len(sizes) + 1), order="F")
    possible = np.zeros_like(certain)
    for group in range(len(sizes)):
        members = np.flatnonzero(groups == group)
        counts = count_votes(block.votes[members], n_classes)
        votes[group], candidates = choose_best(counts, block, members, decision)
        possible += candidates
        certain += candidates & (count_true(candidates) == 1)[:, np.newaxis]
    return Ballots(votes, ~_is_settled(certain, possible))


def _is_settled(certain: Array, possible: Array) -> Booleans:
    """Return where one class has most votes however ties are settled.

    Parameters
    ----------
    certain : unsigned (examples, classes)
        Groups that chose the class without a tie.
    possible : unsigned (examples, classes)
        Groups that chose the class, or had it among the tied.

    Notes
    -----
    A class wins for certain if what it has for certain is more than what any other can have.
    If some other can have as much, there is a way to settle the ties that gives it all of
    that and the first class no more than it has: a tied group always has another class to
    choose. So the condition is exact.
    """
    rows = np.arange(len(certain))
    leader = choose_classes(certain)
    others = possible.copy(order="K")
    others[rows, leader] = 0
    settled: Booleans = certain[rows, leader] > others.max(axis=1)
    return settled
