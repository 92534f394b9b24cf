"""The Keras model of a description, with first weights that every backend shares."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.seeds import draw_generator
from ensemble_lab.training.architectures.layers import Layer, Shape, Weight
from ensemble_lab.training.architectures.tracing import trace
from ensemble_lab.training.losses import Penalty

__all__ = ["Network", "build_model", "build_network", "draw_weights"]


@dataclass(frozen=True)
class Network:
    """One set of weights seen twice.

    Attributes
    ----------
    model : keras.Model
        Images, float32 in 0 … 1, to probabilities: what is stored and used.
    training : keras.Model
        The same layers, images and int32 labels to what the loss takes: the logits,
        float32 (batch, classes), and what layers give besides (see `Layer.build_besides`).
    seed_states : tuple of keras.Variable
        The uint32 (2,) state of every dropout layer, in order.
    penalties : tuple of Penalty
        On the trainable arrays.
    """

    model: Any
    training: Any
    seed_states: tuple[Any, ...]
    penalties: tuple[Penalty, ...]


def build_network(
    layers: tuple[Layer, ...], input_shape: Shape, seed: int, layer_classes: Any = None
) -> Network:
    """Return the net with the first weights of the root seed `seed` (see `build_model`)."""
    import keras

    graph = _connect(layers, input_shape, layer_classes)
    model = keras.Model(graph.images, graph.probabilities, name="member")
    model.set_weights(draw_weights(layers, input_shape, seed))
    inputs, outputs = [graph.images, graph.labels], [graph.logits, *graph.besides]
    training = keras.Model(inputs, outputs, name="training")
    states = tuple(
        each.seed_generator.state for each in model.layers if isinstance(each, keras.layers.Dropout)
    )
    return Network(model, training, states, _find_penalties(layers, input_shape))


def build_model(layers: tuple[Layer, ...], input_shape: Shape, layer_classes: Any = None) -> Any:
    """Return an uncompiled Keras model from images in 0 … 1 to probabilities.

    The layer ``logits`` is the last one described; what makes probabilities of them is a
    layer of its own. The weights are zeros until they are set.

    Parameters
    ----------
    layers : tuple of Layer
    input_shape : tuple of int
        (height, width, channels).
    layer_classes : module, optional
        Where layers come from: `Backend.layer_classes`, or None for `keras.layers`.
    """
    import keras

    graph = _connect(layers, input_shape, layer_classes)
    return keras.Model(graph.images, graph.probabilities, name="member")


class _Graph(NamedTuple):
    """Keras's symbolic tensors."""

    images: Any
    labels: Any
    logits: Any
    besides: list[Any]
    probabilities: Any


def _connect(layers: tuple[Layer, ...], input_shape: Shape, layer_classes: Any) -> _Graph:
    import keras

    classes = layer_classes or keras.layers
    images = keras.Input(input_shape, dtype="float32", name="images")
    labels = keras.Input((), dtype="int32", name="labels")
    values = images
    besides: list[Any] = []
    for number, (layer, *_) in enumerate(trace(layers, input_shape)):
        name = f"{type(layer).__name__.lower()}_{number}" if number < len(layers) - 1 else "logits"
        built = layer.build(classes, name)
        entering, values = values, built(values)
        besides += layer.build_besides(built, entering, images, labels)
    probabilities = layers[-1].build_probabilities(classes)(values)
    return _Graph(images, labels, values, besides, probabilities)


def draw_weights(layers: tuple[Layer, ...], input_shape: Shape, seed: int) -> tuple[Array, ...]:
    """Return the first weights, float32, in the order of `keras.Model.weights`.

    Kernels are uniform in ± sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010,
    equation 16), unless a layer asks for normal ones; drawn by NumPy, because TensorFlow
    and JAX draw different numbers from one seed. Layer number i draws from the stream
    ``init`` at step i.
    """
    weights = []
    for number, each in enumerate(trace(layers, input_shape)):
        generator = draw_generator(seed, "init", step=number)
        weights += [_draw(weight, generator) for weight in each.weights]
    return tuple(weights)


def _find_penalties(layers: tuple[Layer, ...], input_shape: Shape) -> tuple[Penalty, ...]:
    weights = [weight for each in trace(layers, input_shape) for weight in each.weights]
    trainable = [weight for weight in weights if weight.is_trainable]
    return tuple(
        (number, weight.l1, weight.l2)
        for number, weight in enumerate(trainable)
        if weight.l1 > 0 or weight.l2 > 0
    )


def _draw(weight: Weight, generator: np.random.Generator) -> Array:
    if weight.start == "normal":
        return generator.normal(0, weight.deviation, weight.shape).astype(np.float32)
    if weight.start != "glorot":
        return np.full(weight.shape, 1 if weight.start == "ones" else 0, np.float32)
    *window, fan_in, fan_out = weight.shape
    limit = math.sqrt(6 / (math.prod(window) * (fan_in + fan_out)))
    return generator.uniform(-limit, limit, weight.shape).astype(np.float32)
