"""What holds for the vote of every ensemble."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.analysis.votes.rules import RULES as RULE_ROWS
from ensemble_lab.analysis.votes.vote import Vote, combine, combine_blocks
from ensemble_lab.decision import RULES, TIES, Decision
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles
from tests.conftest import need

WEIGHTS = (0.1, 0.2, 0.3, 0.3, 0.1, 0.2)


def decide(predictions: Predictions, rule: str, ties: str = "lowest", seed: int = 0) -> Decision:
    """A decision by that rule; with weights where it needs some, which often tie."""
    weights = WEIGHTS[: len(predictions.members)] if rule == "weighted-majority" else ()
    return Decision(
        rule=rule, ties=ties, tie_seed=seed, members=predictions.members, weights=weights
    )


@st.composite
def decided(draw: st.DrawFn) -> tuple[Predictions, Decision]:
    predictions = draw(ensembles())
    rule, ties = draw(st.sampled_from(RULES)), draw(st.sampled_from(TIES))
    return predictions, decide(predictions, rule, ties, draw(st.integers(0, 3)))


def assert_same(vote: Vote, other: Vote) -> None:
    for name in ("predicted", "vote_counts", "mean_probabilities", "is_tied"):
        np.testing.assert_array_equal(getattr(vote, name), getattr(other, name), err_msg=name)


@given(decided(), st.randoms(use_true_random=False))
def test_member_order_changes_no_result(
    case: tuple[Predictions, Decision], random: st.DataObject
) -> None:
    predictions, decision = case
    keys = list(predictions.members)
    random.shuffle(keys)
    weight = dict(zip(predictions.members, decision.weights, strict=False))
    weights = tuple(weight[key] for key in keys) if weight else ()
    vote, permuted = (
        combine(predictions, decision),
        combine(predictions, replace(decision, members=tuple(keys), weights=weights)),
    )
    assert_same(vote, permuted)
    assert permuted.decision.members == tuple(keys)


@given(decided(), st.randoms(use_true_random=False))
def test_swapping_what_members_say_changes_no_choice(
    case: tuple[Predictions, Decision], random: st.DataObject
) -> None:
    predictions, decision = case
    if decision.weights:
        decision = replace(decision, weights=(0.1,) * len(predictions.members))
    # Sums then run in another order, and only exact comparison keeps the choice.
    order = list(range(len(predictions.members)))
    random.shuffle(order)
    if RULE_ROWS[decision.rule].by_group:
        # What a group says is another thing; within a group, each may say what another said.
        groups = number_groups(predictions.members)
        order = np.concatenate([[i for i in order if groups[i] == g] for g in set(groups)])
        order = order[np.argsort(np.argsort(groups, kind="stable"), kind="stable")].astype(int)
    assert predictions.probabilities is not None
    swapped = replace(
        predictions,
        votes=predictions.votes[order],
        probabilities=predictions.probabilities[order],
    )
    vote, other = combine(predictions, decision), combine(swapped, decision)
    np.testing.assert_array_equal(vote.predicted, other.predicted)
    np.testing.assert_array_equal(vote.is_tied, other.is_tied)


@given(ensembles(), st.sampled_from(RULES), st.randoms(use_true_random=False))
def test_relabelling_classes_permutes_the_result_where_nothing_was_tied(
    predictions: Predictions, rule: str, random: st.DataObject
) -> None:
    renamed = list(range(predictions.n_classes))
    random.shuffle(renamed)
    new_name, old_name = np.array(renamed), np.argsort(renamed)
    assert predictions.probabilities is not None
    relabelled = replace(
        predictions,
        votes=new_name[predictions.votes].astype(predictions.votes.dtype),
        probabilities=predictions.probabilities[..., old_name],
    )
    decision = decide(predictions, rule, "mean-probability")
    vote, other = combine(predictions, decision), combine(relabelled, decision)
    np.testing.assert_array_equal(vote.is_tied, other.is_tied)
    is_settled = ~vote.is_tied
    np.testing.assert_array_equal(new_name[vote.predicted][is_settled], other.predicted[is_settled])
    if not RULE_ROWS[rule].by_group:
        # A tie within a group goes to another class of it, and so may the group's ballot.
        np.testing.assert_array_equal(vote.vote_counts, other.vote_counts[:, new_name])


@given(ensembles(), st.sampled_from(RULES), st.sampled_from(TIES))
def test_one_member_is_the_identity(predictions: Predictions, rule: str, ties: str) -> None:
    key = predictions.members[-1]
    decision = decide(predictions.select((key,)), rule, ties)
    vote = combine(predictions, decision)
    if not vote.is_tied.any():  # of its own probabilities, where they have several largest
        np.testing.assert_array_equal(vote.predicted, predictions.votes[-1])
    if not RULE_ROWS[rule].uses_probabilities:
        assert not vote.is_tied.any()
    assert predictions.probabilities is not None
    np.testing.assert_array_equal(vote.mean_probabilities, predictions.probabilities[-1])


@given(decided(), st.integers(1, 13))
def test_blocks_of_any_size_equal_the_whole(
    case: tuple[Predictions, Decision], n_examples: int
) -> None:
    predictions, decision = case
    whole = combine(predictions, decision)
    blocks = combine_blocks(predictions.blocks(n_examples), decision)
    assert_same(whole, blocks)
    np.testing.assert_array_equal(whole.tied_classes.rows, blocks.tied_classes.rows)
    np.testing.assert_array_equal(whole.tied_classes.is_best, blocks.tied_classes.is_best)


@given(ensembles(), st.sampled_from(TIES))
def test_the_chosen_class_has_most_votes(predictions: Predictions, ties: str) -> None:
    vote = combine(predictions, Decision(ties=ties))
    rows = np.arange(len(vote.predicted))
    best = vote.vote_counts.max(axis=1)
    np.testing.assert_array_equal(vote.vote_counts[rows, vote.predicted], best)
    np.testing.assert_array_equal(vote.vote_counts.sum(axis=1), len(predictions.members))
    np.testing.assert_array_equal(
        vote.is_tied, (vote.vote_counts == best[:, np.newaxis]).sum(axis=1) > 1
    )


@given(ensembles())
def test_the_class_of_the_mean_rule_has_the_largest_mean(predictions: Predictions) -> None:
    vote = combine(predictions, Decision(rule="mean-probability"))
    assert vote.mean_probabilities is not None
    np.testing.assert_array_equal(vote.predicted, vote.mean_probabilities.argmax(axis=1))


@pytest.mark.parametrize("n_classes", [2, 10, 60])
def test_lowest_policy_is_the_hard_vote_of_scikit_learn(n_classes: int) -> None:
    ensemble = need("sklearn.ensemble")
    preprocessing = need("sklearn.preprocessing")
    rng = np.random.default_rng(n_classes)
    votes = rng.integers(0, n_classes, (6, 500))
    # Half of the members follow the first, so that there are majorities as well as ties.
    votes[:3] = np.where(rng.random((3, 500)) < 0.7, votes[0], votes[:3])

    class Stub:
        def __init__(self, chosen: np.ndarray) -> None:
            self.chosen = chosen

        def predict(self, positions: np.ndarray) -> np.ndarray:
            return self.chosen[positions]

    stubs = [Stub(row) for row in votes]
    peer = ensemble.VotingClassifier([(f"m{i}", stub) for i, stub in enumerate(stubs)])
    peer.estimators_ = stubs
    peer.le_ = preprocessing.LabelEncoder().fit(np.arange(n_classes))
    predictions = Predictions(
        "test",
        np.arange(500),
        tuple("abcdef"),
        votes.astype(np.uint8),
        None,
        n_classes,
        tuple("abcdef"),
    )
    vote = combine(predictions, Decision(ties="lowest"))
    assert vote.is_tied.any()
    assert not vote.is_tied.all()
    np.testing.assert_array_equal(vote.predicted, peer.predict(np.arange(500)))
