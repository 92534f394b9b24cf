"""Bins of confidence: their edges, their errors, and what chance makes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.calibration.reliability import (
    draw_chance_error,
    fill_bins,
    space_by_doubt,
    space_by_mass,
    space_evenly,
)
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need

CONFIDENCES = st.lists(st.integers(1, 16), min_size=1, max_size=40).map(
    lambda numbers: np.array(numbers) / 16
)


def test_upper_edges_are_closed():
    confidence = np.array([0.25, 0.2500001, 0.5, 1.0, 1.0])
    bins = fill_bins(confidence, np.ones(5, np.bool_), space_evenly(4))
    assert bins.counts.tolist() == [1, 2, 0, 2]
    assert np.isnan(bins.accuracy[2])
    assert np.isnan(bins.confidence[2])


def test_what_rounding_pushed_beyond_one_is_in_the_last_bin():
    bins = fill_bins(np.array([1 + 1e-7, 0.0]), np.ones(2, np.bool_), space_evenly(3))
    assert bins.counts.tolist() == [1, 0, 1]


@pytest.mark.parametrize("n_bins", [1, 5, 15])
def test_means_are_those_of_scikit_learn(n_bins):
    calibration_curve = need("sklearn.calibration").calibration_curve
    rng = np.random.default_rng(0)
    confidence = np.append(rng.uniform(0.1, 1, 500), [0.2, 0.4, 1.0, 1.0])
    is_right = rng.random(504) < confidence**2
    bins = fill_bins(confidence, is_right, space_evenly(n_bins))
    right, sure = calibration_curve(is_right, confidence, n_bins=n_bins)
    is_filled = bins.counts > 0
    np.testing.assert_allclose(bins.accuracy[is_filled], right)
    np.testing.assert_allclose(bins.confidence[is_filled], sure)
    weights = bins.counts[is_filled] / 504
    assert bins.ece == pytest.approx(weights @ np.abs(right - sure))


def test_bins_of_equal_mass_hold_equally_many():
    confidence = np.random.default_rng(1).permutation(np.linspace(0.3, 0.99, 60))
    edges = space_by_mass(confidence, 15)
    bins = fill_bins(confidence, confidence > 0.5, edges)
    assert bins.counts.tolist() == [4] * 15
    parts = np.array_split(np.sort(confidence), 15)
    by_hand = sum(abs((part > 0.5).mean() - part.mean()) for part in parts) / 15
    assert bins.ece == pytest.approx(by_hand)


def test_many_certain_answers_share_one_bin():
    confidence = np.append(np.ones(90), np.linspace(0.5, 0.9, 10))
    bins = fill_bins(confidence, np.ones(100, np.bool_), space_by_mass(confidence, 10))
    assert bins.counts.tolist() == [10, 90]


@given(confidence=CONFIDENCES, n_bins=st.integers(1, 20), seed=st.integers(0, 9))
def test_equal_confidences_are_never_parted_and_no_bin_is_empty(confidence, n_bins, seed):
    edges = space_by_mass(confidence, n_bins)
    bins = fill_bins(confidence, confidence > 0.5, edges)
    assert bins.counts.sum() == len(confidence)
    assert bins.counts.min() > 0
    assert len(bins.counts) <= n_bins
    place = np.searchsorted(edges[1:-1], confidence)
    assert all(len(set(place[confidence == value])) == 1 for value in set(confidence))
    shuffled = np.random.default_rng(seed).permutation(confidence)
    assert np.array_equal(space_by_mass(shuffled, n_bins), edges)


def test_bins_by_doubt_tell_high_confidences_apart():
    confidence = 1 - np.array([0.3, 0.03, 0.003, 0.0003, 0.0])
    counts = fill_bins(confidence, np.ones(5, np.bool_), space_by_doubt(10_000)).counts
    assert counts.max() == 1
    assert (np.diff(space_by_doubt(10**9)) > 0).all()


def test_calibrated_answers_have_an_error_near_zero_that_grows_with_the_bins():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 200_000)
    is_right = rng.random(200_000) < confidence
    few, many = (fill_bins(confidence, is_right, space_evenly(n)).ece for n in (10, 1000))
    assert few < 0.005
    assert few < many < 0.05


def test_error_of_calibrated_answers_is_what_chance_makes():
    rng = np.random.default_rng(5)
    confidence, edges = rng.uniform(0.4, 1, 500), space_evenly(15)
    chance = draw_chance_error(confidence, edges)
    eces = [fill_bins(confidence, rng.random(500) < confidence, edges).ece for _ in range(400)]
    assert chance.mean == pytest.approx(np.mean(eces), rel=0.05)
    assert np.mean(np.array(eces) <= chance.high) == pytest.approx(0.95, abs=0.04)
    assert chance == draw_chance_error(confidence, edges)
    assert chance != draw_chance_error(confidence, edges, seed=1)


def test_chance_of_one_answer_is_exact():
    # Right with 3/4: off by 1/4 then, else by 3/4; in the mean by 3/8.
    chance = draw_chance_error(np.array([0.75]), space_evenly(1), n_draws=20_000)
    assert chance.mean == pytest.approx(3 / 8, abs=0.01)
    assert chance.high == 0.75


def test_no_example_is_refused():
    nothing = np.array([])
    for ask in (
        lambda: fill_bins(nothing, nothing > 0, space_evenly(2)),
        lambda: space_by_mass(nothing, 2),
        lambda: draw_chance_error(nothing, space_evenly(2)),
    ):
        with pytest.raises(PredictionError, match="at least one example"):
            ask()
