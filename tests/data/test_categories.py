"""Columns divided into categories: when numbers are names, and when they are measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data.categories import divide_column
from ensemble_lab.data.metadata import Column
from ensemble_lab.exceptions import DataError


def divide(values, n_bins=None, is_known=None):
    known = None if is_known is None else np.array(is_known, bool)
    return divide_column(Column("x", np.asarray(values), known), n_bins)


def texts(divided) -> list[str]:
    return [divided.values[place] for place in divided.place]


def test_text_and_few_numbers_are_categories_in_their_own_order():
    assert divide(["b", "a", "b"]).values == ("a", "b")
    assert divide([10, 9, 10]).values == ("9", "10")
    assert divide([0.5, -1.5, 0.5]).values == ("-1.5", "0.5")
    assert texts(divide([10, 9, 10])) == ["10", "9", "10"]


def test_many_whole_numbers_that_come_often_are_names():
    writers = divide(np.repeat(np.arange(2000, 2030), 5))
    assert len(writers.values) == 30
    assert not writers.is_binned


@pytest.mark.parametrize(
    "values",
    [np.arange(100), np.repeat(np.arange(30), 4), np.repeat(np.arange(30) / 7, 50)],
    ids=["each once", "few times", "fractions"],
)
def test_many_numbers_that_are_measured_are_divided_at_quartiles(values):
    divided = divide(values)
    assert divided.is_binned
    assert len(divided.values) == 4
    assert np.ptp(np.bincount(divided.place)) <= 2 * len(values) / len(np.unique(values))


def test_twenty_numbers_are_few_and_one_more_are_many():
    assert not divide(np.arange(20)).is_binned
    assert divide(np.arange(21)).is_binned


def test_who_asks_decides():
    assert divide(np.arange(100), 0).values == tuple(map(str, range(100)))
    assert divide(np.arange(6), 2).values == ("0 to 2", "3 to 5")
    assert len(divide(np.repeat(np.arange(30), 50), 5).values) == 5


def test_equal_values_are_never_parted():
    divided = divide([0, 0, 0, 0, 0, 0, 7, 8], 4)
    assert divided.values == ("0", "7 to 8")
    assert divided.place.tolist() == [0] * 6 + [1] * 2


def test_bounds_have_as_many_digits_as_tell_them_apart():
    assert divide([0.123456, 0.123457, 5.0, 6.0], 2).values == ("0.123456 to 0.123457", "5 to 6")


def test_unknown_examples_come_last_and_move_no_bound():
    divided = divide([5, 0, 1, 2, 3], 2, is_known=[0, 1, 1, 1, 1])
    assert divided.values == ("0 to 1", "2 to 3", "(none)")
    assert divided.place.tolist() == [2, 0, 0, 1, 1]
    assert divide([5, 6], is_known=[0, 0]).values == ("(none)",)
    assert divide([5, 6], 3, is_known=[0, 0]).values == ("(none)",)


@pytest.mark.parametrize("n_bins", [-1, 1, 101])
def test_bins_are_two_or_more(n_bins):
    with pytest.raises(DataError, match=f"from 2 to 100, or 0 .* got {n_bins}"):
        divide([1, 2], n_bins)


def test_text_has_no_bins():
    with pytest.raises(DataError, match="bins must be of numbers; got 'x'"):
        divide(["a", "b"], 2)


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(2, 8), st.randoms())
def test_bins_follow_each_other_and_the_order_of_examples_changes_nothing(values, n_bins, random):
    divided = divide(values, n_bins)
    assert len(divided.values) == len(set(divided.values)) <= n_bins
    places = divided.place[np.argsort(values, kind="stable")]
    assert (np.diff(places) >= 0).all()
    shuffled = random.sample(values, len(values))
    assert sorted(zip(shuffled, texts(divide(shuffled, n_bins)), strict=True)) == sorted(
        zip(values, texts(divided), strict=True)
    )


@given(st.integers(8, 60), st.integers(2, 6))
def test_distinct_numbers_are_divided_as_evenly_as_can_be(n, n_bins):
    values = np.random.default_rng(n).permutation(n) / 3
    sizes = np.bincount(divide(values, n_bins).place)
    assert sorted(sizes) == sorted(map(len, np.array_split(values, n_bins)))
