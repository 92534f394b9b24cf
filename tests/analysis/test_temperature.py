"""The temperature: against scipy, at its bounds, and on whose labels it may be fitted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.calibration import temperature
from ensemble_lab.analysis.calibration.temperature import (
    COLDEST,
    HOTTEST,
    apply_temperature,
    fit_temperature,
)
from ensemble_lab.exceptions import LabelAccessError, PredictionError
from ensemble_lab.store.labels import SplitLabels, TestLabels, ValidationLabels
from tests.conftest import need


def for_choosing(values) -> ValidationLabels:
    values = np.asarray(values, np.int64)
    return ValidationLabels("validation", values, np.arange(len(values)), "")


def draw(true_temperature, n_examples=2000, n_classes=5, seed=0):
    """float32 rows whose labels are drawn from them at a temperature."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(n_classes, 0.3), n_examples).astype(np.float32)
    cells = apply_temperature(rows, true_temperature).cumsum(axis=1)
    return rows, (rng.random((n_examples, 1)) > cells[:, :-1]).sum(axis=1)


def nll(rows, labels, value):
    return -np.log(apply_temperature(rows, value)[np.arange(len(rows)), labels]).mean()


@pytest.mark.parametrize("true", [0.4, 0.9, 1.0, 2.5, 8.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_fit_is_that_of_scipy_and_near_the_truth(true, seed):
    minimise = need("scipy.optimize").minimize_scalar
    rows, labels = draw(true, seed=seed)
    found = fit_temperature(rows, for_choosing(labels))
    peer = minimise(
        lambda beta: nll(rows, labels, 1 / beta),
        bounds=(1 / HOTTEST, 1 / COLDEST),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert found.value == pytest.approx(1 / peer.x, rel=1e-5)
    assert nll(rows, labels, found.value) <= peer.fun + 1e-12
    assert found.value == pytest.approx(true, rel=0.25)
    assert (found.is_at_bound, found.split, found.n_examples) == (False, "validation", 2000)


def test_slope_is_zero_at_the_fit():
    rows, labels = draw(1.7)
    best = fit_temperature(rows, for_choosing(labels)).value
    logs = np.log(np.maximum(rows.astype(float), np.finfo(np.float32).tiny))
    mean = (apply_temperature(rows, best) * logs).sum(axis=1)
    assert (mean - logs[np.arange(len(rows)), labels]).mean() == pytest.approx(0, abs=1e-9)


def test_fit_undoes_a_temperature():
    rows, labels = draw(1.0)
    base = fit_temperature(rows, for_choosing(labels)).value
    for factor in (0.5, 3.0):
        other = apply_temperature(rows, factor)
        assert fit_temperature(other, for_choosing(labels)).value == pytest.approx(base / factor)


def test_all_right_is_the_colder_the_better_and_all_least_likely_the_hotter():
    rows = np.array([[0.8, 0.2], [0.3, 0.7]], np.float32)
    cold = fit_temperature(rows, for_choosing([0, 1]))
    hot = fit_temperature(rows, for_choosing([1, 0]))
    assert (cold.value, cold.is_at_bound) == (COLDEST, True)
    assert (hot.value, hot.is_at_bound) == (HOTTEST, True)
    certain = fit_temperature(np.eye(2, dtype=np.float32), for_choosing([0, 1]))
    assert np.isfinite(certain.value)


@pytest.mark.parametrize("n_classes", [1, 3])
def test_where_every_temperature_is_as_good_it_is_one(n_classes):
    rows = np.full((4, n_classes), 1 / n_classes, np.float32)
    found = fit_temperature(rows, for_choosing([0] * 4))
    assert (found.value, found.is_at_bound) == (1.0, False)


def test_certain_and_wrong_answers_leave_a_finite_fit():
    rows = np.array([[1, 0]] * 10, np.float32)
    found = fit_temperature(rows, for_choosing([0] * 9 + [1]))
    # 9 : 1 must be exp(87.3 / T).
    assert found.value == pytest.approx(HOTTEST)
    assert found.is_at_bound


@given(value=st.floats(COLDEST, HOTTEST), seed=st.integers(0, 20))
def test_classes_keep_their_order_at_any_temperature(value, seed):
    rows = np.random.default_rng(seed).dirichlet(np.ones(4), 10)
    found = apply_temperature(rows, value)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    largest = rows.argmax(axis=1)
    assert (found[np.arange(10), largest] == found.max(axis=1)).all()


def test_temperature_one_changes_nothing_and_others_are_powers():
    rows, _ = draw(1.0)
    rows = rows.astype(np.float64) / rows.sum(axis=1, keepdims=True, dtype=np.float64)
    np.testing.assert_allclose(apply_temperature(rows, 1.0), rows, rtol=1e-12, atol=1e-37)
    powers = rows ** (1 / 2.5)
    np.testing.assert_allclose(
        apply_temperature(rows, 2.5), powers / powers.sum(axis=1, keepdims=True), atol=1e-12
    )


@pytest.mark.parametrize("kind", [TestLabels, SplitLabels])
def test_labels_for_reporting_are_refused(kind):
    labels = kind("test", np.array([0]), np.array([0]), "")
    with pytest.raises(LabelAccessError, match=r"fitted on validation labels; got \w+\('test'"):
        fit_temperature(np.array([[0.9, 0.1]]), labels)


def test_bare_arrays_are_no_validation_labels():
    with pytest.raises(LabelAccessError, match="got ndarray"):
        fit_temperature(np.array([[0.9, 0.1]]), np.array([0]))


def test_blocks_change_nothing(monkeypatch):
    rows, labels = draw(2.0, n_examples=100)
    whole = fit_temperature(rows, for_choosing(labels)).value
    monkeypatch.setattr("ensemble_lab.analysis.calibration.temperature._BLOCK_CELLS", 20)
    assert fit_temperature(rows, for_choosing(labels)).value == pytest.approx(whole, rel=1e-10)


def test_what_cannot_be_fitted_or_applied_is_refused():
    with pytest.raises(PredictionError, match="must have 1 examples; got 2"):
        fit_temperature(np.ones((2, 2)), for_choosing([0]))
    with pytest.raises(PredictionError, match="at least one example"):
        fit_temperature(np.ones((0, 2)), for_choosing([]))
    for value in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(PredictionError, match="above 0"):
            apply_temperature(np.ones((1, 2)), value)


@pytest.mark.parametrize("true", [0.3, 1.0, 6.0])
def test_few_passes_over_the_examples_are_enough(true, monkeypatch):
    calls, real = [], temperature._differentiate
    monkeypatch.setattr(
        temperature, "_differentiate", lambda *given: calls.append(given) or real(*given)
    )
    rows, labels = draw(true)
    fit_temperature(rows, for_choosing(labels))
    assert len(calls) <= 16
    calls.clear()
    fit_temperature(rows, for_choosing(rows.argmax(axis=1)))
    assert len(calls) == 2
