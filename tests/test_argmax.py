"""Classes from probabilities: always NumPy's argmax, only faster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab import argmax
from ensemble_lab.argmax import choose_classes
from ensemble_lab.exceptions import PredictionError

# Few levels, so that ties are the rule; both zeros, which are equal.
LEVELS = st.sampled_from([0.0, -0.0, 0.25, 0.5, 1.0, -np.inf, np.inf])


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=30),
        elements=LEVELS,
        fill=LEVELS,
    )
)
def test_same_as_argmax_with_ties(probabilities: np.ndarray) -> None:
    np.testing.assert_array_equal(choose_classes(probabilities), probabilities.argmax(axis=-1))


@pytest.mark.parametrize("n_classes", [1, 2, 10, 24, 25, 255, 256, 257, 1000])
def test_same_as_argmax_for_few_and_for_many_classes(n_classes: int) -> None:
    rows = np.random.default_rng(n_classes).integers(0, 9, (3, 400, n_classes))
    votes = choose_classes(rows)
    np.testing.assert_array_equal(votes, rows.argmax(axis=-1))
    assert votes.dtype == (np.uint8 if n_classes <= 256 else np.uint16)


@pytest.mark.parametrize("cells", [7, 30, 1000])
def test_block_borders_change_nothing(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argmax, "_BLOCK_NUMBERS", cells)
    rows = np.random.default_rng(1).integers(0, 4, (5, 23, 7)).astype(np.float32)
    np.testing.assert_array_equal(choose_classes(rows), rows.argmax(axis=-1))


def test_more_examples_than_one_block_holds() -> None:
    rows = np.random.default_rng(2).random((40_000, 5), dtype=np.float32)
    assert rows.size > argmax._BLOCK_NUMBERS
    np.testing.assert_array_equal(choose_classes(rows), rows.argmax(axis=-1))


def test_memory_layout_changes_nothing() -> None:
    rows = np.random.default_rng(3).integers(0, 4, (6, 50, 8)).astype(np.float32)
    for view in (rows[:, ::3], rows[..., ::-1], rows.transpose(1, 0, 2), np.asfortranarray(rows)):
        assert not view.flags.c_contiguous
        np.testing.assert_array_equal(choose_classes(view), view.argmax(axis=-1))


def test_input_is_left_alone() -> None:
    rows = np.random.default_rng(4).random((100, 3))
    before = rows.copy()
    choose_classes(rows)
    np.testing.assert_array_equal(rows, before)


def test_no_example_gives_no_vote() -> None:
    assert choose_classes(np.zeros((2, 0, 3))).shape == (2, 0)


def test_no_class_is_refused() -> None:
    with pytest.raises(PredictionError, match=r"at least one class.*\(4, 0\)"):
        choose_classes(np.zeros((4, 0)))
