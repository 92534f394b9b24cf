"""Every image comes back from its place on its sheet, bit for bit."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from ensemble_lab.figures.html.sprite import draw_sprite


def cut(sprite, number):
    sheet = base64.b64decode(sprite.sheets[number // sprite.n_per_sheet])
    picture = np.asarray(Image.open(io.BytesIO(sheet)))
    place = number % sprite.n_per_sheet
    top = place // sprite.n_columns * sprite.height
    left = place % sprite.n_columns * sprite.width
    return picture[top : top + sprite.height, left : left + sprite.width]


@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize("n_images", [1, 2, 7, 13])
def test_every_image_comes_back(n_images, colours):
    shape = (n_images, 3, 5, *colours)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    sprite = draw_sprite(images, longest=12)
    for number, image in enumerate(images):
        np.testing.assert_array_equal(cut(sprite, number), image)
    # Two columns of width 5, four rows of height 3.
    assert len(sprite.sheets) == -(-n_images // 8) if n_images > 4 else 1


def test_no_image_makes_no_sheet():
    assert draw_sprite(np.zeros((0, 4, 4), np.uint8)).sheets == ()


def test_ten_thousand_digits_lie_on_one_sheet():
    sprite = draw_sprite(np.zeros((10_000, 28, 28), np.uint8))
    assert (len(sprite.sheets), sprite.n_columns) == (1, 100)
