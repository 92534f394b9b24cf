"""How the decision on one example moves as the members join, one by one."""

from dataclasses import replace

import numpy as np

from ensemble_lab.analysis.votes.counts import count_true
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.sums import NEAR
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Index
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import Predictions

__all__ = ["follow_members", "settled_at"]

_FOLLOWED = ("majority", "mean-probability")


def follow_members(example: Predictions, decision: Decision) -> Index:
    """Return the class that the first k members choose, for every k.

    Parameters
    ----------
    example : Predictions
        Of one example; members join in its order, each with the same weight.
    decision : Decision
        Rule ``majority`` or ``mean-probability``, and who wins a tie; its members and weights
        are not read.

    Returns
    -------
    predicted : int64 (members,)
        What `combine` says of the first 1, 2, … members.

    Raises
    ------
    PredictionError
        Several examples, another rule, or the mean rule where only votes are known.

    Examples
    --------
    >>> votes = np.array([[2], [1], [1]], np.uint8)
    >>> hard = Predictions("test", np.arange(1), ("a", "b", "c"), votes, None, 3, ("", "", ""))
    >>> follow_members(hard, Decision()).tolist()  # the tie of two members goes to the smaller
    [2, 1, 1]
    """
    if len(example.index) != 1 or decision.rule not in _FOLLOWED:
        raise PredictionError(
            f"members can be followed on one example by {' or '.join(_FOLLOWED)}; got "
            f"{len(example.index)} examples by {decision.rule}."
        )
    if example.probabilities is None and RULES[decision.rule].uses_probabilities:
        raise PredictionError(f"{decision.rule} must have probabilities; got votes only.")
    plain = replace(decision, members=(), weights=())
    totals, near = _add_up(example, decision)
    predicted = choose_classes(totals).astype(np.int64)
    is_best = totals >= totals.max(axis=1)[:, np.newaxis] - near
    # Only where several classes are about as good: the vote itself knows how ties are settled.
    for row in np.flatnonzero(count_true(is_best) > 1).tolist():
        predicted[row] = combine(_take_first(example, row + 1), plain).predicted[0]
    return predicted


def _add_up(example: Predictions, decision: Decision) -> tuple[Array, Array]:
    """Return what each class has after k members (members, classes), and what counts as near."""
    n_members = len(example.members)
    if decision.rule == "majority":
        chosen = np.zeros((n_members, example.n_classes), np.int64)
        chosen[np.arange(n_members), example.votes[:, 0]] = 1
        return np.cumsum(chosen, axis=0), np.zeros((n_members, 1), np.int64)
    assert example.probabilities is not None
    sums = np.cumsum(example.probabilities[:, 0], axis=0, dtype=np.float64)
    return sums, NEAR * np.arange(1, n_members + 1)[:, np.newaxis]


def _take_first(example: Predictions, k: int) -> Predictions:
    probabilities = example.probabilities
    return replace(
        example,
        members=example.members[:k],
        votes=example.votes[:k],
        probabilities=None if probabilities is None else probabilities[:k],
        digests=example.digests[:k],
    )


def settled_at(predicted: Index) -> int:
    """Return the number of members at which the decision changed for the last time.

    1 where the first member says what all say.

    Parameters
    ----------
    predicted : int64 (members,)
        From `follow_members`.

    Examples
    --------
    >>> settled_at(np.array([2, 1, 2, 1, 1])), settled_at(np.array([7, 7]))
    (4, 1)
    """
    differs = np.flatnonzero(predicted != predicted[-1])
    return int(differs[-1]) + 2 if differs.size else 1
