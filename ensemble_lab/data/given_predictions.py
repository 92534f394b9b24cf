"""What one member says of each example, as somebody else's program left it in an array."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Floats, Probabilities, Votes, smallest_unsigned
from ensemble_lab.data.array_files import ArrayFile
from ensemble_lab.exceptions import PredictionError

__all__ = ["MOST_CLASSES", "GivenPredictions", "take_predictions"]

MOST_CLASSES = 10_000
"""More columns than that are hardly classes."""
_TOLERANCE = 1e-3
_ROUNDING = 2.0**-24
"""By which a probability may differ from its float32."""
_BLOCK_NUMBERS = 1 << 20


@dataclass(frozen=True, eq=False)
class GivenPredictions:
    """Predictions of one member.

    Attributes
    ----------
    votes : unsigned (examples,)
        Of `smallest_unsigned` of the largest vote, where only votes are known.
    probabilities : float32 (examples, classes) or None
        None where only votes are known.
    columns : tuple of str
        What the file calls the classes; empty where it has no names for them.
    """

    votes: Votes
    probabilities: Probabilities | None
    columns: tuple[str, ...] = ()

    @property
    def n_classes(self) -> int | None:
        """How many classes the probabilities have; None where only votes are known."""
        return None if self.probabilities is None else self.probabilities.shape[1]


def take_predictions(file: ArrayFile, *, logits: bool = False) -> GivenPredictions:
    """Return checked predictions from an array.

    (examples, classes) are probabilities: finite, not negative, rows that sum to 1 within 1e-3,
    and are then divided by their sum, in float64, unless rounding to float32 explains that it is
    not 1: what was exported comes back to the bit. With `logits` they are raw outputs, of which the
    softmax is taken in float64, after the row's largest was subtracted, so that nothing overflows.
    (examples,) are votes: whole numbers from 0.

    Parameters
    ----------
    file : ArrayFile
    logits : bool

    Raises
    ------
    PredictionError
        Whatever of this does not hold; names the file, the row (and a csv file's line).

    Examples
    --------
    >>> from pathlib import Path
    >>> given = take_predictions(ArrayFile(Path("a.npy"), np.array([[0.5, 0.5], [0.2, 0.8]])))
    >>> given.votes.tolist(), given.probabilities.tolist()[0]
    ([0, 1], [0.5, 0.5])
    >>> take_predictions(ArrayFile(Path("a.npy"), np.array([[0, 800]])), logits=True).votes.tolist()
    [1]
    """
    values = file.values
    if values.dtype.kind not in "iuf" or values.ndim not in (1, 2) or values.size == 0:
        raise PredictionError(
            "predictions must be numbers (examples, classes), or votes (examples,); got "
            f"{values.dtype} of shape {values.shape}, in {file.path}."
        )
    if values.ndim == 2:
        return _take_rows(file, logits)
    if logits:
        raise PredictionError(
            f"logits must be (examples, classes); got shape {values.shape}, in {file.path}."
        )
    return GivenPredictions(_take_votes(file), None)


def _take_rows(file: ArrayFile, logits: bool) -> GivenPredictions:
    n_examples, n_classes = file.values.shape
    if not 2 <= n_classes <= MOST_CLASSES:
        raise PredictionError(
            f"predictions must have 2 to {MOST_CLASSES:,} classes; got {n_classes:,} (shape "
            f"{file.values.shape}), in {file.path}."
        )
    _refuse_counting(file)
    probabilities = np.empty((n_examples, n_classes), np.float32)
    step = max(1, _BLOCK_NUMBERS // n_classes)
    for start in range(0, n_examples, step):
        block = np.asarray(file.values[start : start + step], np.float64)
        rows = _softmax(block, file, start) if logits else _normalise(block, file, start)
        probabilities[start : start + step] = rows
    return GivenPredictions(choose_classes(probabilities), probabilities, file.names)


def _refuse_counting(file: ArrayFile) -> None:
    """Refuse a column that numbers the rows: as logits it would be a class like any other."""
    n_examples = len(file.values)
    for column in (0, file.values.shape[1] - 1):
        values = np.asarray(file.values[:, column])
        for start in (0, 1):
            if n_examples > 2 and (values == np.arange(start, start + n_examples)).all():
                raise PredictionError(
                    f"columns must be classes; got one that numbers the rows, column {column}, in "
                    f"{file.path}. Leave it out; rows are in the order of the split."
                )


def _normalise(rows: Floats, file: ArrayFile, start: int) -> Floats:
    with np.errstate(invalid="ignore"):
        sums = rows.sum(axis=1)
    # A comparison with NaN is false, so NaN is no probability either.
    is_good = (rows >= 0).all(axis=1) & (np.abs(sums - 1) <= _TOLERANCE)
    if not is_good.all():
        at = int(np.argmin(is_good))
        is_finite = bool(np.isfinite(rows[at]).all())
        raise PredictionError(
            "probabilities must be finite, not negative, and sum to 1 within "
            f"{_TOLERANCE}; got a sum of {sums[at]:.6g} and a smallest of {rows[at].min():.6g} in "
            f"{file.place(start + at)}, in {file.path}."
            + (" If these are raw outputs, say --logits." if is_finite else "")
        )
    # What went out as float32 sums to 1 but for rounding, and is to come back as it was.
    is_rounded = np.abs(sums - 1) <= rows.shape[1] * _ROUNDING
    return np.asarray(rows / np.where(is_rounded, 1, sums)[:, np.newaxis])


def _softmax(rows: Floats, file: ArrayFile, start: int) -> Floats:
    is_good = np.isfinite(rows).all(axis=1)
    if not is_good.all():
        at = int(np.argmin(is_good))
        value = rows[at][~np.isfinite(rows[at])][0]
        raise PredictionError(
            f"logits must be finite; got {value} in {file.place(start + at)}, in {file.path}."
        )
    with np.errstate(over="ignore"):  # A difference beyond float64 is a power of 0.
        powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _take_votes(file: ArrayFile) -> Votes:
    values: Array = file.values
    is_vote = (values >= 0) & (values < np.float64(MOST_CLASSES)) & (np.floor(values) == values)
    if not is_vote.all():
        at = int(np.argmin(is_vote))
        raise PredictionError(
            f"votes must be whole numbers from 0 to {MOST_CLASSES - 1}; got {values[at]} in "
            f"{file.place(at)}, in {file.path}. Probabilities need a column for each class."
        )
    return values.astype(smallest_unsigned(int(values.max()) + 1))
