"""One image as its numbers, drawn and printed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.figure import Figure

from ensemble_lab.exceptions import DataError
from ensemble_lab.figures.digit import describe_example, draw_digit, render_digit
from tests.figures.pixels import build_split_of


@given(hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 5)] * 3)))
def test_printed_numbers_are_those_of_the_image(image):
    channels = render_digit(image).split("\n\n")
    read = [
        [[int(word) for word in line.split()] for line in part.split("\n")] for part in channels
    ]
    assert np.array_equal(np.moveaxis(np.array(read), 0, -1), image)


def test_printed_columns_are_aligned_and_fit_112_letters():
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)
    assert {len(line) for line in render_digit(image).split("\n")} == {111}


@pytest.mark.parametrize("shape", [(5, 4, 1), (3, 6, 3), (2, 2, 2)])
def test_each_number_stands_on_its_square(shape):
    split = build_split_of(3, shape=shape, first_index=40)
    figure = draw_digit(split, 41)
    (axes,) = figure.axes
    found = np.full(shape, -1)
    for text in axes.texts:
        x, y = text.get_position()
        if text.get_text().isdecimal() and x >= 0 and y >= 0:
            channel, column = divmod(int(x), shape[1] + 1)
            found[int(y), column, channel] = int(text.get_text())
    assert np.array_equal(found, split.images[1])


def test_title_says_which_and_what():
    figure = draw_digit(build_split_of(3), 1, class_names=("a", "b", "c"))
    assert figure.axes[0].get_title(loc="left") == "train 1: label b, 7×7×1"
    named = draw_digit(build_split_of(3), 1, class_names=("a", "猫", "c"), title="mine train")
    assert named.axes[0].get_title(loc="left") == "mine train 1: label ?, 7×7×1"
    bare = build_split_of(3, is_labelled=False)
    assert describe_example(bare, 2) == "train 2: no label, 7×7×1"


def test_axes_of_ones_own_are_drawn_on():
    figure = Figure(figsize=(4, 3))
    left, right = figure.subplots(1, 2)
    assert draw_digit(build_split_of(3), 0, axes=right) is figure
    assert right.texts
    assert not left.texts


@pytest.mark.parametrize("shape", [(28, 28, 1), (10, 9, 3), (1, 1, 1)])
def test_letters_stay_on_the_figure(shape):
    split = build_split_of(1, shape=shape)
    figure = draw_digit(split, 0, class_names=("mountains and the long valleys", "b", "c"))
    for text in (*figure.axes[0].texts, figure.axes[0]._left_title):
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1, text


def test_too_many_numbers_are_refused():
    with pytest.raises(DataError, match=r"at most 10,000 numbers.*got 10,201, in train 0"):
        draw_digit(build_split_of(1, shape=(101, 101, 1)), 0)


def test_index_that_is_not_there_is_named():
    with pytest.raises(DataError, match="got 7"):
        draw_digit(build_split_of(3), 7)
