"""The vote on the toy ensemble, by hand; ties, each asserted before it is settled."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.analysis.votes.vote import combine, combine_blocks
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import Predictions
from tests.toy import CASES, INDEX, LABELS, MEMBERS, hard_predictions, toy_predictions

MAJORITY = Decision(rule="majority")
MEAN = Decision(rule="mean-probability")
TIE = CASES.index("tie")
ORACLE_ONLY = CASES.index("oracle-only")


def tied_pair(first: list[list[float]]) -> Predictions:
    """One example, members x classes."""
    return toy_predictions(np.array(first, np.float32)[:, np.newaxis])


def test_majority_of_the_toy_ensemble() -> None:
    vote = combine(toy_predictions(), MAJORITY)
    assert dict(zip(CASES, vote.predicted.tolist(), strict=True)) == {
        "unanimous right": 0,
        "split right": 1,
        "tie": 2,
        "oracle-only": 1,
        "all wrong alike": 2,
        "all wrong differently": 0,
    }
    assert vote.vote_counts.tolist() == [
        [3, 0, 0],
        [1, 2, 0],
        [1, 1, 1],
        [1, 2, 0],
        [0, 0, 3],
        [2, 1, 0],
    ]
    assert np.flatnonzero(vote.is_tied).tolist() == [TIE]
    assert (vote.predicted != np.array(LABELS)).sum() == 3


def test_mean_probability_of_the_toy_ensemble_rescues_the_oracle_only_example() -> None:
    vote = combine(toy_predictions(), MEAN)
    assert vote.predicted.tolist() == [0, 1, 2, 0, 2, 0]
    assert vote.predicted[ORACLE_ONLY] == LABELS[ORACLE_ONLY]
    assert not vote.is_tied.any()


def test_mean_probabilities_are_float64_means_under_either_rule() -> None:
    expected = np.array([[30, 10, 8], [14, 26, 8], [14, 14, 20], [27, 17, 4], [6, 10, 32]]) / 48
    for decision in (MAJORITY, MEAN):
        means = combine(toy_predictions(), decision).mean_probabilities
        assert means is not None
        assert means.dtype == np.float64
        np.testing.assert_allclose(means[:5], expected, rtol=1e-15)


def test_types_of_a_vote() -> None:
    vote = combine(toy_predictions(), MAJORITY)
    assert (vote.predicted.dtype, vote.vote_counts.dtype) == (np.int64, np.uint8)
    assert vote.vote_counts.flags.c_contiguous


def test_tie_goes_to_higher_mean_probability() -> None:
    vote = combine(toy_predictions(), MAJORITY)
    assert vote.vote_counts[TIE].tolist() == [1, 1, 1]
    assert vote.is_tied[TIE]
    assert vote.predicted[TIE] == 2


def test_mean_probability_policy_looks_at_tied_classes_only() -> None:
    # Two votes each for 1 and 2; class 0 has the highest mean and no vote.
    predictions = tied_pair([[0.4, 0.6, 0], [0.48, 0.52, 0], [0.45, 0, 0.55], [0.45, 0, 0.55]])
    vote = combine(predictions, MAJORITY)
    assert vote.vote_counts.tolist() == [[0, 2, 2]]
    assert vote.is_tied.all()
    assert vote.mean_probabilities is not None
    assert vote.mean_probabilities.argmax() == 0
    assert vote.predicted.tolist() == [1]


def test_tie_of_votes_and_means_goes_to_the_smaller_class() -> None:
    vote = combine(tied_pair([[0.25, 0.125, 0.625], [0.25, 0.625, 0.125]]), MAJORITY)
    assert vote.is_tied.all()
    assert vote.predicted.tolist() == [1]


def test_lowest_takes_the_smallest_tied_class() -> None:
    vote = combine(toy_predictions(), replace(MAJORITY, ties="lowest"))
    assert vote.is_tied[TIE]
    assert vote.predicted[TIE] == 0


def test_equal_means_are_a_tie_whatever_the_order_of_the_members() -> None:
    tiny = 2.0**-53
    first, second = [1, tiny, tiny], [tiny, tiny, 1]
    assert sum(first) == 1 < sum(second), "float64 sums must depend on the order here"
    predictions = tied_pair(np.column_stack([second, first]).tolist())
    vote = combine(predictions, MEAN)
    assert vote.is_tied.all()
    assert vote.predicted.tolist() == [0]
    assert vote.mean_probabilities is not None
    assert vote.mean_probabilities[0, 0] == vote.mean_probabilities[0, 1]


def test_near_tie_is_settled_by_exact_sums() -> None:
    tiny = 2.0**-53
    assert 1 + tiny + tiny == 1, "float64 sums must be equal here"
    assert combine(tied_pair([[1, 1], [0, tiny], [0, tiny]]), MEAN).predicted.tolist() == [1]
    vote = combine(tied_pair([[1, 1], [tiny, 0], [tiny, 0]]), MEAN)
    assert vote.predicted.tolist() == [0]
    assert not vote.is_tied.any()


def test_near_tie_of_the_tied_classes_is_settled_by_exact_sums() -> None:
    # One vote each for 1 and 2, whose sums are 1 + 2**-52 and 1; class 0 is far ahead of both.
    tiny = 2.0**-53
    rows = [[0, 1, 0.5], [0, 0, 0.5], [3, tiny, 0], [3, tiny, 0]]
    predictions = replace(tied_pair(rows), votes=np.array([[1], [2], [2], [1]], np.uint8))
    for ordered in (predictions, replace(predictions, members=predictions.members[::-1])):
        vote = combine(ordered, MAJORITY)
        assert vote.vote_counts.tolist() == [[0, 2, 2]]
        assert vote.is_tied.all()
        assert vote.predicted.tolist() == [1]
    swapped = replace(
        predictions,
        probabilities=predictions.probabilities[..., [0, 2, 1]],
        votes=np.array([[2], [1], [1], [2]], np.uint8),
    )
    assert combine(swapped, MAJORITY).predicted.tolist() == [2]


def test_hard_votes_are_combined_with_the_lowest_policy_and_say_so() -> None:
    vote = combine(hard_predictions([[2, 1], [1, 1], [2, 0], [1, 0]]), MAJORITY)
    assert vote.is_tied.tolist() == [True, True]
    assert vote.predicted.tolist() == [1, 0]
    assert vote.decision.ties == "lowest"
    assert vote.mean_probabilities is None


def test_mean_probability_rule_on_hard_votes_is_refused() -> None:
    with pytest.raises(PredictionError, match=r"only votes are known.*'mean-probability'.*'test'"):
        combine(hard_predictions([[0]]), MEAN)


def test_decision_selects_and_orders_the_members() -> None:
    chosen = ("b-0000", "a-0000")
    vote = combine(toy_predictions(), replace(MAJORITY, members=chosen))
    assert vote.decision.members == chosen
    assert vote.vote_counts[0].tolist() == [2, 0, 0]
    assert combine(toy_predictions(), MAJORITY).decision.members == MEMBERS


def test_unknown_member_is_refused_with_the_closest() -> None:
    with pytest.raises(PredictionError, match=r"'a-0007'.*did you mean 'a-000"):
        combine(toy_predictions(), replace(MAJORITY, members=("a-0007",)))


def test_random_ties_depend_on_seed_and_index_only() -> None:
    n_examples = 300
    probabilities = np.zeros((2, n_examples, 3), np.float32)
    probabilities[0, :, 0] = probabilities[1, :, 2] = 1
    predictions = toy_predictions(probabilities)
    random = replace(MAJORITY, ties="random", tie_seed=7)
    vote = combine(predictions, random)
    assert vote.is_tied.all()
    assert set(vote.predicted.tolist()) == {0, 2}
    # The same examples among others, in another order, as hard votes, by swapped members.
    rows = np.random.default_rng(0).permutation(n_examples)[:50]
    some = replace(
        predictions,
        index=predictions.index[rows],
        votes=predictions.votes[::-1, rows],
        probabilities=None,
    )
    np.testing.assert_array_equal(combine(some, random).predicted, vote.predicted[rows])
    assert combine(some, random).decision.ties == "random"
    other = combine(predictions, replace(random, tie_seed=8))
    assert (other.predicted != vote.predicted).any()


def test_random_ties_take_each_tied_class_equally_often() -> None:
    predictions = hard_predictions([[0] * 3000, [2] * 3000, [3] * 3000], n_classes=4)
    vote = combine(predictions, Decision(ties="random", tie_seed=1))
    assert vote.is_tied.all()
    counts = np.bincount(vote.predicted, minlength=4)
    assert counts[1] == 0
    # Five standard deviations of a third of 3,000.
    assert np.abs(counts[[0, 2, 3]] - 1000).max() < 130


def test_probabilities_that_are_not_finite_are_refused_with_the_index() -> None:
    predictions = toy_predictions()
    assert predictions.probabilities is not None
    predictions.probabilities[1, 4, 0] = np.nan
    with pytest.raises(PredictionError, match=f"finite.*index {INDEX[4]} of split 'test'"):
        combine(predictions, MAJORITY)


def test_blocks_of_other_members_are_refused() -> None:
    predictions = toy_predictions()
    blocks = [predictions, predictions.select(MEMBERS[:2])]
    with pytest.raises(PredictionError, match="members must be the same in all blocks"):
        combine_blocks(blocks, MAJORITY)


def test_blocks_with_and_without_probabilities_are_refused() -> None:
    predictions = toy_predictions()
    blocks = [predictions, replace(predictions, probabilities=None)]
    with pytest.raises(PredictionError, match="probabilities must be the same in all blocks"):
        combine_blocks(blocks, MAJORITY)


def test_no_block_is_refused() -> None:
    with pytest.raises(PredictionError, match="at least one block"):
        combine_blocks([], MAJORITY)


def test_blocks_are_read_one_by_one() -> None:
    alive: list[int] = []

    def blocks():
        for number, block in enumerate(toy_predictions().blocks(2)):
            alive.append(number)
            yield block

    assert combine_blocks(blocks(), MAJORITY).predicted.tolist() == [0, 1, 2, 1, 2, 0]
    assert alive == [0, 1, 2]


def test_a_class_without_votes_and_one_example() -> None:
    vote = combine(hard_predictions([[1]], n_classes=300), MAJORITY)
    assert vote.predicted.tolist() == [1]
    assert vote.vote_counts.shape == (1, 300)
