"""Wilson's interval, in errors."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.exceptions import PredictionError


def test_seventeen_of_ten_thousand() -> None:
    low, high = wilson(17, 10_000)
    assert (round(low, 1), round(high, 1)) == (10.6, 27.2)


@pytest.mark.parametrize("errors", [1, 9, 50])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_ends_are_where_the_score_test_turns(errors: int, confidence: float) -> None:
    # The definition: an end p0 is z standard deviations, of p0, away from what was seen.
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    for end in wilson(errors, 100, confidence):
        p0 = end / 100
        assert abs(errors / 100 - p0) == pytest.approx(z * (p0 * (1 - p0) / 100) ** 0.5)


@pytest.mark.parametrize("errors", [0, 1, 17, 10_000])
def test_scipy_agrees(errors: int) -> None:
    peer = stats.binomtest(errors, 10_000).proportion_ci(method="wilson")
    assert wilson(errors, 10_000) == pytest.approx((10_000 * peer.low, 10_000 * peer.high))


# The formula alone misses these ends by a rounding error for some n.
@pytest.mark.parametrize("n_examples", [1, 2, 7, 10, 898, 999, 10_000, 12_345])
def test_no_error_starts_at_exactly_zero(n_examples: int) -> None:
    low, high = wilson(0, n_examples)
    assert low == 0.0
    assert 0 < high < 5


@pytest.mark.parametrize("n_examples", [1, 2, 7, 10, 898, 999, 10_000, 12_345])
def test_nothing_but_errors_ends_at_exactly_n(n_examples: int) -> None:
    low, high = wilson(n_examples, n_examples)
    assert max(0, n_examples - 5) < low < n_examples
    assert high == n_examples


def test_right_and_wrong_are_mirror_images() -> None:
    low, high = wilson(3, 20)
    assert wilson(17, 20) == pytest.approx((20 - high, 20 - low))


def test_confidence_just_below_one_has_an_interval() -> None:
    low, high = wilson(5, 10, 1 - 2**-53)
    assert 0 < low < 5 < high < 10


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        ((0, 0), "n_examples must be 1 or more.*got 0"),
        ((-1, 5), "errors must be from 0 to 5; got -1"),
        ((6, 5), "errors must be from 0 to 5; got 6"),
        ((1, 5, 1.0), "between 0 and 1; got 1"),
        ((1, 5, 0.0), "between 0 and 1; got 0"),
        ((1, 5, float("nan")), "between 0 and 1; got nan"),
    ],
)
def test_impossible_questions_are_refused(arguments: tuple, facts: str) -> None:
    with pytest.raises(PredictionError, match=facts):
        wilson(*arguments)


@given(st.floats(0, 1), st.integers(1, 100_000))
def test_usual_confidence_takes_no_way_of_its_own(share: float, n_examples: int) -> None:
    usual = wilson(share * n_examples, n_examples)
    # What lies beside it is computed.
    beside = wilson(share * n_examples, n_examples, math.nextafter(0.95, 1))
    assert usual == pytest.approx(beside, rel=1e-12, abs=1e-9)
