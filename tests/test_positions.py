import numpy as np
import pytest

from ensemble_lab.arrays import find_positions
from ensemble_lab.exceptions import DataError, PredictionError

INDEX = np.array([30, 10, 20])


def test_positions_of_indices_in_an_unsorted_split():
    found = find_positions(INDEX, np.array([20, 30, 20]), split="validation")
    assert found.tolist() == [2, 0, 2]
    assert find_positions(INDEX, np.array([], int), split="validation").tolist() == []


@pytest.mark.parametrize("absent", [9, 15, 31, -1, 2**63 - 1])
def test_index_that_a_split_does_not_hold_is_refused_with_its_range(absent):
    with pytest.raises(PredictionError, match=f"'validation', from 10 to 30; got {absent}"):
        find_positions(INDEX, np.array([10, absent]), split="validation")


def test_the_caller_says_what_is_raised():
    with pytest.raises(DataError):
        find_positions(INDEX, np.array([1]), split="train", error=DataError)
