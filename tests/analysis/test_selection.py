"""Who is selected: by hand, by brute force, and by nobody's test labels."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.selection.greedy import count_greedy, select_greedily
from ensemble_lab.analysis.selection.methods import METHODS, count_compared, select_members
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import LabelAccessError, PredictionError
from ensemble_lab.store.labels import ValidationLabels
from tests.analysis.strategies import ensembles
from tests.toy import hard_predictions, toy_labels, toy_predictions


def for_choosing(values, chosen_on="validation") -> ValidationLabels:
    array = np.asarray(values, np.int64)
    return ValidationLabels("validation", array, np.arange(len(array)), "sha", chosen_on=chosen_on)


HARD = [[0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1], [0, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]]
"""Errors on zeros: 3, 1, 2, 1."""


def select(method, **named) -> Decision:
    return select_members(hard_predictions(HARD), for_choosing([0] * 6), method, **named)


def test_best_is_the_first_of_those_with_the_fewest_errors():
    decision = select("best")
    assert decision.members == ("m-0001",)
    assert (decision.rule, decision.chosen_on, decision.chosen_among) == (
        "majority", "validation", 4,
    )  # fmt: skip


def test_top_are_the_best_in_the_order_of_the_run():
    assert select("top", size=3).members == ("m-0001", "m-0002", "m-0003")
    assert select("top", size=1).members == select("best").members
    assert select("top", size=2).chosen_among == 4


def test_triple_is_the_one_whose_vote_errs_least():
    decision = select("triple")
    predictions = hard_predictions(HARD)
    errors = {
        keys: int(combine(predictions, Decision(members=keys)).predicted.sum())
        for keys in combinations(predictions.members, 3)
    }
    assert errors[decision.members] == min(errors.values())
    assert decision.chosen_among == 4


def test_equal_errors_are_ordered_by_log_loss():
    probabilities = np.array([[[0.6, 0.4], [0.4, 0.6]], [[0.9, 0.1], [0.4, 0.6]]], np.float32)
    predictions = toy_predictions(probabilities)
    assert select_members(predictions, for_choosing([0, 0]), "best").members == ("m-0001",)


def test_greedy_weighs_the_member_that_is_right_most():
    probabilities = np.full((3, 4, 2), 0.5, np.float32)
    probabilities[0] = [0.9, 0.1]
    probabilities[1:] = [0.2, 0.8]
    decision = select_members(toy_predictions(probabilities), for_choosing([0] * 4), "greedy")
    weights = dict(zip(decision.members, decision.weights, strict=True))
    assert decision.rule == "mean-probability"
    assert weights["a-0000"] == max(weights.values())
    assert sum(weights.values()) == pytest.approx(1)
    assert decision.chosen_among == count_greedy(3) == 20 * 2 * 26


def test_greedy_of_votes_is_a_weighted_majority():
    decision = select("greedy")
    assert decision.rule == "weighted-majority"
    predictions = hard_predictions(HARD)
    errors = (combine(predictions, decision).predicted != 0).sum()
    assert errors <= (predictions.votes != 0).sum(axis=1).min()


@given(ensembles(), st.data())
def test_greedy_is_deterministic_and_a_decision_that_can_be_made(predictions, data):
    classes = st.integers(0, predictions.n_classes - 1)
    n = len(predictions.index)
    labels = for_choosing(data.draw(st.lists(classes, min_size=n, max_size=n)))
    decision = select_members(predictions, labels, "greedy")
    assert decision == select_members(predictions, labels, "greedy")
    assert min(decision.weights) > 0
    assert combine(predictions, decision).decision.members == decision.members
    weights = select_greedily(predictions, labels.values)
    assert weights.sum() == pytest.approx(1)


def test_seed_of_greedy_draws_other_bags():
    rng = np.random.default_rng(0)
    given = rng.dirichlet(np.ones(4), (9, 60)).astype(np.float32)
    labels = for_choosing(rng.integers(0, 4, 60))
    first, other = (
        select_members(toy_predictions(given), labels, seed=seed).weights for seed in (0, 1)
    )
    assert first != other


def test_greedy_beats_its_members_on_what_it_was_chosen_by():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 300)
    given = rng.dirichlet(np.ones(4), (8, 300)) + 0.4 * np.eye(4)[labels]
    predictions = toy_predictions((given / given.sum(axis=-1, keepdims=True)).astype(np.float32))
    decision = select_members(predictions, for_choosing(labels), "greedy")
    errors = (combine(predictions, decision).predicted != labels).sum()
    assert errors < (predictions.votes != labels).sum(axis=1).min() / 2


@pytest.mark.parametrize("method", METHODS)
def test_labels_to_report_on_select_nobody(method):
    with pytest.raises(LabelAccessError, match="Choose on validation"):
        select_members(toy_predictions(), toy_labels(), method, size=1)


@pytest.mark.parametrize("method", METHODS)
def test_what_was_chosen_on_test_says_so(method):
    predictions = toy_predictions()
    labels = for_choosing(toy_labels().values, chosen_on="test")
    decision = select_members(predictions, labels, method, size=2)
    assert decision.chosen_on == "test"
    assert decision.chosen_among == count_compared(method, 3)
    assert "test" in decision.text


def test_refusals_name_the_choices():
    predictions, labels = toy_predictions(), for_choosing([0] * 6)
    for named, fact in (
        ({"method": "gredy"}, "did you mean 'greedy'"),
        ({"method": "top", "size": 4}, "from 1 to the 3 members; got 4"),
        ({"method": "top", "size": 0}, "got 0"),
    ):
        with pytest.raises(PredictionError, match=fact):
            select_members(predictions, labels, **named)
    with pytest.raises(PredictionError, match="3 members or more; got 2"):
        select_members(predictions.select(("a-0000", "b-0000")), labels, "triple")
    with pytest.raises(PredictionError, match="6 examples"):
        select_members(predictions, for_choosing([0] * 5))
