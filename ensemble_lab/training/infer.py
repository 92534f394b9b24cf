"""Probabilities of a net on images, a batch at a time."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array, Images, Labels
from ensemble_lab.exceptions import TrainingError

__all__ = ["Predictor", "StackPredictor", "infer", "infer_stack", "measure"]

Predictor = Callable[..., npt.NDArray[np.float32]]
"""uint8 (batch, height, width, channels), and what lies beside, to float32 (batch, classes)."""

StackPredictor = Callable[[Images], Callable[[], npt.NDArray[np.float32]]]
"""uint8 (batch, height, width, channels) to a function that waits for the answer, float32
(members, batch, classes)."""

_LARGEST_BATCH = 256
"""Larger ones are no faster on a CPU thread and take more memory."""


def infer(
    predictor: Predictor,
    images: Images,
    *,
    name: str,
    beside: tuple[Array, ...] = (),
    on_batch: Callable[[], None] = lambda: None,
) -> npt.NDArray[np.float32]:
    """Return probabilities, float32 (examples, classes).

    All batches have one size, the smallest that needs no more of them; the last is
    filled up with copies of its first row, so that one shape is compiled.

    Parameters
    ----------
    predictor : Predictor
    images : uint8 (examples, height, width, channels)
    name : str
        Of the member, for messages.
    beside : tuple of ndarray (examples, ...)
        Handed to the predictor behind the images, row for row.
    on_batch : function
        Called after each batch; may raise to stop.

    Raises
    ------
    TrainingError
        A probability that is not finite.
    """
    parts = []
    for batch, n_rows in _cut(images, *beside):
        parts.append(predictor(*batch)[:n_rows])
        on_batch()
    probabilities = np.concatenate(parts).astype(np.float32, copy=False)
    error = _find_error(probabilities, name)
    if error is not None:
        raise error
    return probabilities


def infer_stack(
    predictor: StackPredictor,
    images: Images,
    *,
    names: Sequence[str],
    largest_batch: int = _LARGEST_BATCH,
    on_batch: Callable[[], None] = lambda: None,
) -> list[npt.NDArray[np.float32] | TrainingError]:
    """Return what `infer` would for each of many members that are asked at once.

    One whose probabilities are not finite has its error in its place.

    Parameters
    ----------
    predictor : StackPredictor
    images : uint8 (examples, height, width, channels)
    names : sequence of str
        Of the members, for messages.
    largest_batch : int
        That a stack's training takes: for no larger one is memory known to be enough. No more
        images are asked at once than `infer` asks, whatever it is.
    on_batch : function
        Called after each batch is asked for and after it is answered; may raise to stop.
    """
    asked = []
    for (batch,), n_rows in _cut(images, largest=min(largest_batch, _LARGEST_BATCH)):
        asked.append((predictor(batch), n_rows))
        on_batch()
    parts = []
    for wait, n_rows in asked:
        parts.append(wait()[:, :n_rows])
        on_batch()
    stacked = np.concatenate(parts, axis=1).astype(np.float32, copy=False)
    return [_find_error(each, name) or each for each, name in zip(stacked, names, strict=True)]


def _cut(
    images: Images, *beside: Array, largest: int = _LARGEST_BATCH
) -> Iterator[tuple[list[Array], int]]:
    """Yield batches of one size, of all arrays, and how many rows of each are no copies."""
    n_batches = -(-len(images) // largest)
    size = -(-len(images) // max(n_batches, 1))
    for start in range(0, len(images), max(size, 1)):
        n_rows = min(size, len(images) - start)
        yield [_fill(each[start : start + n_rows], size) for each in (images, *beside)], n_rows


def _fill(rows: Array, size: int) -> Array:
    return np.concatenate([rows, np.broadcast_to(rows[:1], (size - len(rows), *rows.shape[1:]))])


def _find_error(probabilities: npt.NDArray[np.float32], name: str) -> TrainingError | None:
    if np.isfinite(probabilities).all():
        return None
    row = int(np.flatnonzero(~np.isfinite(probabilities).all(axis=1))[0])
    return TrainingError(
        f"probabilities of {name} must be finite; row {row} of {len(probabilities)} is not. "
        "Its weights are spoilt: train it again with a lower rate."
    )


def measure(probabilities: npt.NDArray[np.float32], labels: Labels) -> tuple[float, float]:
    """Return mean cross-entropy and accuracy.

    Parameters
    ----------
    probabilities : float32 (examples, classes)
        A probability of zero counts as the smallest normal float32.
    labels : int64 (examples,)
    """
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    loss = -np.log(np.maximum(of_label, np.finfo(np.float32).tiny)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == labels).mean())
