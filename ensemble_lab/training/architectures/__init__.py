"""Architectures: a file a family, each a pure function from its spec to layers.

To add one: a class in `ensemble_lab.spec.architecture`, a file here, a row in
`ARCHITECTURES`, and a line in the test that pins every row.
"""

from collections.abc import Callable
from typing import Any

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.architecture import ArchitectureSpec
from ensemble_lab.training.architectures.bn_elu import describe_bn_elu
from ensemble_lab.training.architectures.capsnet import describe_capsnet
from ensemble_lab.training.architectures.cdeotte import describe_cdeotte
from ensemble_lab.training.architectures.classic import describe_naive_bayes, describe_sgd_linear
from ensemble_lab.training.architectures.cnn import describe_cnn
from ensemble_lab.training.architectures.cnn3 import describe_cnn3
from ensemble_lab.training.architectures.layers import Layer
from ensemble_lab.training.architectures.light import describe_light
from ensemble_lab.training.architectures.m_net import describe_m_net
from ensemble_lab.training.architectures.mlp import describe_mlp
from ensemble_lab.training.architectures.standardise import Standardise

__all__ = ["ARCHITECTURES", "count_outputs", "describe_layers"]

ARCHITECTURES: dict[str, Callable[[Any, int], tuple[Layer, ...]]] = {
    "mlp": describe_mlp,
    "cnn": describe_cnn,
    "cnn3": describe_cnn3,
    "bn_elu": describe_bn_elu,
    "light": describe_light,
    "cdeotte": describe_cdeotte,
    "m_net": describe_m_net,
    "naive_bayes": describe_naive_bayes,
    "sgd_linear": describe_sgd_linear,
    "capsnet": describe_capsnet,
}
"""A row for each `name` of `ensemble_lab.spec.architecture`."""


def describe_layers(spec: ArchitectureSpec, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers of an architecture for data of `n_classes` classes.

    Standardisation, where the spec asks for it, is the first of them.

    Raises
    ------
    SpecError
        `spec.outputs` is smaller than the number of classes.
    """
    layers = ARCHITECTURES[spec.name](spec, count_outputs(spec, n_classes))
    return (Standardise(), *layers) if spec.standardise else layers


def count_outputs(spec: ArchitectureSpec, n_classes: int) -> int:
    """Return the number of classes that the net names: `outputs`, or as many as there are."""
    if spec.outputs is not None and spec.outputs < n_classes:
        raise SpecError(
            f"outputs must be at least the number of classes, {n_classes}; got {spec.outputs}, "
            f"in architecture {spec.name!r}. Leave it out to take the number from the data."
        )
    return n_classes if spec.outputs is None else spec.outputs
