"""From a recipe's name to what its member sees."""

from pathlib import Path

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.exceptions import DataError, SpecError
from ensemble_lab.training.augmented import augment_examples
from ensemble_lab.workflows.augmented import find_recipe
from tests.training.conftest import backend, keras_home  # noqa: F401 - fixtures

FILE = """
name = "mine"
[data]
name = "npz"
path = "mine.npz"
validation = { share = 0.25, seed = 5 }
canvas = { size = 12 }
[defaults]
architecture = { name = "mlp" }
batch_size = 8
[[members]]
group = "warped"
seeds = [4]
augmentation = [ { name = "affine", rotation_degrees = 10 } ]
[[members]]
group = "plain"
seeds = [0]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = np.random.default_rng(0).integers(0, 256, (60, 7, 6), dtype=np.uint8)
    labels = np.arange(60) % 3
    for name in ("mine", "other"):
        shift = 1 if name == "other" else 0
        np.savez(
            tmp_path / f"{name}.npz",
            x_train=images[:40] ^ shift,
            y_train=labels[:40],
            x_test=images[40:],
            y_test=labels[40:],
        )
    (tmp_path / "mine.toml").write_text(FILE)
    return tmp_path


@pytest.mark.keras
@pytest.mark.parametrize("name", ["mine", "other"])
def test_images_are_those_that_the_member_would_train_on(backend, folder, name):  # noqa: F811
    seen = lab.augment_data(
        f"{folder}/{name}.npz", f"{folder}/mine.toml:warped", seed=4, n_examples=3, n_epochs=2
    )
    experiment = lab.load_experiment(folder / "mine.toml")
    data = experiment.data.model_copy(update={"path": f"{folder}/{name}.npz"})
    train = load_dataset(data).split("train")
    expected = augment_examples(experiment.expand()[0], train, seen.index, n_epochs=2)
    assert np.array_equal(seen.seen, expected.seen)
    assert seen.images.shape == (3, 12, 12, 1)
    assert seen.member.key == "warped-0004"


@pytest.mark.keras
def test_named_examples_come_in_that_order(backend, folder):  # noqa: F811
    train = load_dataset(lab.load_experiment(folder / "mine.toml").data).split("train")
    index = (int(train.index[5]), int(train.index[2]))
    seen = lab.augment_data(
        f"{folder}/mine.npz:train", f"{folder}/mine.toml:warped", index=index, n_epochs=1
    )
    assert tuple(seen.index.tolist()) == index


def test_validation_is_never_augmented(folder):
    dataset = load_dataset(lab.load_experiment(folder / "mine.toml").data)
    held = int(dataset.split("validation").index[0])
    with pytest.raises(DataError, match=f"{held} is one of validation"):
        lab.augment_data(f"{folder}/mine.npz", f"{folder}/mine.toml:warped", index=(held,))


def test_test_images_are_never_augmented(folder):
    with pytest.raises(DataError, match="must be train, which alone is augmented; got 'test'"):
        lab.augment_data(f"{folder}/mine.npz:test", "light")


def test_a_presets_recipe_is_its_own_with_the_seed_asked_for():
    experiment, member = find_recipe("light", 7)
    assert member == lab.build_experiment("light", seeds=(7,)).expand()[0]
    assert experiment.data.validation.share == lab.load_preset("light").validation_share


def test_a_file_with_one_group_needs_no_name(folder):
    text = (folder / "mine.toml").read_text().split('[[members]]\ngroup = "plain"')[0]
    (folder / "one.toml").write_text(text)
    assert find_recipe(f"{folder}/one.toml", 2)[1].key == "warped-0002"


@pytest.mark.parametrize(
    ("recipe", "facts"),
    [
        ("ligth", "preset or FILE.toml.*did you mean 'light'"),
        ("cnn3", "got none, in cnn3. Presets with one: .*light"),
        ("sgd-linear", "preset or FILE|got none"),
        ("{folder}/mine.toml", "one of warped, plain; got none"),
        ("{folder}/mine.toml:wraped", "got wraped.*did you mean 'warped'"),
        ("{folder}/mine.toml:plain", "got none, in .*mine.toml:plain"),
        ("{folder}/none.toml:x", "none.toml"),
    ],
)
def test_what_is_no_augmentation_is_refused_before_anything_is_loaded(folder, recipe, facts):
    with pytest.raises(lab.EnsembleLabError, match=facts) as caught:
        lab.augment_data("none.npz", recipe.format(folder=folder))
    assert isinstance(caught.value, SpecError) or "none.toml" in recipe
