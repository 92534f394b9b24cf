"""Two ensembles on the same examples: where only one errs, and what that can show."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ensemble_lab.arrays import Booleans, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = [
    "Discordance",
    "count_discordant",
    "examples_needed",
    "least_significant",
    "mcnemar_exact",
]

_MOST_EXACT = 2_000
"""Discordant examples up to which whole numbers cost less than a millisecond."""


@dataclass(frozen=True)
class Discordance:
    """How the errors of two ensembles coincide.

    Attributes
    ----------
    n_examples : int
    both : int
        Examples that both get wrong.
    only_first, only_second : int
        Examples that only one gets wrong: the discordant ones, which decide.
    """

    n_examples: int
    both: int
    only_first: int
    only_second: int

    @property
    def n_discordant(self) -> int:
        """Examples on which just one errs."""
        return self.only_first + self.only_second

    @property
    def difference(self) -> int:
        """Errors of the first less those of the second."""
        return self.only_first - self.only_second


def count_discordant(first: Booleans, second: Booleans) -> Discordance:
    """Return how the errors of two ensembles coincide.

    Parameters
    ----------
    first, second : bool (examples,)
        Where each is wrong.

    Raises
    ------
    PredictionError
        Of different lengths.

    Examples
    --------
    >>> import numpy as np
    >>> wrong = np.array([[1, 1, 0, 0, 1], [1, 0, 1, 0, 0]], bool)
    >>> count_discordant(*wrong)
    Discordance(n_examples=5, both=1, only_first=2, only_second=1)
    """
    check_axes(first, "examples", name="errors of the first")
    check_axes(second, "examples", name="errors of the second", examples=len(first))
    return Discordance(
        n_examples=len(first),
        both=int((first & second).sum()),
        only_first=int((first & ~second).sum()),
        only_second=int((~first & second).sum()),
    )


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    If both ensembles are equally good, each discordant example is as likely to be the one's error
    as the other's: the smaller count is binomial with ½, and p is twice its lower tail, at most
    1. It is 1 where there is no discordant example, as for an ensemble and itself. Up to 2,000
    discordant examples it is counted in whole numbers; of more it has nine digits or so.

    Parameters
    ----------
    only_first, only_second : int
        Examples that only one gets wrong.

    Raises
    ------
    PredictionError
        A negative number.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947), 153-157.
    T. G. Dietterich, "Approximate statistical tests for comparing supervised classification
    learning algorithms", Neural Computation 10 (1998), 1895-1923.

    Examples
    --------
    >>> mcnemar_exact(6, 0), mcnemar_exact(3, 3)
    (0.03125, 1.0)
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    if fewer < 0:
        raise PredictionError(f"examples must be 0 or more; got {only_first} and {only_second}.")
    tail = _exact_tail(n, fewer) if n <= _MOST_EXACT else _tail_of_many(n, fewer)
    return min(1.0, 2 * tail)


def _exact_tail(n: int, fewer: int) -> float:
    """Return the chance of at most `fewer` heads in n throws, in whole numbers to the last."""
    total, term = 0, 1
    for k in range(fewer + 1):
        total += term
        term = term * (n - k) // (k + 1)
    return total / (1 << n)


def _tail_of_many(n: int, fewer: int) -> float:
    """Return the same as the largest term times the sum of all terms over it."""
    k = np.arange(fewer, 0, -1)
    ratios = np.cumprod(k / (n - k + 1))
    largest = math.lgamma(n + 1) - math.lgamma(fewer + 1) - math.lgamma(n - fewer + 1)
    return math.exp(largest - n * math.log(2) + math.log1p(float(ratios.sum())))


def least_significant(n_discordant: int, alpha: float = 0.05) -> int | None:
    """Return the least difference in errors that McNemar's exact test calls significant.

    Parameters
    ----------
    n_discordant : int
        Examples on which just one of two ensembles errs.
    alpha : float

    Returns
    -------
    int or None
        Of the same parity as `n_discordant`; None where not even all of them on one side would
        do: at 5 %, five or fewer.

    Examples
    --------
    >>> [least_significant(n) for n in (5, 6, 9, 12, 15)]  # 6-0, 8-1, 10-2, 12-3
    [None, 6, 7, 8, 9]
    """
    # p grows with the smaller count, so those that are significant come first.
    n_significant = bisect_right(
        range(n_discordant // 2 + 1),
        alpha,
        key=lambda fewer: mcnemar_exact(n_discordant - fewer, fewer),
    )
    return n_discordant - 2 * (n_significant - 1) if n_significant else None


def examples_needed(
    difference: float, discordant: float, *, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Return how many test examples it takes to show a difference between two ensembles.

    With ψ the share of discordant examples and δ the difference of the two error shares::

        m = (z₁₋α/₂ · sqrt(ψ) + z_power · sqrt(ψ − δ²))² / δ²
        n = m / 4 · (1 + sqrt(1 + 4 / (m · |δ|)))²

    where m is Connor's size for McNemar's test without correction. The exact test behaves as the
    statistic with continuity correction, (|b − c| − 1)² / (b + c), which asks for one discordant
    example more; n solves n · |δ| − 1 = sqrt(m · n) · |δ|.

    Parameters
    ----------
    difference : float
        δ, of either sign.
    discordant : float
        ψ, at least |δ|.
    power : float
        Chance that the exact test finds it.
    alpha : float
        Two-sided.

    Returns
    -------
    int or None
        None where there is no difference to show.

    Raises
    ------
    PredictionError
        A difference larger than the share of discordant examples, or a power or α outside
        (0, 1).

    Notes
    -----
    In simulation, the exact test then finds the difference as often as asked, to a percentage
    point, where fifty examples or more are discordant, and more often where they are fewer.

    References
    ----------
    R. J. Connor, "Sample size for testing differences in proportions for the paired-sample
    design", Biometrics 43 (1987), 207-211.
    J. L. Fleiss, A. Tytun and H. K. Ury, "A simple approximation for calculating sample sizes for
    comparing independent proportions", Biometrics 36 (1980), 343-346 (the correction).

    Examples
    --------
    >>> examples_needed(0.0005, 0.0015)  # 5 of 10,000, 15 discordant
    51013
    """
    if abs(difference) > discordant:
        raise PredictionError(
            f"difference must be at most the share of discordant examples, {discordant}; got "
            f"{difference}."
        )
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            raise PredictionError(f"{name} must be between 0 and 1; got {value}.")
    if difference == 0:
        return None
    normal = NormalDist()
    z_alpha, z_power = normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)
    spread = math.sqrt(max(0.0, discordant - difference**2))
    plain = ((z_alpha * math.sqrt(discordant) + z_power * spread) / difference) ** 2
    return math.ceil(plain / 4 * (1 + math.sqrt(1 + 4 / (plain * abs(difference)))) ** 2)
