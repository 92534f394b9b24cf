"""Rules: a row for each way to score the classes of an example; the largest score wins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ensemble_lab.arrays import Array, Floats, Votes

__all__ = ["RULES", "Rule", "Tally"]


@dataclass(frozen=True, eq=False)
class Tally:
    """What the members said of a block of examples, added up.

    Attributes
    ----------
    vote_counts : unsigned (examples, classes)
    sums : float64 (examples, classes) or None
        Probabilities summed over members, near ties settled; None where only votes are known.
    """

    vote_counts: Votes
    sums: Floats | None


@dataclass(frozen=True)
class Rule:
    """A registry row.

    Attributes
    ----------
    score : callable
        From a `Tally` to scores (examples, classes); higher is better, equal is a tie.
    uses_probabilities : bool
        Whether votes alone are not enough.
    """

    score: Callable[[Tally], Array]
    uses_probabilities: bool


def _score_majority(tally: Tally) -> Array:
    """Score a class by the members that chose it."""
    return tally.vote_counts


def _score_mean_probability(tally: Tally) -> Array:
    """Score a class by its summed probability, which orders classes as its mean does."""
    assert tally.sums is not None, "combine refuses this rule where only votes are known"
    return tally.sums


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "majority": Rule(_score_majority, uses_probabilities=False),
        "mean-probability": Rule(_score_mean_probability, uses_probabilities=True),
    }
)
"""Row of each name in `ensemble_lab.decision.RULES`."""
