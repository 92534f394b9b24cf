"""What training makes small: losses by name, and penalties on weights."""

from collections.abc import Callable
from typing import Any

from ensemble_lab.spec.training import CrossEntropy, LossSpec, Margin

__all__ = ["LOSSES", "Penalty", "batch_loss", "penalise"]

Penalty = tuple[int, float, float]
"""Number of a trainable array, and what is added to the loss: l1 × Σ|w| + l2 × Σw²."""


def batch_loss(spec: LossSpec, labels: Any, outputs: Any) -> tuple[Any, Any]:
    """Return mean loss and number right of a batch, of the running backend.

    Parameters
    ----------
    spec : LossSpec
    labels : int32 (batch,)
    outputs : float32 (batch, classes), or a list of that and float32 (batch,)
        Of the training model: logits, of which the largest is the class chosen, and
        what layers give besides (see `ensemble_lab.training.network.Network`).
    """
    import keras
    from keras import ops

    logits, *besides = keras.tree.flatten(outputs)
    losses = LOSSES[spec.name](spec, labels, logits, *besides)
    n_right = ops.sum(ops.cast(ops.equal(ops.argmax(logits, -1), labels), "int32"))
    return ops.mean(losses), n_right


def penalise(penalties: tuple[Penalty, ...], weights: Any) -> Any:
    """Return the sum of all penalties on a net's trainable arrays; 0 where there is none."""
    from keras import ops

    total = 0.0
    for number, l1, l2 in penalties:
        if l1 > 0:
            total += l1 * ops.sum(ops.absolute(weights[number]))
        if l2 > 0:
            total += l2 * ops.sum(ops.square(weights[number]))
    return total


def _cross_entropy(spec: CrossEntropy, labels: Any, logits: Any) -> Any:
    """Return float32 (batch,)."""
    from keras import ops

    sharp = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    if spec.smoothing == 0:
        return sharp
    spread = -ops.mean(ops.log_softmax(logits, axis=-1), axis=-1)
    return (1 - spec.smoothing) * sharp + spec.smoothing * spread


def _margin(spec: Margin, labels: Any, lengths: Any, squares: Any) -> Any:
    """Return float32 (batch,) from lengths and each image's sum of squared errors."""
    from keras import ops

    is_label = ops.one_hot(labels, lengths.shape[-1], dtype="float32")
    present = ops.square(ops.relu(spec.present - lengths))
    absent = ops.square(ops.relu(lengths - spec.absent))
    margins = is_label * present + spec.absent_weight * (1 - is_label) * absent
    return ops.sum(margins, axis=-1) + spec.reconstruction * squares


LOSSES: dict[str, Callable[..., Any]] = {"cross-entropy": _cross_entropy, "margin": _margin}
"""A row for each `name` of `ensemble_lab.spec.training.LossSpec`."""
