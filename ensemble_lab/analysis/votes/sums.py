"""Numbers summed over members, so that the order of the members changes nothing."""

import math
from collections.abc import Callable

import numpy as np

from ensemble_lab.analysis.votes.counts import count_true
from ensemble_lab.arrays import Array, Floats, Index, Probabilities

__all__ = ["NEAR", "exact_sums", "settle_near", "settle_near_ties", "sum_members"]

NEAR = 1e-9
"""Mean probabilities closer than this are compared by exact sums. A float64 sum of n
probabilities of weight w in all is wrong by at most about n w times 1e-16, far less than w
times this."""


def sum_members(probabilities: Probabilities, members: tuple[str, ...], weights: Floats) -> Floats:
    """Return float64 sums over members, added in the order of their keys.

    Float32 means of 20 members change in the last bit for half of all permutations; these
    sums do not, however the members are ordered.

    Parameters
    ----------
    probabilities : float32 (members, examples, classes)
    members : tuple of str
        Keys along the first axis.
    weights : float64 (members,)
        What each member's probabilities are multiplied by.

    Returns
    -------
    sums : float64 (examples, classes)
    """
    order = sorted(range(len(members)), key=members.__getitem__)
    first = order[0]
    sums: Floats = np.multiply(probabilities[first], weights[first], dtype=np.float64)
    for member in order[1:]:
        weighted = probabilities[member]
        if weights[member] != 1:
            weighted = np.multiply(weighted, weights[member], dtype=np.float64)
        np.add(sums, weighted, out=sums)
    return sums


def settle_near_ties(sums: Floats, probabilities: Probabilities, weights: Floats) -> Floats:
    """Return the sums of `sum_members`, exact wherever another class comes near the best.

    Parameters
    ----------
    sums : float64 (examples, classes)
        From `sum_members`; minus infinity takes a class out of the comparison.
    probabilities : float32 (members, examples, classes)
    weights : float64 (members,)
        As in `sum_members`.

    Returns
    -------
    settled : float64 (examples, classes)
    """
    return settle_near(
        sums,
        lambda rows, classes: probabilities[:, rows, classes] * weights[:, np.newaxis],
        near=NEAR * np.abs(weights).sum(),
    )


def settle_near(sums: Floats, take: Callable[[Index, Index], Array], *, near: float) -> Floats:
    """Return sums over members, exact wherever another class comes near the best of its example.

    So whoever compares the largest sums of an example compares exact, correctly rounded sums:
    equal means equal, and a difference in the last bit is not an accident of the order.

    Parameters
    ----------
    sums : float64 (examples, classes)
        Minus infinity takes a class out of the comparison.
    take : callable
        From rows and classes, int64 (cells,), to what was added up there: (members, cells).
    near : float
        Sums closer than this are compared exactly.

    Returns
    -------
    settled : float64 (examples, classes)
    """
    best = sums.max(axis=1)
    is_near = sums >= (best - near)[:, np.newaxis]
    contested = np.flatnonzero(count_true(is_near) > 1)
    if not contested.size:
        return sums
    rows, classes = np.nonzero(is_near[contested])
    rows = contested[rows]
    settled = sums.copy(order="K")
    settled[rows, classes] = exact_sums(take(rows, classes))
    return settled


def exact_sums(values: Array) -> Floats:
    """Return the correctly rounded sum of each column, as `math.fsum` does.

    Parameters
    ----------
    values : float32 or float64 (members, columns)

    Returns
    -------
    sums : float64 (columns,)

    Notes
    -----
    The exact error of each addition is known (TwoSum). Columns where all errors are zero are
    summed already, such as those of a saturated or a uniform net; the others are left to
    `math.fsum`. So an ensemble that ties on every example costs no loop over examples.

    References
    ----------
    D. E. Knuth, The Art of Computer Programming, volume 2, section 4.2.2 (TwoSum).
    J. R. Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric
    predicates", Discrete & Computational Geometry 18 (1997), 305-363 (fsum).

    Examples
    --------
    >>> exact_sums(np.array([[0.1, 0.5], [0.2, 0.25], [0.3, 0.25]])).tolist()
    [0.6, 1.0]
    >>> 0.1 + 0.2 + 0.3
    0.6000000000000001
    """
    columns = values.astype(np.float64)
    sums = np.zeros(columns.shape[1])
    is_exact = np.ones(columns.shape[1], np.bool_)
    for row in columns:
        total = sums + row
        rounded = total - sums
        is_exact &= (sums - (total - rounded)) + (row - rounded) == 0
        sums = total
    sums[~is_exact] = [math.fsum(column) for column in columns[:, ~is_exact].T.tolist()]
    return sums
