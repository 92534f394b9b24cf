"""Layers as frozen values: shapes, weights and cost without Keras, and the Keras layer.

A net is a tuple of them. Shapes leave the batch out: (height, width, channels)
or (features,). The last layer of a classifier gives the logits, one a class,
of which the softmax is the probabilities, unless the layer says otherwise.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

__all__ = [
    "Activation",
    "BatchNorm",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "MaxPool",
    "Shape",
    "Weight",
]

Shape = tuple[int, ...]


class Weight(NamedTuple):
    """One array of a layer, in the order in which Keras lists them.

    The loss has `l1` × the sum of absolute values and `l2` × the sum of squares besides.
    A start that is "normal" has the standard deviation `deviation`.
    """

    shape: Shape
    start: Literal["glorot", "normal", "zeros", "ones"]
    is_trainable: bool = True
    l1: float = 0.0
    l2: float = 0.0
    deviation: float = 0.0


@dataclass(frozen=True)
class Layer:
    """A layer without weights that keeps its input's shape."""

    def for_images(self, image_shape: Shape) -> "Layer":
        """Return the layer as it is in a net for such images: itself, unless it looks at them."""
        return self

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape that leaves, for the shape that enters."""
        return shape

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return the layer's arrays, for the shape that enters."""
        return ()

    def macs(self, shape: Shape) -> int:
        """Return the multiply-adds of one image, for the shape that enters."""
        return 0

    def build(self, layers: Any, name: str) -> Any:
        """Return the Keras layer, made from the module `keras.layers`."""
        raise NotImplementedError

    def build_besides(self, built: Any, values: Any, images: Any, labels: Any) -> tuple[Any, ...]:
        """Return what the loss takes beside the logits, one number an image each.

        Parameters
        ----------
        built : keras.Layer
            What `build` returned.
        values, images, labels : keras.KerasTensor
            What enters the layer and the net, and the true classes, int32 (batch,).
        """
        return ()

    def build_probabilities(self, layers: Any) -> Any:
        """Return the Keras layer from the logits that leave this one to probabilities."""
        return layers.Activation("softmax", name="probabilities")

    def describe(self) -> dict[str, Any]:
        """Return class and arguments; those at their default stay out.

        So an argument added later, with a default, changes no stored digest.
        """
        arguments = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }
        return {"layer": type(self).__name__} | arguments

    @property
    def text(self) -> str:
        """The arguments as one would list them; those at their default stay out.

        Examples
        --------
        >>> Conv(32, 5, "relu", "same", strides=2, has_bias=False).text
        '32, 5, relu, same, strides=2, no bias'
        """
        required = [f.name for f in dataclasses.fields(self) if f.default is dataclasses.MISSING]
        return ", ".join(
            str(value) if name in required or isinstance(value, str) else _tell(name, value)
            for name, value in self.describe().items()
            if name != "layer"
        )


def _tell(name: str, value: Any) -> str:
    return f"no {name.removeprefix('has_')}" if value is False else f"{name}={value}"


@dataclass(frozen=True)
class Conv(Layer):
    """Square convolution, with bias unless told otherwise, and activation."""

    filters: int
    size: int
    activation: str
    padding: Literal["valid", "same"] = "valid"
    strides: int = 1
    has_bias: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        """Return (height, width, filters)."""
        height, width, _ = shape
        covered = self.size if self.padding == "valid" else 1
        return (
            (height - covered) // self.strides + 1,
            (width - covered) // self.strides + 1,
            self.filters,
        )

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return kernel (size, size, channels, filters) and bias, if there is one."""
        kernel = Weight((self.size, self.size, shape[-1], self.filters), "glorot")
        return (kernel, Weight((self.filters,), "zeros")) if self.has_bias else (kernel,)

    def macs(self, shape: Shape) -> int:
        """Return one kernel's worth an output value; padding counts as if it were image."""
        return math.prod(self.output_shape(shape)) * self.size**2 * shape[-1]

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.Conv2D`."""
        return layers.Conv2D(
            self.filters,
            self.size,
            strides=self.strides,
            padding=self.padding,
            activation=self.activation,
            use_bias=self.has_bias,
            kernel_initializer="zeros",
            bias_initializer="zeros",
            name=name,
        )


@dataclass(frozen=True)
class MaxPool(Layer):
    """Largest value of each `size` × `size` tile; rows and columns left over are dropped."""

    size: int = 2

    def output_shape(self, shape: Shape) -> Shape:
        """Return (height // size, width // size, channels)."""
        height, width, channels = shape
        return height // self.size, width // self.size, channels

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.MaxPooling2D`."""
        return layers.MaxPooling2D(self.size, strides=self.size, padding="valid", name=name)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Normalisation of each channel over the batch (Ioffe and Szegedy, 2015).

    `momentum` and `epsilon` are Keras's defaults written out, so that a later
    Keras with others trains the same net.
    """

    momentum: float = 0.99
    epsilon: float = 1e-3

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return gamma, beta and the running mean and variance, which no gradient moves."""
        channels = shape[-1:]
        return (
            Weight(channels, "ones"),
            Weight(channels, "zeros"),
            Weight(channels, "zeros", is_trainable=False),
            Weight(channels, "ones", is_trainable=False),
        )

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.BatchNormalization` over the last axis."""
        return layers.BatchNormalization(
            axis=-1, momentum=self.momentum, epsilon=self.epsilon, name=name
        )


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value alone, such as relu."""

    function: str

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.Activation`."""
        return layers.Activation(self.function, name=name)


@dataclass(frozen=True)
class Dropout(Layer):
    """A share `rate` of the values set to zero in training, the others scaled up."""

    rate: float

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.Dropout`; every training step sets its seed state."""
        return layers.Dropout(self.rate, seed=0, name=name)


@dataclass(frozen=True)
class Flatten(Layer):
    """All values in one row, channels fastest."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return (number of values,)."""
        return (math.prod(shape),)

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.Flatten`."""
        return layers.Flatten(name=name)


@dataclass(frozen=True)
class Dense(Layer):
    """Every output from every input, with bias unless told otherwise.

    `l1` and `l2` are the kernel's penalties (see `Weight`).
    """

    units: int
    activation: str = "linear"
    has_bias: bool = True
    l1: float = 0.0
    l2: float = 0.0

    def output_shape(self, shape: Shape) -> Shape:
        """Return (units,)."""
        return (self.units,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return kernel (features, units) and bias, if there is one."""
        kernel = Weight((shape[-1], self.units), "glorot", l1=self.l1, l2=self.l2)
        return (kernel, Weight((self.units,), "zeros")) if self.has_bias else (kernel,)

    def macs(self, shape: Shape) -> int:
        """Return features × units."""
        return shape[-1] * self.units

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.Dense`."""
        return layers.Dense(
            self.units,
            activation=self.activation,
            use_bias=self.has_bias,
            kernel_initializer="zeros",
            bias_initializer="zeros",
            name=name,
        )
