"""Scores of probabilities: by hand, against scikit-learn, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.calibration.measures import measure_calibration
from ensemble_lab.analysis.logs import FLOOR, take_logs
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need


def draw_rows(n_examples=300, n_classes=4, seed=0):
    """float32 rows and labels that mostly agree with them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n_examples)
    rows = rng.dirichlet(np.full(n_classes, 0.4), n_examples) + 0.4 * np.eye(n_classes)[labels]
    return (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32), labels


def measure(rows, labels, **wishes):
    return measure_calibration(rows, rows.argmax(axis=1), labels, **wishes)


def test_log_loss_and_brier_score_are_those_of_scikit_learn():
    metrics = need("sklearn.metrics")
    rows, labels = draw_rows()
    found = measure(rows, labels)
    whole = rows.astype(np.float64) / rows.sum(axis=1, keepdims=True, dtype=np.float64)
    assert found.nll == pytest.approx(metrics.log_loss(labels, whole), rel=1e-12)
    by_hand = np.mean(np.sum((whole - np.eye(4)[labels]) ** 2, axis=1))
    assert found.brier == pytest.approx(by_hand, rel=1e-12)
    peer = metrics.brier_score_loss(labels, whole, labels=range(4), scale_by_half=False)
    assert found.brier == pytest.approx(peer, rel=1e-12)


def test_certain_and_right_scores_nothing_and_certain_and_wrong_most():
    right = measure(np.eye(3, dtype=np.float32), np.arange(3))
    assert (right.nll, right.brier, right.errors, right.n_floored) == (0, 0, 0, 0)
    assert not np.signbit(right.nll)
    assert (right.even.ece, right.adaptive.ece, right.risk_coverage.aurc) == (0, 0, 0)
    wrong = measure(np.eye(3, dtype=np.float32), np.array([1, 2, 0]))
    assert wrong.nll == pytest.approx(-np.log(FLOOR)) == pytest.approx(87.34, abs=0.01)
    assert (wrong.brier, wrong.errors, wrong.n_floored, wrong.even.ece) == (2, 3, 3, 1)
    assert (wrong.accuracy, wrong.mean_confidence) == (0, 1)


def test_floor_changes_no_float32_but_zero():
    stored = np.array([np.finfo(np.float32).tiny, 1e-30, 0.0], np.float32)
    assert take_logs(stored)[:2] == pytest.approx(np.log(stored[:2].astype(float)))
    assert take_logs(stored)[2] == take_logs(stored)[0]


def test_rows_count_as_if_they_summed_to_one():
    rows, labels = draw_rows()
    one, other = measure(rows, labels), measure(rows * np.float32(1.0005), labels)
    for name in ("nll", "brier", "mean_confidence"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-7)


def test_answers_are_those_that_were_chosen():
    rows = np.array([[0.5, 0.5]])
    assert measure_calibration(rows, np.array([1]), np.array([1])).errors == 0
    assert measure_calibration(rows, np.array([0]), np.array([1])).errors == 1


@given(seed=st.integers(0, 50), n_examples=st.integers(1, 40))
def test_order_of_examples_and_names_of_classes_change_nothing(seed, n_examples):
    rows, labels = draw_rows(n_examples, seed=seed)
    rows = np.round(rows * 8 + 0.25) / 8  # Ties of confidence.
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(n_examples), rng.permutation(4)
    one = measure(rows, labels, n_bins=5)
    renamed = np.empty_like(rows)
    renamed[:, names] = rows
    other = measure_calibration(
        renamed[order], names[rows.argmax(axis=1)][order], names[labels][order], n_bins=5
    )
    for found in (one, other):
        assert 0 <= found.brier <= 2
        assert 0 <= found.even.ece <= 1
    for name in ("nll", "brier", "errors", "mean_confidence"):
        assert getattr(one, name) == pytest.approx(getattr(other, name))
    assert one.even.ece == pytest.approx(other.even.ece)
    assert one.adaptive.ece == pytest.approx(other.adaptive.ece)
    np.testing.assert_allclose(one.risk_coverage.errors, other.risk_coverage.errors)


def test_blocks_change_nothing(monkeypatch):
    rows, labels = draw_rows()
    whole = measure(rows, labels)
    monkeypatch.setattr("ensemble_lab.analysis.calibration.measures._BLOCK_CELLS", 28)
    parts = measure(rows, labels)
    assert (whole.nll, whole.brier) == (parts.nll, parts.brier)
    assert np.array_equal(whole.confidence, parts.confidence)


@pytest.mark.parametrize(
    ("rows", "labels", "wishes", "facts"),
    [
        (np.ones((2, 2)), np.array([0]), {}, "labels must have 2 examples"),
        (np.ones((1, 2)), np.array([2]), {}, "from 0 to 1"),
        (np.ones((0, 2)), np.array([], int), {}, "labels must be there"),
        (np.ones((1, 2)), np.array([0]), {"n_bins": 0}, "1 to 1,000; got 0"),
        (np.ones((1, 2)), np.array([0]), {"n_bins": 1001}, "1 to 1,000; got 1,001"),
    ],
)
def test_what_cannot_be_scored_is_refused(rows, labels, wishes, facts):
    with pytest.raises(PredictionError, match=facts):
        measure(rows, labels, **wishes)
