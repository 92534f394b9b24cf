"""Tails of distributions that tests look up, where loading scipy would cost more than they do."""

import math

from ensemble_lab.exceptions import PredictionError

__all__ = ["chi_square_tail"]


def chi_square_tail(x: float, degrees: int) -> float:
    """Return the chance that χ² with so many degrees of freedom is x or more, from 0 to 1.

    For whole degrees it is a sum of positive terms, exact up to rounding::

        even:                 e^(−x/2) · Σ_{j < ν/2} (x/2)ʲ / j!
        odd:  erfc(sqrt(x/2)) + e^(−x/2) · Σ_{j < (ν−1)/2} (x/2)^(j+½) / Γ(j + 3/2)

    Parameters
    ----------
    x : float
        0 or more.
    degrees : int
        ν, 1 or more.

    Raises
    ------
    PredictionError
        A negative x, or no degree of freedom.

    References
    ----------
    M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964), 26.4.4 and 26.4.5.

    Examples
    --------
    >>> round(chi_square_tail(3.841, 1), 3), round(chi_square_tail(4.0, 2), 4)
    (0.05, 0.1353)
    """
    if not x >= 0 or degrees < 1:
        raise PredictionError(
            f"x must be 0 or more and degrees 1 or more; got {x} and {degrees} of χ²."
        )
    half, start = x / 2, degrees % 2 / 2
    if half == 0:
        return 1.0
    # In logarithms: of hundreds of degrees, a power of x/2 leaves float64 alone.
    terms = (
        math.exp((j + start) * math.log(half) - half - math.lgamma(j + start + 1))
        for j in range(degrees // 2)
    )
    return min(1.0, math.fsum(terms) + (math.erfc(math.sqrt(half)) if start else 0.0))
