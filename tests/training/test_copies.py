"""Copies of images: drawn, moved and averaged as a plain slow twin does it one by one."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.argmax import choose_classes
from ensemble_lab.exceptions import InterruptedTraining
from ensemble_lab.seeds import draw_generator
from ensemble_lab.spec.augmentation import AffineWarp, Crop, Elastic, Erase
from ensemble_lab.spec.variant import AugmentedCopies, ShiftedCopies
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.augment.affine import compose_warps
from ensemble_lab.training.augment.erase import place_boxes
from ensemble_lab.training.copies import (
    ask_augmented,
    ask_shifted,
    average_copies,
    draw_copies,
    shift_images,
)

SHAPE = (6, 5, 1)
WARP = AffineWarp(name="affine", rotation_degrees=10.0, shift=0.1, fill="constant")
CROP = Crop(name="crop", pixels=1, fill="constant")
EVERYTHING = (WARP, CROP, Elastic(name="elastic", fill="constant"), Erase(name="erase"))


def draw_images(n, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def move(image, down, right, fill):
    """One image, pixel by pixel."""
    height, width = image.shape[:2]
    moved = np.zeros_like(image)
    for y in range(height):
        for x in range(width):
            there = y - down, x - right
            nearest = min(max(there[0], 0), height - 1), min(max(there[1], 0), width - 1)
            if fill == "nearest" or nearest == there:
                moved[y, x] = image[nearest]
    return moved


@given(
    st.integers(-6, 6),
    st.integers(-6, 6),
    st.sampled_from(["nearest", "constant"]),
    st.sampled_from([(1, 1, 1), (3, 5, 2), (4, 2, 1)]),
)
def test_images_are_moved_as_pixel_by_pixel(down, right, fill, shape):
    images = draw_images(3, shape)
    moved = shift_images(images, (down, right), fill)
    expected = np.stack([move(image, down, right, fill) for image in images])
    np.testing.assert_array_equal(moved, expected)


@pytest.mark.parametrize("augmentation", [(WARP,), (WARP, CROP), EVERYTHING, EVERYTHING[2:]])
def test_an_example_draws_the_same_whatever_is_drawn_beside_it(augmentation):
    index = np.array([7, 0, 59_999, 2**40, 3])
    together = draw_copies(augmentation, SHAPE, index, 2, seed=4)
    for row, place in enumerate(index):
        alone = draw_copies(augmentation, SHAPE, np.array([place]), 2, seed=4)
        for ours, theirs in zip(together, alone, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                np.testing.assert_array_equal(ours[row], theirs[0])


def test_example_copy_and_seed_all_decide():
    def draw(place=3, copy=1, seed=0):
        return draw_copies((WARP,), SHAPE, np.array([place]), copy, seed).transforms.tobytes()

    assert len({draw(), draw(place=4), draw(copy=2), draw(seed=1)}) == 4
    assert draw() == draw()


def test_draws_come_in_the_order_that_the_format_tells():
    """Warps, then the rectangle, then noise, from one generator at (copy, index)."""
    drawn = draw_copies(EVERYTHING, SHAPE, np.array([11]), 5, seed=9)
    generator = draw_generator(9, "copies", epoch=5, step=11)
    numbers, box = generator.random((1, 2, 6)), generator.random((1, 4))
    noise = generator.integers(-128, 128, (1, 2, 6, 5), np.int8)
    np.testing.assert_array_equal(drawn.transforms, compose_warps((WARP, CROP), numbers, SHAPE))
    np.testing.assert_array_equal(drawn.boxes, place_boxes(EVERYTHING[3], SHAPE, box))
    np.testing.assert_array_equal(drawn.noise, noise)


def test_what_is_not_asked_for_is_not_drawn():
    assert [each is None for each in draw_copies((WARP,), SHAPE, np.arange(2), 1, 0)] == [
        False, True, True,
    ]  # fmt: skip
    assert [each is None for each in draw_copies(EVERYTHING[3:], SHAPE, np.arange(2), 1, 0)] == [
        True, True, False,
    ]  # fmt: skip


def score(images):
    """Probabilities of two classes that no other image shares."""
    weights = np.arange(1, 1 + np.prod(images.shape[1:])).reshape(images.shape[1:])
    share = (images * weights).sum(axis=(1, 2, 3)) / (255 * weights.sum())
    return np.stack([share, 1 - share], axis=1).astype(np.float32)


@pytest.mark.parametrize("n_examples", [1, 256, 257, 700])
def test_mean_over_shifts_is_that_of_each_image_alone(n_examples):
    copies = ShiftedCopies(name="shifted", fill="constant")
    images = draw_images(n_examples)
    answers = average_copies(ask_shifted(score, copies), copies.n_copies)(
        images, np.arange(n_examples), name="toy"
    )
    moved = [
        score(np.stack([move(image, *offset, "constant") for image in images]))
        for offset in copies.offsets
    ]
    expected = np.zeros((n_examples, 2))
    for rows in moved:
        expected += rows
    np.testing.assert_array_equal(answers.probabilities, (expected / 9).astype(np.float32))
    np.testing.assert_array_equal(answers.votes, choose_classes(answers.probabilities))
    assert answers.probabilities.dtype == np.float32


def test_sums_are_float64():
    """Seven times the float32 next above a third of 1, which float32 sums round otherwise."""
    rows = np.array([[0.33333334, 0.6666667]], np.float32)
    respond = average_copies(lambda copy, images, index: rows, 7)
    found = respond(draw_images(1), np.arange(1), name="toy").probabilities
    np.testing.assert_array_equal(found, rows)
    tiny = [np.array([[1, 0]], np.float32)] + [np.array([[2**-25, 0]], np.float32)] * 8
    summed = average_copies(lambda copy, images, index: tiny[copy], 9)
    found = summed(draw_images(1), np.arange(1), name="toy").probabilities
    assert found[0, 0] == np.float32((1 + 8 * 2**-25) / 9) != np.float32(1) / 9


def test_index_goes_with_its_image_whatever_the_batch():
    seen = {}

    def ask(copy, images, index):
        for image, place in zip(images, index.tolist(), strict=True):
            seen.setdefault(place, set()).add(image.tobytes())
        return score(images)

    images, index = draw_images(600), np.arange(600)[::-1] * 3
    average_copies(ask, 2)(images, index, name="toy")
    assert seen == {
        place: {image.tobytes()} for image, place in zip(images, index.tolist(), strict=True)
    }


def test_one_copy_of_many_may_be_the_last():
    asked = []

    def stop():
        if len(asked) == 3:
            raise InterruptedTraining

    def ask(copy, images, index):
        asked.append(copy)
        return score(images)

    respond = average_copies(ask, 100)
    with pytest.raises(InterruptedTraining):
        respond(draw_images(10), np.arange(10), name="toy", on_batch=stop)
    assert asked == [0, 1, 2]


@pytest.mark.keras
@pytest.mark.parametrize("augmentation", [(WARP,), EVERYTHING, EVERYTHING[3:]])
def test_mean_over_augmented_copies_is_that_of_each_image_alone(backend, augmentation):
    """The net as it is compiled, against Keras called on one augmented image after another."""
    import keras

    from ensemble_lab.training.backends import load_backend

    model = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    )
    compiled = partial(load_backend(backend).compile_inference, model)
    copies = AugmentedCopies(name="augmented", n_copies=3, augmentation=augmentation, seed=2)
    images, index = draw_images(5), np.array([4, 900, 2, 8, 1])
    respond = average_copies(ask_augmented(compiled(), compiled(augmentation), copies), 3)
    found = respond(images, index, name="toy").probabilities
    np.testing.assert_array_equal(respond(images, index, name="toy").probabilities, found)
    for row in range(5):
        pixels = images[row : row + 1].astype(np.float32) / 255
        seen = [pixels]
        for copy in (1, 2):
            draws = draw_copies(augmentation, SHAPE, index[row : row + 1], copy, seed=2)
            placed = (None if each is None else keras.ops.convert_to_tensor(each) for each in draws)
            given = keras.ops.convert_to_tensor(pixels)
            seen.append(keras.ops.convert_to_numpy(augment_images(given, augmentation, *placed)))
        assert not np.array_equal(seen[1], seen[2]) or augmentation == EVERYTHING[3:]
        answers = keras.ops.convert_to_numpy(model(np.concatenate(seen)))
        np.testing.assert_allclose(found[row], answers.mean(axis=0), atol=2e-6)
    plain = compiled()(images)
    assert not np.array_equal(plain, found)
