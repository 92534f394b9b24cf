"""The best class, and tie policies: a row for each way to choose where several are equal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ensemble_lab.analysis.votes.counts import count_true
from ensemble_lab.analysis.votes.sums import settle_near_ties, sum_members
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Booleans, Floats, Index, Probabilities, Votes
from ensemble_lab.decision import Decision
from ensemble_lab.seeds import draw_uniform
from ensemble_lab.store.predictions import Predictions

__all__ = ["TIES", "TiePolicy", "Tied", "choose_best"]


@dataclass(frozen=True, eq=False)
class Tied:
    """The tied examples of a block, and all that a policy may look at.

    Attributes
    ----------
    candidates : bool (examples, classes)
        The classes with the largest score; at least two in each row.
    index : int64 (examples,)
        Positions in the split as published.
    seed : int
        The decision's `tie_seed`.
    members : tuple of str
        Keys of those that may be asked.
    probabilities : float32 (members, examples, classes) or None
        What they say; None where only votes are known.
    weights : float64 (members,)
        What each member's probabilities are multiplied by.
    """

    candidates: Booleans
    index: Index
    seed: int
    members: tuple[str, ...]
    probabilities: Probabilities | None
    weights: Floats


@dataclass(frozen=True)
class TiePolicy:
    """A registry row.

    Attributes
    ----------
    choose : callable
        From `Tied` to classes (examples,).
    without_probabilities : str
        Name of the policy that takes its place where only votes are known; its own name if
        it does not need probabilities.
    """

    choose: Callable[[Tied], Votes]
    without_probabilities: str


def _choose_lowest(tied: Tied) -> Votes:
    """Choose the smallest class."""
    return choose_classes(tied.candidates)


def _choose_mean_probability(tied: Tied) -> Votes:
    """Choose the class with the highest mean probability; of equal ones, the smallest."""
    assert tied.probabilities is not None, "combine puts `lowest` in the place of this policy"
    sums = sum_members(tied.probabilities, tied.members, tied.weights)
    sums = np.where(tied.candidates, sums, -np.inf)
    return choose_classes(settle_near_ties(sums, tied.probabilities, tied.weights))


def _choose_random(tied: Tied) -> Votes:
    """Choose with equal chances, by the seed and the example's index alone."""
    draws = draw_uniform(tied.seed, tied.index)
    place = np.floor(draws * tied.candidates.sum(axis=1))
    candidates_so_far = np.cumsum(tied.candidates, axis=1)
    return choose_classes(candidates_so_far > place[:, np.newaxis])


TIES: Mapping[str, TiePolicy] = MappingProxyType(
    {
        "mean-probability": TiePolicy(_choose_mean_probability, without_probabilities="lowest"),
        "lowest": TiePolicy(_choose_lowest, without_probabilities="lowest"),
        "random": TiePolicy(_choose_random, without_probabilities="random"),
    }
)
"""Row of each name in `ensemble_lab.decision.TIES`."""


def choose_best(
    scores: Array,
    block: Predictions,
    members: Index,
    decision: Decision,
    weights: Floats | None = None,
) -> tuple[Votes, Booleans]:
    """Return the class with the largest score of each example, ties settled.

    Parameters
    ----------
    scores : number (examples, classes)
    block : Predictions
    members : int64 (voters,)
        Rows of the members whose probabilities may settle a tie.
    decision : Decision
    weights : float64 (voters,), optional
        What their probabilities are multiplied by; 1 each unless given.

    Returns
    -------
    chosen : smallest unsigned type that holds the classes (examples,)
    is_best : bool (examples, classes)
        The classes with the largest score; several in a row are a tie.
    """
    is_best: Booleans = scores == scores.max(axis=1)[:, np.newaxis]
    chosen = choose_classes(scores)
    tied = np.flatnonzero(count_true(is_best) > 1)
    if tied.size:
        asked = block.probabilities
        question = Tied(
            candidates=is_best[tied],
            index=block.index[tied],
            seed=decision.tie_seed,
            members=tuple(block.members[member] for member in members),
            probabilities=None if asked is None else asked[np.ix_(members, tied)],
            weights=np.ones(len(members)) if weights is None else weights,
        )
        chosen[tied] = TIES[decision.ties].choose(question)
    return chosen, is_best
