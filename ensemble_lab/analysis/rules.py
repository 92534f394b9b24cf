"""Rules: a row for each way to score the classes of an example; the largest score wins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ensemble_lab.analysis.groups import number_groups
from ensemble_lab.arrays import Array, Floats, Votes

__all__ = ["RULES", "Rule", "Tally", "rules_for"]


@dataclass(frozen=True, eq=False)
class Tally:
    """What the members said of a block of examples, added up.

    Attributes
    ----------
    vote_counts : unsigned (examples, classes)
        Ballots for each class: of members, or of groups.
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
    by_group : bool
        Whether a group of members has one ballot, its own majority; else each member has one.
    """

    score: Callable[[Tally], Array]
    uses_probabilities: bool
    by_group: bool


def _score_majority(tally: Tally) -> Array:
    """Score a class by its ballots."""
    return tally.vote_counts


def _score_mean_probability(tally: Tally) -> Array:
    """Score a class by its summed probability, which orders classes as its mean does."""
    assert tally.sums is not None, "combine refuses this rule where only votes are known"
    return tally.sums


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "majority": Rule(_score_majority, uses_probabilities=False, by_group=False),
        "mean-probability": Rule(_score_mean_probability, uses_probabilities=True, by_group=False),
        "two-level": Rule(_score_majority, uses_probabilities=False, by_group=True),
    }
)
"""Row of each name in `ensemble_lab.decision.RULES`."""


def rules_for(members: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the rules that are not another rule under a second name.

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
    n_groups = len(set(number_groups(members).tolist()))
    has_levels = 1 < n_groups < len(members)
    return tuple(name for name, rule in RULES.items() if has_levels or not rule.by_group)
