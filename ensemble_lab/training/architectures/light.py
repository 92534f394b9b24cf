"""A small net that learns MNIST well in few operations."""

from ensemble_lab.spec.architecture import Light
from ensemble_lab.training.architectures.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
)

__all__ = ["describe_light"]


def describe_light(spec: Light, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 95,002 parameters for 28×28×1 images, 10 classes and default stages."""
    layers: list[Layer] = []
    for number, filters in enumerate(spec.stages):
        if number > (1 if spec.strided else 0):
            layers.append(MaxPool())
        for count in filters:
            layers += _convolve(count, 3) if layers else _convolve(count, 5, 1 + spec.strided)
    drop = (Dropout(spec.dropout),) if spec.dropout > 0 else ()
    return (*layers, Flatten(), *drop, Dense(n_classes))


def _convolve(filters: int, size: int, strides: int = 1) -> tuple[Layer, ...]:
    # No bias: the batch norm's beta is one.
    conv = Conv(filters, size, "linear", strides=strides, has_bias=False)
    return conv, BatchNorm(0.9), Activation("relu")
