from typing import get_args

import numpy as np
import pytest

from ensemble_lab.spec.augmentation import AffineWarp, Crop, Warp
from ensemble_lab.training.augment import WARPS, affine_matrices, draw_transforms, warp

SHAPE = (5, 5, 1)
NOTHING = {
    "rotation": 0.0,
    "zoom_y": 1.0,
    "zoom_x": 1.0,
    "shear": 0.0,
    "shift_y": 0.0,
    "shift_x": 0.0,
}
IMAGE = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
PINNED = [
    *[0.9069382548332214, -0.09933989495038986, 1.1883116960525513],
    *[0.08488225936889648, 1.020448088645935, -2.110846996307373, 0.0, 0.0],
]


def show(fill="constant", shape=SHAPE, image=IMAGE, **changes):
    values = {name: np.array([value]) for name, value in (NOTHING | changes).items()}
    matrices = affine_matrices(shape, **values)
    transforms = matrices.reshape(-1, 9)[:, :8].astype(np.float32)
    return np.asarray(warp(image, transforms, fill))[0, :, :, 0]


@pytest.mark.keras
def test_no_change_is_the_identity(backend):
    np.testing.assert_allclose(show(), IMAGE[0, :, :, 0], atol=1e-5)


@pytest.mark.keras
def test_shift_by_one_pixel_moves_right_and_down(backend):
    right = show(shift_x=1.0)
    np.testing.assert_allclose(right[:, 1:], IMAGE[0, :, :-1, 0], atol=1e-4)
    np.testing.assert_allclose(right[:, 0], 0, atol=1e-4)
    down = show(shift_y=1.0, fill="nearest")
    np.testing.assert_allclose(down[1:], IMAGE[0, :-1, :, 0], atol=1e-4)
    np.testing.assert_allclose(down[0], IMAGE[0, 0, :, 0], atol=1e-4)


@pytest.mark.keras
def test_rotation_by_a_quarter_turns_clockwise_about_the_centre(backend):
    turned = show(rotation=np.pi / 2)
    np.testing.assert_allclose(turned, np.rot90(IMAGE[0, :, :, 0], -1), atol=1e-3)


@pytest.mark.keras
def test_zoom_of_two_shows_the_middle_at_double_scale(backend):
    zoomed = show(zoom_x=2.0)
    # Columns 0 … 4 show columns 1, 1.5, 2, 2.5, 3.
    np.testing.assert_allclose(zoomed[0], [1, 1.5, 2, 2.5, 3], atol=1e-4)
    np.testing.assert_allclose(zoomed[:, 2], IMAGE[0, :, 2, 0], atol=1e-4)


@pytest.mark.keras
def test_shear_of_45_degrees_moves_each_lower_row_one_pixel_right(backend):
    image = np.zeros((1, 5, 5, 1), np.float32)
    image[0, :, 2] = 1
    np.testing.assert_allclose(show(shear=np.pi / 4, image=image), np.eye(5), atol=1e-4)


@pytest.mark.keras
def test_entries_are_done_in_order_and_become_one_matrix(backend):
    # First one pixel right, then a quarter turn: the pixel right of the centre's left
    # neighbour comes to the centre and stays there.
    first = affine_matrices(
        SHAPE, **{k: np.array([v]) for k, v in NOTHING.items()} | {"shift_x": np.array([1.0])}
    )
    second = affine_matrices(
        SHAPE,
        **{k: np.array([v]) for k, v in NOTHING.items()} | {"rotation": np.array([np.pi / 2])},
    )
    transforms = (first @ second).reshape(-1, 9)[:, :8].astype(np.float32)
    both = np.asarray(warp(IMAGE, transforms, "constant"))[0, :, :, 0]
    shifted = np.zeros((5, 5))
    shifted[:, 1:] = IMAGE[0, :, :-1, 0]
    np.testing.assert_allclose(both, np.rot90(shifted, -1), atol=1e-3)


def test_two_entries_compose_what_each_draws():
    one = AffineWarp(name="affine", rotation_degrees=20)
    two = AffineWarp(name="affine", shift=0.2)
    draws = np.random.default_rng(0).random((4, 2, 6))
    alone = [WARPS["affine"](entry, draws[:, n], SHAPE) for n, entry in enumerate((one, two))]
    assert np.allclose((alone[0] @ alone[1])[:, 2], [0, 0, 1])
    transforms = draw_transforms((one, two), SHAPE, (4,), seed=1, epoch=0)
    assert transforms.shape == (4, 8)
    assert np.allclose(transforms[:, 6:], 0)


def test_draws_follow_seed_epoch_and_step_alone():
    entry = (AffineWarp(name="affine", rotation_degrees=20, zoom=0.1, shift=0.1),)
    epoch = draw_transforms(entry, SHAPE, (3, 3, 2), seed=1, epoch=4)
    last = draw_transforms(entry, SHAPE, (2,), seed=1, epoch=4, first_step=2)
    assert np.array_equal(epoch[6:], last)
    assert not np.array_equal(epoch, draw_transforms(entry, SHAPE, (3, 3, 2), seed=1, epoch=5))
    assert not np.array_equal(epoch, draw_transforms(entry, SHAPE, (3, 3, 2), seed=2, epoch=4))
    assert len(np.unique(epoch, axis=0)) == 8


def test_draws_stay_within_what_was_asked():
    entry = AffineWarp(name="affine", shift=0.2)
    extremes = np.stack([np.zeros(6), np.full(6, 1 - 1e-12)])
    matrices = WARPS["affine"](entry, extremes, (10, 20, 1))
    # Output to input: content shifted by +4 columns is looked up 4 columns to the left.
    np.testing.assert_allclose(matrices[:, 0, 2], [4, -4], atol=1e-6)
    np.testing.assert_allclose(matrices[:, 1, 2], [2, -2], atol=1e-6)


def test_every_warp_has_its_row():
    names = {get_args(kind.model_fields["name"].annotation)[0] for kind in get_args(Warp)}
    assert set(WARPS) == names


def test_draws_of_a_warp_are_pinned():
    """Stored members were trained with them."""
    entry = AffineWarp(name="affine", rotation_degrees=20, zoom=0.1, shear_degrees=5, shift=0.1)
    (row,) = draw_transforms((entry,), (28, 28, 1), (1,), seed=1, epoch=2, first_step=3)
    np.testing.assert_allclose(row, PINNED, rtol=1e-6)


CROP = Crop(name="crop", pixels=1)


def crop_by(x, y, fill="constant"):
    """The image as the crop shows it that looks `x` to the right and `y` down."""
    draws = np.zeros((1, 6))
    draws[0, :2] = (np.array([x, y]) + 1.5) / 3
    transforms = WARPS["crop"](CROP, draws, SHAPE).reshape(-1, 9)[:, :8].astype(np.float32)
    return np.asarray(warp(IMAGE, transforms, fill))[0, :, :, 0]


@pytest.mark.keras
@pytest.mark.parametrize("x", [-1, 0, 1])
@pytest.mark.parametrize("y", [-1, 0, 1])
def test_crop_is_a_slice_of_the_padded_image_to_the_bit(backend, x, y):
    for fill, mode in (("constant", "constant"), ("nearest", "edge")):
        padded = np.pad(IMAGE[0, :, :, 0], 1, mode=mode)
        expected = padded[1 + y : 6 + y, 1 + x : 6 + x]
        np.testing.assert_array_equal(crop_by(x, y, fill), expected)


@pytest.mark.keras
def test_crop_alone_blurs_nothing_whatever_is_drawn(backend):
    image = np.random.default_rng(0).random((1, 28, 28, 1), dtype=np.float32)
    entry = Crop(name="crop", pixels=4)
    transforms = draw_transforms((entry,), (28, 28, 1), (40,), seed=1, epoch=0)
    shown = np.asarray(warp(np.repeat(image, 40, axis=0), transforms, "constant"))
    padded = np.pad(image[0], ((4, 4), (4, 4), (0, 0)))
    for row, cropped in zip(transforms, shown, strict=True):
        x, y = row[[2, 5]].astype(int)
        assert max(abs(x), abs(y)) <= 4
        np.testing.assert_array_equal(cropped, padded[4 + y : 32 + y, 4 + x : 32 + x])


def test_crops_are_all_equally_likely():
    entry = Crop(name="crop", pixels=2)
    transforms = draw_transforms((entry,), SHAPE, (10_000,), seed=1, epoch=0)
    np.testing.assert_array_equal(transforms[:, [0, 1, 3, 4]], [[1, 0, 0, 1]] * 10_000)
    x, y = transforms[:, 2], transforms[:, 5]
    counts = np.bincount((5 * (y + 2) + x + 2).astype(int), minlength=25)
    assert len(counts) == 25
    # Chi-square with 24 degrees of freedom: mean 24, standard deviation 7.
    assert ((counts - 400) ** 2 / 400).sum() < 24 + 5 * 7


def test_crop_and_affine_become_one_matrix():
    affine = AffineWarp(name="affine", rotation_degrees=20)
    draws = np.random.default_rng(0).random((4, 2, 6))
    crop, turned = (
        WARPS[entry.name](entry, draws[:, n], SHAPE) for n, entry in enumerate((CROP, affine))
    )
    # The crop is done first, so it is asked last: it adds whole pixels to where one looks.
    both = crop @ turned
    np.testing.assert_allclose(both[:, :2, 2], turned[:, :2, 2] + crop[:, :2, 2])
    np.testing.assert_allclose(both[:, :2, :2], turned[:, :2, :2])
