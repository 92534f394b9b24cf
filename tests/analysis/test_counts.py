"""Votes counted by class."""

import numpy as np
import pytest

from ensemble_lab.analysis.votes.counts import count_true, count_votes
from ensemble_lab.exceptions import PredictionError


@pytest.mark.parametrize("n_classes", [2, 10, 40, 41, 300])
@pytest.mark.parametrize("n_members", [1, 20, 300])
def test_same_as_bincount_of_each_example(n_classes: int, n_members: int) -> None:
    rng = np.random.default_rng(n_classes)
    votes = rng.integers(0, n_classes, (n_members, 30)).astype(np.min_scalar_type(n_classes - 1))
    expected = np.stack([np.bincount(column, minlength=n_classes) for column in votes.T])
    np.testing.assert_array_equal(count_votes(votes, n_classes), expected)


@pytest.mark.parametrize("n_classes", [3, 50])
@pytest.mark.parametrize(("n_members", "dtype"), [(255, np.uint8), (256, np.uint16)])
def test_unanimous_votes_of_many_members_do_not_overflow(
    n_classes: int, n_members: int, dtype: type
) -> None:
    counts = count_votes(np.full((n_members, 2), 1, np.uint8), n_classes)
    assert counts.dtype == dtype
    assert counts[:, 1].tolist() == [n_members, n_members]


@pytest.mark.parametrize("n_classes", [3, 50])
def test_vote_outside_the_classes_is_refused(n_classes: int) -> None:
    with pytest.raises(PredictionError, match=f"0 to {n_classes - 1}; got 1 to {n_classes}"):
        count_votes(np.array([[1, n_classes]], np.uint8), n_classes)


def test_signed_vote_below_zero_is_refused() -> None:
    with pytest.raises(PredictionError, match="got -1 to 2"):
        count_votes(np.array([[-1, 2]]), 3)


@pytest.mark.parametrize("n_classes", [2, 255, 256])
def test_all_flags_are_counted(n_classes: int) -> None:
    assert count_true(np.ones((2, n_classes), np.bool_)).tolist() == [n_classes, n_classes]
