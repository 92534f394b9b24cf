"""Errors of k-member votes: against all subsets, one by one, and against peers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab.analysis.subsets.curve import build_subset_curve, chances_of_error
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need

VOTES = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 8)), elements=st.integers(0, 4)
)


def score_every_subset(votes, labels, n_classes, k):
    """Chance of error of each example: ties at random, all right, all wrong, over all subsets."""
    chances = []
    for members in combinations(range(len(votes)), k):
        counts = np.stack(
            [(votes[list(members)] == c).sum(axis=0) for c in range(n_classes)], axis=1
        )
        is_best = counts == counts.max(axis=1, keepdims=True)
        own = is_best[np.arange(len(labels)), labels]
        n_best = is_best.sum(axis=1)
        chances.append([1 - own / n_best, ~own, ~(own & (n_best == 1))])
    return np.array(chances, float)


@given(votes=VOTES, data=st.data())
@settings(max_examples=60)
def test_every_size_agrees_with_all_subsets_one_by_one(votes, data):
    n_members, n_examples = votes.shape
    labels = np.array(
        data.draw(st.lists(st.integers(0, 4), min_size=n_examples, max_size=n_examples))
    )
    curve = build_subset_curve(votes, labels, 5, n_orders=10)
    for k in range(1, n_members + 1):
        found = score_every_subset(votes, labels, 5, k).mean(axis=0)
        assert curve.k[k - 1] == k
        for name, row in zip(("expected", "low", "high"), found, strict=True):
            assert getattr(curve, name)[k - 1] == pytest.approx(row.sum(), abs=1e-9)
        np.testing.assert_allclose(chances_of_error(votes, labels, 5, k), found[0], atol=1e-12)


def test_spread_is_that_of_all_subsets():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 400)
    hard = rng.random(400) < 0.3
    votes = np.where(hard & (rng.random((7, 400)) < 0.6), rng.integers(0, 3, (7, 400)), labels)
    curve = build_subset_curve(votes.astype(np.uint8), labels, 3, n_orders=4000)
    for k in range(1, 8):
        errors = score_every_subset(votes, labels, 3, k)[:, 0].sum(axis=1)
        tolerance = 1e-9 if k in (1, 7) else 0.05
        assert curve.sd[k - 1] == pytest.approx(errors.std(), rel=tolerance, abs=1e-12)


def test_one_member_and_all_members():
    votes = np.array([[0, 1, 1], [0, 1, 0], [0, 0, 2], [0, 2, 2]], np.uint8)
    labels = np.array([0, 0, 2])
    curve = build_subset_curve(votes, labels, 3)
    assert curve.expected[0] == pytest.approx((votes != labels).sum() / 4)
    # All four: right, wrong, and the label beside no equal: 2 of 4 votes.
    assert curve.expected[-1] == pytest.approx(1.0)
    assert curve.sd[0] == (votes != labels).sum(axis=1).std()
    assert curve.sd[-1] == 0


def test_a_tie_counts_half_right_and_wrong():
    curve = build_subset_curve(np.array([[0], [1]], np.uint8), np.array([0]), 2)
    assert curve.expected.tolist() == pytest.approx([0.5, 0.5])
    assert curve.low.tolist() == pytest.approx([0.5, 0.0])
    assert curve.high.tolist() == pytest.approx([0.5, 1.0])


def test_bounds_hold_and_even_sizes_have_wider_ones():
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 300)
    votes = np.where(rng.random((9, 300)) < 0.3, rng.integers(0, 4, (9, 300)), labels)
    curve = build_subset_curve(votes.astype(np.uint8), labels, 4, n_orders=50)
    assert (curve.low <= curve.expected + 1e-9).all()
    assert (curve.expected <= curve.high + 1e-9).all()
    width = curve.high - curve.low
    assert width[0] == pytest.approx(0, abs=1e-9)
    assert width[1] > width[2]


def test_two_classes_are_a_hypergeometric_tail():
    hypergeom = need("scipy.stats").hypergeom
    votes = np.r_[np.zeros(60), np.ones(40)].astype(np.uint8)[:, np.newaxis]
    for k in (1, 7, 51, 99):
        right = hypergeom(100, 60, k).sf(k // 2)
        assert chances_of_error(votes, np.array([0]), 2, k)[0] == pytest.approx(
            1 - right, abs=1e-10
        )


def test_label_without_a_vote_is_always_wrong_and_one_with_all_always_right():
    votes = np.array([[1, 0], [2, 0], [1, 0]], np.uint8)
    curve = build_subset_curve(votes, np.array([0, 0]), 3)
    assert curve.expected.tolist() == [1.0, 1.0, 1.0]
    assert curve.low.tolist() == curve.high.tolist() == [1.0, 1.0, 1.0]


def test_as_many_members_as_are_allowed_stay_in_range():
    rng = np.random.default_rng(0)
    votes = rng.integers(0, 3, (1000, 2)).astype(np.uint8)
    curve = build_subset_curve(votes, np.array([0, 1]), 3, n_orders=2)
    assert np.isfinite(curve.expected).all()
    assert ((curve.low >= 0) & (curve.high <= 2)).all()
    assert curve.expected[0] == pytest.approx((votes != [0, 1]).mean(axis=0).sum(), abs=1e-9)


@pytest.mark.parametrize("seed", [0, 1])
def test_relabelling_classes_and_reordering_members_change_nothing_exact(seed):
    rng = np.random.default_rng(seed)
    votes, labels = rng.integers(0, 4, (6, 30)).astype(np.uint8), rng.integers(0, 4, 30)
    names, order = rng.permutation(4).astype(np.uint8), rng.permutation(6)
    one = build_subset_curve(votes, labels, 4, n_orders=5)
    other = build_subset_curve(names[votes][order], names[labels].astype(np.int64), 4, n_orders=5)
    np.testing.assert_allclose(one.expected, other.expected, atol=1e-12)
    assert one.sd[0] == pytest.approx(other.sd[0])


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    votes, labels = rng.integers(0, 5, (7, 50)).astype(np.uint8), rng.integers(0, 5, 50)
    whole = build_subset_curve(votes, labels, 5, n_orders=40)
    for module in ("pool_votes", "member_orders"):
        monkeypatch.setattr(f"ensemble_lab.analysis.subsets.{module}._BLOCK_CELLS", 64)
    parts = build_subset_curve(votes, labels, 5, n_orders=40)
    for name in ("expected", "low", "high", "sd"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


@pytest.mark.parametrize(
    ("votes", "labels", "facts"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros(2, np.int64), "labels"),
        (np.zeros((2, 3), np.uint8), np.array([0, 1, 5]), "from 0 to 2"),
        (np.zeros((1001, 1), np.uint8), np.zeros(1, np.int64), "1 to 1,000 for a curve; got 1,001"),
        (np.full((2, 1), 7, np.uint8), np.zeros(1, np.int64), "votes must be from 0 to 2"),
    ],
)
def test_what_no_curve_can_be_made_of_is_refused(votes, labels, facts):
    with pytest.raises(PredictionError, match=facts):
        build_subset_curve(votes, labels, 3)


@pytest.mark.parametrize("k", [0, 3])
def test_size_outside_the_pool_is_refused(k):
    with pytest.raises(PredictionError, match=f"from 1 to the 2 members; got {k}"):
        chances_of_error(np.zeros((2, 1), np.uint8), np.zeros(1, np.int64), 2, k)
