"""Shapes and probabilities are checked in one place, in words that name the axis."""

import numpy as np
import pytest

from ensemble_lab.arrays import check_axes, check_probabilities, smallest_unsigned
from ensemble_lab.canonical import array_sha256, canonical_json, digest_of
from ensemble_lab.exceptions import DataError, PredictionError
from ensemble_lab.spelling import closest

PINNED_HASH = "bf89f202ff0499b507ff7a68faa04113df165557997e9c5979c208533f5d23d1"


def test_axes_are_named_in_the_message():
    votes = np.zeros((3, 6))
    check_axes(votes, "members examples", name="votes", members=3, examples=6)
    with pytest.raises(PredictionError, match=r"votes must have 4 members; got 3 .*\(3, 6\)"):
        check_axes(votes, "members examples", name="votes", members=4)
    with pytest.raises(
        PredictionError, match=r"\(members, examples, classes\); got shape \(3, 6\)"
    ):
        check_axes(votes, "members examples classes", name="votes")
    with pytest.raises(DataError, match="labels"):
        check_axes(votes, "examples", name="labels", error=DataError)
    with pytest.raises(PredictionError, match=r"got shape \(\)"):
        check_axes(np.array(1), "examples", name="index")


@pytest.mark.parametrize(
    "bad",
    [
        [np.nan, 1.0],
        [np.inf, 0.0],
        [-np.inf, np.inf],
        [-0.25, 1.25],
        [0.5, 0.6],
        [0.0, 0.0],
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_first_row_that_is_no_distribution_is_named(bad, dtype):
    rows = np.full((2, 3, 2), 0.5, dtype)
    check_probabilities(rows, name="p")
    rows[1, 1] = bad
    with pytest.raises(PredictionError, match=r"p must hold .* row 4 of 6"):
        check_probabilities(rows, name="p")


def test_rounding_is_no_reason_to_refuse():
    rows = np.random.default_rng(0).dirichlet(np.ones(10), 1000)
    check_probabilities(rows.astype(np.float32), name="p")
    check_probabilities(rows.astype(np.float16), name="p", tolerance=5e-3)
    check_probabilities(np.eye(3, dtype=np.float32), name="p")


@pytest.mark.parametrize(
    ("n_classes", "name"),
    [(0, "uint8"), (1, "uint8"), (256, "uint8"), (257, "uint16"), (65536, "uint16")],
)
def test_votes_take_the_smallest_type(n_classes, name):
    assert smallest_unsigned(n_classes).name == name


def test_closest_word_is_offered_only_where_it_is_close():
    assert "'epochs'" in closest("epoch", ["epochs", "batch_size"])
    assert closest("zzz", ["epochs"]) == "."
    assert closest("", []) == "."


def test_array_hash_is_that_of_the_numbers():
    values = np.arange(12, dtype=np.int32).reshape(3, 4)
    same = [values, values.astype(">i4"), np.asfortranarray(values), values[::-1][::-1]]
    assert len({array_sha256(array) for array in same}) == 1
    other = [values.astype(np.int64), values.reshape(4, 3), values + 1, values[:0]]
    assert len({array_sha256(array) for array in (*other, values)}) == 5
    assert array_sha256(values) == PINNED_HASH


def test_canonical_json_is_one_text_for_one_value():
    assert canonical_json({"b": [1, 0.1], "a": "é"}) == '{"a":"é","b":[1,0.1]}'
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            canonical_json([value])
