"""Rules: a row for each way to score the classes of an example; the largest score wins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ensemble_lab.analysis.votes.groups import has_levels
from ensemble_lab.analysis.votes.scores import (
    score_borda,
    score_geometric_mean,
    score_maximum,
    score_median,
    score_trimmed_mean,
    score_weighted_majority,
)
from ensemble_lab.analysis.votes.tally import Tally
from ensemble_lab.arrays import Array

__all__ = ["RULES", "Rule", "rules_for"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A registry row.

    Attributes
    ----------
    score : callable
        From a `Tally` to scores (examples, classes); higher is better, equal is a tie.
    uses_probabilities : bool
        Whether votes alone are not enough.
    by_group : bool
        Whether a group of members has one ballot, its own majority; else each member has one.
    weights : {"none", "may", "must"}
        Whether members may weigh differently: not at all, by weights that are not negative, or
        by any weights, without which there is no such rule.
    is_plain : bool
        Whether results report it without being asked.
    """

    score: Callable[[Tally], Array]
    uses_probabilities: bool
    by_group: bool = False
    weights: Literal["none", "may", "must"] = "none"
    is_plain: bool = False


def _score_majority(tally: Tally) -> Array:
    """Score a class by its ballots."""
    return tally.vote_counts


def _score_mean_probability(tally: Tally) -> Array:
    """Score a class by its summed probability, which orders classes as its mean does."""
    assert tally.sums is not None, "combine refuses this rule where only votes are known"
    return tally.sums


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "majority": Rule(score=_score_majority, uses_probabilities=False, is_plain=True),
        "mean-probability": Rule(
            score=_score_mean_probability, uses_probabilities=True, weights="may", is_plain=True
        ),
        "two-level": Rule(
            score=_score_majority, uses_probabilities=False, by_group=True, is_plain=True
        ),
        "weighted-majority": Rule(
            score=score_weighted_majority, uses_probabilities=False, weights="must"
        ),
        "geometric-mean": Rule(score=score_geometric_mean, uses_probabilities=True, weights="may"),
        "median": Rule(score=score_median, uses_probabilities=True),
        "trimmed-mean": Rule(score=score_trimmed_mean, uses_probabilities=True),
        "borda": Rule(score=score_borda, uses_probabilities=True),
        "maximum": Rule(score=score_maximum, uses_probabilities=True),
    }
)
"""Row of each name in `ensemble_lab.decision.RULES`.

References
----------
L. I. Kuncheva, Combining Pattern Classifiers, 2nd ed. (Wiley 2014), chapters 4 and 5: weighted
majority (with L. Shapley and B. Grofman, "Optimizing group judgmental accuracy in the presence of
interdependencies", Public Choice 43 (1984), for the weights), geometric mean, median, trimmed
mean, maximum.
T. K. Ho, J. J. Hull and S. N. Srihari, "Decision combination in multiple classifier systems",
IEEE TPAMI 16 (1994), 66-75 (Borda counts).
S. An et al., arXiv:2008.10400 (2020) (two-level).
"""


def rules_for(members: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the rules that results report of these members.

    Rules by group are left out where there is one group, or each member is a group of its own:
    they equal the majority there.

    Parameters
    ----------
    members : tuple of str
        Keys of the members that vote.

    Examples
    --------
    >>> rules_for(("m3-0000", "m3-0001"))
    ('majority', 'mean-probability')
    >>> rules_for(("m3-0000", "m3-0001", "m5-0000"))
    ('majority', 'mean-probability', 'two-level')
    """
    by_group = has_levels(members)
    plain = [name for name, rule in RULES.items() if rule.is_plain]
    return tuple(name for name in plain if by_group or not RULES[name].by_group)
