"""Intervals: how far a number of errors may be from what it stands for."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ensemble_lab.exceptions import PredictionError

__all__ = ["INTERVALS", "clopper_pearson", "wilson"]

_USUAL, _QUANTILE_OF_USUAL = 0.95, 1.9599639845400536


def wilson(errors: float, n_examples: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a number of errors, in errors.

    With p = errors / n and z the normal quantile at (1 + confidence) / 2::

        n * (p + z² / 2n ± z * sqrt(p * (1 - p) / n + z² / 4n²)) / (1 + z² / n)

    No error gives a low end of exactly 0, nothing but errors a high end of exactly n.
    Examples are taken as independent draws; images of one writer are not quite.

    Parameters
    ----------
    errors : float
        Misclassified examples, 0 … n_examples; a mean over members need not be whole.
    n_examples : int
        1 or more.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    low, high : float
        In errors, not rounded.

    Raises
    ------
    PredictionError
        No example, errors outside 0 … n_examples, or confidence outside (0, 1).

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion",
    Statistical Science 16 (2001), 101-133 (why not the normal interval).

    Examples
    --------
    >>> low, high = wilson(17, 10_000)
    >>> f"{low:.1f} … {high:.1f}"
    '10.6 … 27.2'
    """
    _check(errors, n_examples, confidence)
    z = _find_quantile(confidence)
    shrinkage = 1 + z * z / n_examples
    centre = (errors + z * z / 2) / shrinkage
    half = z / shrinkage * math.sqrt(errors * (n_examples - errors) / n_examples + z * z / 4)
    low = 0.0 if errors == 0 else centre - half
    high = float(n_examples) if errors == n_examples else centre + half
    return low, high


def clopper_pearson(errors: int, n_examples: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a number of errors, in errors.

    The error shares that an exact two-sided test would not refuse: quantiles of beta(errors,
    n − errors + 1) and beta(errors + 1, n − errors). It holds at least as often as it says, mostly
    more often, and is wider than Wilson's.

    Parameters
    ----------
    errors : int
        Whole, 0 … n_examples.
    n_examples : int
        1 or more.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    low, high : float
        In errors, not rounded; exactly 0 of no error, exactly n of nothing but errors.

    Raises
    ------
    PredictionError
        As `wilson`.

    References
    ----------
    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the
    case of the binomial", Biometrika 26 (1934), 404-413.

    Examples
    --------
    >>> low, high = clopper_pearson(17, 10_000)
    >>> f"{low:.1f} … {high:.1f}"
    '9.9 … 27.2'
    """
    _check(errors, n_examples, confidence)
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if errors == 0 else float(betaincinv(errors, n_examples - errors + 1, tail))
    is_all = errors == n_examples
    high = 1.0 if is_all else float(betaincinv(errors + 1, n_examples - errors, 1 - tail))
    return n_examples * low, n_examples * high


def _find_quantile(confidence: float) -> float:
    """Return how many standard deviations a normal interval of this confidence spans to a side."""
    if confidence == _USUAL:
        # As below, which a query would wait for: importing it takes as long as ten files.
        return _QUANTILE_OF_USUAL
    from statistics import NormalDist

    # From the lower tail: (1 + confidence) / 2 would round to 1 just below a confidence of 1.
    return -NormalDist().inv_cdf((1 - confidence) / 2)


def _check(errors: float, n_examples: int, confidence: float) -> None:
    if n_examples < 1:
        raise PredictionError(f"n_examples must be 1 or more for an interval; got {n_examples}.")
    if not 0 <= errors <= n_examples:
        raise PredictionError(f"errors must be from 0 to {n_examples}; got {errors}.")
    if not 0 < confidence < 1:
        raise PredictionError(f"confidence must be between 0 and 1; got {confidence}.")


INTERVALS: Mapping[str, Callable[[int, int], tuple[float, float]]] = MappingProxyType(
    {"wilson": wilson, "clopper-pearson": clopper_pearson}
)
"""Names of the intervals."""
