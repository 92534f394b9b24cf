"""Sums over members: float64, exact where it matters, the same in every order."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.sums import exact_sums, settle_near_ties, sum_members

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
        sum_members(probabilities, keys), sum_members(permuted, tuple(keys[i] for i in order))
    )


def test_only_classes_near_the_best_are_settled() -> None:
    tenths = np.array([0.1, 0.2, 0.3])
    probabilities = np.stack([tenths, np.full(3, 0.2), tenths], axis=1)[:, np.newaxis]
    sums = np.array([[0.1 + 0.2 + 0.3, 0.2 + 0.2 + 0.2, 0.3]])
    settled = settle_near_ties(sums, probabilities)
    # The third class is far from the best, so its (wrong) sum is not looked at.
    assert settled.tolist() == [[0.6, math.fsum([0.2] * 3), 0.3]]


def test_sums_that_are_far_apart_are_returned_as_they_are() -> None:
    sums = np.array([[1.0, 2.0]])
    assert settle_near_ties(sums, np.full((3, 1, 2), 0.5, np.float32)) is sums
