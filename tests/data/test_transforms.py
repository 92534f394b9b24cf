"""Enlarging by three in whole numbers, and placing on a canvas."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ensemble_lab.data.transforms import draw_offsets, enlarge_by_three, place_on_canvas
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


PINNED_OFFSETS = {
    (0, "train"): [[16, 13], [5, 28], [1, 4]],
    (0, "test"): [[27, 1], [14, 28], [10, 18]],
    (1, "train"): [[17, 8], [8, 0], [16, 13]],
}
"""Of the first three images of 28×28 on a canvas of 56×56: row, column."""


@pytest.mark.parametrize(("seed", "split"), PINNED_OFFSETS)
def test_first_offsets_are_pinned(seed: int, split: str) -> None:
    """Stored members were trained on images at these places."""
    offsets = draw_offsets(seed, split, np.arange(3), largest=(28, 28))
    assert offsets.dtype == np.int64
    assert offsets.tolist() == PINNED_OFFSETS[seed, split]


def test_offset_of_an_index_does_not_depend_on_the_others() -> None:
    together = draw_offsets(4, "train", np.arange(100), largest=(9, 4))
    some = np.array([99, 3, 50])
    np.testing.assert_array_equal(draw_offsets(4, "train", some, largest=(9, 4)), together[some])


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_offsets_are_uniform_on_all_places_with_both_ends(seed: int, split: str) -> None:
    """Chi-square of 29 × 29 places: mean 840, standard deviation 41; 1045 is five away."""
    offsets = draw_offsets(seed, split, np.arange(60_000), largest=(28, 28))
    assert offsets.min(axis=0).tolist() == [0, 0]
    assert offsets.max(axis=0).tolist() == [28, 28]
    counts = np.bincount(29 * offsets[:, 0] + offsets[:, 1], minlength=29 * 29)
    expected = 60_000 / 29**2
    assert ((counts - expected) ** 2 / expected).sum() < 1045


def test_each_direction_has_its_own_largest_offset() -> None:
    offsets = draw_offsets(0, "train", np.arange(1000), largest=(3, 0))
    assert set(offsets[:, 0].tolist()) == {0, 1, 2, 3}
    assert set(offsets[:, 1].tolist()) == {0}


def test_images_are_placed_where_their_offsets_say() -> None:
    images = np.arange(1, 13, dtype=np.uint8).reshape(2, 2, 3, 1)
    placed = place_on_canvas(images, np.array([[0, 1], [2, 0]]), size=4)
    assert placed.dtype == np.uint8
    assert placed[..., 0].tolist() == [
        [[0, 1, 2, 3], [0, 4, 5, 6], [0, 0, 0, 0], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 0, 0, 0], [7, 8, 9, 0], [10, 11, 12, 0]],
    ]


def test_channels_stay_together_on_the_canvas() -> None:
    placed = place_on_canvas(np.array([[[[7, 8, 9]]]], np.uint8), np.array([[1, 0]]), size=2)
    assert placed.tolist() == [[[[0, 0, 0], [0, 0, 0]], [[7, 8, 9], [0, 0, 0]]]]


@pytest.mark.parametrize("offset", [[-1, 0], [0, -1], [3, 0], [0, 2]])
def test_offset_that_cuts_an_image_is_refused(offset: list[int]) -> None:
    images = np.ones((2, 2, 3, 1), np.uint8)
    facts = rf"2×3 whole on a canvas of 4×4; got \({offset[0]}, {offset[1]}\) for image 1"
    with pytest.raises(DataError, match=facts):
        place_on_canvas(images, np.array([[2, 1], offset]), size=4)


def test_offsets_of_another_shape_are_refused() -> None:
    images = np.ones((2, 2, 3, 1), np.uint8)
    with pytest.raises(DataError, match="offsets must have 2 examples; got 1"):
        place_on_canvas(images, np.zeros((1, 2), np.int64), size=4)
    with pytest.raises(DataError, match="offsets must have 2 directions; got 1"):
        place_on_canvas(images, np.zeros((2, 1), np.int64), size=4)
    with pytest.raises(DataError, match="examples, height, width, channels"):
        place_on_canvas(images[0], np.zeros((2, 2), np.int64), size=4)
