"""Logarithms of stored probabilities, which may be zero and sum to 1 only nearly."""

import numpy as np

from ensemble_lab.arrays import Array, Floats, check_axes

__all__ = ["FLOOR", "normalise_rows", "take_logs"]

FLOOR = float(np.finfo(np.float32).tiny)
"""What counts as the least probability: 1.2e-38, the smallest normal float32, whose logarithm is
−87.3. No stored value but zero is below it (TensorFlow flushes the rest to zero), so it changes
nothing that was stored; a zero means that the true value was smaller still."""


def normalise_rows(probabilities: Array) -> Floats:
    """Return float64 rows that sum to 1: stored ones do so only within a rounding of float32.

    Parameters
    ----------
    probabilities : float (examples, classes)
        Rows with a positive sum.

    Returns
    -------
    rows : float64 (examples, classes)
    """
    check_axes(probabilities, "examples classes", name="probabilities")
    rows = probabilities.astype(np.float64)
    rows /= rows.sum(axis=1, keepdims=True)
    return rows


def take_logs(probabilities: Array) -> Floats:
    """Return the natural logarithms of probabilities, of those below `FLOOR` that of `FLOOR`.

    Parameters
    ----------
    probabilities : float (...)

    Returns
    -------
    logs : float64 (...)
        From −87.3 to 0.

    Examples
    --------
    >>> take_logs(np.array([1.0, 0.5, 0.0])).round(2).tolist()
    [0.0, -0.69, -87.34]
    """
    logs: Floats = np.log(np.maximum(probabilities, FLOOR, dtype=np.float64))
    return logs
