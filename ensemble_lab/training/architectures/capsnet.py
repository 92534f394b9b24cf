"""Capsules: vectors whose length says how likely a thing is, and whose direction how it looks."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

from ensemble_lab.spec.architecture import CapsNet
from ensemble_lab.training.architectures.layers import Conv, Dense, Layer, Shape, Weight

__all__ = ["Capsules", "Decoder", "Lengths", "RoutedCapsules", "describe_capsnet"]


_DEVIATIONS = {"softmax": 0.1, "max-min": 0.02}
"""Standard deviation of the first matrices.

0.1 is that of the authors' code, which cuts off at 0.2. Max-min starts from shares of 1, not
of a tenth: at full size and a rate of 0.001 all lengths are 1 after the first step from 0.1 and
stay there, and from 0.01 some seeds end with all at 0; from 0.02 and 0.03 each of four
runs of 60 steps learned.
"""


def describe_capsnet(spec: CapsNet, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 8,215,568 parameters for 28×28×1 images and 10 classes.

    1,411,344 of them are the decoder's, which only the margin loss asks.
    """
    return (
        Conv(spec.filters, spec.size, "relu"),
        Conv(spec.capsules * spec.capsule_dimension, spec.size, "linear", strides=2),
        Capsules(spec.capsule_dimension),
        RoutedCapsules(n_classes, spec.class_dimension, spec.routings, spec.routing),
        Decoder(spec.decoder),
        Lengths(),
    )


@dataclass(frozen=True)
class Capsules(Layer):
    """Channels of each place taken `dimension` at a time, as squashed vectors."""

    dimension: int

    def output_shape(self, shape: Shape) -> Shape:
        """Return (capsules, dimension)."""
        return math.prod(shape) // self.dimension, self.dimension

    def build(self, layers: Any, name: str) -> Any:
        """Return an `ensemble_lab.training.capsules.Capsules`."""
        from ensemble_lab.training import capsules

        return capsules.Capsules(self.dimension, name=name)


@dataclass(frozen=True)
class RoutedCapsules(Layer):
    """A capsule a class, a sum over all capsules below weighted by how well they agree."""

    classes: int
    dimension: int
    routings: int = 3
    routing: Literal["softmax", "max-min"] = "softmax"

    def output_shape(self, shape: Shape) -> Shape:
        """Return (classes, dimension)."""
        return self.classes, self.dimension

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return a matrix (dimension, dimension below) for each pair; there is no bias."""
        below, dimension = shape
        matrices = (below, self.classes, self.dimension, dimension)
        return (Weight(matrices, "normal", deviation=_DEVIATIONS[self.routing]),)

    def macs(self, shape: Shape) -> int:
        """Return those of the predictions, of each routing's sum and of the agreements between."""
        below, dimension = shape
        n_values = below * self.classes * self.dimension
        return n_values * dimension + (2 * self.routings - 1) * n_values

    def build(self, layers: Any, name: str) -> Any:
        """Return an `ensemble_lab.training.capsules.RoutedCapsules`."""
        from ensemble_lab.training import capsules

        return capsules.RoutedCapsules(
            self.classes, self.dimension, self.routings, self.routing, name=name
        )


@dataclass(frozen=True)
class Decoder(Layer):
    """Draws the image again from the true class's capsule, for the loss; passes capsules on.

    Standing between the capsules and their lengths it is part of the stored net.
    """

    hidden: tuple[int, ...]
    image_shape: Shape = ()

    @property
    def text(self) -> str:
        """The widths."""
        return ", ".join(map(str, self.hidden))

    def for_images(self, image_shape: Shape) -> Layer:
        """Return the decoder that draws such images."""
        return dataclasses.replace(self, image_shape=image_shape)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return kernel and bias of each dense layer."""
        return tuple(weight for dense, n in self._dense(shape) for weight in dense.weights((n,)))

    def macs(self, shape: Shape) -> int:
        """Return those of the dense layers, which only training takes."""
        return sum(dense.macs((n,)) for dense, n in self._dense(shape))

    def build(self, layers: Any, name: str) -> Any:
        """Return an `ensemble_lab.training.capsules.Decoder`."""
        from ensemble_lab.training import capsules

        dense = [each.build(layers, f"{name}_{n}") for n, (each, _) in enumerate(self._dense(()))]
        return capsules.Decoder(dense, name=name)

    def build_besides(self, built: Any, values: Any, images: Any, labels: Any) -> tuple[Any, ...]:
        """Return each image's sum of squared differences from the drawn one."""
        return (built.measure(values, images, labels),)

    def _dense(self, shape: Shape) -> list[tuple[Dense, int]]:
        """Return the layers and how many values enter each."""
        n_pixels = math.prod(self.image_shape)
        layers = [*(Dense(width, "relu") for width in self.hidden), Dense(n_pixels, "sigmoid")]
        return list(zip(layers, (math.prod(shape), *self.hidden), strict=True))


@dataclass(frozen=True)
class Lengths(Layer):
    """The length of each class's capsule; divided by their sum they are the probabilities."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return (classes,)."""
        return shape[:1]

    def build(self, layers: Any, name: str) -> Any:
        """Return an `ensemble_lab.training.capsules.Lengths`."""
        from ensemble_lab.training import capsules

        return capsules.Lengths(name=name)

    def build_probabilities(self, layers: Any) -> Any:
        """Return an `ensemble_lab.training.capsules.Shares`."""
        from ensemble_lab.training import capsules

        return capsules.Shares(name="probabilities")
