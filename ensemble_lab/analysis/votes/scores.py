"""Scores of the classes of an example, by rules other than counting and adding up.

All take a `Tally` and return scores (examples, classes); the largest wins, equal ones are a tie.
None depends on the order of the members.
"""

import numpy as np

from ensemble_lab.analysis.logs import take_logs
from ensemble_lab.analysis.votes.sums import settle_near
from ensemble_lab.analysis.votes.tally import Tally
from ensemble_lab.arrays import Array, Floats, Index, Probabilities

__all__ = [
    "score_borda",
    "score_geometric_mean",
    "score_maximum",
    "score_median",
    "score_trimmed_mean",
    "score_weighted_majority",
]

_NEAR = 1e-9
_TRIMMED_SHARE = 0.1


def score_weighted_majority(tally: Tally) -> Floats:
    """Score a class by the weights of the members that chose it, added up and compared exactly."""
    votes = tally.block.votes
    sums = np.zeros((votes.shape[1], tally.block.n_classes))
    rows = np.arange(votes.shape[1])
    members = tally.block.members
    for member in sorted(range(len(members)), key=members.__getitem__):
        sums[rows, votes[member]] += tally.weights[member]

    def take(rows: Index, classes: Index) -> Array:
        return np.where(votes[:, rows] == classes, tally.weights[:, np.newaxis], 0.0)

    return settle_near(sums, take, near=_NEAR * np.abs(tally.weights).sum())


def score_geometric_mean(tally: Tally) -> Floats:
    """Score a class by the (weighted) sum of the logarithms of its probabilities.

    It orders classes as their product does, and as their normalised geometric mean. Zeros count
    as `ensemble_lab.analysis.logs.FLOOR`, so that one member's veto can be outvoted by many.
    """
    members = tally.block.members
    sums = np.zeros(tally.probabilities.shape[1:])
    for member in sorted(range(len(members)), key=members.__getitem__):
        sums += tally.weights[member] * take_logs(tally.probabilities[member])

    def take(rows: Index, classes: Index) -> Array:
        logs = take_logs(tally.probabilities[:, rows, classes])
        return np.asarray(logs * tally.weights[:, np.newaxis])

    # Logarithms reach 87 in size, and so do the errors of their sums.
    return settle_near(sums, take, near=100 * _NEAR * np.abs(tally.weights).sum())


def score_median(tally: Tally) -> Floats:
    """Score a class by the median of its probabilities: of an even number, the mean of two."""
    ordered = np.sort(tally.probabilities, axis=0)
    n_members = len(ordered)
    low, high = ordered[(n_members - 1) // 2], ordered[n_members // 2]
    return np.asarray(np.add(low, high, dtype=np.float64) / 2)


def score_trimmed_mean(tally: Tally) -> Floats:
    """Score a class by the mean of its probabilities without the largest and smallest tenth.

    Of three members or more at least one is left out at each end; of fewer, none.
    """
    ordered = np.sort(tally.probabilities, axis=0)
    n_members = len(ordered)
    n_out = max(1, int(n_members * _TRIMMED_SHARE)) if n_members > 2 else 0
    kept = ordered[n_out : n_members - n_out]

    def take(rows: Index, classes: Index) -> Array:
        return kept[:, rows, classes].astype(np.float64)

    sums = kept.sum(axis=0, dtype=np.float64)
    return settle_near(sums, take, near=_NEAR * len(kept))


def score_borda(tally: Tally) -> Floats:
    """Score a class by how many classes each member puts below it, half a point for its equals."""
    scores = np.zeros(tally.probabilities.shape[1:])
    for probabilities in tally.probabilities:
        scores += _count_below(probabilities)
    return scores


def score_maximum(tally: Tally) -> Array:
    """Score a class by the largest probability that any member gives it."""
    return np.asarray(tally.probabilities.max(axis=0))


def _count_below(probabilities: Probabilities) -> Floats:
    """Return how many classes have less, plus half of those with as much: (examples, classes)."""
    order = np.argsort(probabilities, axis=1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=1)
    places = np.broadcast_to(np.arange(ordered.shape[1]), ordered.shape)
    is_new = np.ones(ordered.shape, np.bool_)
    is_new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(is_new, places, 0), axis=1)
    is_last = np.ones(ordered.shape, np.bool_)
    is_last[:, :-1] = is_new[:, 1:]
    last = np.where(is_last, places, ordered.shape[1])
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    below = np.empty(ordered.shape)
    np.put_along_axis(below, order, (first + last) / 2, axis=1)
    return below
