"""Keras optimizers from their specs, with every argument written out."""

from collections.abc import Callable
from typing import Any

from ensemble_lab.spec.training import Adadelta, Adam, AdamW, OptimizerSpec, RmsProp, Sgd

__all__ = ["OPTIMIZERS", "build_optimizer"]

_NOTHING_ELSE = {
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
"""What every Keras optimizer could do besides; written out, lest a default change."""


def build_optimizer(spec: OptimizerSpec, variables: list[Any]) -> Any:
    """Return a Keras optimizer that is built for the trainable `variables`.

    Its rate is a variable of its own, which every training step sets.
    """
    import keras

    optimizer = OPTIMIZERS[spec.name](keras.optimizers, spec)
    optimizer.build(variables)
    return optimizer


def _build_adam(optimizers: Any, spec: Adam) -> Any:
    return optimizers.Adam(
        learning_rate=spec.rate,
        beta_1=spec.beta_1,
        beta_2=spec.beta_2,
        epsilon=spec.epsilon,
        amsgrad=False,
        weight_decay=None,
        **_NOTHING_ELSE,
    )


def _build_adamw(optimizers: Any, spec: AdamW) -> Any:
    return optimizers.AdamW(
        learning_rate=spec.rate,
        weight_decay=spec.weight_decay,
        beta_1=spec.beta_1,
        beta_2=spec.beta_2,
        epsilon=spec.epsilon,
        amsgrad=False,
        **_NOTHING_ELSE,
    )


def _build_adadelta(optimizers: Any, spec: Adadelta) -> Any:
    return optimizers.Adadelta(
        learning_rate=spec.rate,
        rho=spec.rho,
        epsilon=spec.epsilon,
        weight_decay=None,
        **_NOTHING_ELSE,
    )


def _build_rmsprop(optimizers: Any, spec: RmsProp) -> Any:
    return optimizers.RMSprop(
        learning_rate=spec.rate,
        rho=spec.rho,
        momentum=0.0,
        epsilon=spec.epsilon,
        centered=False,
        weight_decay=None,
        **_NOTHING_ELSE,
    )


def _build_sgd(optimizers: Any, spec: Sgd) -> Any:
    return optimizers.SGD(
        learning_rate=spec.rate,
        momentum=spec.momentum,
        nesterov=spec.nesterov,
        weight_decay=None,
        **_NOTHING_ELSE,
    )


OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "adam": _build_adam,
    "adamw": _build_adamw,
    "rmsprop": _build_rmsprop,
    "sgd": _build_sgd,
    "adadelta": _build_adadelta,
}
"""A row for each `name` of `ensemble_lab.spec.training.OptimizerSpec`."""
