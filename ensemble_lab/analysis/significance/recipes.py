"""Two recipes by the errors of their members: whether another seed makes the difference."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ensemble_lab.arrays import Array, Floats
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator

__all__ = ["RecipeTest", "compare_permutations", "compare_recipes", "compare_welch"]

MOST_EXACT = 100_000
"""Divisions of the members up to which all are tried."""


@dataclass(frozen=True)
class RecipeTest:
    """Whether members of two recipes differ more than members of one.

    Attributes
    ----------
    means : tuple of float
        Mean errors of each.
    difference : float
        The first's less the second's.
    welch_p : float or None
        None where one recipe has a single member, or nothing varies.
    interval : tuple of float or None
        95 % interval of the difference, Welch's; None likewise.
    permutation_p : float
    n_permutations : int
        Divisions that were tried: all, or so many drawn.
    """

    means: tuple[float, float]
    difference: float
    welch_p: float | None
    interval: tuple[float, float] | None
    permutation_p: float
    n_permutations: int


def compare_recipes(first: Array, second: Array, *, seed: int = 0) -> RecipeTest:
    """Return Welch's and the permutation test of the errors of two recipes' members.

    A member is one draw of its recipe: initial weights, order, augmentation. The test set is
    taken as it is, so this says whether the recipe is better on these examples, not whether it
    is on others; McNemar's test on votes says the opposite.

    Parameters
    ----------
    first, second : int or float (members,)
        Errors of each member; at least one each.
    seed : int
        Of the divisions, where they are too many to try all.

    Raises
    ------
    PredictionError
        A recipe without members.

    Examples
    --------
    >>> found = compare_recipes(np.array([30, 31, 32]), np.array([36, 38, 40]))
    >>> found.difference, found.permutation_p, round(found.welch_p, 3)
    (-7.0, 0.1, 0.013)
    """
    if not len(first) or not len(second):
        raise PredictionError("recipes must have members to be compared; got none of one.")
    permutation_p, n_permutations = compare_permutations(first, second, seed=seed)
    welch = compare_welch(first, second)
    means = (float(np.mean(first)), float(np.mean(second)))
    return RecipeTest(
        means=means,
        difference=means[0] - means[1],
        welch_p=None if welch is None else welch[0],
        interval=None if welch is None else welch[1],
        permutation_p=permutation_p,
        n_permutations=n_permutations,
    )


def compare_welch(first: Array, second: Array) -> tuple[float, tuple[float, float]] | None:
    """Return the p-value of Welch's test and the 95 % interval of the difference.

    None where one has a single member or neither varies. With variances s² of n members each, t is
    the difference over sqrt(s₁²/n₁ + s₂²/n₂), and its degrees of freedom are those of Welch and
    Satterthwaite.

    References
    ----------
    B. L. Welch, "The generalization of 'Student's' problem when several different population
    variances are involved", Biometrika 34 (1947), 28-35.
    """
    if min(len(first), len(second)) < 2 or np.ptp(first) == np.ptp(second) == 0:
        return None
    from scipy.special import stdtr, stdtrit

    parts = [float(np.var(errors, ddof=1)) / len(errors) for errors in (first, second)]
    error = math.sqrt(sum(parts))
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(errors) - 1) for part, errors in zip(parts, (first, second), strict=True)
    )
    difference = float(np.mean(first) - np.mean(second))
    half = float(stdtrit(degrees, 0.975)) * error
    p = 2 * float(stdtr(degrees, -abs(difference) / error))
    return p, (difference - half, difference + half)


def compare_permutations(first: Array, second: Array, *, seed: int = 0) -> tuple[float, int]:
    """Return the p-value of the permutation test of two means, and how many divisions it tried.

    Of all ways to divide the members in two groups of these sizes, p is the share whose means are
    as far apart as the recipes'. All are tried up to 100,000; of more, so many are drawn, and the
    recipes' own division counts as one more, so that p is never 0.

    References
    ----------
    R. A. Fisher, The Design of Experiments (1935), section 21.
    B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", Statistical
    Applications in Genetics and Molecular Biology 9 (2010), article 39.
    """
    pooled = np.concatenate([first, second]).astype(np.float64)
    n, n_first = len(pooled), len(first)
    found = abs(pooled[:n_first].mean() - pooled[n_first:].mean())
    n_all = math.comb(n, n_first)
    if n_all <= MOST_EXACT:
        rows = np.array(list(combinations(range(n), n_first)))
        return float(np.mean(_is_as_far(pooled, rows, found))), n_all
    generator = draw_generator(seed, "resampling")
    rows = generator.permuted(np.tile(np.arange(n), (MOST_EXACT, 1)), axis=1)[:, :n_first]
    n_as_far = int(_is_as_far(pooled, rows, found).sum())
    return (1 + n_as_far) / (1 + MOST_EXACT), MOST_EXACT


def _is_as_far(pooled: Floats, rows: Array, found: float) -> Array:
    n_first = rows.shape[1]
    sums = pooled[rows].sum(axis=1)
    apart = np.abs(sums / n_first - (pooled.sum() - sums) / (len(pooled) - n_first))
    # Rounding must not part what is equal.
    return np.asarray(apart >= found - 1e-9)
