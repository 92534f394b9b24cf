"""Dense relu layers, with dropout after each if asked."""

from ensemble_lab.spec.architecture import Mlp
from ensemble_lab.training.architectures.layers import Dense, Dropout, Flatten, Layer

__all__ = ["describe_mlp"]


def describe_mlp(spec: Mlp, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers of a multi-layer perceptron that names `n_classes` classes."""
    hidden: list[Layer] = []
    for number, width in enumerate(spec.hidden):
        is_penalised = spec.penalised == "all" or number == 0
        l1, l2 = (spec.l1, spec.l2) if is_penalised else (0.0, 0.0)
        hidden.append(Dense(width, "relu", l1=l1, l2=l2))
        if spec.dropout > 0:
            hidden.append(Dropout(spec.dropout))
    return (Flatten(), *hidden, Dense(n_classes))
