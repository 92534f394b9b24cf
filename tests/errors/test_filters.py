"""Conditions and orders on columns alone."""

import numpy as np
import pytest

from ensemble_lab.errors.filters import (
    match_flags,
    match_gaps,
    match_numbers,
    match_pairs,
)
from ensemble_lab.errors.orders import order_rows
from ensemble_lab.exceptions import PredictionError

LABEL = np.array([4, 4, 7, 9])
PREDICTED = np.array([9, 6, 2, 4])


def test_one_number_or_any_of_several() -> None:
    assert match_numbers(LABEL, 4, name="label").tolist() == [True, True, False, False]
    assert match_numbers(LABEL, (7, 9), name="label").tolist() == [False, False, True, True]
    assert match_numbers(LABEL, np.array([7]), name="label").tolist() == [False, False, True, False]
    assert not match_numbers(LABEL, [], name="label").any()


@pytest.mark.parametrize("wanted", ["4", [4, "4"], 4.0, True, -1, [None], 2**63])
def test_what_is_no_class_is_refused(wanted: object) -> None:
    with pytest.raises(PredictionError, match="label must be a whole number of 0 or more; got"):
        match_numbers(LABEL, wanted, name="label")


def test_pairs_are_ordered() -> None:
    assert match_pairs(LABEL, PREDICTED, (4, 9)).tolist() == [True, False, False, False]
    assert match_pairs(LABEL, PREDICTED, [(9, 4), (7, 2)]).tolist() == [False, False, True, True]


def test_two_numbers_are_one_pair_in_a_list_too() -> None:
    assert match_pairs(LABEL, PREDICTED, [4, 9]).tolist() == [True, False, False, False]


def test_pairs_do_not_mix_labels_of_one_with_classes_of_another() -> None:
    assert not match_pairs(LABEL, PREDICTED, [(4, 2), (7, 9)]).any()


@pytest.mark.parametrize("wanted", [["4->9"], "4:9", [(4, 9, 1)], (4,), (4, 9, 2)])
def test_what_is_no_pair_is_refused(wanted: object) -> None:
    with pytest.raises(PredictionError, match="pair must be"):
        match_pairs(LABEL, PREDICTED, wanted)


def test_gap_limits_are_included() -> None:
    gap = np.array([-0.25, 0.0, 0.5, 0.75])
    assert match_gaps(gap, low=0.0, high=0.5).tolist() == [False, True, True, False]
    assert match_gaps(gap, low=[0.75, 0.5]).tolist() == [False, False, True, True]
    assert match_gaps(gap, high=[-0.25, 0.0]).tolist() == [True, True, False, False]
    assert not match_gaps(gap, low=[]).any()


def test_gap_without_probabilities_is_refused() -> None:
    with pytest.raises(PredictionError, match="only votes"):
        match_gaps(np.array([np.nan, np.nan]), low=0.1)


@pytest.mark.parametrize("limit", [float("nan"), "0.5"])
def test_limit_that_is_no_number_is_refused(limit: object) -> None:
    with pytest.raises(PredictionError, match="max_gap must be a number; got"):
        match_gaps(np.array([0.1]), high=limit)


def test_flags() -> None:
    tied = np.array([True, False])
    assert match_flags(tied, True).tolist() == [True, False]
    assert match_flags(tied, False).tolist() == [False, True]
    assert match_flags(tied, [True, False]).all()
    assert not match_flags(tied, []).any()


@pytest.mark.parametrize("is_descending", [True, False])
def test_equal_rows_come_by_index_and_nan_comes_last_in_both_directions(
    is_descending: bool,
) -> None:
    gap = np.array([0.5, np.nan, 0.5, np.nan, 0.5])
    index = np.array([9, 8, 1, 2, 5])
    rows = order_rows([gap], index, is_descending=is_descending)
    assert index[rows].tolist() == [1, 5, 9, 2, 8]


def test_first_column_leads() -> None:
    rows = order_rows([LABEL, PREDICTED], np.arange(4), is_descending=False)
    assert rows.tolist() == [1, 0, 2, 3]
