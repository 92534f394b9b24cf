"""Every name that a decision may hold has its row, and no row is without a name."""

from ensemble_lab import decision
from ensemble_lab.analysis.votes.rules import RULES, rules_for
from ensemble_lab.analysis.votes.ties import TIES


def test_rules_are_those_that_a_decision_names() -> None:
    assert tuple(RULES) == decision.RULES


def test_tie_policies_are_those_that_a_decision_names() -> None:
    assert tuple(TIES) == decision.TIES


def test_every_policy_has_one_for_votes_alone() -> None:
    for name, policy in TIES.items():
        replacement = TIES[policy.without_probabilities]
        assert replacement.without_probabilities == policy.without_probabilities, name


def test_rules_by_group_are_for_groups_of_several_members_only() -> None:
    plain = ("majority", "mean-probability")
    assert rules_for(("a-0000",)) == plain
    assert rules_for(("a-0000", "a-0001", "a-0002")) == plain
    assert rules_for(("a-0000", "b-0000", "theirs")) == plain
    assert rules_for(("a-0000", "b-0000", "a-0001")) == (*plain, "two-level")
