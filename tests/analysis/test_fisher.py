"""Fisher's exact test of many parts, against SciPy and against counting by hand."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.significance.fisher import fisher_exact
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need


def count_exactly(k: int, n: int, n_errors: int, n_examples: int) -> float:
    """The p-value in whole numbers."""
    lows, highs = max(0, n + n_errors - n_examples), min(n, n_errors)
    ways = [comb(n, j) * comb(n_examples - n, n_errors - j) for j in range(lows, highs + 1)]
    seen = ways[k - lows]
    return float(Fraction(sum(each for each in ways if each <= seen), sum(ways)))


@st.composite
def tables(draw):
    n_examples = draw(st.integers(1, 60))
    n_errors = draw(st.integers(0, n_examples))
    n = draw(st.integers(0, n_examples))
    k = draw(st.integers(max(0, n + n_errors - n_examples), min(n, n_errors)))
    return k, n, n_errors, n_examples


@given(tables())
def test_p_is_what_counting_in_whole_numbers_gives(table):
    k, n, n_errors, n_examples = table
    p = fisher_exact([k], [n], n_errors, n_examples)
    assert p == pytest.approx([count_exactly(*table)], rel=1e-12)


@given(tables())
def test_a_part_and_its_rest_have_one_p(table):
    k, n, n_errors, n_examples = table
    p = fisher_exact([k, n_errors - k], [n, n_examples - n], n_errors, n_examples)
    assert p[0] == pytest.approx(p[1], rel=1e-12)


@pytest.mark.parametrize(("n_errors", "n_examples"), [(26, 10_000), (3_562, 60_000), (900, 1_000)])
def test_many_parts_at_once_are_as_scipys_one_by_one(n_errors, n_examples):
    stats = need("scipy.stats")
    rng = np.random.default_rng(0)
    sizes = np.unique(rng.integers(1, n_examples, 60))
    errors = rng.hypergeometric(n_errors, n_examples - n_errors, sizes)
    errors[::3] = np.maximum(0, sizes + n_errors - n_examples)[::3]
    expected = [
        stats.fisher_exact([[k, n - k], [n_errors - k, n_examples - n - n_errors + k]]).pvalue
        for k, n in zip(errors, sizes, strict=True)
    ]
    p = fisher_exact(errors, sizes, n_errors, n_examples)
    assert p == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_blocks_change_nothing(monkeypatch):
    from ensemble_lab.analysis.significance import fisher

    sizes = np.array([5, 40, 1, 100, 7])
    whole = fisher_exact(sizes // 3, sizes, 40, 200)
    monkeypatch.setattr(fisher, "_BLOCK_CELLS", 50)
    assert np.array_equal(fisher_exact(sizes // 3, sizes, 40, 200), whole)


def test_million_examples_keep_their_digits():
    p = fisher_exact([5], [1_000], 5_000, 1_000_000)
    assert p == pytest.approx([1.0], rel=1e-12)  # The likeliest outcome.
    assert fisher_exact([0], [1_000], 1_000, 1_000_000) == pytest.approx(
        [count_exactly(0, 1_000, 1_000, 1_000_000)], rel=1e-11
    )


def test_everything_nothing_and_no_part():
    assert fisher_exact([3, 0], [8, 0], 3, 8).tolist() == [1.0, 1.0]
    assert fisher_exact([0], [5], 0, 8).tolist() == [1.0]
    assert fisher_exact([5], [5], 8, 8).tolist() == [1.0]
    assert fisher_exact([], [], 3, 8).shape == (0,)


@pytest.mark.parametrize(("k", "n"), [(4, 8), (-1, 3), (3, 2), (0, 8)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(PredictionError, match="3 errors in 8 examples"):
        fisher_exact([k], [n], 3, 8)
