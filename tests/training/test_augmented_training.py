"""All augmentations at once: the same on both backends, and the same bits after a stop."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from ensemble_lab.exceptions import InterruptedTraining
from ensemble_lab.training.architectures.layers import Dense, Flatten
from ensemble_lab.training.architectures.standardise import Standardise
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.backends import load_backend
from ensemble_lab.training.blocks import Pace
from ensemble_lab.training.epoch import draw_epoch
from ensemble_lab.training.fit import Callbacks, fit
from ensemble_lab.training.network import build_network
from tests.conftest import miss
from tests.processes import make_environment
from tests.training.members import WARP, build_member, draw_examples

pytestmark = pytest.mark.keras

TRAIN, VALIDATION = draw_examples(72), draw_examples(30, seed=1)


def list_entries(fill="nearest"):
    return [
        {**WARP, "fill": fill},
        {"name": "crop", "pixels": 2, "fill": fill},
        {"name": "elastic", "alpha": 12, "sigma": 2, "fill": fill},
        {"name": "erase", "probability": 0.7, "value": 0.5},
    ]


def build(backend, entries, **recipe):
    architecture = {"name": "mlp", "hidden": [16], "dropout": 0.2, "standardise": True}
    return build_member(backend, augmentation=entries, architecture=architecture, **recipe)


def train(member, *, resume=None, pace=None, stop_after=None):
    """Return the weights, or None if stopped, and the states after each epoch."""
    states = []

    def on_state(state):
        states.append(state)
        if state.epoch == stop_after:
            raise InterruptedTraining

    try:
        fitted = fit(
            member,
            TRAIN,
            VALIDATION,
            n_classes=3,
            resume=resume,
            callbacks=Callbacks(on_state=on_state),
            pace=pace,
        )
    except InterruptedTraining:
        return None, states
    return [np.asarray(weight.value) for weight in fitted.model.weights], states


def check_equal(first, second):
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(left, right)


def test_stopping_and_going_on_with_all_of_them_changes_no_bit(backend):
    member = build(backend, list_entries(), keep="average")
    whole, _ = train(member)
    for epoch in (1, 3):
        _, states = train(member, stop_after=epoch)
        resumed, _ = train(member, resume=states[-1], pace=Pace(n_steps=1, block_s=0.0))
        check_equal(whole, resumed)


@pytest.mark.parametrize("left_out", range(4))
def test_every_entry_has_its_part_in_the_weights(backend, left_out):
    entries = list_entries()
    fewer = entries[:left_out] + entries[left_out + 1 :]
    whole, _ = train(build(backend, entries, epochs=1))
    other, _ = train(build(backend, fewer, epochs=1))
    assert not np.array_equal(whole[0], other[0])


def test_probabilities_are_of_images_as_they_are(backend):
    """Nothing is augmented in validation: twice the same, whatever was drawn."""
    _, states = train(
        build(backend, list_entries(), epochs=2, optimizer={"name": "sgd", "rate": 1e-9})
    )
    first, second = (record.validation_loss for record in states[-1].history)
    assert first == pytest.approx(second, rel=1e-5)
    losses = [record.loss for record in states[-1].history]
    assert losses[0] != pytest.approx(losses[1], rel=1e-5)


def augment_all(fill):
    """One step's images with everything done to them."""
    member = build("tensorflow", list_entries(fill))
    rates = np.zeros(5, np.float32)
    part = draw_epoch(member, 1, rates, n_examples=72, image_shape=(8, 8, 1), n_dropout=0)[0]
    images = (TRAIN.images[part.order[0]] / 255).astype(np.float32)
    drawn = part.transforms[0], part.noise[0], part.boxes[0]
    return np.asarray(augment_images(images, member.training.augmentation, *drawn))


def standardise_all():
    network = build_network((Standardise(), Flatten(), Dense(3)), (8, 8, 1), seed=1)
    return np.asarray(network.model((VALIDATION.images / 255).astype(np.float32)))


def write_peer(backend, path):
    """Write what this backend makes of the same draws; run in a process of its own."""
    load_backend(backend).configure(1)
    np.savez(
        path,
        nearest=augment_all("nearest"),
        constant=augment_all("constant"),
        standardised=standardise_all(),
    )


@pytest.mark.slow
def test_backends_agree_on_everything_done_to_an_image(backend, tmp_path):
    other = "jax" if backend == "tensorflow" else "tensorflow"
    if importlib.util.find_spec(other) is None:
        miss(f"{other} is not installed")
    path = tmp_path / "peer.npz"
    module = "tests.training.test_augmented_training"
    code = f"from {module} import write_peer; write_peer({other!r}, {str(path)!r})"
    environment = make_environment(KERAS_BACKEND=other, TF_CPP_MIN_LOG_LEVEL="3")
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=200)
    theirs = np.load(path)
    for fill in ("nearest", "constant"):
        ours = augment_all(fill)
        assert ours.std() > 0.1
        np.testing.assert_allclose(theirs[fill], ours, atol=2e-6)
    np.testing.assert_allclose(theirs["standardised"], standardise_all(), atol=1e-6)
