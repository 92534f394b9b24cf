"""Three small convolutions and a dense layer."""

from ensemble_lab.spec.architecture import Cnn3
from ensemble_lab.training.architectures.layers import Conv, Dense, Flatten, Layer, MaxPool

__all__ = ["describe_cnn3"]


def describe_cnn3(spec: Cnn3, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 130,890 parameters for 28×28×1 images and 10 classes."""
    return (
        Conv(32, 3, "relu"),
        MaxPool(),
        Conv(64, 3, "relu"),
        MaxPool(),
        Conv(64, 3, "relu"),
        Flatten(),
        Dense(128, "relu"),
        Dense(n_classes),
    )
