"""Confusion pairs: read, written, counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.errors.pairs import count_pairs, parse_pair, render_pair
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need

CLASSES = st.integers(0, 4)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("4:9", (4, 9)),
        ("4->9", (4, 9)),
        (" 4 -> 9 ", (4, 9)),
        ("0:10", (0, 10)),
        ("65535:0", (65535, 0)),
    ],
)
def test_both_forms_are_read(text: str, pair: tuple[int, int]) -> None:
    assert parse_pair(text) == pair


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_what_is_written_is_read_again(label: int, predicted: int) -> None:
    assert parse_pair(render_pair(label, predicted)) == (label, predicted)


@pytest.mark.parametrize("text", ["4-", "4 -", "4- "])
def test_what_a_shell_leaves_gets_a_hint(text: str) -> None:
    with pytest.raises(PredictionError, match=r"unquoted 4->9.*4:9.*'4->9' in quotes") as caught:
        parse_pair(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "4", ":", "4:", "->9", "4-9", "4>9", "-4:9", "4:9:1", "four:nine", "4:1.5", "٤:٩"]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(PredictionError, match="such as 4:9; got"):
        parse_pair(text)


def test_number_longer_than_any_class_is_refused() -> None:
    with pytest.raises(PredictionError, match="such as 4:9"):
        parse_pair("1" * 5000 + ":2")


def test_most_frequent_pair_first_then_by_pair() -> None:
    label = np.array([7, 4, 1, 4, 0, 1])
    predicted = np.array([2, 9, 8, 9, 6, 7])
    assert count_pairs(label, predicted) == [
        ((4, 9), 2),
        ((0, 6), 1),
        ((1, 7), 1),
        ((1, 8), 1),
        ((7, 2), 1),
    ]


def test_no_error_has_no_pair() -> None:
    assert count_pairs(np.array([], np.int64), np.array([], np.int64)) == []
    assert count_pairs(np.array([1, 2]), np.array([1, 2])) == []


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(PredictionError, match="predicted must have 2 rows; got 1"):
        count_pairs(np.array([1, 2]), np.array([1]))


@given(st.lists(st.tuples(CLASSES, CLASSES), max_size=40))
def test_pairs_are_the_off_diagonal_of_the_confusion_matrix(pairs: list[tuple[int, int]]) -> None:
    metrics = need("sklearn.metrics")
    label, predicted = np.array(pairs, np.int64).reshape(-1, 2).T
    counts = count_pairs(label, predicted)
    assert sum(count for _, count in counts) == (label != predicted).sum()
    found = np.zeros((5, 5), np.int64)
    for pair, count in counts:
        found[pair] = count
    if pairs:
        matrix = metrics.confusion_matrix(label, predicted, labels=range(5))
        np.testing.assert_array_equal(found, matrix - np.diag(np.diag(matrix)))
