"""Images as a member sees them: those that its own training takes, step by step."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.exceptions import DataError, SpecError
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.augmented import augment_examples
from ensemble_lab.training.epoch import draw_epoch
from tests.training.members import WARP, build_member

ROOT = Path(__file__).parents[2]
N_EXAMPLES, BATCH = 37, 16
RECIPES = {
    "affine": [WARP],
    "crop": [{"name": "crop", "pixels": 2, "fill": "constant"}],
    "elastic": [{"name": "elastic", "alpha": 12, "sigma": 2}],
    "erase": [{"name": "erase", "probability": 0.7, "value": 0.5}],
    "all": [WARP, {"name": "crop", "pixels": 1}, {"name": "elastic"}, {"name": "erase"}],
}


def build_train(channels: int = 1) -> Split:
    """Every third example of a published split, as if validation had been cut from it."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N_EXAMPLES, 8, 9, channels), dtype=np.uint8)
    index = 3 * np.arange(N_EXAMPLES)
    return build_split("train", "none", index, images, np.arange(N_EXAMPLES) % 3)


def show_epoch(member, images: np.ndarray, epoch: int) -> np.ndarray:
    """All images of an epoch as the training steps take them, by their position."""
    seen = np.full(images.shape, np.nan, np.float32)
    parts = draw_epoch(
        member,
        epoch,
        np.zeros(3, np.float32),
        n_examples=len(images),
        image_shape=images.shape[1:],
        n_dropout=0,
    )
    for part in parts:
        for step, order in enumerate(part.order):
            row = [
                None if each is None else each[step]
                for each in (part.transforms, part.noise, part.boxes)
            ]
            batch = images[order].astype(np.float32) / np.float32(255)
            seen[order] = np.asarray(augment_images(batch, member.training.augmentation, *row))
    return seen


@pytest.mark.keras
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_shown_is_what_each_step_of_training_takes(backend, recipe, channels):
    member = build_member(backend, batch_size=BATCH, augmentation=RECIPES[recipe])
    train = build_train(channels)
    # The last is in the small step of one epoch or another; the order asked for is kept.
    index = np.array([108, 0, 33, 36, 60])
    shown = augment_examples(member, train, index, n_epochs=5)
    assert shown.seen.shape == (5, 5, 8, 9, channels)
    for epoch in range(5):
        expected = show_epoch(member, train.images, epoch)[index // 3]
        np.testing.assert_allclose(shown.seen[:, epoch], expected, atol=1e-6)
    assert np.array_equal(shown.images, train.images[index // 3])
    assert shown.labels.tolist() == (index // 3 % 3).tolist()


@pytest.mark.keras
def test_every_epoch_and_seed_shows_another_image(backend):
    train, index = build_train(), np.array([0])
    members = [build_member(backend, augmentation=[WARP], seed=seed) for seed in (1, 1, 2)]
    one, again, other = (augment_examples(m, train, index, n_epochs=6).seen for m in members)
    assert np.array_equal(one, again)
    assert len({image.tobytes() for image in np.concatenate([one[0], other[0]])}) == 12


def test_recipe_without_augmentation_is_refused():
    with pytest.raises(SpecError, match="got none, in toy-0003"):
        augment_examples(build_member("tensorflow"), build_train(), np.array([0]), n_epochs=1)


def test_index_that_is_not_trained_on_is_refused():
    member = build_member("tensorflow", augmentation=[WARP])
    with pytest.raises(DataError, match=r"one of the 37 of split 'train'.*got 1\."):
        augment_examples(member, build_train(), np.array([3, 1]), n_epochs=1)


@pytest.mark.keras
def test_frameworks_say_nothing_and_stderr_comes_back():
    code = """
import sys
import numpy as np
from ensemble_lab.training.augmented import augment_examples
from tests.training.members import WARP, build_member
from tests.training.test_augmented import build_train
member = build_member("tensorflow", augmentation=[WARP])
augment_examples(member, build_train(), np.array([0]), n_epochs=1)
print("heard", file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr == "heard\n"
