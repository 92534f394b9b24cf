"""Keras optimizers from their specs, with every argument written out."""

from typing import Any, NamedTuple

from ensemble_lab.spec.training import OptimizerSpec

__all__ = ["OPTIMIZERS", "OptimizerRow", "build_optimizer", "make_optimizer"]


class OptimizerRow(NamedTuple):
    """A registry row.

    Attributes
    ----------
    class_name : str
        In `keras.optimizers`.
    unused : dict
        Its arguments that our spec does not have. The spec's others go by their names.
    """

    class_name: str
    unused: dict[str, Any]


OPTIMIZERS = {
    "adam": OptimizerRow("Adam", {"amsgrad": False, "weight_decay": None}),
    "adamw": OptimizerRow("AdamW", {"amsgrad": False}),
    "rmsprop": OptimizerRow("RMSprop", {"momentum": 0.0, "centered": False, "weight_decay": None}),
    "sgd": OptimizerRow("SGD", {"weight_decay": None}),
    "adadelta": OptimizerRow("Adadelta", {"weight_decay": None}),
}
"""A row for each `name` of `ensemble_lab.spec.training.OptimizerSpec`."""

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

    optimizer = make_optimizer(spec, keras.optimizers)
    optimizer.build(variables)
    return optimizer


def make_optimizer(spec: OptimizerSpec, optimizers: Any) -> Any:
    """Return the optimizer of the module `keras.optimizers`, not built yet."""
    row = OPTIMIZERS[spec.name]
    said = spec.model_dump(exclude={"name", "rate"})
    return getattr(optimizers, row.class_name)(
        learning_rate=spec.rate, **said, **row.unused, **_NOTHING_ELSE
    )
