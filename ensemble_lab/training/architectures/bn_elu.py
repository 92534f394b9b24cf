"""Four *same* convolutions with elu and batch normalisation."""

from ensemble_lab.spec.architecture import BnElu
from ensemble_lab.training.architectures.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
)

__all__ = ["describe_bn_elu"]


def describe_bn_elu(spec: BnElu, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 1,245,322 parameters for 28×28×1 images and 10 classes.

    896 of them are running means and variances. Every convolution is *same*: with
    a *valid* one the count would be another.
    """
    return (
        Conv(64, 7, "elu", "same"),
        MaxPool(),
        BatchNorm(spec.momentum),
        Conv(128, 5, "elu", "same"),
        Conv(128, 3, "elu", "same"),
        MaxPool(),
        BatchNorm(spec.momentum),
        Conv(256, 3, "elu", "same"),
        MaxPool(),
        BatchNorm(spec.momentum),
        Flatten(),
        Dense(256, "elu"),
        *((Dropout(spec.dropout),) if spec.dropout > 0 else ()),
        Dense(n_classes),
    )
