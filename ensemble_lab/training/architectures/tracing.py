"""A net's layers in their places: shapes, weights, cost, and the digest of the whole."""

import math
from typing import NamedTuple

from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import SpecError
from ensemble_lab.training.architectures.layers import Layer, Shape, Weight

__all__ = ["Traced", "architecture_sha256", "trace"]


class Traced(NamedTuple):
    """One layer in its place: what enters, what leaves, what it holds and costs."""

    layer: Layer
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Weight, ...]
    macs: int

    @property
    def parameters(self) -> int:
        """Number of values in the layer's arrays."""
        return sum(math.prod(weight.shape) for weight in self.weights)

    @property
    def trainable(self) -> int:
        """Number of those that gradients change."""
        return sum(math.prod(weight.shape) for weight in self.weights if weight.is_trainable)


def trace(layers: tuple[Layer, ...], input_shape: Shape) -> tuple[Traced, ...]:
    """Return every layer with its shapes, weights and multiply-adds.

    Parameters
    ----------
    layers : tuple of Layer
        The net, in order.
    input_shape : tuple of int
        (height, width, channels) of one image.

    Raises
    ------
    SpecError
        The images are too small for the net; names the layer that finds nothing left.

    Examples
    --------
    >>> from ensemble_lab.training.architectures.layers import Dense, Flatten
    >>> trace((Flatten(), Dense(10)), (28, 28, 1))[-1].parameters
    7850
    """
    traced = []
    shape = input_shape
    for number, general in enumerate(layers):
        layer = general.for_images(input_shape)
        output = layer.output_shape(shape)
        if min(output) < 1:
            raise SpecError(
                "images must be large enough for the architecture; got "
                f"{' × '.join(map(str, input_shape))}, of which layer {number} "
                f"({type(layer).__name__}) gets {' × '.join(map(str, shape))} and leaves nothing. "
                "Use larger images or another architecture."
            )
        traced.append(Traced(layer, shape, output, layer.weights(shape), layer.macs(shape)))
        shape = output
    return tuple(traced)


def architecture_sha256(layers: tuple[Layer, ...], input_shape: Shape) -> str:
    """Return the digest of our own ordered description, 64 hex digits.

    It covers layer classes, activations, padding, strides, units and shapes, which
    Keras's weight files do not: there a changed activation, or two layers of equal
    shape swapped, load without error.
    """
    return digest_of(
        [
            each.layer.describe()
            | {"input": list(each.input_shape), "output": list(each.output_shape)}
            for each in trace(layers, input_shape)
        ]
    )
