import dataclasses

import numpy as np
import pytest

from ensemble_lab.exceptions import InterruptedTraining, SpecError, TrainingError
from ensemble_lab.spec.member import HeldStreams
from ensemble_lab.training import fit as module
from ensemble_lab.training.architectures import ARCHITECTURES, describe_layers
from ensemble_lab.training.blocks import Pace
from ensemble_lab.training.fit import Callbacks, fit
from ensemble_lab.training.infer import infer
from ensemble_lab.training.network import draw_weights
from ensemble_lab.training.optimizers import OPTIMIZERS
from ensemble_lab.training.schedules import SCHEDULES
from tests.training.members import WARP, build_member, draw_examples, everything_layers

pytestmark = pytest.mark.keras

TRAIN = draw_examples(72)
VALIDATION = draw_examples(30, seed=1)
FURTHER = draw_examples(7, seed=2).images


def train(member, *, resume=None, pace=None, validation=VALIDATION, voted=(), stop_after=None):
    """Return what was fitted, or the last state if stopped after an epoch, and all states."""
    states = []

    def on_state(state):
        states.append(state)
        if state.epoch == stop_after:
            raise InterruptedTraining

    callbacks = Callbacks(on_state=on_state)
    try:
        fitted = fit(
            member,
            TRAIN,
            validation,
            n_classes=3,
            voted=voted,
            resume=resume,
            callbacks=callbacks,
            pace=pace,
        )
    except InterruptedTraining:
        return None, states
    return fitted, states


def weights_of(fitted):
    return [np.asarray(weight.value) for weight in fitted.model.weights]


def check_equal(first, second):
    assert len(first) == len(second)
    for left, right in zip(first, second, strict=True):
        np.testing.assert_array_equal(np.asarray(left), np.asarray(right))


def without_seconds(history):
    return [dataclasses.replace(record, seconds=0.0) for record in history]


@pytest.fixture
def everything(backend, monkeypatch):
    """A member with convolution, batch norm, two dropouts, warps, averages and epoch votes."""
    monkeypatch.setitem(ARCHITECTURES, "mlp", everything_layers)
    return build_member(backend, augmentation=[WARP], keep="average", optimizer={"name": "adam"})


def test_stopping_after_any_epoch_and_going_on_changes_no_bit(everything):
    voted = (("validation", VALIDATION.images), ("test", FURTHER))
    whole, _ = train(everything, voted=voted)
    for epoch in (1, 3):
        _, states = train(everything, voted=voted, stop_after=epoch)
        assert states[-1].epoch == epoch
        resumed, _ = train(everything, voted=voted, resume=states[-1])
        check_equal(weights_of(whole), weights_of(resumed))
        assert without_seconds(whole.history) == without_seconds(resumed.history)
        for (split, votes), (name, others) in zip(
            whole.epoch_votes, resumed.epoch_votes, strict=True
        ):
            assert split == name
            np.testing.assert_array_equal(votes, others)


def test_validation_under_a_name_of_its_own_is_inferred_once_an_epoch(backend, monkeypatch):
    """Where validation is in folds it is called otherwise, and votes are kept of it too."""
    asked = []
    real = module.infer

    def count(predictor, images, *, name, **rest):
        asked.append(name)
        return real(predictor, images, name=name, **rest)

    monkeypatch.setattr(module, "infer", count)
    member = build_member(backend, epochs=2)
    fitted = fit(
        member,
        TRAIN,
        VALIDATION,
        n_classes=3,
        validation_name="train-oof",
        voted=(("train-oof", VALIDATION.images), ("test", FURTHER)),
    )
    assert asked == ["toy-0003 on train-oof", "toy-0003 on test"] * 2
    last = dict(fitted.epoch_votes)["train-oof"][-1]
    accuracy = (last == VALIDATION.labels).mean()
    assert fitted.history[-1].validation_accuracy == pytest.approx(accuracy)


RECIPES = {
    "adadelta": {
        "optimizer": {"name": "adadelta", "rate": 1.0},
        "schedule": {"name": "one-cycle"},
        "loss": {"name": "cross-entropy", "smoothing": 0.1},
    },
    "adamw": {"optimizer": {"name": "adamw"}, "schedule": {"name": "cosine"}},
    "momentum": {
        "optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True},
        "schedule": {"name": "step", "every": 1},
    },
    "rmsprop": {
        "optimizer": {"name": "rmsprop"},
        "schedule": {"name": "exponential", "factor": 0.5},
    },
    "plateau": {"schedule": {"name": "plateau", "patience": 1}, "keep": "best-validation"},
}


@pytest.mark.parametrize("name", RECIPES)
def test_every_optimizer_and_schedule_goes_on_with_the_same_bits(backend, name):
    member = build_member(
        backend, architecture={"name": "mlp", "hidden": [8], "l2": 0.01}, **RECIPES[name]
    )
    whole, _ = train(member)
    _, states = train(member, stop_after=2)
    resumed, _ = train(member, resume=states[-1])
    check_equal(weights_of(whole), weights_of(resumed))
    assert without_seconds(whole.history) == without_seconds(resumed.history)


def test_recipes_that_go_on_are_all_there_are():
    optimizers = {recipe.get("optimizer", {"name": "adam"})["name"] for recipe in RECIPES.values()}
    schedules = {recipe["schedule"]["name"] for recipe in RECIPES.values()} | {"constant"}
    assert (optimizers, schedules) == (set(OPTIMIZERS), set(SCHEDULES))


def test_going_on_from_a_finished_state_changes_nothing(backend):
    member = build_member(backend, epochs=2, keep="best-validation")
    whole, states = train(member)
    resumed, further = train(member, resume=states[-1])
    assert not further
    check_equal(weights_of(whole), weights_of(resumed))


def test_block_length_changes_no_bit(everything):
    long, _ = train(everything, pace=Pace(n_steps=100, block_s=1e9))
    short, _ = train(everything, pace=Pace(n_steps=1, block_s=0.0))
    check_equal(weights_of(long), weights_of(short))
    assert without_seconds(long.history) == without_seconds(short.history)


def test_seed_changes_the_weights(backend):
    first, _ = train(build_member(backend, epochs=1, seed=1))
    second, _ = train(build_member(backend, epochs=1, seed=2))
    assert not np.array_equal(weights_of(first)[0], weights_of(second)[0])


@pytest.mark.parametrize("varies", ["init", "order", "augment", "dropout"])
def test_a_held_seed_changes_one_stream_and_the_first_weights_only_with_init(backend, varies):
    def start(**values):
        member = build_member(backend, augmentation=[WARP], epochs=1, **values)
        return member, member.seed_of("init")

    plain, first = start(seed=3)
    held = HeldStreams(varies=varies, seed=3)
    same = plain.model_copy(update={"held": held})
    other = same.model_copy(update={"seed": 4})
    assert (other.seed_of("init") == first) == (varies != "init")
    weights = [weights_of(train(each)[0]) for each in (plain, same, other)]
    check_equal(weights[0], weights[1])
    assert any((a != b).any() for a, b in zip(weights[0], weights[2], strict=True))


def test_training_learns(backend):
    member = build_member(
        backend,
        epochs=25,
        architecture={"name": "mlp", "hidden": [32]},
        optimizer={"name": "adam", "rate": 0.01},
    )
    fitted, _ = train(member)
    assert fitted.history[-1].loss < 0.3 * fitted.history[0].loss
    assert fitted.history[-1].validation_accuracy > 0.9
    assert [record.epoch for record in fitted.history] == list(range(1, 26))


def test_running_average_follows_its_formula(backend):
    # One step an epoch, so that every step's weights are seen.
    member = build_member(backend, epochs=5, batch_size=100, keep="average", average_decay=0.25)
    fitted, states = train(member)
    layers = describe_layers(member.architecture, 3)
    averages = [weight.astype(np.float64) for weight in draw_weights(layers, (8, 8, 1), 3)]
    for step, state in enumerate(states):
        decay = min(0.25, (1 + step) / (10 + step))
        averages = [
            decay * average + (1 - decay) * weight
            for average, weight in zip(averages, state.weights, strict=True)
        ]
    for average, kept in zip(averages, weights_of(fitted), strict=True):
        np.testing.assert_allclose(kept, average, atol=1e-6)
    assert fitted.kept_epoch == 5


def test_last_weights_are_kept_unless_asked(backend):
    fitted, states = train(build_member(backend, epochs=2))
    assert fitted.kept_epoch == 2
    check_equal(weights_of(fitted), states[-1].weights)
    assert states[-1].kept == ()


def test_first_of_the_best_epochs_is_kept(backend):
    member = build_member(
        backend, epochs=8, keep="best-validation", optimizer={"name": "sgd", "rate": 0.5}
    )
    fitted, states = train(member)
    accuracies = [record.validation_accuracy for record in fitted.history]
    best = int(np.argmax(accuracies))
    assert fitted.kept_epoch == best + 1
    check_equal(weights_of(fitted), states[best].weights)


def test_validation_is_of_the_weights_that_are_kept(backend):
    fitted, _ = train(build_member(backend, epochs=2, keep="average"))
    probabilities = infer(fitted.predictor, VALIDATION.images, name="toy")
    accuracy = (probabilities.argmax(axis=1) == VALIDATION.labels).mean()
    assert fitted.history[-1].validation_accuracy == pytest.approx(accuracy)


def test_epoch_votes_have_a_row_an_epoch_and_end_in_the_kept_classes(backend):
    voted = (("validation", VALIDATION.images), ("test", FURTHER))
    fitted, _ = train(build_member(backend, epochs=3), voted=voted)
    for (split, votes), (name, images) in zip(fitted.epoch_votes, voted, strict=True):
        assert split == name
        assert votes.dtype == np.uint8
        assert votes.shape == (3, len(images))
        last = infer(fitted.predictor, images, name="toy").argmax(axis=1)
        np.testing.assert_array_equal(votes[-1], last)


def test_without_validation_there_is_nothing_to_report(backend):
    fitted, _ = train(build_member(backend, epochs=1), validation=None)
    assert fitted.history[0].validation_loss is None
    assert fitted.history[0].validation_accuracy is None
    assert fitted.epoch_votes == ()


@pytest.mark.parametrize(
    "recipe", [{"keep": "best-validation"}, {"schedule": {"name": "plateau"}, "epochs": 2}]
)
def test_what_needs_validation_is_refused_without(backend, recipe):
    with pytest.raises(SpecError, match="needs validation examples"):
        train(build_member(backend, **recipe), validation=None)


def test_plateau_lowers_the_rate_that_is_recorded(backend):
    member = build_member(
        backend,
        epochs=5,
        optimizer={"name": "sgd", "rate": 1e-6},
        schedule={"name": "plateau", "factor": 0.5, "patience": 2, "lowest": 1e-9},
    )
    fitted, _ = train(member)
    rates = [record.rate for record in fitted.history]
    assert rates == pytest.approx([1e-6, 1e-6, 1e-6, 5e-7, 5e-7])
    assert rates[0] == 1e-6


def test_infinite_rate_ends_in_one_line_that_names_member_epoch_and_rate(backend):
    member = build_member(
        backend,
        epochs=30,
        architecture={"name": "mlp", "hidden": [16, 16, 16]},
        optimizer={"name": "sgd", "rate": 1000.0, "momentum": 0.9},
    )
    with pytest.raises(TrainingError, match=r"toy-0003 in epoch \d+ .*at rate 1000") as caught:
        train(member)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("n_examples", [1, 15, 16])
def test_fewer_images_than_a_batch_are_enough(backend, n_examples):
    few = draw_examples(n_examples)
    fitted = fit(build_member(backend, epochs=1), few, n_classes=3)
    assert len(fitted.history) == 1


def test_progress_ends_each_epoch_whole_and_may_stop_training(backend):
    seen = []
    fit(
        build_member(backend, epochs=2),
        TRAIN,
        n_classes=3,
        callbacks=Callbacks(on_progress=seen.append),
        pace=Pace(n_steps=1, block_s=0.0),
    )
    # 72 images are four batches of 16 and one of 8.
    assert seen[:5] == pytest.approx([16 / 72, 32 / 72, 48 / 72, 64 / 72, 1.0])
    assert seen[-1] == 2.0
