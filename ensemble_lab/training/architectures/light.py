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
    """Return the layers: 95,002 parameters for 28×28×1 images, 10 classes and default widths."""
    first, second, third, last = spec.widths
    return (
        *_convolve(first, 5),
        MaxPool(),
        *_convolve(second, 3),
        *_convolve(third, 3),
        MaxPool(),
        *_convolve(last, 3),
        Flatten(),
        *((Dropout(spec.dropout),) if spec.dropout > 0 else ()),
        Dense(n_classes),
    )


def _convolve(filters: int, size: int) -> tuple[Layer, ...]:
    # No bias: the batch norm's beta is one.
    return Conv(filters, size, "linear", has_bias=False), BatchNorm(0.9), Activation("relu")
