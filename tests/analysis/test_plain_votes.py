"""Every fast path of a vote beside a plain one: one example, one member, one class at a time."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.counts import count_true, count_votes
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import smallest_unsigned
from ensemble_lab.decision import Decision
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles

RULES = ("majority", "mean-probability")
POLICIES = ("mean-probability", "lowest")


@dataclass
class PlainVote:
    predicted: int
    counts: list[int]
    is_tied: bool


def vote_plainly(predictions: Predictions, position: int, rule: str, ties: str) -> PlainVote:
    """Vote on one example with Python's whole numbers and exact sums."""
    counts = [0] * predictions.n_classes
    for chosen in predictions.votes[:, position].tolist():
        counts[chosen] += 1
    sums: list[float] = [0.0] * predictions.n_classes
    if predictions.probabilities is not None:
        rows = predictions.probabilities[:, position].tolist()
        sums = [math.fsum(row[number] for row in rows) for number in range(len(counts))]
    scores = counts if rule == "majority" else sums
    best = [number for number, score in enumerate(scores) if score == max(scores)]
    # max takes the first of equal ones: the smallest class.
    chosen = max(best, key=lambda number: sums[number]) if ties == "mean-probability" else best[0]
    return PlainVote(chosen, counts, len(best) > 1)


def assert_as_plain(predictions: Predictions, rule: str, ties: str) -> None:
    vote = combine(predictions, Decision(rule=rule, ties=ties))
    for position in range(len(predictions.index)):
        plain = vote_plainly(predictions, position, rule, ties)
        assert vote.predicted[position] == plain.predicted
        assert vote.vote_counts[position].tolist() == plain.counts
        assert vote.is_tied[position] == plain.is_tied


@given(ensembles(max_classes=4), st.sampled_from(RULES), st.sampled_from(POLICIES))
def test_vote_is_the_plain_one(predictions: Predictions, rule: str, ties: str) -> None:
    assert_as_plain(predictions, rule, ties)


@given(ensembles(max_classes=45, levels=2), st.sampled_from(POLICIES))
def test_vote_on_many_classes_is_the_plain_one(predictions: Predictions, ties: str) -> None:
    assert_as_plain(predictions, "majority", ties)


@given(ensembles(max_classes=4))
def test_hard_vote_is_the_plain_one_with_ties_to_the_smallest(predictions: Predictions) -> None:
    assert_as_plain(replace(predictions, probabilities=None), "majority", "lowest")


@given(ensembles(max_classes=4))
def test_means_are_the_plain_ones(predictions: Predictions) -> None:
    given_probabilities = predictions.probabilities
    means = combine(predictions, Decision(rule="mean-probability")).mean_probabilities
    assert given_probabilities is not None
    assert means is not None
    n_members, n_examples, n_classes = given_probabilities.shape
    for position in range(n_examples):
        rows = given_probabilities[:, position].tolist()
        for number in range(n_classes):
            exact = math.fsum(row[number] for row in rows) / n_members
            assert means[position, number] == pytest.approx(exact, rel=1e-14, abs=0)


@given(st.data(), st.integers(1, 300), st.integers(1, 45))
def test_counts_are_those_of_counting(data: st.DataObject, n_members: int, n_classes: int) -> None:
    """Few classes are counted class by class, many member by member; a byte ends at 255."""
    numbers = st.lists(st.integers(0, n_classes - 1), min_size=n_members, max_size=n_members)
    columns = data.draw(st.lists(numbers, min_size=1, max_size=3))
    votes = np.array(columns, smallest_unsigned(n_classes)).T
    plain = [[column.count(number) for number in range(n_classes)] for column in columns]
    assert count_votes(votes, n_classes).tolist() == plain


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=9))
def test_flags_are_counted_one_by_one(rows: list[list[bool]]) -> None:
    assert count_true(np.array(rows)).tolist() == [row.count(True) for row in rows]


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.lists(
            st.lists(st.sampled_from((0.0, 0.25, 0.5)), min_size=n, max_size=n), min_size=1
        )
    )
)
def test_chosen_class_is_the_first_of_the_largest(rows: list[list[float]]) -> None:
    chosen = choose_classes(np.array(rows, np.float32))
    assert chosen.tolist() == [row.index(max(row)) for row in rows]
