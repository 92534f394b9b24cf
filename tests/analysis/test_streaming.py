"""What is computed block by block is what is computed at once, to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.subsets.curve import build_curve_of, build_subset_curve
from ensemble_lab.analysis.votes.bands import count_band
from ensemble_lab.analysis.votes.choice import Choice
from ensemble_lab.analysis.votes.member_errors import count_member_errors, count_wrong_members
from ensemble_lab.analysis.votes.vote import average, choose, combine
from ensemble_lab.decision import RULES, TIES, Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store import blocks
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles
from tests.toy import LABELS, toy_predictions

SIZES = st.sampled_from([1, 7, 1000])
CHOICE = ("predicted", "p_predicted", "is_tied")


def cut_into(patch: pytest.MonkeyPatch, predictions: Predictions, n_examples: int) -> None:
    patch.setattr(blocks, "_BLOCK_CELLS", n_examples * predictions.n_classes)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Predictions, Decision, np.ndarray]:
    """Predictions, with or without probabilities; a rule that they allow; labels."""
    predictions = draw(ensembles())
    n_members, n_examples = predictions.votes.shape
    rule, ties = draw(st.sampled_from(RULES)), draw(st.sampled_from(TIES))
    if rule in ("majority", "two-level", "weighted-majority") and draw(st.booleans()):
        predictions = predictions.without_probabilities()
    members = tuple(draw(st.permutations(predictions.members)))
    weights = (0.5, -0.25, 1.0, 0.5, 2.0, 0.1)[:n_members] if rule == "weighted-majority" else ()
    if rule in ("mean-probability", "geometric-mean") and draw(st.booleans()):
        weights = (0.5, 0.0, 1.0, 0.5, 2.0, 0.1)[:n_members]
    labels = draw(
        st.lists(
            st.integers(0, predictions.n_classes - 1), min_size=n_examples, max_size=n_examples
        )
    )
    decision = Decision(rule=rule, ties=ties, tie_seed=3, members=members, weights=weights)
    return predictions, decision, np.array(labels, np.int64)


def assert_same(choice: Choice, vote: Choice) -> None:
    for name in CHOICE:
        ours, theirs = getattr(choice, name), getattr(vote, name)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)
    assert choice.decision == vote.decision
    for name in ("rows", "is_best"):
        ours, theirs = getattr(choice.tied_classes, name), getattr(vote.tied_classes, name)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


@given(asked(), SIZES)
def test_choice_is_that_of_the_vote_wherever_blocks_begin(
    case: tuple[Predictions, Decision, np.ndarray], n_examples: int
) -> None:
    predictions, decision, labels = case
    vote = combine(predictions, decision)
    with pytest.MonkeyPatch.context() as patch:
        cut_into(patch, predictions, n_examples)
        choice = choose(predictions, decision)
        means = average(predictions, choice.decision)
    assert_same(choice, vote)
    assert not hasattr(choice, "vote_counts")
    np.testing.assert_array_equal(means, vote.mean_probabilities)
    if vote.mean_probabilities is not None:
        rows = np.arange(len(labels))
        np.testing.assert_array_equal(
            choice.p_predicted, vote.mean_probabilities[rows, vote.predicted]
        )
    if decision.rule != "two-level":
        assert count_band(choice, labels) == count_band(vote, labels)


@given(asked(), SIZES)
def test_errors_of_members_are_counted_as_at_once(
    case: tuple[Predictions, Decision, np.ndarray], n_examples: int
) -> None:
    predictions, _, labels = case
    is_wrong = predictions.votes != labels
    with pytest.MonkeyPatch.context() as patch:
        cut_into(patch, predictions, n_examples)
        errors = count_member_errors(predictions, labels)
        n_wrong = count_wrong_members(predictions, labels)
    np.testing.assert_array_equal(errors, is_wrong.sum(axis=1))
    np.testing.assert_array_equal(n_wrong, is_wrong.sum(axis=0))
    assert errors.dtype == n_wrong.dtype == np.int64


@given(asked(), SIZES)
def test_curve_is_that_of_all_votes_at_once(
    case: tuple[Predictions, Decision, np.ndarray], n_examples: int
) -> None:
    predictions, _, labels = case
    whole = build_subset_curve(predictions.votes, labels, predictions.n_classes, n_orders=20)
    with pytest.MonkeyPatch.context() as patch:
        cut_into(patch, predictions, n_examples)
        parts = build_curve_of(predictions, labels, n_orders=20)
    for name in ("k", "expected", "low", "high", "sd"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name), err_msg=name)
    assert parts.n_examples == len(labels)


def test_labels_of_another_number_of_examples_are_refused() -> None:
    labels = np.array(LABELS[:-1])
    for count in (count_member_errors, count_wrong_members, build_curve_of):
        with pytest.raises(PredictionError, match="labels must have 6 examples; got 5"):
            count(toy_predictions(), labels)


def test_representation_of_a_choice_is_of_what_was_chosen() -> None:
    assert repr(choose(toy_predictions(), Decision())).startswith("Choice(6 examples, 1 ties: maj")
