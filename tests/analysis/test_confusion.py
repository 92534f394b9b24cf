"""The confusion matrix against scikit-learn's, and what follows from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.confusion import (
    Confusion,
    count_cells,
    count_errors,
    normalise_rows,
    rank_pairs,
    render_percent,
)
from ensemble_lab.decision import Decision
from ensemble_lab.errors.pairs import count_pairs
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need


@st.composite
def answers(draw):
    n_classes = draw(st.integers(1, 7))
    rows = draw(st.lists(st.tuples(*[st.integers(0, n_classes - 1)] * 2), max_size=60))
    labels, predicted = np.array(rows, np.int64).reshape(-1, 2).T
    return labels, predicted, n_classes


@given(answers())
def test_counts_and_shares_are_those_of_scikit_learn(case):
    labels, predicted, n_classes = case
    peer = need("sklearn.metrics").confusion_matrix
    counts = count_cells(labels, predicted, n_classes)
    assert counts.dtype == np.int64
    if not len(labels) or n_classes == 1:
        # The peer raises, or warns.
        assert counts.sum() == len(labels)
        return
    classes = np.arange(n_classes)
    np.testing.assert_array_equal(counts, peer(labels, predicted, labels=classes))
    np.testing.assert_allclose(
        normalise_rows(counts), peer(labels, predicted, labels=classes, normalize="true")
    )


@given(answers(), st.randoms())
def test_relabelled_classes_permute_the_matrix(case, random):
    labels, predicted, n_classes = case
    order = list(range(n_classes))
    random.shuffle(order)
    new = np.array(order)
    permuted = count_cells(new[labels], new[predicted], n_classes)
    np.testing.assert_array_equal(
        permuted[np.ix_(new, new)], count_cells(labels, predicted, n_classes)
    )


@given(answers())
def test_pairs_are_the_errors_and_in_the_order_of_errors_pairs(case):
    labels, predicted, n_classes = case
    counts = count_cells(labels, predicted, n_classes)
    pairs = [((a, b), int(counts[a, b])) for a, b in rank_pairs(counts).tolist()]
    assert pairs == count_pairs(labels, predicted)
    assert sum(count for _, count in pairs) == count_errors(counts).sum()
    assert count_errors(counts).sum() == np.count_nonzero(labels != predicted)


def test_bytes_do_not_overflow():
    counts = count_cells(np.array([199, 199]), np.array([3, 199], np.uint8), 200)
    assert (counts[199, 3], counts[199, 199], counts.sum()) == (1, 1, 2)


def test_absent_class_is_an_empty_row_without_a_warning():
    shares = normalise_rows(np.array([[2, 2], [0, 0]]))
    assert shares.tolist() == [[0.5, 0.5], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("labels", "predicted", "facts"),
    [
        ([0, 1], [0, 3], "predicted must be from 0 to 2; got 0 to 3"),
        ([-1, 1], [0, 2], "labels must be from 0 to 2; got -1 to 1"),
        ([0, 1], [0], "predicted must have 2 examples; got 1"),
    ],
)
def test_what_is_no_class_is_refused(labels, predicted, facts):
    with pytest.raises(PredictionError, match=facts):
        count_cells(np.array(labels), np.array(predicted), 3)


def test_value_counts_its_errors():
    confusion = Confusion("test", np.array([[5, 1], [2, 4]]), ("no", "yes"), Decision())
    assert (confusion.n_examples, confusion.n_errors) == (12, 3)
    assert repr(confusion) == "Confusion('test': 3 errors in 12 examples of 2 classes)"
    assert confusion.shares[0].tolist() == pytest.approx([5 / 6, 1 / 6])


@given(st.floats(0, 1, exclude_min=True))
def test_percent_never_looks_like_nothing_or_all(share):
    text = render_percent(share)
    number = float(text.lstrip("<>"))
    assert number > 0
    assert share == 1 or text != "100"
    assert len(text) <= 5
