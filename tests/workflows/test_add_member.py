"""A Keras model of anybody's becomes a member by what it says of the run's images."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.exceptions import (
    MismatchError,
    MissingError,
    PredictionError,
    StoreError,
    TrainingError,
)
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.training.guest import infer_guest
from ensemble_lab.workflows.add_member import add_member
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.import_ import import_predictions
from tests.training.conftest import backend, keras_home  # noqa: F401 - fixtures

pytestmark = pytest.mark.keras


@pytest.fixture
def build(backend):  # noqa: F811
    """Build a small net of three classes for the images of a made run; drawn weights."""
    import keras

    def build(*, n_classes=3, activation="softmax", shape=(5, 4, 1)):
        keras.utils.set_random_seed(0)
        return keras.Sequential(
            [
                keras.Input(shape),
                keras.layers.Flatten(),
                keras.layers.Dense(n_classes, activation=activation),
            ]
        )

    return build


def test_member_says_what_the_model_says_of_pixels_from_0_to_1(make_run, build):
    run, model = make_run(), build()
    grown = add_member(run, "mine", model)
    assert grown == open_run(run.path)
    assert grown.keys == (*run.keys, "mine")
    assert (grown.member("mine").kind, grown.member("mine").spec) == ("imported", None)
    weights, bias = model.get_weights()
    for split in ("validation", "test"):
        pixels = load_images(run, split).images.astype(np.float32) / 255
        raw = pixels.reshape(len(pixels), -1) @ weights + bias
        wanted = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
        found = load_predictions(grown, split, members=("mine",))
        np.testing.assert_allclose(found.probabilities[0], wanted, atol=1e-6)


def test_logits_become_the_probabilities_of_their_softmax(make_run, build):
    run = make_run()
    add_member(run, "soft", build())
    grown = add_member(run, "raw", build(activation=None), logits=True)
    found = load_predictions(grown, members=("soft", "raw")).probabilities
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    with pytest.raises(PredictionError, match="in loud"):
        add_member(run, "loud", build(activation="relu"))


def test_batches_do_not_change_what_it_says(build):
    images = np.random.default_rng(0).integers(0, 256, (700, 5, 4, 1), dtype=np.uint8)
    model = build()
    whole = infer_guest(model, images, name="mine")
    parts = [infer_guest(model, images[n : n + 100], name="mine") for n in range(0, 700, 100)]
    assert (whole.shape, whole.dtype) == ((700, 3), np.float32)
    np.testing.assert_allclose(whole, np.concatenate(parts), atol=1e-6)


def test_model_joins_a_run_of_imported_images(tmp_path, build):
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
    labels = np.arange(6) % 3
    run = import_predictions(tmp_path / "r", {"a": labels}, labels=labels, images=images).run
    assert add_member(run, "mine", build()).keys == ("a", "mine")


def test_only_the_splits_that_are_asked_for_are_predicted(make_run, build):
    grown = add_member(make_run(), "mine", build(), splits=["test"])
    load_predictions(grown, "test")
    with pytest.raises(MissingError, match="ensemble-lab import"):
        load_predictions(grown, "validation")
    assert load_predictions(add_member(grown, "mine", build(), splits=["validation"]), "validation")


def test_split_in_folds_is_not_for_one_model(make_run, build):
    run = make_run(folds=2)
    grown = add_member(run, "mine", build())
    assert "mine" in load_predictions(grown, "test").members
    with pytest.raises(MismatchError, match="in folds"):
        add_member(run, "other", build(), splits=["train-oof"])


def test_what_does_not_fit_is_refused_and_leaves_nothing(make_run, build):
    run = make_run()
    for key, model, error, fact in (
        ("a-0000", build(), MismatchError, "a trained member"),
        ("Mine", build(), StoreError, "member key"),
        ("mine", build(n_classes=4), MismatchError, "3 classes of"),
        ("mine", build(shape=(6, 4, 1)), TrainingError, "must take float32 images of 5×4×1"),
        ("mine", lambda batch, training: batch, TrainingError, "one row of classes"),
        ("mine", lambda batch, training: batch[:, :3, 0, 0] * np.nan, TrainingError, "finite"),
    ):
        with pytest.raises(error) as caught:
            add_member(run, key, model)
        assert fact in str(caught.value)
        assert "\n" not in str(caught.value)
    assert open_run(run.path) == run
    assert not run.member_folder("mine").exists()
    add_member(run, "mine", build())
    with pytest.raises(MismatchError, match="a member with predictions on"):
        add_member(run, "mine", build())


def test_run_without_images_says_how_to_give_them(tmp_path, build):
    run = import_predictions(tmp_path / "r", {"a": np.arange(3)}, labels=np.arange(3)).run
    assert load_record(run, "test").images_sha256 is None
    with pytest.raises(MissingError, match="--images FILE"):
        add_member(run, "mine", build())
    with pytest.raises(MissingError, match="a split to predict"):
        add_member(replace(run, splits=()), "mine", build())
