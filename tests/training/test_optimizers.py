import inspect

import numpy as np
import pytest

from ensemble_lab.spec.training import Adadelta, Adam, AdamW, RmsProp, Sgd
from ensemble_lab.training.optimizers import OPTIMIZERS, build_optimizer, make_optimizer

SPECS = {
    "adam": Adam(name="adam", rate=0.02, beta_1=0.8, beta_2=0.9, epsilon=1e-5),
    "rmsprop": RmsProp(name="rmsprop", rate=0.02, rho=0.8, epsilon=1e-5),
    "adamw": AdamW(name="adamw", rate=0.02, beta_1=0.8, beta_2=0.9, epsilon=1e-5, weight_decay=0.3),
    "adadelta": Adadelta(name="adadelta", rate=0.8, rho=0.9, epsilon=1e-5),
    "sgd": Sgd(name="sgd", rate=0.02, momentum=0.7, nesterov=True),
}
# Both concern what is not used here (use_ema), or is a name.
UNSAID = {"ema_momentum", "ema_overwrite_frequency", "name", "kwargs", "self"}


def test_every_row_is_tested():
    assert set(OPTIMIZERS) == set(SPECS)


@pytest.mark.keras
@pytest.mark.parametrize("name", SPECS)
def test_every_argument_is_written_out(name, backend):
    import keras

    said = {}

    class Recorder:
        def __getattr__(self, class_name):
            said["class"] = getattr(keras.optimizers, class_name)
            return lambda **arguments: said.update(arguments=arguments)

    make_optimizer(SPECS[name], Recorder())
    expected = set(inspect.signature(said["class"].__init__).parameters) - UNSAID
    assert set(said["arguments"]) == expected


@pytest.mark.keras
@pytest.mark.parametrize("name", SPECS)
def test_first_step_is_that_of_the_paper(name, backend):
    import keras

    variable = keras.Variable(np.array([1.0], np.float32))
    optimizer = build_optimizer(SPECS[name], [variable])
    gradient = 0.5
    optimizer.apply([keras.ops.convert_to_tensor(np.array([gradient], np.float32))])
    expected = {
        # Bias-corrected, both moments are the gradient's own.
        "adam": 0.02 * gradient / (gradient + 1e-5 / np.sqrt(1 - 0.9)),
        # The weight, 1, loses 0.3 × rate of itself besides.
        "adamw": 0.02 * gradient / (gradient + 1e-5 / np.sqrt(1 - 0.9)) + 0.02 * 0.3,
        "adadelta": 0.8 * gradient * np.sqrt(1e-5 / ((1 - 0.9) * gradient**2 + 1e-5)),
        "rmsprop": 0.02 * gradient / np.sqrt((1 - 0.8) * gradient**2 + 1e-5),
        "sgd": 0.02 * gradient * (1 + 0.7),
    }[name]
    assert 1 - float(np.asarray(variable)[0]) == pytest.approx(expected, rel=1e-4)


def adam_steps(gradients, spec, decay=0.0):
    """Return the weight after each gradient, from 1, by the paper's algorithm."""
    weight, first, second = 1.0, 0.0, 0.0
    for step, gradient in enumerate(gradients, start=1):
        weight -= spec.rate * decay * weight
        first = spec.beta_1 * first + (1 - spec.beta_1) * gradient
        second = spec.beta_2 * second + (1 - spec.beta_2) * gradient**2
        mean = first / (1 - spec.beta_1**step)
        spread = np.sqrt(second / (1 - spec.beta_2**step))
        weight -= spec.rate * mean / (spread + spec.epsilon / np.sqrt(1 - spec.beta_2**step))
        yield weight


def adadelta_steps(gradients, spec):
    """Return the weight after each gradient, from 1, by the paper's algorithm."""
    weight, squares, changes = 1.0, 0.0, 0.0
    for gradient in gradients:
        squares = spec.rho * squares + (1 - spec.rho) * gradient**2
        change = gradient * np.sqrt(changes + spec.epsilon) / np.sqrt(squares + spec.epsilon)
        changes = spec.rho * changes + (1 - spec.rho) * change**2
        weight -= spec.rate * change
        yield weight


def rmsprop_steps(gradients, spec):
    """Return the weight after each gradient, from 1."""
    weight, squares = 1.0, 0.0
    for gradient in gradients:
        squares = spec.rho * squares + (1 - spec.rho) * gradient**2
        weight -= spec.rate * gradient / np.sqrt(squares + spec.epsilon)
        yield weight


def sgd_steps(gradients, spec):
    """Return the weight after each gradient, from 1, with Nesterov's momentum."""
    weight, velocity = 1.0, 0.0
    for gradient in gradients:
        velocity = spec.momentum * velocity - spec.rate * gradient
        weight += spec.momentum * velocity - spec.rate * gradient
        yield weight


@pytest.mark.keras
@pytest.mark.parametrize("name", SPECS)
def test_later_steps_are_those_of_the_paper(name, backend):
    import keras

    gradients = [0.5, -0.2, 0.9]
    variable = keras.Variable(np.array([1.0], np.float32))
    optimizer = build_optimizer(SPECS[name], [variable])
    found = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.array([gradient], np.float32))])
        found.append(float(np.asarray(variable)[0]))
    steps = {
        "adam": lambda: adam_steps(gradients, SPECS["adam"]),
        "adamw": lambda: adam_steps(gradients, SPECS["adamw"], SPECS["adamw"].weight_decay),
        "adadelta": lambda: adadelta_steps(gradients, SPECS["adadelta"]),
        "rmsprop": lambda: rmsprop_steps(gradients, SPECS["rmsprop"]),
        "sgd": lambda: sgd_steps(gradients, SPECS["sgd"]),
    }
    assert found == pytest.approx(list(steps[name]()), rel=1e-4)
