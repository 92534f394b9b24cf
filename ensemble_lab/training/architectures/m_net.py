"""M3, M5 and M7: valid convolutions down to a small image, nothing pooled."""

from ensemble_lab.spec.architecture import MNet
from ensemble_lab.training.architectures.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dense,
    Flatten,
    Layer,
)

__all__ = ["describe_m_net"]

_FILTERS = {3: range(32, 177, 16), 5: range(32, 161, 32), 7: range(48, 193, 48)}


def describe_m_net(spec: MNet, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: for 28×28×1 and 10 classes 1,126,280, 1,129,160 or 2,292,952 parameters.

    The authors' code also maps pixels to −1 … 1 first. Batch norm after a *valid*
    convolution undoes whatever that changes in its outputs, so it is left out.
    """
    layers: list[Layer] = []
    for filters in _FILTERS[spec.size]:
        layers += [Conv(filters, spec.size, "linear", has_bias=False), _norm(), Activation("relu")]
    return (*layers, Flatten(), Dense(n_classes, has_bias=False), _norm())


def _norm() -> BatchNorm:
    # PyTorch's defaults, whose momentum of 0.1 is Keras's 0.9.
    return BatchNorm(0.9, 1e-5)
