"""Verdicts by hand, by scipy, and by what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.subsets import verdicts
from ensemble_lab.analysis.subsets.verdicts import judge_examples
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator
from tests.conftest import need


@given(st.integers(0, 30), st.integers(1, 30))
def test_sign_test_is_that_of_scipy(for_label: int, for_rival: int) -> None:
    stats = need("scipy.stats")
    votes = np.array([[0]] * for_label + [[1]] * for_rival, np.uint8)
    found = judge_examples(votes, np.array([0]), 2, k=1)
    wanted = stats.binomtest(for_rival, for_label + for_rival, alternative="greater").pvalue
    assert found.p_values[0] == pytest.approx(wanted)
    assert found.chances[0] == pytest.approx(for_rival / (for_label + for_rival))


def test_five_members_are_the_fewest_that_can_tell() -> None:
    for n, wanted in ((4, False), (5, True)):
        votes = np.ones((n, 1), np.uint8)
        assert judge_examples(votes, np.array([0]), 3, k=n).is_irreducible.tolist() == [wanted]


def test_strongest_wrong_class_is_the_rival_and_others_do_not_count() -> None:
    votes = np.array([[1, 3], [1, 2], [1, 3], [2, 2], [0, 0]], np.uint8)
    found = judge_examples(votes, np.array([0, 0]), 4, k=5)
    assert found.rivals.tolist() == [1, 2]  # of equal ones the smallest
    assert found.votes_for_rival.tolist() == [3, 2]
    assert found.votes_for_label.tolist() == [1, 1]
    assert found.p_values.tolist() == [5 / 16, 0.5]


def test_examples_that_all_get_right_are_not_judged() -> None:
    found = judge_examples(np.zeros((3, 4), np.uint8), np.zeros(4, np.int64), 2, k=3)
    assert len(found.rows) == len(found.chances) == len(found.p_values) == 0
    with pytest.raises(PredictionError, match="from 1 to the 3 members"):
        judge_examples(np.zeros((3, 4), np.uint8), np.zeros(4, np.int64), 2, k=4)


def test_a_label_as_strong_as_its_rival_is_called_irreducible_one_time_in_twenty() -> None:
    generator = draw_generator(0, "resampling")
    votes = (generator.random((31, 4000)) < 0.5).astype(np.uint8)
    found = judge_examples(votes, np.zeros(4000, np.int64), 2, k=31)
    assert 0.02 < found.is_irreducible.mean() <= 0.055


@pytest.mark.parametrize(
    ("n_members", "n_classes", "share"),
    [(20, 2, 0.021), (20, 3, 0.053), (20, 10, 0.069), (100, 2, 0.044), (100, 10, 0.155)],
)
def test_choosing_the_strongest_costs_what_is_said(
    n_members: int, n_classes: int, share: float
) -> None:
    """All classes equally likely: to call any example irreducible is an error."""
    generator = np.random.default_rng(1)
    votes = generator.integers(0, n_classes, (n_members, 30_000)).astype(np.uint8)
    counts = np.stack([(votes == c).sum(axis=0) for c in range(n_classes)], axis=1)
    # The chances of so many different patterns would take minutes; the test needs none of them.
    pairs = np.stack([counts[:, 0], counts[:, 1:].max(axis=1)], axis=1)
    found, which = np.unique(pairs, axis=0, return_inverse=True)
    is_sure = np.array([verdicts._sign_test(*pair) <= 0.05 for pair in found.tolist()])
    assert is_sure[which.reshape(-1)].mean() == pytest.approx(share, abs=0.005)
