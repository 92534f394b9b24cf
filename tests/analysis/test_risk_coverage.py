"""Risk and coverage: against every order of equally sure answers, one by one."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_lab.analysis.calibration.risk_coverage import build_risk_coverage, count_referred
from ensemble_lab.exceptions import PredictionError

ANSWERS = st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=6)


def walk_all_orders(sureness, is_right):
    """Mean errors among the k surest, k = 0 … n, over all orders that sureness allows."""
    found = []
    for order in permutations(range(len(sureness))):
        ordered = sureness[list(order)]
        if (np.diff(ordered) <= 0).all():
            found.append(np.append(0, np.cumsum(~is_right[list(order)])))
    return np.mean(found, axis=0)


@given(answers=ANSWERS)
@settings(max_examples=60)
def test_curve_and_area_agree_with_all_orders_one_by_one(answers):
    sureness = np.array([sure for sure, _ in answers], float)
    is_right = np.array([right for _, right in answers])
    curve, errors = build_risk_coverage(sureness, is_right), walk_all_orders(sureness, is_right)
    np.testing.assert_allclose(curve.errors, errors, atol=1e-12)
    n = len(answers)
    assert curve.aurc == pytest.approx(np.mean([errors[k] / k for k in range(1, n + 1)]))
    for n_referred in range(n + 1):
        assert curve.count_left(n_referred) == pytest.approx(errors[n - n_referred])
    best = build_risk_coverage(is_right.astype(float), is_right)
    assert best.aurc == pytest.approx(curve.best_aurc)
    assert curve.excess_aurc == pytest.approx(max(0, curve.aurc - best.aurc), abs=1e-12)


def test_errors_last_is_best_and_errors_first_is_worst():
    sureness, is_right = np.array([4.0, 3, 2, 1]), np.array([True, True, True, False])
    assert build_risk_coverage(sureness, is_right).aurc == pytest.approx(1 / 16)
    assert build_risk_coverage(sureness, is_right).excess_aurc == 0
    worst = build_risk_coverage(-sureness, is_right).aurc
    assert worst == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)


def test_all_equally_sure_has_the_share_of_errors_everywhere():
    curve = build_risk_coverage(np.ones(8), np.arange(8) >= 2)
    np.testing.assert_allclose(curve.risks, 0.25)
    assert curve.count_left(4) == pytest.approx(1.0)


@pytest.mark.parametrize("is_right", [True, False])
def test_one_answer(is_right):
    curve = build_risk_coverage(np.array([0.7]), np.array([is_right]))
    assert curve.errors.tolist() == [0, 1 - is_right]
    assert curve.aurc == curve.best_aurc == 1 - is_right


@pytest.mark.parametrize(
    ("n", "percent", "wanted"),
    [(10_000, 0.5, 50), (6_044, 0.5, 30), (90, 0.5, 0), (10_000, 0.29, 29), (1, 100, 1)],
)
def test_referred_examples_are_rounded_down(n, percent, wanted):
    assert count_referred(n, percent) == wanted


def test_whole_numbers_are_not_rounded_down_by_binary():
    assert [count_referred(1_000, number / 10) for number in range(1001)] == list(range(1001))


def test_what_cannot_be_ordered_or_referred_is_refused():
    with pytest.raises(PredictionError, match="sureness must be a number"):
        build_risk_coverage(np.array([np.nan]), np.array([True]))
    with pytest.raises(PredictionError, match="at least one example"):
        build_risk_coverage(np.array([]), np.array([], np.bool_))
    curve = build_risk_coverage(np.ones(3), np.ones(3, np.bool_))
    with pytest.raises(PredictionError, match="from 0 to 3; got 4"):
        curve.count_left(4)
    for percent in (-1, 100.5, np.nan):
        with pytest.raises(PredictionError, match="from 0 to 100 per cent"):
            count_referred(10, percent)
