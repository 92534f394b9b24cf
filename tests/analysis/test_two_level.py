"""The two-level vote: by hand, beside a slow one in fractions, and where it is the majority."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import Vote, combine, combine_blocks
from ensemble_lab.decision import TIES, Decision
from ensemble_lab.seeds import draw_uniform
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles, rename
from tests.toy import hard_predictions, toy_predictions

TWO_LEVEL = Decision(rule="two-level")
MAJORITY = Decision(rule="majority")
NINE = tuple(f"{group}-{seed:04d}" for group in ("m3", "m5", "m7") for seed in range(3))
DECISIONS = st.builds(
    Decision, rule=st.just("two-level"), ties=st.sampled_from(TIES), tie_seed=st.integers(0, 3)
)


def one_example(rows: list[list[float]], *keys: str) -> Predictions:
    """Predictions of members (rows) on one example."""
    return rename(toy_predictions(np.array(rows, np.float32)[:, np.newaxis]), keys)


def test_two_groups_of_three_outvote_a_majority_of_nine_members() -> None:
    votes = [[1], [1], [0], [1], [1], [0], [0], [0], [0]]
    predictions = rename(hard_predictions(votes), NINE)
    assert combine(predictions, MAJORITY).predicted.tolist() == [0]
    vote = combine(predictions, TWO_LEVEL)
    assert vote.predicted.tolist() == [1]
    assert vote.vote_counts.tolist() == [[1, 2, 0]]
    assert vote.vote_counts.dtype == np.uint8
    assert vote.is_tied.tolist() == [False]
    assert vote.mean_probabilities is None
    assert vote.decision.members == NINE
    assert vote.decision.rule == "two-level"


def test_tie_within_a_group_goes_by_its_own_members() -> None:
    # a is tied between 0 and 1: its own means say 1, those of all members say 0.
    rows = [[0.5, 0.25, 0.25], [0.25, 0.625, 0.125], [1.0, 0.0, 0.0], [0.125, 0.75, 0.125]]
    predictions = one_example(rows, "a-0000", "a-0001", "b-0000", "c-0000")
    assert combine(predictions, MAJORITY).predicted.tolist() == [0]
    vote = combine(predictions, TWO_LEVEL)
    assert vote.vote_counts.tolist() == [[1, 2, 0]]
    assert vote.predicted.tolist() == [1]
    assert vote.is_tied.tolist() == [True], "with a for 0, the groups would choose 0"
    lowest = combine(predictions, replace(TWO_LEVEL, ties="lowest"))
    assert lowest.vote_counts.tolist() == [[2, 1, 0]]
    assert lowest.predicted.tolist() == [0]


def test_tie_within_a_group_that_is_outvoted_anyway_is_no_tie() -> None:
    predictions = rename(
        hard_predictions([[0], [1], [2], [2]]), ("a-0000", "a-0001", "b-0000", "c-0000")
    )
    vote = combine(predictions, TWO_LEVEL)
    assert vote.predicted.tolist() == [2]
    assert vote.vote_counts.tolist() == [[1, 0, 2]]
    assert vote.is_tied.tolist() == [False]


def test_tie_among_groups_weighs_groups_and_not_members_the_same() -> None:
    # Class 0 leads over members, 2.125 to 1.875; class 1 over groups, 1.125 to 0.875.
    rows = [[0.625, 0.375]] * 3 + [[0.25, 0.75]]
    predictions = one_example(rows, "a-0000", "a-0001", "a-0002", "b-0000")
    assert combine(predictions, Decision(rule="mean-probability")).predicted.tolist() == [0]
    vote = combine(predictions, TWO_LEVEL)
    assert vote.vote_counts.tolist() == [[1, 1]]
    assert vote.is_tied.tolist() == [True]
    assert vote.predicted.tolist() == [1]
    assert vote.mean_probabilities is not None
    assert vote.mean_probabilities.tolist() == [[0.4375, 0.5625]]


def test_equal_means_of_groups_of_unequal_size_go_to_the_smaller_class() -> None:
    # Thirds and halves of tenths: only exact sums know that they are equal.
    tenth, rest = np.float32(0.1), np.float32(0.9)
    rows = [[rest, tenth]] * 2 + [[tenth, rest]] * 3
    keys = ("a-0000", "a-0001", "b-0000", "b-0001", "b-0002")
    vote = combine(one_example(rows, *keys), TWO_LEVEL)
    assert vote.is_tied.tolist() == [True]
    assert vote.predicted.tolist() == [0]
    assert vote.mean_probabilities is not None
    assert vote.mean_probabilities[0, 0] == vote.mean_probabilities[0, 1]


def test_hard_votes_settle_ties_on_both_levels_by_the_smallest_class_and_say_so() -> None:
    votes = [[2, 1], [1, 1], [0, 2], [0, 2]]
    keys = ("a-0000", "a-0001", "b-0000", "b-0001")
    vote = combine(rename(hard_predictions(votes), keys), TWO_LEVEL)
    assert vote.vote_counts.tolist() == [[1, 1, 0], [0, 1, 1]]
    assert vote.predicted.tolist() == [0, 1]
    assert vote.decision.ties == "lowest"


def test_groups_tied_between_the_same_classes_draw_alike() -> None:
    votes = [[0] * 300, [2] * 300] * 3
    keys = ("a-0000", "a-0001", "b-0000", "b-0001", "c-0000", "c-0001")
    random = replace(TWO_LEVEL, ties="random", tie_seed=5)
    vote = combine(rename(hard_predictions(votes), keys), random)
    expected = np.where(draw_uniform(5, np.arange(300)) < 0.5, 0, 2)
    np.testing.assert_array_equal(vote.predicted, expected)
    assert (vote.vote_counts.max(axis=1) == 3).all()
    assert vote.is_tied.all()


def test_members_that_vote_decide_which_groups_there_are() -> None:
    votes = [[1], [1], [0], [1], [1], [0], [0], [0], [0]]
    predictions = rename(hard_predictions(votes), NINE)
    vote = combine(predictions, replace(TWO_LEVEL, members=("m7-0000", "m3-0002", "m3-0000")))
    assert vote.vote_counts.tolist() == [[2, 0, 0]]
    assert vote.is_tied.tolist() == [True], "m3 is tied, and could level the groups"


@pytest.mark.parametrize("n_classes", [3, 50])
def test_more_groups_than_a_byte_counts(n_classes: int) -> None:
    keys = tuple(f"g{group}-{seed:04d}" for group in range(300) for seed in range(2))
    predictions = rename(hard_predictions([[1]] * 600, n_classes), keys)
    vote = combine(predictions, TWO_LEVEL)
    assert vote.vote_counts[0, 1] == 300
    assert vote.vote_counts.dtype == np.uint16
    assert not vote.is_tied.any()


def assert_equals_majority(vote: Vote, majority: Vote) -> None:
    for name in ("predicted", "is_tied", "mean_probabilities"):
        np.testing.assert_array_equal(getattr(vote, name), getattr(majority, name), err_msg=name)


@given(ensembles(), DECISIONS)
def test_one_group_is_the_majority(predictions: Predictions, decision: Decision) -> None:
    keys = tuple(f"a-{seed:04d}" for seed in range(len(predictions.members)))
    one_group = rename(predictions, keys)
    vote = combine(one_group, decision)
    assert_equals_majority(vote, combine(one_group, replace(decision, rule="majority")))
    np.testing.assert_array_equal(vote.vote_counts.sum(axis=1), 1)


@given(ensembles(), DECISIONS, st.booleans())
def test_groups_of_one_member_each_are_the_majority(
    predictions: Predictions, decision: Decision, is_imported: bool
) -> None:
    end = "" if is_imported else "-0007"
    apart = rename(predictions, tuple(f"g{i}{end}" for i in range(len(predictions.members))))
    vote, majority = combine(apart, decision), combine(apart, replace(decision, rule="majority"))
    assert_equals_majority(vote, majority)
    np.testing.assert_array_equal(vote.vote_counts, majority.vote_counts)


@given(ensembles(max_classes=3), DECISIONS, st.integers(1, 13))
def test_same_as_a_slow_vote_in_fractions(
    predictions: Predictions, decision: Decision, n_examples: int
) -> None:
    vote = combine_blocks(predictions.blocks(n_examples), decision)
    assert vote.mean_probabilities is not None
    for position in range(len(predictions.index)):
        predicted, counts, is_tied, means = vote_slowly(predictions, decision, position)
        assert vote.predicted[position] == predicted
        assert vote.vote_counts[position].tolist() == counts
        assert bool(vote.is_tied[position]) == is_tied
        np.testing.assert_allclose(vote.mean_probabilities[position], means, rtol=1e-14)


def vote_slowly(
    predictions: Predictions, decision: Decision, position: int
) -> tuple[int, list[int], bool, list[float]]:
    """Predicted class, counts of groups, whether ties had a say, and means, of one example."""
    assert predictions.probabilities is not None
    classes = range(predictions.n_classes)
    draw = float(draw_uniform(decision.tie_seed, predictions.index[position : position + 1])[0])

    def settle(candidates: list[int], means: list[Fraction]) -> int:
        if decision.ties == "random":
            return candidates[int(draw * len(candidates))]
        if decision.ties == "lowest":
            return candidates[0]
        return max(candidates, key=lambda c: (means[c], -c))

    def best(ballots: list[int]) -> list[int]:
        most = max(ballots.count(c) for c in classes)
        return [c for c in classes if ballots.count(c) == most]

    groups: dict[str, list[int]] = {}
    for row, key in enumerate(predictions.members):
        groups.setdefault(key[0], []).append(row)
    ballots, choices, group_means = [], [], []
    for rows in groups.values():
        said = predictions.probabilities[rows, position].tolist()
        means = [sum(map(Fraction, column)) / len(rows) for column in zip(*said, strict=True)]
        choices.append(best(predictions.votes[rows, position].tolist()))
        ballots.append(settle(choices[-1], means))
        group_means.append(means)
    overall = [sum(column) / len(groups) for column in zip(*group_means, strict=True)]
    outcomes = [best(list(ballots)) for ballots in product(*choices)]
    return (
        settle(best(ballots), overall),
        [ballots.count(c) for c in classes],
        any(outcome != outcomes[0] or len(outcome) > 1 for outcome in outcomes),
        [float(mean) for mean in overall],
    )
