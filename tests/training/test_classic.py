"""Classic models: scikit-learn as the oracle of what NumPy answers, and the smallest by hand."""

import math

import numpy as np
import pytest

from ensemble_lab.exceptions import DamagedError, TrainingError
from ensemble_lab.seeds import draw_state
from ensemble_lab.spec.architecture import WITHOUT_RECIPE, NaiveBayes, SgdLinear
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.members import load_member, member_path, save_member
from ensemble_lab.training.architectures import ARCHITECTURES, describe_layers
from ensemble_lab.training.architectures.tracing import trace
from ensemble_lab.training.classic import ClassicModel, fit_classic, load
from ensemble_lab.training.classic_methods import METHODS
from tests.conftest import need
from tests.training.members import draw_examples

EXAMPLES = draw_examples(90)
FURTHER = draw_examples(40, seed=1).images
NETS = set(ARCHITECTURES) - set(METHODS)


def build(architecture, seed=3):
    return MemberSpec(
        key="c-0003", group="c", architecture=architecture, seed=seed, backend="scikit-learn"
    )


def naive_bayes(**arguments):
    return NaiveBayes(name="naive_bayes", **arguments)


def sgd_linear(**arguments):
    return SgdLinear(name="sgd_linear", **arguments)


def fit(architecture, images=EXAMPLES.images, labels=EXAMPLES.labels, *, seed=3, n_classes=3):
    need("sklearn")
    return fit_classic(build(architecture, seed), images, labels, n_classes)


def scale(images, scaler=None):
    pixels = images.reshape(len(images), -1) / 255
    return pixels if scaler is None else scaler.transform(pixels)


def fit_oracle(architecture, model, images=EXAMPLES.images, labels=EXAMPLES.labels):
    """Return what scikit-learn says of the further images, after a fit of its own."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    steps = (StandardScaler(), model) if architecture.scaled else (model,)
    return make_pipeline(*steps).fit(scale(images), labels)


def sgd_oracle(**arguments):
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(random_state=int(draw_state(3, "order", 1)[0]), **arguments)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("arguments", [{}, {"var_smoothing": 0.1}])
def test_naive_bayes_answers_as_scikit_learn_does(scaled, arguments):
    architecture = naive_bayes(scaled=scaled, **arguments)
    answers = fit(architecture)(FURTHER, name="c")
    from sklearn.naive_bayes import GaussianNB

    oracle = fit_oracle(architecture, GaussianNB(**arguments))
    assert answers.votes.tolist() == oracle.predict(scale(FURTHER)).tolist()
    assert answers.probabilities.dtype == np.float32
    np.testing.assert_allclose(
        answers.probabilities, oracle.predict_proba(scale(FURTHER)), rtol=1e-5, atol=1e-30
    )


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"penalty": "l1", "alpha": 0.01},
        {"penalty": "elasticnet", "l1_ratio": 0.7},
        {"tol": 0.1, "n_iter_no_change": 2, "average": True},
        {"learning_rate": "constant", "eta0": 0.03},
        {"learning_rate": "invscaling", "eta0": 0.1, "power_t": 0.25},
    ],
)
def test_linear_votes_are_scikit_learns_whatever_its_arguments(scaled, arguments):
    architecture = sgd_linear(scaled=scaled, **arguments)
    model = fit(architecture)
    oracle = fit_oracle(architecture, sgd_oracle(**arguments))
    np.testing.assert_array_equal(model.arrays["coef"], oracle[-1].coef_)
    np.testing.assert_array_equal(model.arrays["intercept"], oracle[-1].intercept_)
    answers = model(FURTHER, name="c")
    assert answers.votes.tolist() == oracle.predict(scale(FURTHER)).tolist()
    assert answers.probabilities is None


def test_most_passes_are_bounded():
    need("sklearn")
    from sklearn.exceptions import ConvergenceWarning

    with pytest.warns(ConvergenceWarning):
        model = fit(sgd_linear(max_iter=1))
    with pytest.warns(ConvergenceWarning):
        oracle = fit_oracle(sgd_linear(), sgd_oracle(max_iter=1))
    np.testing.assert_array_equal(model.arrays["coef"], oracle[-1].coef_)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_loss_gives_scikit_learns_probabilities(n_classes):
    architecture = sgd_linear(loss="log_loss", scaled=True)
    is_in = EXAMPLES.labels < n_classes
    images, labels = EXAMPLES.images[is_in], EXAMPLES.labels[is_in]
    answers = fit(architecture, images, labels, n_classes=n_classes)(FURTHER, name="c")
    oracle = fit_oracle(architecture, sgd_oracle(loss="log_loss"), images, labels)
    expected = oracle.predict_proba(scale(FURTHER))
    usable = np.isfinite(expected).all(axis=1)
    np.testing.assert_allclose(answers.probabilities[usable], expected[usable], atol=1e-6)
    assert np.isfinite(answers.probabilities).all()


def test_hinge_of_two_classes_chooses_as_scikit_learn_does():
    is_in = EXAMPLES.labels < 2
    images, labels = EXAMPLES.images[is_in], EXAMPLES.labels[is_in]
    model = fit(sgd_linear(), images, labels, n_classes=2)
    assert model.arrays["coef"].shape == (2, 64)
    oracle = fit_oracle(sgd_linear(), sgd_oracle(), images, labels)
    assert model(FURTHER, name="c").votes.tolist() == oracle.predict(scale(FURTHER)).tolist()


def test_posterior_counted_by_hand():
    # One pixel, variance 1/2: log p0 - log p1 = log(1/3) - 0.2² + 0.8².
    model = ClassicModel(
        naive_bayes(),
        {
            "theta": np.array([[0.0], [1.0]]),
            "var": np.array([[0.5], [0.5]]),
            "class_prior": np.array([0.25, 0.75]),
        },
    )
    (row,) = model(np.full((1, 1, 1, 1), 51, np.uint8), name="c").probabilities
    odds = math.exp(0.6) / 3
    np.testing.assert_allclose(row, [odds / (1 + odds), 1 / (1 + odds)], rtol=1e-6)


def test_votes_and_scaling_counted_by_hand():
    # Pixels 1 and 0.2 become 1 and -1; logits 0 - 1, 1 - 1 and -2 + 2.
    model = ClassicModel(
        sgd_linear(scaled=True),
        {
            "scaler_mean": np.array([0.5, 0.4]),
            "scaler_scale": np.array([0.5, 0.2]),
            "coef": np.array([[0.0, 1.0], [1.0, 1.0], [-2.0, 0.0]]),
            "intercept": np.array([0.0, 0.0, 2.0]),
        },
    )
    images = np.array([255, 51], np.uint8).reshape(1, 1, 2, 1)
    # Classes 1 and 2 are equal: the smaller one.
    assert model(images, name="c").votes.tolist() == [1]


def test_batches_change_no_answer(monkeypatch):
    model = fit(naive_bayes())
    whole, batches = model(FURTHER, name="c"), []
    monkeypatch.setattr("ensemble_lab.training.classic._BATCH", 7)
    parts = model(FURTHER, name="c", on_batch=lambda: batches.append(1))
    np.testing.assert_array_equal(parts.probabilities, whole.probabilities)
    assert len(batches) == 6


@pytest.mark.parametrize("architecture", [naive_bayes(), sgd_linear(loss="log_loss", scaled=True)])
def test_class_without_images_is_never_chosen(architecture):
    is_in = EXAMPLES.labels != 1
    model = fit(architecture, EXAMPLES.images[is_in], EXAMPLES.labels[is_in], n_classes=4)
    answers = model(EXAMPLES.images, name="c")
    assert set(answers.votes.tolist()) == {0, 2}
    assert (answers.probabilities[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("architecture", [naive_bayes(scaled=True), sgd_linear()])
def test_fit_gives_the_same_bits_twice(architecture):
    first, again = fit(architecture), fit(architecture)
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])


def test_seed_orders_the_images_of_one_and_changes_nothing_of_the_other():
    linear = [fit(sgd_linear(), seed=seed).arrays["coef"] for seed in (0, 1)]
    assert not np.array_equal(*linear)
    bayes = [fit(naive_bayes(), seed=seed).arrays["theta"] for seed in (0, 1)]
    np.testing.assert_array_equal(*bayes)


@pytest.mark.parametrize(
    ("images", "labels", "fact"),
    [
        (EXAMPLES.images, np.zeros_like(EXAMPLES.labels), "labels for c-0003"),
        (np.zeros_like(EXAMPLES.images), EXAMPLES.labels, "images for c-0003"),
    ],
)
@pytest.mark.parametrize("architecture", [naive_bayes(), sgd_linear()])
def test_nothing_to_learn_from_is_one_line(architecture, images, labels, fact):
    with pytest.raises(TrainingError, match=fact) as caught:
        fit(architecture, images, labels)
    assert "\n" not in str(caught.value)


def test_logits_that_are_no_numbers_are_refused():
    model = ClassicModel(sgd_linear(), {"coef": np.full((2, 1), np.nan), "intercept": np.zeros(2)})
    with pytest.raises(TrainingError, match="logits of c on test must be numbers; got NaN in row"):
        model(np.ones((3, 1, 1, 1), np.uint8), name="c on test")


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("build_architecture", [naive_bayes, sgd_linear])
def test_stored_values_are_as_many_as_the_layers_count(build_architecture, scaled):
    architecture = build_architecture(scaled=scaled)
    traced = trace(describe_layers(architecture, 3), (8, 8, 1))
    arrays = fit(architecture).arrays
    assert [array.shape for array in arrays.values()] == [
        weight.shape for each in traced for weight in each.weights
    ]
    assert all(array.dtype == np.float64 for array in arrays.values())


def test_stored_array_of_another_shape_is_refused(make_run):
    run = make_run(n_members=1)
    spec = build(naive_bayes()).model_copy(update={"key": "a-0000"})
    about = {
        "architecture_sha256": "a" * 64,
        "history": (),
        "kept_epoch": 0,
        "n_parameters": 9,
        "training_macs": 9,
        "environment": {},
    }
    rows = {"theta": np.zeros((3, 20)), "var": np.ones((3, 20)), "class_prior": np.ones(3)}
    save_member(run, "a-0000", rows, **about)
    assert load_member(run, "a-0000").n_parameters == 9
    assert load(run, spec).arrays["theta"].shape == (3, 20)
    for wrong in ({"var": np.ones((3, 1))}, {"var": np.ones((3, 20), np.float32)}):
        save_member(run, "a-0000", rows | wrong, **about)
        with pytest.raises(DamagedError, match=r"var must be float64 \(3, 20\)") as caught:
            load(run, spec)
        assert str(member_path(run, "a-0000")) in str(caught.value)


def test_rows_are_those_of_the_architectures_without_a_recipe():
    assert set(METHODS) == set(WITHOUT_RECIPE)
    assert not NaiveBayes.has_recipe
    assert not SgdLinear.has_recipe
    assert not NETS & set(WITHOUT_RECIPE)
