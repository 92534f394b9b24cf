import numpy as np
import pytest
from scipy import ndimage

from ensemble_lab.spec.augmentation import AffineWarp, Elastic
from ensemble_lab.training.augment import (
    augment_images,
    draw_noise,
    draw_transforms,
    resample,
    smooth,
    warp,
    warp_elastically,
)

SHAPE = (9, 7, 2)
STILL = Elastic(name="elastic", alpha=0)
WARP = AffineWarp(name="affine", rotation_degrees=20, zoom=0.1, shear_degrees=5, shift=0.2)
FIRST = [77, 119, -120, 42]


def draw_images(n_images=6, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).random((n_images, *shape), dtype=np.float32)


def look(images, x, y, fill):
    return np.asarray(resample(images, x.astype(np.float32), y.astype(np.float32), fill))


def places(n_images=6):
    y, x = np.indices(SHAPE[:2], np.float32)
    return np.tile(x, (n_images, 1, 1)), np.tile(y, (n_images, 1, 1))


@pytest.mark.keras
@pytest.mark.parametrize("fill", ["nearest", "constant"])
def test_looking_at_oneself_is_the_identity_to_the_bit(backend, fill):
    images = draw_images()
    np.testing.assert_array_equal(look(images, *places(), fill), images)


@pytest.mark.keras
@pytest.mark.parametrize(("fill", "mode"), [("nearest", "edge"), ("constant", "constant")])
def test_constant_displacement_is_a_shift(backend, fill, mode):
    images = draw_images()
    x, y = places()
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode=mode)
    # Looking one to the right and two up moves the content left and down.
    shifted = look(images, x + 1, y - 2, fill)
    np.testing.assert_array_equal(shifted, padded[:, 0:9, 3:10])


@pytest.mark.keras
def test_half_a_pixel_beyond_the_border_is_half_the_pixel(backend):
    image = np.full((1, 1, 1, 1), 0.8, np.float32)
    half = np.full((1, 1, 1), -0.5)
    assert look(image, half, half, "constant").item() == pytest.approx(0.2)
    assert look(image, half, half, "nearest").item() == pytest.approx(0.8)
    far = np.full((1, 1, 1), 1e6)
    assert look(image, far, -far, "constant").item() == 0
    assert look(image, far, -far, "nearest").item() == pytest.approx(0.8)


@pytest.mark.keras
@pytest.mark.parametrize(("fill", "mode"), [("nearest", "nearest"), ("constant", "grid-constant")])
def test_resampling_is_that_of_scipy(backend, fill, mode):
    images = draw_images()
    generator = np.random.default_rng(1)
    x, y = generator.uniform(-3, 12, (2, 6, *SHAPE[:2]))
    shown = look(images, x, y, fill)
    for number, image in enumerate(images):
        for channel in range(SHAPE[2]):
            expected = ndimage.map_coordinates(
                image[:, :, channel], [y[number], x[number]], order=1, mode=mode
            )
            np.testing.assert_allclose(shown[number, :, :, channel], expected, atol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("sigma", [0.1, 1.0, 4.0, 30.0])
def test_smoothing_is_that_of_scipy(backend, sigma):
    noise = draw_noise(SHAPE, (3,), seed=1, epoch=0)
    fields = (noise.astype(np.float64) + 0.5) / 128
    expected = ndimage.gaussian_filter(fields, (0, 0, sigma, sigma), mode="constant") * 10
    smoothed = np.asarray(smooth(noise, 10.0, sigma))
    assert smoothed.shape == (3, 2, *SHAPE[:2])
    np.testing.assert_allclose(smoothed, expected, atol=1e-5)


@pytest.mark.keras
def test_displacements_have_the_deviation_that_the_spec_states(backend):
    noise = draw_noise((64, 64, 1), (50,), seed=1, epoch=0)
    inside = np.asarray(smooth(noise, 34.0, 4.0))[:, :, 16:-16, 16:-16]
    assert inside.std() == pytest.approx(34 / (2 * 4 * np.sqrt(3 * np.pi)), rel=0.05)
    assert inside.std() == pytest.approx(1.4, abs=0.1)


@pytest.mark.keras
@pytest.mark.parametrize("fill", ["nearest", "constant"])
def test_without_strength_an_elastic_warp_is_the_identity(backend, fill):
    images = draw_images()
    noise = draw_noise(SHAPE, (6,), seed=1, epoch=0)
    still = STILL.model_copy(update={"fill": fill})
    np.testing.assert_array_equal(np.asarray(augment_images(images, (still,), None, noise)), images)


@pytest.mark.keras
@pytest.mark.parametrize("fill", ["nearest", "constant"])
def test_without_strength_an_affine_warp_before_it_is_left_alone(backend, fill):
    images = draw_images()
    entries = tuple(each.model_copy(update={"fill": fill}) for each in (WARP, STILL))
    transforms = draw_transforms(entries[:1], SHAPE, (6,), seed=1, epoch=0)
    noise = draw_noise(SHAPE, (6,), seed=1, epoch=0)
    both = np.asarray(augment_images(images, entries, transforms, noise))
    alone = np.asarray(warp(images, transforms, fill))
    assert np.abs(alone - images).max() > 0.1
    np.testing.assert_allclose(both, alone, atol=1e-5)


@pytest.mark.keras
def test_affine_comes_first_and_both_are_interpolated_once(backend):
    images = draw_images()
    spec = Elastic(name="elastic", alpha=20, sigma=2)
    noise = draw_noise(SHAPE, (6,), seed=1, epoch=0)
    x, y = places()
    moved = np.asarray(smooth(noise, 20.0, 2.0))
    # An image seen at half its width, one row up: displacements are asked before, so they
    # count double along x.
    transforms = np.tile(np.array([2, 0, -3, 0, 1, 1, 0, 0], np.float32), (6, 1))
    both = np.asarray(warp_elastically(images, transforms, noise, spec))
    expected = look(images, 2 * (x + moved[:, 0]) - 3, y + moved[:, 1] + 1, "nearest")
    np.testing.assert_allclose(both, expected, atol=1e-5)
    other_order = look(images, 2 * x - 3 + moved[:, 0], y + 1 + moved[:, 1], "nearest")
    assert np.abs(both - other_order).max() > 0.1


def test_noise_follows_seed_epoch_and_step_alone():
    epoch = draw_noise(SHAPE, (3, 3, 2), seed=1, epoch=4)
    assert epoch.shape == (8, 2, 9, 7)
    assert epoch.dtype == np.int8
    assert np.array_equal(epoch[6:], draw_noise(SHAPE, (2,), seed=1, epoch=4, first_step=2))
    assert len(np.unique(epoch.reshape(16, -1), axis=0)) == 16
    for other in ({"seed": 2, "epoch": 4}, {"seed": 1, "epoch": 5}):
        assert not np.array_equal(epoch, draw_noise(SHAPE, (3, 3, 2), **other))


def test_first_noise_is_pinned():
    """Members that are trained with it must be resumed with it."""
    noise = draw_noise((2, 2, 1), (1,), seed=1, epoch=2, first_step=3)
    assert noise[0, 0].ravel().tolist() == FIRST


def test_noise_is_uniform_over_all_values_of_a_byte():
    noise = draw_noise((28, 28, 1), (200,), seed=1, epoch=0)
    counts = np.bincount(noise.ravel().astype(int) + 128, minlength=256)
    assert len(counts) == 256
    # Chi-square with 255 degrees of freedom: mean 255, standard deviation 23.
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 255 + 5 * 23
    values = (noise + 0.5) / 128
    assert abs(values.mean()) < 5 / np.sqrt(3 * values.size)
    assert values.std() == pytest.approx(1 / np.sqrt(3), rel=0.01)
    # The two directions of a pixel know nothing of each other.
    right, down = values[:, 0].ravel(), values[:, 1].ravel()
    assert abs(np.corrcoef(right, down)[0, 1]) < 5 / np.sqrt(right.size)
