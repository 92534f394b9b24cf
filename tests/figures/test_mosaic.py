"""A mosaic, tile by tile."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.exceptions import DataError, PredictionError, StoreError
from ensemble_lab.figures import mosaic as module
from ensemble_lab.figures.mosaic import build_mosaic, draw_mosaic
from ensemble_lab.figures.tiles import choose_colours
from tests.figures.pixels import build_split_of

SIDES = st.integers(1, 5)


@given(st.integers(1, 40), SIDES, SIDES, st.sampled_from([1, 2, 3]))
def test_every_image_is_a_tile_row_after_row(n_examples, height, width, channels):
    split = build_split_of(n_examples, shape=(height, width, channels))
    built, shown = build_mosaic(split), choose_colours(split.images)
    columns = built.shape[1] // width
    for place, image in enumerate(shown):
        top, left = place // columns * height, place % columns * width
        assert np.array_equal(built[top : top + height, left : left + width], image)
    n_rows = -(-n_examples // columns)
    assert built.shape[:2] == (n_rows * height, columns * width)
    rest = built[(n_rows - 1) * height :, (n_examples - 1) % columns * width + width :]
    assert (rest == 255).all()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), SIDES)
def test_classes_stand_on_rows_of_their_own(labels, side):
    images = np.random.default_rng(0).integers(1, 255, (len(labels), side, side, 1), np.uint8)
    split = build_split("train", "none", np.arange(len(labels)), images, np.array(labels))
    built, gap = build_mosaic(split, by_label=True), -(-side // 2)
    columns, top = built.shape[1] // side, 0
    for label in sorted(set(labels)):
        own = 255 - images[np.array(labels) == label, ..., 0]
        for place, image in enumerate(own):
            y, x = top + place // columns * side, place % columns * side
            assert np.array_equal(built[y : y + side, x : x + side], image)
        top += -(-len(own) // columns) * side
        assert (built[top : top + gap] == 255).all()
        top += gap
    assert len(built) == top - gap


@pytest.mark.parametrize("shape", [(28, 28, 1), (20, 40, 3), (40, 10, 1)])
@pytest.mark.parametrize("by_label", [False, True])
def test_mosaic_is_nearly_square(shape, by_label):
    height, width = build_mosaic(build_split_of(900, shape=shape), by_label=by_label).shape[:2]
    assert 0.9 < height / width < 1.1


@pytest.mark.parametrize("channels", [1, 3])
def test_file_holds_the_pixels_and_nothing_else(channels, tmp_path):
    split = build_split_of(30, shape=(6, 5, channels))
    draw_mosaic(split, path=tmp_path / "folder" / "all.png")
    with Image.open(tmp_path / "folder" / "all.png") as file:
        assert file.mode == ("L" if channels == 1 else "RGB")
        assert np.array_equal(np.asarray(file), build_mosaic(split))


def test_figure_shows_pixel_for_pixel():
    split = build_split_of(30, shape=(6, 5, 1))
    file = io.BytesIO()
    draw_mosaic(split).savefig(file, format="png")
    with Image.open(file) as shown:
        pixels = np.asarray(shown.convert("L")).astype(int)
    assert pixels.shape == build_mosaic(split).shape
    # Matplotlib's grey may be one step off.
    assert abs(pixels - build_mosaic(split)).max() <= 1


def test_too_many_pixels_are_refused_before_they_are_laid_out(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 999)
    with pytest.raises(DataError, match=r"at most 999 bytes; got 1,200 of 10 images of 10×10"):
        build_mosaic(build_split_of(10, shape=(10, 10, 1)))


def test_unlabelled_split_cannot_be_grouped():
    split = build_split_of(4, is_labelled=False)
    assert build_mosaic(split).size
    with pytest.raises(DataError, match="train must be labelled"):
        build_mosaic(split, by_label=True)


@pytest.mark.parametrize("name", ["all.svg", "all.pdf", "all"])
def test_anything_but_pixels_is_refused(name, tmp_path):
    with pytest.raises(PredictionError, match=r"must end in \.png"):
        draw_mosaic(build_split_of(4), path=tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_unwritable_path_is_one_line(tmp_path):
    (tmp_path / "all.png").mkdir()
    with pytest.raises(StoreError, match="could not be written") as caught:
        draw_mosaic(build_split_of(4), path=tmp_path / "all.png")
    assert "\n" not in str(caught.value)


@pytest.mark.mnist
def test_sixty_thousand_images_are_one_picture(mnist_dir, tmp_path):
    from ensemble_lab.data.loading import load_split
    from ensemble_lab.spec.data import Mnist

    train: Split = load_split(Mnist(name="mnist"), "train", mnist_dir)
    draw_mosaic(train, path=tmp_path / "all.png")
    with Image.open(tmp_path / "all.png") as file:
        assert file.size == (245 * 28, 245 * 28)
        last = file.crop((244 * 28, 243 * 28, 245 * 28, 244 * 28))
    assert np.array_equal(np.asarray(last), 255 - train.images[244 * 245 - 1, ..., 0])
