"""Slices of the errors against the rest: counts, tests and their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.data.categories import Categories
from ensemble_lab.errors.slices import slice_errors
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need


def categories(place, n_values=None):
    place = np.asarray(place, np.int64)
    n_values = int(place.max()) + 1 if n_values is None else n_values
    return Categories("hand", tuple("abcdefgh"[:n_values]), place)


def wrong_at(n_examples, *positions):
    is_wrong = np.zeros(n_examples, bool)
    is_wrong[list(positions)] = True
    return is_wrong


def test_a_slice_by_hand():
    """2 of 3 errors in the 3 of a, none in the 3 of b, 1 in the 4 of c."""
    place = [0] * 3 + [1] * 3 + [2] * 4
    found = slice_errors(categories(place), wrong_at(10, 0, 1, 6))
    first, *others = found.slices
    assert (found.column, found.n_tests) == ("hand", 3)
    assert (first.value, first.errors, first.n_examples) == ("a", 2, 3)
    assert first.rate == pytest.approx(2 / 3)
    assert (first.low * 3, first.high * 3) == pytest.approx(wilson(2, 3))
    assert first.ratio == pytest.approx(2 / 3 / (1 / 7))
    # C(3,2)·C(7,1) + C(3,3) = 22 of C(10,3) = 120 ways.
    assert first.p == pytest.approx(22 / 120)
    assert first.p_holm == pytest.approx(3 * 22 / 120)
    assert first.p_cluster is first.p_cluster_holm is None
    assert {each.value for each in others} == {"b", "c"}


def test_holm_is_over_the_slices_of_the_column_as_in_statsmodels():
    multitest = need("statsmodels.stats.multitest")
    rng = np.random.default_rng(0)
    place = rng.integers(0, 8, 400)
    found = slice_errors(categories(place), rng.random(400) < np.linspace(0.02, 0.3, 8)[place])
    p = [each.p for each in found.slices]
    adjusted = multitest.multipletests(p, method="holm")[1]
    assert [each.p_holm for each in found.slices] == pytest.approx(adjusted)
    assert p == sorted(p)


def test_two_halves_ask_one_question_and_the_worse_comes_first():
    found = slice_errors(categories([1, 1, 1, 1, 0, 0, 0, 0]), wrong_at(8, 0, 1, 2))
    assert [each.value for each in found.slices] == ["b", "a"]
    assert found.n_tests == 1
    assert found.slices[0].p_holm == found.slices[0].p == pytest.approx(found.slices[1].p)


def test_equal_evidence_stands_in_the_columns_own_order():
    place = np.repeat(np.arange(4), 5)
    found = slice_errors(categories(place), wrong_at(20, 0, 5, 10, 15))
    assert [each.value for each in found.slices] == ["a", "b", "c", "d"]


def test_one_value_has_no_rest():
    found = slice_errors(categories([0, 0, 0]), wrong_at(3, 1))
    (only,) = found.slices
    assert (only.p, only.p_holm, only.ratio, found.n_tests) == (1.0, 1.0, None, 0)


@pytest.mark.parametrize("is_all", [False, True])
def test_no_errors_and_nothing_but_errors(is_all):
    found = slice_errors(categories([0, 0, 1, 2]), np.full(4, is_all))
    assert {each.p for each in found.slices} == {1.0}
    assert {each.ratio for each in found.slices} == {1.0 if is_all else None}
    assert all(each.low == 0 for each in found.slices) is not is_all


def test_one_example():
    (only,) = slice_errors(categories([0]), np.array([True])).slices
    assert (only.errors, only.rate, only.high) == (1, 1.0, 1.0)


def test_small_slices_are_counted_and_not_tested():
    place = [0] * 5 + [1] * 4 + [2] + [3] * 2
    found = slice_errors(categories(place, n_values=5), wrong_at(12, 0, 9), min_size=4)
    assert {each.value for each in found.slices} == {"a", "b"}
    assert (found.n_tests, found.n_small, found.n_small_examples) == (2, 2, 3)
    none = slice_errors(categories(place), wrong_at(12, 0), min_size=6)
    assert (none.slices, none.n_tests, none.n_small) == ((), 0, 4)
    with pytest.raises(PredictionError, match="min_size must be 1 or more; got 0"):
        slice_errors(categories(place), wrong_at(12, 0), min_size=0)


def test_value_of_no_example_is_no_slice():
    found = slice_errors(categories([0, 0, 2, 2], n_values=4), wrong_at(4, 0))
    assert {each.value for each in found.slices} == {"a", "c"}
    assert found.n_tests == 1


def test_clusters_give_a_second_p_where_a_column_is_made_of_them():
    rng = np.random.default_rng(0)
    writers = np.repeat(np.arange(24), 10)
    is_wrong = rng.random(240) < 0.2
    found = slice_errors(categories(writers // 8), is_wrong, clusters=writers)
    p = [each.p_cluster for each in found.slices]
    assert all(0 < each <= 1 for each in p)
    for each in found.slices:
        assert each.p_cluster <= each.p_cluster_holm <= 1
    assert [each.p for each in found.slices] == [
        each.p for each in slice_errors(categories(writers // 8), is_wrong).slices
    ]
    within = slice_errors(categories(np.arange(240) % 3), is_wrong, clusters=writers)
    assert {each.p_cluster for each in within.slices} == {None}
    alone = slice_errors(categories(np.arange(240) // 40), is_wrong, clusters=np.zeros(240))
    assert {each.p_cluster for each in alone.slices} == {None}


def test_lengths_must_agree():
    with pytest.raises(PredictionError, match="hand must have 3 examples; got 4"):
        slice_errors(categories([0, 0, 1, 1]), wrong_at(3, 0))


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=40))
def test_slices_share_out_the_errors_and_the_order_of_examples_changes_nothing(examples):
    place, is_wrong = (np.array(column) for column in zip(*examples, strict=True))
    found = slice_errors(categories(place, n_values=5), is_wrong)
    assert sum(each.errors for each in found.slices) == is_wrong.sum()
    assert sum(each.n_examples for each in found.slices) == len(examples)
    for each in found.slices:
        assert 0 <= each.low <= each.rate <= each.high <= 1
        assert 0 < each.p <= each.p_holm <= 1
    turned = slice_errors(categories(place[::-1], n_values=5), is_wrong[::-1])
    assert turned == found
