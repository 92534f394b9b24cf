"""Enlarging by three in whole numbers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ensemble_lab.data.transforms import enlarge_by_three
from ensemble_lab.exceptions import DataError


def enlarge_slowly(image: np.ndarray, largest: int) -> np.ndarray:
    """The definition, pixel by pixel, in fractions."""
    height, width = image.shape
    out = np.zeros((3 * height, 3 * width), np.uint8)
    for row in range(3 * height):
        for column in range(3 * width):
            y, x = Fraction(row - 1, 3), Fraction(column - 1, 3)
            value = Fraction(0)
            for j in (y.__floor__(), y.__floor__() + 1):
                for i in (x.__floor__(), x.__floor__() + 1):
                    weight = max(0, 1 - abs(y - j)) * max(0, 1 - abs(x - i))
                    value += weight * int(
                        image[np.clip(j, 0, height - 1), np.clip(i, 0, width - 1)]
                    )
            out[row, column] = (value * 255 / largest + Fraction(1, 2)).__floor__()
    return out


@given(image=arrays(np.int64, (3, 4), elements=st.integers(0, 16)))
def test_enlarging_equals_its_definition(image: np.ndarray) -> None:
    fast = enlarge_by_three(image[np.newaxis], largest=16)
    assert np.array_equal(fast[0, :, :, 0], enlarge_slowly(image, 16))


def test_border_is_zero_all_round_and_the_range_is_used() -> None:
    image = enlarge_by_three(np.full((1, 8, 8), 16), largest=16, border=2)
    assert image.shape == (1, 28, 28, 1)
    assert image.dtype == np.uint8
    assert image[0, 2:26, 2:26].min() == 255
    assert image.sum() == 255 * 24 * 24


@pytest.mark.parametrize("image", [np.full((1, 2, 2), 17), np.full((1, 2, 2), -1)])
def test_value_outside_the_range_is_refused(image: np.ndarray) -> None:
    with pytest.raises(DataError, match="0 to 16; got"):
        enlarge_by_three(image, largest=16)


def test_images_with_another_number_of_axes_are_refused() -> None:
    with pytest.raises(DataError, match="examples, height, width"):
        enlarge_by_three(np.zeros((2, 2), int), largest=16)
