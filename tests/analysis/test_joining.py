"""The decision as members join is that of the vote of the first members."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.subsets.curve import chances_of_error, tabulate_chances
from ensemble_lab.analysis.subsets.joining import follow_members, settled_at
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from tests.toy import hard_predictions, toy_predictions


def draw_example(n_members, n_classes, seed, *, hard=False):
    """One example whose members often tie: probabilities are multiples of 1/4."""
    rng = np.random.default_rng(seed)
    quarters = rng.multinomial(4, np.ones(n_classes) / n_classes, (n_members, 1)) / 4
    made = toy_predictions(quarters.astype(np.float32))
    return replace(made, probabilities=None) if hard else made


def first(example, k):
    return example.select(example.members[:k])


@given(
    n_members=st.integers(1, 9),
    n_classes=st.integers(2, 5),
    seed=st.integers(0, 2**20),
    rule=st.sampled_from(["majority", "mean-probability"]),
    ties=st.sampled_from(["mean-probability", "lowest", "random"]),
    hard=st.booleans(),
)
def test_each_step_is_the_vote_of_the_first_members(n_members, n_classes, seed, rule, ties, hard):
    decision = Decision(rule="majority" if hard else rule, ties=ties, tie_seed=3)
    example = draw_example(n_members, n_classes, seed, hard=hard)
    expected = [combine(first(example, k), decision).predicted[0] for k in range(1, n_members + 1)]
    assert follow_members(example, decision).tolist() == expected


def test_members_and_weights_of_a_decision_are_not_read():
    example = hard_predictions([[0], [1], [1]])
    decision = Decision(members=example.members, weights=(9.0, 1.0, 1.0))
    assert follow_members(example, decision).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("example", "rule", "fact"),
    [
        (toy_predictions(), "majority", "6 examples"),
        (hard_predictions([[0], [1]]), "median", "by median"),
        (hard_predictions([[0], [1]]), "mean-probability", "votes only"),
    ],
)
def test_what_cannot_be_followed_is_refused(example, rule, fact):
    with pytest.raises(PredictionError, match=fact):
        follow_members(example, Decision(rule=rule))


def test_the_last_change_is_counted_from_one():
    assert settled_at(np.array([4])) == 1
    assert settled_at(np.array([9, 4])) == 2
    assert settled_at(np.array([4, 9, 9, 4])) == 4


def test_chances_of_every_size_are_those_of_each():
    rng = np.random.default_rng(0)
    votes, labels = rng.integers(0, 3, (6, 20)).astype(np.uint8), rng.integers(0, 3, 20)
    table = tabulate_chances(votes, labels, 3)
    assert table.shape == (20, 6)
    for k in range(1, 7):
        assert np.array_equal(table[:, k - 1], chances_of_error(votes, labels, 3, k))
