"""Tie policies: a row for each way to choose among the classes that a rule leaves equal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ensemble_lab.analysis.argmax import choose_classes
from ensemble_lab.analysis.sums import settle_near_ties
from ensemble_lab.arrays import Booleans, Floats, Index, Probabilities, Votes
from ensemble_lab.seeds import draw_uniform

__all__ = ["TIES", "TiePolicy", "Tied"]


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
    sums : float64 (examples, classes) or None
        Probabilities summed over members.
    probabilities : float32 (members, examples, classes) or None
        Where the sums come from.
    """

    candidates: Booleans
    index: Index
    seed: int
    sums: Floats | None
    probabilities: Probabilities | None


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
    assert tied.sums is not None, "combine puts `lowest` in the place of this policy"
    assert tied.probabilities is not None
    sums = np.where(tied.candidates, tied.sums, -np.inf)
    return choose_classes(settle_near_ties(sums, tied.probabilities))


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
