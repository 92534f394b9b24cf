"""Members and examples small enough to train in a moment."""

from typing import Any

import numpy as np

from ensemble_lab.spec.member import MemberSpec
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
from ensemble_lab.training.fit import Examples

__all__ = ["WARP", "build_capsule_member", "build_member", "draw_examples", "everything_layers"]

WARP = {"name": "affine", "rotation_degrees": 10, "zoom": 0.1, "shear_degrees": 5, "shift": 0.1}


def build_member(backend: str, *, seed: int = 3, **training: Any) -> MemberSpec:
    """Return a small perceptron with dropout; `training` overrides its recipe."""
    architecture = training.pop(
        "architecture", {"name": "mlp", "hidden": [16, 12], "dropout": 0.25}
    )
    return MemberSpec.model_validate(
        {
            "key": "toy-0003",
            "group": "toy",
            "architecture": architecture,
            "training": {"epochs": 4, "batch_size": 16} | training,
            "seed": seed,
            "backend": backend,
        }
    )


def build_capsule_member(backend: str, *, routing: str = "softmax", **training: Any) -> MemberSpec:
    """Return a capsule net of 2,344 parameters for images of 8 × 8 and three classes."""
    architecture = {
        "name": "capsnet",
        "routing": routing,
        "filters": 8,
        "size": 3,
        "capsules": 2,
        "capsule_dimension": 4,
        "class_dimension": 4,
        "decoder": [16],
    }
    recipe = {
        "architecture": architecture,
        "loss": {"name": "margin"},
        "optimizer": {"name": "adam", "rate": 0.01},
    }
    return build_member(backend, **(recipe | training))


def draw_examples(n_examples: int = 72, size: int = 8, seed: int = 0) -> Examples:
    """Return noisy images of three classes; a bright row says which."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, n_examples)
    images = generator.integers(0, 120, (n_examples, size, size, 1), dtype=np.uint8)
    images[np.arange(n_examples), 2 * labels + 1] += 120
    return Examples(images, labels)


def everything_layers(_spec: object = None, n_classes: int = 3) -> tuple[Layer, ...]:
    """Return a net with one layer of every kind."""
    return (
        Conv(4, 3, "elu", "same"),
        MaxPool(),
        BatchNorm(),
        Flatten(),
        Dropout(0.3),
        Dense(8, "relu", l1=1e-3, l2=1e-2),
        Activation("elu"),
        Dropout(0.1),
        Dense(n_classes),
    )
