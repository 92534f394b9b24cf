"""What each corruption does, on images small enough to check by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import kstest

from ensemble_lab.data.corruptions import CORRUPTIONS, STRENGTHS, corrupt_images
from tests.data.strokes import draw_strokes


def test_noise_is_normal_with_the_deviation_of_its_row() -> None:
    grey = np.full((100, 28, 28, 1), 128, np.uint8)
    deviation = CORRUPTIONS["noise"].parameters[0] * 255
    noise = corrupt_images(grey, "noise", 1).astype(float) - 128
    # Whole grey values: a twelfth of one is their own variance.
    assert noise.std() == pytest.approx(math.hypot(deviation, 12**-0.5), rel=0.01)
    assert abs(noise.mean()) < 5 * deviation / math.sqrt(noise.size)
    jitter = np.random.default_rng(0).uniform(-0.5, 0.5, noise.size)
    assert kstest((noise.ravel() + jitter) / deviation, "norm").pvalue > 1e-3
    pixels = noise.reshape(100, -1)
    assert abs(np.corrcoef(pixels[:, :-1].ravel(), pixels[:, 1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(pixels[:-1].ravel(), pixels[1:].ravel())[0, 1]) < 0.02


def test_noise_of_a_strength_is_that_of_another_stretched() -> None:
    grey = np.full((10, 28, 28, 1), 128, np.uint8)
    weak, strong = (corrupt_images(grey, "noise", s).astype(float) - 128 for s in (1, 2))
    np.testing.assert_allclose(strong, weak * 0.12 / 0.08, atol=1.3)


def test_blur_spreads_a_point_as_a_gaussian() -> None:
    point = np.zeros((1, 28, 28, 1), np.uint8)
    point[0, 14, 14] = 255
    blurred = corrupt_images(point, "blur", 3)[0, ..., 0]
    weights = np.exp(-0.5 * (np.arange(-5, 6) / 1.2) ** 2)
    weights /= weights.sum()
    np.testing.assert_allclose(blurred[9:20, 9:20], 255 * np.outer(weights, weights), atol=0.51)


def test_contrast_draws_to_the_mean_of_the_image_and_channel() -> None:
    image = np.array([[[[0, 10], [200, 30]]]], np.uint8)
    for strength, share in zip(STRENGTHS, (0.75, 0.5, 0.4, 0.3, 0.15), strict=True):
        expected = [
            [100 - 100 * share, 20 - 10 * share],
            [100 + 100 * share, 20 + 10 * share],
        ]
        found = corrupt_images(image, "contrast", strength)[0, 0]
        assert found.tolist() == np.floor(np.array(expected) + 0.5 + 1e-6).tolist()


@pytest.mark.parametrize(("strength", "side"), [(1, 3), (2, 4), (3, 5), (4, 6), (5, 7)])
def test_occlusion_is_one_square_in_the_middle_half(strength, side) -> None:
    white = np.full((300, 28, 28, 1), 255, np.uint8)
    is_black = corrupt_images(white, "occlusion", strength)[..., 0] == 0
    for axis in (1, 2):
        lines = is_black.any(axis=3 - axis)
        first, count = lines.argmax(axis=1), lines.sum(axis=1)
        assert set(count.tolist()) == {side}
        assert (np.diff(lines.astype(int), axis=1) != 0).sum(axis=1).max() == 2
        centres = first + side / 2
        assert centres.min() < 8.5
        assert centres.max() > 19.5
        assert ((centres >= 6.5) & (centres <= 21.5)).all()
    np.testing.assert_array_equal(is_black.sum(axis=(1, 2)), side**2)


def test_occlusion_grows_about_one_place() -> None:
    white = np.full((50, 28, 28, 1), 255, np.uint8)
    masks = [corrupt_images(white, "occlusion", s) == 0 for s in STRENGTHS]
    for smaller, larger in pairwise(masks):
        assert (larger | ~smaller).all()


def test_thick_adds_neighbours_by_their_distance() -> None:
    point = np.zeros((1, 28, 28, 1), np.uint8)
    point[0, 14, 14] = 255
    # Radius 1: all of a neighbour at 1, 2 - sqrt(2) of one at sqrt(2), none at 2.
    corner = round(255 * (2 - math.sqrt(2)))
    around = corrupt_images(point, "thick", 3)[0, 12:17, 12:17, 0]
    assert around.tolist() == [
        [0, 0, 0, 0, 0],
        [0, corner, 255, corner, 0],
        [0, 255, 255, 255, 0],
        [0, corner, 255, corner, 0],
        [0, 0, 0, 0, 0],
    ]


def test_thin_is_thick_of_the_negative() -> None:
    images = draw_strokes(20)
    radius = CORRUPTIONS["thin"].parameters[4]
    thick = CORRUPTIONS["thick"].apply(255.0 - images, radius, np.zeros((20, 0)))
    np.testing.assert_allclose(corrupt_images(images, "thin", 5), 255 - thick, atol=0.51)


def test_thin_takes_the_edge_of_a_stroke_and_keeps_its_middle() -> None:
    bar = np.zeros((1, 28, 28, 1), np.uint8)
    bar[:, :, 12:17] = 255
    thinned = corrupt_images(bar, "thin", 3)[0, :, 11:18, 0]
    # Half a pixel of each side; the border of the image takes nothing.
    assert np.unique(thinned, axis=0).tolist() == [[0, 128, 255, 255, 255, 128, 0]]


@pytest.mark.parametrize("strength", STRENGTHS)
def test_shift_moves_whole_images_to_four_sides(strength) -> None:
    image = np.zeros((1, 28, 28, 1), np.uint8)
    image[0, 14, 14], image[0, 14, 15] = 200, 100
    moved = corrupt_images(image.repeat(100, axis=0), "shift", strength)[..., 0]
    places = {tuple(int(x) for x in np.argwhere(each == 200)[0]) for each in moved}
    near, far = 14 - strength, 14 + strength
    assert places == {(near, near), (near, far), (far, near), (far, far)}
    for each in moved:
        row, column = np.argwhere(each == 200)[0]
        assert each[row, column + 1] == 100
        assert each.sum(dtype=int) == 300


def test_black_comes_in_where_a_shift_leaves_nothing() -> None:
    white = np.full((40, 28, 28, 1), 255, np.uint8)
    moved = corrupt_images(white, "shift", 5)
    assert set(moved.sum(axis=(1, 2, 3), dtype=int).tolist()) == {255 * 23 * 23}


@pytest.mark.parametrize("name", ["rotation", "shear"])
def test_the_middle_of_an_image_stays_and_both_directions_come(name) -> None:
    images = np.zeros((100, 29, 29, 1), np.uint8)
    images[:, 14, 14] = 255
    images[:, 4, 14] = 255
    warped = corrupt_images(images, name, 5)[..., 0]
    np.testing.assert_array_equal(warped[:, 14, 14], 255)
    assert len(np.unique(warped, axis=0)) == 2
    np.testing.assert_array_equal(
        *(np.unique(each, axis=0) for each in (warped, warped[..., ::-1]))
    )


def test_rotation_turns_by_its_degrees() -> None:
    image = np.zeros((1, 141, 141, 1), np.uint8)
    image[0, 68:73, 110:115] = 255  # 42 to the right of the centre
    warped = corrupt_images(image, "rotation", 3)[0, ..., 0].astype(float)
    rows, columns = np.indices(warped.shape) - 70
    down, right = (float((axis * warped).sum() / warped.sum()) for axis in (rows, columns))
    assert math.hypot(down, right) == pytest.approx(42, abs=0.1)
    assert abs(math.degrees(math.atan2(down, right))) == pytest.approx(24, abs=0.2)


def test_shear_moves_each_row_by_its_height() -> None:
    image = np.zeros((1, 29, 29, 1), np.uint8)
    image[0, :, 14] = 200
    warped = corrupt_images(image, "shear", 3)[0, ..., 0].astype(float)
    middles = (warped * np.arange(29)).sum(axis=1) / warped.sum(axis=1)
    slopes = np.diff(middles)
    np.testing.assert_allclose(np.abs(slopes), 0.45, atol=0.01)
    assert len(set(np.sign(slopes))) == 1


@pytest.mark.parametrize("name", ["rotation", "shear"])
def test_warp_mixes_four_neighbours_and_black_beyond(name) -> None:
    """The definition, pixel by pixel."""
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (2, 5, 7, 2)).astype(np.uint8)
    value = CORRUPTIONS[name].parameters[3]
    draws = np.array([[0.2], [0.7]])
    warped = CORRUPTIONS[name].apply(images.astype(float), value, draws)
    for image, result, sign in zip(images, warped, (1, -1), strict=True):
        sine, cosine = math.sin(math.radians(value)) * sign, math.cos(math.radians(value))
        for row in range(5):
            for column in range(7):
                y, x = row - 2, column - 3
                if name == "rotation":
                    place = cosine * y + sine * x + 2, -sine * y + cosine * x + 3
                else:
                    place = y + 2, sign * value * y + x + 3
                expected = mix(image, *place)
                np.testing.assert_allclose(result[row, column], expected, atol=1e-9)


def mix(image: np.ndarray, y: float, x: float) -> np.ndarray:
    total = np.zeros(image.shape[2])
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * image[row, column]
    return total
