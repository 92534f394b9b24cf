"""Per-image standardisation, the first layer of a net whose spec asks for it."""

import math
from dataclasses import dataclass
from typing import Any

from ensemble_lab.training.architectures.layers import Layer

__all__ = ["Standardise"]


@dataclass(frozen=True)
class Standardise(Layer):
    """Each image minus its mean, divided by its standard deviation, over all its values.

    The deviation counts as at least 1 / sqrt(number of values), so that an even image
    becomes zeros: `tf.image.per_image_standardization`, as a layer, so that training and
    inference agree and the stored net takes images in 0 … 1 like any other.
    """

    def build(self, layers: Any, name: str) -> Any:
        """Return a `keras.layers.Lambda`: Keras has no such layer, and it holds no weights."""
        return layers.Lambda(_standardise, name=name)


def _standardise(images: Any) -> Any:
    from keras import ops

    axes = tuple(range(1, len(images.shape)))
    least = 1 / math.sqrt(math.prod(images.shape[1:]))
    centred = images - ops.mean(images, axis=axes, keepdims=True)
    deviation = ops.sqrt(ops.mean(ops.square(centred), axis=axes, keepdims=True))
    return centred / ops.maximum(deviation, least)
