"""Stages of convolutions and pools, then dense layers."""

from ensemble_lab.spec.architecture import Cnn
from ensemble_lab.training.architectures.layers import Conv, Dense, Dropout, Flatten, Layer, MaxPool

__all__ = ["describe_cnn"]


def describe_cnn(spec: Cnn, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers of `spec` that name `n_classes` classes."""
    layers: list[Layer] = []
    for filters in spec.stages:
        for count in filters:
            padding = "valid" if layers else spec.first_padding
            layers.append(Conv(count, 3, "relu", padding))
        layers.append(MaxPool())
    layers += [*_drop(spec.dropout), Flatten()]
    for width in spec.hidden:
        layers += [Dense(width, "relu"), *_drop(spec.hidden_dropout)]
    return (*layers, Dense(n_classes))


def _drop(rate: float) -> tuple[Layer, ...]:
    return (Dropout(rate),) if rate > 0 else ()
