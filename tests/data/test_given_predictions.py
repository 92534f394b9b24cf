"""Arrays of somebody else as predictions, labels, images and class names."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from ensemble_lab.data.array_files import ArrayFile
from ensemble_lab.data.given_examples import load_given_names, take_images, take_labels
from ensemble_lab.data.given_predictions import MOST_CLASSES, take_predictions
from ensemble_lab.exceptions import DataError, PredictionError


def file(values, first_line=None):
    return ArrayFile(Path("their.csv"), np.asarray(values), first_line)


def refused(values, *facts, logits=False, first_line=None):
    with pytest.raises(PredictionError) as caught:
        take_predictions(file(values, first_line), logits=logits)
    for fact in (*facts, "their.csv"):
        assert fact in str(caught.value)


def test_probabilities_are_divided_by_their_sum():
    found = take_predictions(file([[0.5, 0.5005], [0.2, 0.8]]))
    wanted = np.array([[0.5 / 1.0005, 0.5005 / 1.0005], [0.2, 0.8]])
    np.testing.assert_array_equal(found.probabilities, wanted.astype(np.float32))
    assert found.votes.tolist() == [1, 1]
    assert (found.votes.dtype, found.probabilities.dtype) == (np.uint8, np.float32)
    assert found.n_classes == 2


def test_float32_probabilities_come_back_to_the_bit():
    logits = np.random.default_rng(0).normal(0, 5, (5000, 10))
    rows = softmax(logits, axis=1).astype(np.float32)
    assert (rows.sum(axis=1, dtype=np.float64) != 1).mean() > 0.9
    for values in (rows, rows.astype(np.float64)):
        np.testing.assert_array_equal(take_predictions(file(values)).probabilities, rows)


def test_a_tie_goes_to_the_smaller_class():
    assert take_predictions(file([[0.25, 0.375, 0.375]])).votes.tolist() == [1]


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        ([0.5, 0.502], "a sum of 1.002"),
        ([0.5, 0.498], "a sum of 0.998"),
        ([1.1, -0.1], "a smallest of -0.1"),
        ([np.nan, 1], "nan"),
        ([np.inf, 0], "a sum of inf"),
        ([np.inf, -np.inf], "a sum of nan"),
        ([0, 0], "a sum of 0"),
    ],
)
def test_rows_that_are_no_probabilities_are_named(row, fact):
    rows = [[0.5, 0.5], row]
    refused(rows, fact, "row 1,", *(["--logits"] if np.isfinite(row).all() else []))
    refused(rows, fact, "row 1 (line 3)", first_line=2)


def test_row_is_counted_over_blocks():
    rows = np.full((300_000, 4), 0.25)
    rows[299_999, 0] = 2
    refused(rows, "row 299999,")


def test_logits_are_given_their_softmax():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 30, (200, 7))
    found = take_predictions(file(logits), logits=True)
    np.testing.assert_array_equal(found.probabilities, softmax(logits, axis=1).astype(np.float32))
    np.testing.assert_array_equal(found.votes, found.probabilities.argmax(axis=1))


@given(
    arrays(np.float64, (3, 4), elements=st.floats(-1e4, 1e4)),
    st.floats(-1e6, 1e6),
)
def test_adding_a_number_to_all_logits_of_a_row_changes_nothing(logits, number):
    one, other = (take_predictions(file(each), logits=True) for each in (logits, logits + number))
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_logits_must_be_finite(value):
    refused([[0, 1], [value, 1]], f"got {value} in row 1,", logits=True)


@pytest.mark.parametrize(("column", "start"), [(0, 0), (0, 1), (2, 0)])
def test_column_that_counts_the_rows_is_no_class(column, start):
    """Among logits it would be a class like any other, and win."""
    rows = np.random.default_rng(0).normal(0, 1, (20, 3))
    rows[:, column] = np.arange(start, start + 20)
    with pytest.raises(PredictionError, match=f"numbers the rows, column {column}"):
        take_predictions(ArrayFile(Path("a.csv"), rows), logits=True)
    rows[7, column] += 0.5
    assert take_predictions(ArrayFile(Path("a.csv"), rows), logits=True).n_classes == 3


def test_large_logits_do_not_overflow():
    found = take_predictions(file([[1e308, -1e308], [-1e308, -1e308]]), logits=True)
    assert found.probabilities.tolist() == [[1, 0], [0.5, 0.5]]


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64, np.float16])
def test_whole_numbers_are_votes(dtype):
    found = take_predictions(file(np.array([2, 0, 9], dtype)))
    assert (found.votes.tolist(), found.votes.dtype) == ([2, 0, 9], np.uint8)
    assert found.probabilities is None
    assert found.n_classes is None


def test_votes_for_many_classes_take_two_bytes():
    assert take_predictions(file([256, 0])).votes.dtype == np.uint16


@pytest.mark.parametrize("value", [0.5, -1, np.nan, np.inf, MOST_CLASSES])
def test_other_numbers_are_no_votes(value):
    refused([0.0, value], f"got {float(value)} in row 1", "votes must be whole numbers")


def test_votes_are_no_logits():
    refused([0, 1], "logits must be (examples, classes)", logits=True)


@pytest.mark.parametrize(
    ("shape", "fact"),
    [((3, 1), "got 1 "), ((2, MOST_CLASSES + 1), "got 10,001"), ((2, 2, 2), "(2, 2, 2)")],
)
def test_other_shapes_are_refused(shape, fact):
    refused(np.full(shape, 0.5), fact)


@pytest.mark.parametrize("values", [np.zeros((0, 3)), np.zeros(0), np.zeros(()), ["a", "b"]])
def test_what_holds_no_numbers_is_refused(values):
    refused(values, "predictions must be numbers")


def test_most_classes_are_taken():
    rows = np.eye(3, MOST_CLASSES)
    assert take_predictions(file(rows)).votes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
def test_labels_are_whole_numbers(dtype):
    found = take_labels(file(np.array([3, 0], dtype)))
    assert (found.tolist(), found.dtype) == ([3, 0], np.int64)


@pytest.mark.parametrize(
    "values", [[0, 0.5], [0, -1], [0, np.nan], [[0], [1]], [], ["a"], [0, MOST_CLASSES]]
)
def test_other_labels_are_refused(values):
    with pytest.raises(DataError, match=r"labels must .*their\.csv"):
        take_labels(file(values))


def test_images_get_their_channel():
    assert take_images(file(np.zeros((2, 5, 4), np.uint8))).shape == (2, 5, 4, 1)
    assert take_images(file(np.zeros((2, 5, 4, 3), np.uint8))).shape == (2, 5, 4, 3)


@pytest.mark.parametrize(
    "values",
    [np.zeros((2, 5, 4)), np.zeros((2, 5), np.uint8), np.zeros((0, 5, 4), np.uint8)],
    ids=["floats", "flat", "none"],
)
def test_other_images_are_refused(values):
    with pytest.raises(DataError, match=r"images must be uint8 .*their\.csv"):
        take_images(file(values))


def test_class_names_are_lines(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("cat\r\n dog \nübermut", encoding="utf-8-sig")
    assert load_given_names(path) == ("cat", "dog", "übermut")


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"a\n\nb", "'' in line 2"),
        (b"a\nb\na", "'a' in line 3"),
        (b"a\nb\x07", "line 2"),
        (b"a", "got 1"),
        (b"\xff\xff", "names.txt"),
        (None, "No such file"),
    ],
)
def test_other_class_names_are_refused(tmp_path, content, fact):
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_given_names(path)
    assert fact in str(caught.value)
    assert "\n" not in str(caught.value)
