"""Keras layers of capsule nets, for either backend.

S. Sabour, N. Frosst and G. Hinton, "Dynamic Routing Between Capsules" (NIPS 2017,
arXiv:1710.09829). The names of the classes are part of the paths in weight files.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

__all__ = ["ROUTINGS", "Capsules", "Decoder", "Lengths", "RoutedCapsules", "Shares"]

_EPSILON = 1e-7
"""Under the root of a length, whose gradient at zero has no value."""


def squash(vectors: Any) -> Any:
    """Return the vectors with length² / (1 + length²) as their length (equation 1)."""
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * (ops.sqrt(squares + _EPSILON) / (1 + squares))


def predict(capsules: Any, kernel: Any) -> Any:
    """Return what each capsule predicts for each class's (equation 2, right).

    Parameters
    ----------
    capsules : float32 (batch, below, dimension below)
    kernel : float32 (below, classes, dimension, dimension below)

    Returns
    -------
    float32 (batch, classes, below, dimension)
    """
    below, classes, dimension, entering = kernel.shape
    # One product of matrices for each capsule below, all classes at once.
    matrices = ops.transpose(ops.reshape(kernel, (below, classes * dimension, entering)), (0, 2, 1))
    predictions = ops.matmul(ops.transpose(capsules, (1, 0, 2)), matrices)
    predictions = ops.reshape(predictions, (below, -1, classes, dimension))
    return ops.transpose(predictions, (1, 2, 0, 3))


def route(predictions: Any, routings: int, routing: str) -> Any:
    """Return the capsules of the classes (procedure 1).

    Gradients pass through all of it, as in the authors' code.

    Parameters
    ----------
    predictions : float32 (batch, classes, below, dimension)
    routings : int
        At least 1.
    routing : str
        A key of `ROUTINGS`.

    Returns
    -------
    float32 (batch, classes, dimension)
    """
    agreements = ops.zeros_like(predictions[..., 0])
    for number in range(routings):
        shares = ROUTINGS[routing](agreements)
        sums = ops.matmul(ops.expand_dims(shares, 2), predictions)
        capsules = squash(ops.squeeze(sums, 2))
        if number < routings - 1:
            found = ops.matmul(predictions, ops.expand_dims(capsules, -1))
            agreements = agreements + ops.squeeze(found, -1)
    return capsules


def _softmax(agreements: Any) -> Any:
    """Return shares that sum to 1 over the classes (equation 3)."""
    return ops.softmax(agreements, axis=1)


def _max_min(agreements: Any) -> Any:
    """Return (agreement − smallest) / (largest − smallest) over the classes.

    Z. Zhao et al., "Capsule Networks with Max-Min Normalization" (arXiv:1903.09662,
    2019), with bounds 0 and 1. Where all are equal, as in the first iteration, every
    class gets 1, which is what the paper starts from.
    """
    smallest = ops.min(agreements, axis=1, keepdims=True)
    spread = ops.max(agreements, axis=1, keepdims=True) - smallest
    is_spread = spread > 0
    # Chosen twice: a division by zero would spoil the gradient even where it is not taken.
    shares = (agreements - smallest) / ops.where(is_spread, spread, 1.0)
    return ops.where(is_spread, shares, 1.0)


ROUTINGS: dict[str, Callable[[Any], Any]] = {"softmax": _softmax, "max-min": _max_min}
"""Agreements to shares, both float32 (batch, classes, below), by `CapsNet.routing`."""


class Capsules(keras.layers.Layer):  # type: ignore[misc]
    """Channels taken `dimension` at a time, squashed: (batch, capsules, dimension)."""

    def __init__(self, dimension: int, *, name: str) -> None:
        super().__init__(name=name)
        self.dimension = dimension

    def call(self, inputs: Any) -> Any:
        """Return capsules; those of one place stand together."""
        _, height, width, channels = inputs.shape
        n_capsules = height * width * channels // self.dimension
        return squash(ops.reshape(inputs, (-1, n_capsules, self.dimension)))


class RoutedCapsules(keras.layers.Layer):  # type: ignore[misc]
    """Capsules of the classes from those below."""

    def __init__(
        self, classes: int, dimension: int, routings: int, routing: str, *, name: str
    ) -> None:
        super().__init__(name=name)
        self.classes = classes
        self.dimension = dimension
        self.routings = routings
        self.routing = routing

    def build(self, input_shape: Any) -> None:
        """Make the kernel, of zeros until it is set."""
        _, below, entering = input_shape
        shape = (below, self.classes, self.dimension, entering)
        self.kernel = self.add_weight(shape=shape, initializer="zeros", name="kernel")

    def call(self, inputs: Any) -> Any:
        """Return float32 (batch, classes, dimension)."""
        return route(predict(inputs, self.kernel), self.routings, self.routing)


class Decoder(keras.layers.Layer):  # type: ignore[misc]
    """Dense layers that draw an image; capsules pass through unchanged."""

    def __init__(self, dense: list[Any], *, name: str) -> None:
        super().__init__(name=name)
        self.dense = dense

    def build(self, input_shape: Any) -> None:
        """Make the dense layers' arrays."""
        _, classes, dimension = input_shape
        entering = classes * dimension
        for dense in self.dense:
            dense.build((None, entering))
            entering = dense.units

    def call(self, inputs: Any) -> Any:
        """Return the capsules that enter."""
        return inputs

    def measure(self, capsules: Any, images: Any, labels: Any) -> Any:
        """Return each image's sum of squared differences from its drawing, float32 (batch,).

        Only the capsule of the label says what to draw (section 4.1).
        """
        _, classes, dimension = capsules.shape
        is_label = ops.expand_dims(ops.one_hot(labels, classes, dtype="float32"), -1)
        values = ops.reshape(capsules * is_label, (-1, classes * dimension))
        for dense in self.dense:
            values = dense(values)
        pixels = ops.reshape(images, (-1, values.shape[-1]))
        return ops.sum(ops.square(values - pixels), axis=-1)


class Lengths(keras.layers.Layer):  # type: ignore[misc]
    """Lengths of vectors: (batch, classes, dimension) to (batch, classes)."""

    def call(self, inputs: Any) -> Any:
        """Return float32 (batch, classes), in 0 … 1 for squashed vectors."""
        return ops.sqrt(ops.sum(ops.square(inputs), axis=-1) + _EPSILON)


class Shares(keras.layers.Layer):  # type: ignore[misc]
    """Values divided by their sum."""

    def call(self, inputs: Any) -> Any:
        """Return rows that sum to 1."""
        return inputs / ops.sum(inputs, axis=-1, keepdims=True)
