"""Fisher's exact test of parts of a set against the rest, many parts at once."""

import numpy as np

from ensemble_lab.arrays import Array, Floats, Index, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["fisher_exact"]

_BLOCK_CELLS = 2**21
_TOLERANCE = 1e-7
"""How much more likely, relatively, an outcome may be and still count as no more likely."""


def fisher_exact(errors: Array, sizes: Array, n_errors: int, n_examples: int) -> Floats:
    """Return the two-sided p-value of each part's errors against those of the rest.

    If errors fell anywhere alike, those in a part of n of N examples would be hypergeometric: of E
    errors, k are in it with the chance C(n, k) · C(N − n, E − k) / C(N, E). p is the sum over all
    k that are no more likely than the one seen, as R's ``fisher.test`` and SciPy's have it. It is
    1 for a part that is everything or nothing, and where there is no error or nothing else; it
    falls to 0 below the least float64.

    Parameters
    ----------
    errors, sizes : int (parts,)
        Of each part: errors in it, and examples.
    n_errors, n_examples : int
        Of the whole, which the part is taken out of to find the rest.

    Returns
    -------
    p : float64 (parts,)

    Raises
    ------
    PredictionError
        Counts that no part of such a whole can have.

    Notes
    -----
    Chances are summed relative to each other: their ratios are quotients of small whole numbers,
    where factorials of a million would leave eight digits.

    References
    ----------
    R. A. Fisher, "The logic of inductive inference", Journal of the Royal Statistical Society 98
    (1935), 39-82.

    Examples
    --------
    >>> p = fisher_exact(np.array([3, 1]), np.array([4, 4]), n_errors=4, n_examples=8)
    >>> p.round(4).tolist()  # tea first or milk first: (16 + 1) · 2 of 70 ways
    [0.4857, 0.4857]
    """
    errors, sizes = np.asarray(errors, np.int64), np.asarray(sizes, np.int64)
    check_axes(errors, "parts", name="errors")
    check_axes(sizes, "parts", name="sizes", parts=len(errors))
    lows = np.maximum(0, sizes + n_errors - n_examples)
    highs = np.minimum(sizes, n_errors)
    if not 0 <= n_errors <= n_examples or ((errors < lows) | (errors > highs)).any():
        raise PredictionError(
            f"errors of a part must be possible in one of its size, of {n_errors} errors in "
            f"{n_examples} examples; got {errors.tolist()[:5]} in {sizes.tolist()[:5]}."
        )
    p = np.empty(len(errors))
    # Parts of about the same breadth go together, so that a block is not padded much.
    order = np.argsort(highs - lows, kind="stable")[::-1]
    start = 0
    while start < len(order):
        breadth = int((highs - lows)[order[start]]) + 1
        block = order[start : start + max(1, _BLOCK_CELLS // breadth)]
        p[block] = _sum_block(
            errors[block], sizes[block], lows[block], highs[block], n_errors, n_examples
        )
        start += len(block)
    return p


def _sum_block(
    errors: Index, sizes: Index, lows: Index, highs: Index, n_errors: int, n_examples: int
) -> Floats:
    # Column j stands for the outcome low + j; those beyond a part's highest have no chance.
    k = lows[:, np.newaxis] + np.arange(int((highs - lows).max()) + 1)
    n = sizes[:, np.newaxis]
    is_possible = k <= highs[:, np.newaxis]
    before = np.where(is_possible, k, 1)[:, 1:] - 1
    grows = (n - before) * (n_errors - before)
    shrinks = (before + 1) * (n_examples - n - n_errors + before + 1)
    logs = np.zeros(k.shape)
    is_step = is_possible[:, 1:]
    steps = np.log(np.where(is_step, grows, 1)) - np.log(np.where(is_step, shrinks, 1))
    np.cumsum(steps, axis=1, out=logs[:, 1:])
    logs[~is_possible] = -np.inf
    logs -= logs.max(axis=1, keepdims=True)
    seen = np.take_along_axis(logs, (errors - lows)[:, np.newaxis], axis=1)
    chances = np.exp(logs)
    extreme = np.where(logs <= seen + _TOLERANCE, chances, 0).sum(axis=1)
    return np.asarray(np.minimum(1.0, extreme / chances.sum(axis=1)), np.float64)
