"""Seven convolutions with batch norm after their relu, and strides in place of pools."""

from ensemble_lab.spec.architecture import Cdeotte
from ensemble_lab.training.architectures.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
)

__all__ = ["describe_cdeotte"]


def describe_cdeotte(spec: Cdeotte, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 327,242 parameters for 28×28×1 images and 10 classes."""
    drop = (Dropout(spec.dropout),) if spec.dropout > 0 else ()
    layers: list[Layer] = []
    for filters in (32, 64):
        layers += [Conv(filters, 3, "relu"), BatchNorm()] * 2
        layers += [Conv(filters, 5, "relu", "same", strides=2), BatchNorm(), *drop]
    return (*layers, Conv(128, 4, "relu"), BatchNorm(), Flatten(), *drop, Dense(n_classes))
