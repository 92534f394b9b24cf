"""Who is wrong with whom: against counting pair by pair, example by example."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab.analysis.diversity import coincidences
from ensemble_lab.analysis.diversity.coincidences import count_coincidences
from ensemble_lab.exceptions import PredictionError
from tests.toy import LABELS, toy_predictions

VOTES = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 12)), elements=st.integers(0, 3)
)


def draw_votes(seed=0, n_members=7, n_examples=60):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, n_examples)
    is_drawn = rng.random((n_members, n_examples)) < 0.4
    votes = np.where(is_drawn, rng.integers(0, 4, is_drawn.shape), labels)
    return votes.astype(np.uint8), labels


def test_toy_ensemble_by_hand():
    counts = count_coincidences(toy_predictions().votes, np.array(LABELS))
    # Votes 000 110 012 011 222 010 of labels 0 1 2 0 1 2.
    assert counts.errors.tolist() == [3, 4, 4]
    assert counts.both_wrong.tolist() == [[3, 3, 2], [3, 4, 3], [2, 3, 4]]
    assert counts.wrong_alike.tolist() == [[3, 1, 2], [1, 4, 2], [2, 2, 4]]
    assert counts.by_wrong.tolist() == [1, 1, 2, 2]
    assert counts.all_alike == 1
    assert counts.n_examples == 6


@given(votes=VOTES, data=st.data())
def test_every_count_agrees_with_one_by_one(votes, data):
    n_members, n_examples = votes.shape
    labels = np.array(
        data.draw(st.lists(st.integers(0, 3), min_size=n_examples, max_size=n_examples))
    )
    counts = count_coincidences(votes, labels)
    for i in range(n_members):
        for j in range(n_members):
            rows = list(zip(votes[i].tolist(), votes[j].tolist(), labels.tolist(), strict=True))
            both = [(a, b) for a, b, label in rows if a != label and b != label]
            assert counts.both_wrong[i, j] == len(both)
            assert counts.wrong_alike[i, j] == sum(a == b for a, b in both)
    n_wrong = (votes != labels).sum(axis=0).tolist()
    assert counts.by_wrong.tolist() == [n_wrong.count(n) for n in range(n_members + 1)]
    columns = zip(votes.T.tolist(), labels.tolist(), strict=True)
    alike = [label not in column and len(set(column)) == 1 for column, label in columns]
    assert counts.all_alike == sum(alike)


def test_blocks_change_nothing(monkeypatch):
    votes, labels = draw_votes()
    whole = count_coincidences(votes, labels)
    monkeypatch.setattr("ensemble_lab.analysis.diversity.coincidences._BLOCK_CELLS", 50)
    parts = count_coincidences(votes, labels)
    for name in ("both_wrong", "wrong_alike", "by_wrong"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    assert whole.all_alike == parts.all_alike


def test_order_of_members_permutes_the_matrices_and_nothing_else():
    votes, labels = draw_votes()
    order = np.random.default_rng(1).permutation(len(votes))
    one, other = count_coincidences(votes, labels), count_coincidences(votes[order], labels)
    np.testing.assert_array_equal(one.both_wrong[np.ix_(order, order)], other.both_wrong)
    np.testing.assert_array_equal(one.wrong_alike[np.ix_(order, order)], other.wrong_alike)
    np.testing.assert_array_equal(one.by_wrong, other.by_wrong)


def test_classes_beyond_a_byte_are_told_apart():
    votes = np.array([[300, 44], [300, 300]], np.uint16)
    counts = count_coincidences(votes, np.array([44, 0]))
    assert counts.wrong_alike.tolist() == [[2, 1], [1, 2]]


def test_a_block_is_small_enough_to_be_summed_in_float32():
    most = coincidences._BLOCK_CELLS
    assert np.ones(most, np.float32) @ np.ones(most, np.float32) == most
    assert most < 2**24


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing_to_count_is_refused(shape):
    with pytest.raises(PredictionError, match="at least one member and one example"):
        count_coincidences(np.zeros(shape, np.uint8), np.zeros(shape[1], np.int64))


def test_labels_of_other_examples_are_refused():
    with pytest.raises(PredictionError, match="labels must have 3 examples; got 4"):
        count_coincidences(np.zeros((2, 3), np.uint8), np.zeros(4, np.int64))
