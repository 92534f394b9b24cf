"""The temperature: one number, fitted on validation, that makes all answers more or less sure."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.logs import normalise_rows, take_logs
from ensemble_lab.arrays import Array, Floats, Labels, check_axes
from ensemble_lab.exceptions import LabelAccessError, PredictionError
from ensemble_lab.store.labels import SplitLabels, ValidationLabels

__all__ = ["COLDEST", "HOTTEST", "Temperature", "apply_temperature", "fit_temperature"]

COLDEST, HOTTEST = 0.05, 20.0
"""Between these a temperature is looked for; see `fit_temperature`."""

_BLOCK_CELLS = 163_840
_MOST_STEPS = 100
_PRECISION = 1e-11


@dataclass(frozen=True)
class Temperature:
    """A temperature and what it was fitted on.

    Attributes
    ----------
    value : float
        Above 1 answers become less sure, below 1 surer.
    is_at_bound : bool
        Whether the best value lies at or beyond `COLDEST` or `HOTTEST`, so that this one says
        little: without errors on validation, the colder the better.
    split : str
        Whose labels it was fitted on.
    n_examples : int
    """

    value: float
    is_at_bound: bool
    split: str
    n_examples: int


def fit_temperature(probabilities: Array, labels: ValidationLabels) -> Temperature:
    """Return the temperature T with the least NLL on validation labels.

    In β = 1 / T the NLL of the probabilities ∝ pᵝ is convex, ::

        NLL(β) = mean over examples of  log Σ over classes exp(β log p) − β log p(label)

    with the slope Σ pᵝ log p / Σ pᵝ − log p(label), in the mean. Its root is found by Newton's
    method within bounds that halve where a step leaves them, to 11 digits; 1 where every slope
    is zero, as for uniform rows. For one member this is temperature scaling of its logits, which
    are log p but for a number that is the same for all classes.

    Parameters
    ----------
    probabilities : float (examples, classes)
        As stored, or their mean over members; zeros count as `ensemble_lab.analysis.logs.FLOOR`.
    labels : ValidationLabels
        Of those examples. Whoever fits on test labels reports nothing.

    Raises
    ------
    LabelAccessError
        Labels of another split than one for choosing.
    PredictionError
        Other axes than those of the labels, or no example.

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", ICML 2017.
    R. Rahaman and A. H. Thiery, "Uncertainty quantification and deep ensembles", NeurIPS 2021
    (fit after averaging, not before).

    Examples
    --------
    >>> labels = ValidationLabels("validation", np.array([0, 0, 0, 1]), np.arange(4), "")
    >>> rows = np.array([[0.9, 0.1]] * 4)  # 3 of 4 right: p must be 3/4, and 9^(1/2) = 3
    >>> round(fit_temperature(rows, labels).value, 6)
    2.0
    """
    if not isinstance(labels, ValidationLabels):
        given = labels if isinstance(labels, SplitLabels) else type(labels).__name__
        raise LabelAccessError(
            f"a temperature must be fitted on validation labels; got {given}. Fit on validation, "
            "report on test."
        )
    check_axes(probabilities, "examples classes", name="probabilities", examples=len(labels.values))
    if not len(probabilities):
        raise PredictionError("a temperature must be fitted on at least one example; got none.")
    beta = _find_root(_build_gaps(probabilities), labels.values)
    is_at_bound = beta in (1 / HOTTEST, 1 / COLDEST)
    return Temperature(1 / beta, is_at_bound, labels.split, len(labels.values))


def apply_temperature(probabilities: Array, temperature: float) -> Floats:
    """Return probabilities ∝ p^(1/T), float64 (examples, classes).

    1 changes nothing but that rows sum to 1; the class of the largest stays it at any other.

    Parameters
    ----------
    probabilities : float (examples, classes)
    temperature : float
        Above 0.

    Raises
    ------
    PredictionError
        A temperature that is not above 0.

    Examples
    --------
    >>> apply_temperature(np.array([[0.9, 0.1]]), 2.0).round(4).tolist()  # 3 : 1
    [[0.75, 0.25]]
    """
    if not 0 < temperature < np.inf:
        raise PredictionError(f"temperature must be above 0; got {temperature:g}.")
    logs = take_logs(normalise_rows(probabilities))
    logs -= logs.max(axis=1, keepdims=True)
    logs /= temperature
    rows = np.exp(logs, out=logs)
    rows /= rows.sum(axis=1, keepdims=True)
    return rows


def _find_root(gaps: Floats, labels: Labels) -> float:
    """Return the β in 1 / `HOTTEST` … 1 / `COLDEST` at which the NLL is least."""
    low, high = 1 / HOTTEST, 1 / COLDEST
    beta = 1.0
    at_one = _differentiate(gaps, labels, beta)[0]
    # Far out, slopes may have become too small for a number.
    if at_one > 0 and _differentiate(gaps, labels, low)[0] >= 0:
        return low
    if at_one < 0 and _differentiate(gaps, labels, high)[0] <= 0:
        return high
    for _ in range(_MOST_STEPS):
        slope, curvature = _differentiate(gaps, labels, beta)
        step = slope / curvature if curvature > 0 else np.inf
        if slope == 0 or abs(step) <= _PRECISION * beta:
            break
        low, high = (beta, high) if slope < 0 else (low, beta)
        beta = beta - step if low < beta - step < high else (low + high) / 2
    return beta


def _build_gaps(probabilities: Array) -> Floats:
    """Return log p less the largest of its example: float64 (classes, examples).

    Classes come first, so that each step of a sum over them works on many examples at once.
    """
    n_examples, n_classes = probabilities.shape
    gaps = np.empty((n_classes, n_examples))
    step = max(1, _BLOCK_CELLS // n_classes)
    for start in range(0, n_examples, step):
        block = slice(start, start + step)
        logs = take_logs(normalise_rows(probabilities[block])).T
        np.subtract(logs, logs.max(axis=0), out=gaps[:, block])
    return gaps


def _differentiate(gaps: Floats, labels: Labels, beta: float) -> tuple[float, float]:
    """Return slope and curvature of the NLL in β, summed over blocks of examples."""
    slope = curvature = 0.0
    step = max(1, _BLOCK_CELLS // len(gaps))
    for start in range(0, gaps.shape[1], step):
        columns, own = gaps[:, start : start + step], labels[start : start + step]
        shares = np.exp(beta * columns)
        totals = shares.sum(axis=0)
        shares *= columns
        means = shares.sum(axis=0) / totals
        shares *= columns
        squares = shares.sum(axis=0) / totals
        slope += float(np.sum(means - columns[own, np.arange(len(own))]))
        curvature += float(np.sum(squares - means**2))
    return slope, curvature
