"""Sums over members: float64, exact where it matters, the same in every order."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.sums import exact_sums, settle_near_ties, sum_members

COLUMNS = st.lists(
    st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3), min_size=1, max_size=20
)


@given(COLUMNS)
def test_exact_sums_are_those_of_fsum(rows: list[list[float]]) -> None:
    expected = [math.fsum(column) for column in zip(*rows, strict=True)]
    assert exact_sums(np.array(rows, np.float32)).tolist() == expected


def test_exact_sums_leave_only_inexact_columns_to_fsum() -> None:
    # Tenths are inexact in binary, halves are not.
    values = np.array([[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]])
    assert math.fsum([0.1, 0.2, 0.3]) != 0.1 + 0.2 + 0.3
    assert exact_sums(values).tolist() == [math.fsum([0.1, 0.2, 0.3]), 1.5]


def test_members_are_added_in_the_order_of_their_keys() -> None:
    rng = np.random.default_rng(0)
    # Confident members: their small probabilities are of many sizes, and sums are not exact.
    logits = rng.normal(0, 15, (20, 300, 10))
    parts = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities = (parts / parts.sum(axis=-1, keepdims=True)).astype(np.float32)
    keys = tuple(f"m-{i:04d}" for i in range(20))
    order = rng.permutation(20)
    permuted = probabilities[order]
    naive = [p.sum(axis=0, dtype=np.float64) for p in (probabilities, permuted)]
    assert (naive[0] != naive[1]).any(), "the order must matter to float64 sums here"
    np.testing.assert_array_equal(
        sum_members(probabilities, keys, np.ones(20)),
        sum_members(permuted, tuple(keys[i] for i in order), np.ones(20)),
    )


def test_weighted_probabilities_are_added_in_float64() -> None:
    tenth, fifth = np.float32(0.1), np.float32(0.2)
    probabilities = np.array([[[tenth]], [[fifth]]])
    sums = sum_members(probabilities, ("a", "b"), np.array([3.0, 2.0]))
    assert sums.tolist() == [[3 * float(tenth) + 2 * float(fifth)]]
    assert float(np.float32(3) * tenth) != 3 * float(tenth), "float32 must be too short here"


def test_near_ties_are_settled_by_exact_weighted_sums() -> None:
    tiny = 2.0**-54
    # Three times 1 + 2 tiny, or 3: equal to a float64 that adds one after the other.
    probabilities = np.array([[[1, 1]], [[tiny, 0]], [[tiny, 0]], [[tiny, 0]]], np.float32)
    weights, keys = np.array([3.0, 3.0, 3.0, 3.0]), ("a", "b", "c", "d")
    sums = sum_members(probabilities, keys, weights)
    assert sums.tolist() == [[3, 3]]
    settled = settle_near_ties(sums, probabilities, weights)
    assert settled.tolist() == [[math.fsum([3, 3 * tiny, 3 * tiny, 3 * tiny]), 3]]
    assert settled[0, 0] > settled[0, 1]


def test_only_classes_near_the_best_are_settled() -> None:
    tenths = np.array([0.1, 0.2, 0.3])
    probabilities = np.stack([tenths, np.full(3, 0.2), tenths], axis=1)[:, np.newaxis]
    sums = np.array([[0.1 + 0.2 + 0.3, 0.2 + 0.2 + 0.2, 0.3]])
    settled = settle_near_ties(sums, probabilities, np.ones(3))
    # The third class is far from the best, so its (wrong) sum is not looked at.
    assert settled.tolist() == [[0.6, math.fsum([0.2] * 3), 0.3]]


def test_sums_that_are_far_apart_are_returned_as_they_are() -> None:
    sums = np.array([[1.0, 2.0]])
    assert settle_near_ties(sums, np.full((3, 1, 2), 0.5, np.float32), np.ones(3)) is sums
