"""Tie bands: how much of a vote's errors is the tie policy's doing."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.votes.choice import Choice
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.arrays import Labels, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["TieBand", "count_band"]


@dataclass(frozen=True)
class TieBand:
    """Errors of a vote, whatever became of its ties.

    Attributes
    ----------
    low : int
        If every tie that could go right did.
    expected : float
        With each tied class as likely.
    high : int
        If every tie went wrong.
    """

    low: int
    expected: float
    high: int


def count_band(vote: Choice, labels: Labels) -> TieBand:
    """Return the errors if ties went right, at random, and wrong.

    Parameters
    ----------
    vote : Choice
        Of a rule without groups: ties within groups are settled before the groups vote, and
        have no band here.
    labels : int64 (examples,)

    Returns
    -------
    TieBand
        ``low <= expected <= high``, all the same where nothing is tied.

    Raises
    ------
    PredictionError
        A vote by groups, or labels of another number of examples.

    Examples
    --------
    >>> from ensemble_lab.analysis.votes.vote import combine
    >>> from ensemble_lab.decision import Decision
    >>> from ensemble_lab.store.predictions import Predictions
    >>> votes = np.array([[0, 0, 1], [1, 2, 1]], np.uint8)
    >>> hard = Predictions("test", np.arange(3), ("a", "b"), votes, None, 3, ("", ""))
    >>> count_band(combine(hard, Decision()), np.array([1, 1, 1]))  # right or wrong, wrong, right
    TieBand(low=1, expected=1.5, high=2)
    """
    if RULES[vote.decision.rule].by_group:
        raise PredictionError(f"a band must be of a vote without groups; got {vote.decision.rule}.")
    check_axes(labels, "examples", name="labels", examples=len(vote.predicted))
    tied = vote.tied_classes
    is_wrong = vote.predicted != labels
    settled = int(is_wrong.sum()) - int(is_wrong[tied.rows].sum())
    can_be_right = tied.is_best[np.arange(len(tied.rows)), labels[tied.rows]]
    chances = can_be_right / tied.is_best.sum(axis=1)
    return TieBand(
        low=settled + int((~can_be_right).sum()),
        expected=settled + float((1 - chances).sum()),
        high=settled + len(tied.rows),
    )
