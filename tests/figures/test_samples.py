"""A sheet of examples: which, where, and what stands beside them."""

import matplotlib
import numpy as np
import pytest

from ensemble_lab.exceptions import DataError, PredictionError
from ensemble_lab.figures.samples import MOST_SAMPLES, draw_samples
from ensemble_lab.figures.tiles import build_pictures
from tests.figures.pixels import build_split_of, find_picture, render, words


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 8, 1), (64, 20, 1), (20, 32, 3), (5, 9, 2)])
def test_every_example_stands_in_its_place_under_its_index(shape):
    split = build_split_of(5, shape=shape, first_index=1000)
    figure = draw_samples(split, index=(1004, 1000, 1002))
    sheet, pictures = render(figure), build_pictures(split.images)
    if pictures.ndim == 3:
        pictures = np.repeat(pictures[..., np.newaxis], 3, axis=-1)
    places = {t.get_text(): t.get_position() for t in figure.axes[0].texts}
    lefts = []
    for number in (1004, 1000, 1002):
        ((top, left),) = find_picture(sheet, pictures[number - 1000])
        x, y = places[str(number)]
        assert 0 <= left - x < 168
        assert 0 < top - y < 20
        lefts.append((top, left))
    # Two columns: the first two side by side, the third below the first.
    assert lefts[0][0] == lefts[1][0] < lefts[2][0]
    assert lefts[0][1] == lefts[2][1] < lefts[1][1]
    assert not find_picture(sheet, pictures[1])


def test_seed_draws_and_the_sheet_says_so():
    split = build_split_of(60)
    sheets = [words(draw_samples(split, seed=seed)) for seed in (0, 0, 1)]
    assert "25 of 60 examples, drawn with seed 0" in sheets[0]
    assert sheets[0] == sheets[1] != sheets[2]
    numbers = [int(word) for word in sheets[0] if word.isdecimal()]
    assert len(numbers) == 50  # An index and a class each.
    assert "3 of 60 examples, chosen by index" in words(draw_samples(split, index=(1, 5, 7)))


def test_all_are_shown_where_there_are_fewer():
    assert "1 of 1 examples, drawn with seed 0" in words(draw_samples(build_split_of(1)))


def test_class_names_stand_below_and_long_ones_keep_their_number():
    names = ("Bag", "photographs of the sea in winter", "猫")
    shown = words(draw_samples(build_split_of(3), class_names=names, title="猫.npz train"))
    assert "?.npz train" in shown
    assert "Bag" in shown
    assert "2" in shown
    assert any(word.startswith("1 photo") and word.endswith("…") for word in shown)


def test_unlabelled_examples_have_an_index_alone():
    shown = words(draw_samples(build_split_of(3, first_index=70, is_labelled=False)))
    assert shown[-3:] == ["70", "71", "72"]


def test_letters_stay_on_the_sheet():
    for n_examples in (1, 2, 50):
        figure = draw_samples(build_split_of(n_examples, n_classes=50))
        box = figure.bbox
        for text in figure.axes[0].texts:
            extent = text.get_window_extent()
            assert box.x0 <= extent.x0 < extent.x1 <= box.x1, text
            assert box.y0 <= extent.y0 < extent.y1 <= box.y1, text


@pytest.mark.parametrize(
    ("wishes", "facts"),
    [
        ({"index": (3, 99)}, "from 0 to 49; got 99"),
        ({"index": (1, 1)}, "some come twice"),
        ({"n_examples": MOST_SAMPLES + 1}, "at most 400; got 401"),
        ({"n_examples": 0}, "1 or more; got 0"),
    ],
)
def test_what_is_not_there_or_too_much_is_refused(wishes, facts):
    split = build_split_of(50 if "index" in wishes else 500, shape=(2, 2, 1))
    with pytest.raises(DataError, match=facts):
        draw_samples(split, **wishes)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(PredictionError, match=r"\.png, \.svg, \.pdf; got"):
        draw_samples(build_split_of(2), path=tmp_path / "x.gif")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_input_gives_same_bytes_whatever_style_is_set(ending, tmp_path):
    paths = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    draw_samples(build_split_of(4), path=paths[0])
    with matplotlib.rc_context({"savefig.bbox": "tight", "font.size": 30}):
        draw_samples(build_split_of(4), path=paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
