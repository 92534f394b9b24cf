"""Dense relu layers, with dropout after each if asked."""

from ensemble_lab.spec.architecture import Mlp
from ensemble_lab.training.architectures.layers import Dense, Dropout, Flatten, Layer

__all__ = ["describe_mlp"]


def describe_mlp(spec: Mlp, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers of a multi-layer perceptron that names `n_classes` classes."""
    hidden: list[Layer] = []
    for width in spec.hidden:
        hidden.append(Dense(width, "relu"))
        if spec.dropout > 0:
            hidden.append(Dropout(spec.dropout))
    return (Flatten(), *hidden, Dense(n_classes))
