"""Parts of a set against the rest where examples come in clusters that are alike."""

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Floats, Index, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator

__all__ = ["N_FLIPS", "flip_clusters"]

N_FLIPS = 10_000

_BLOCK_CELLS = 2**22
_TOLERANCE = 1e-9
"""Relative; sums of the same scores in another order differ by rounding."""


def flip_clusters(
    is_wrong: Booleans, place: Index, clusters: Array, *, n_flips: int = N_FLIPS, seed: int = 0
) -> Floats:
    """Return the two-sided p-value of each part's errors against the rest's, clusters kept whole.

    Digits of one writer are alike: a part that is made of whole writers may have many errors
    because a few of them write badly, which an exact test of independent examples takes for
    evidence. Here every cluster c gives one score to part s, from errors e and membership x
    (0 or 1) that are centred over all examples::

        u_cs = Σ (x_i − mean x) · (e_i − mean e)  over the examples i of c

    If the part is like the rest, the sum of the scores is as likely with either sign of each:
    p is the share of random signs, with those seen counted among them, that give a sum as far
    from 0. It needs some dozen clusters with errors to be near its level; with few it is cautious
    at best, and never below 1 / (n_flips + 1).

    Parameters
    ----------
    is_wrong : bool (examples,)
    place : int64 (examples,)
        The part that each example is in, from 0.
    clusters : (examples,)
        Which cluster each example belongs to; two or more.
    n_flips, seed : int

    Returns
    -------
    p : float64 (parts,)
        NaN of a part that lies in one cluster, or whose rest does: a cluster cannot be compared
        with others of its kind by itself.

    Raises
    ------
    PredictionError
        One cluster only, or arrays of different lengths.

    References
    ----------
    J. Hemerik, J. J. Goeman and L. Finos, "Robust testing in generalized linear models by sign
    flipping score contributions", Journal of the Royal Statistical Society B 82 (2020), 841-864.

    Examples
    --------
    >>> is_wrong = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    >>> place, clusters = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1, 1, 2, 2, 3, 3, 4, 4])
    >>> p = flip_clusters(is_wrong, place, clusters)  # 4 equal scores: all alike in 2 of 16 signs
    >>> p.round(1).tolist()
    [0.1, 0.1]
    """
    check_axes(is_wrong, "examples", name="errors")
    n_examples = len(is_wrong)
    check_axes(place, "examples", name="place", examples=n_examples)
    check_axes(clusters, "examples", name="clusters", examples=n_examples)
    names, cluster = np.unique(clusters, return_inverse=True)
    if len(names) < 2:
        raise PredictionError("clusters must be two or more to be compared; got one.")
    n_clusters, n_parts = len(names), int(place.max()) + 1
    cell = cluster.reshape(-1) * n_parts + place
    sizes = np.bincount(cell, minlength=n_clusters * n_parts).reshape(n_clusters, n_parts)
    errors = np.bincount(cell[is_wrong], minlength=n_clusters * n_parts).reshape(sizes.shape)
    # Clusters with the same counts are one kind: of those, how many keep their sign is binomial.
    kinds, counts = np.unique(np.hstack([errors, sizes]), axis=0, return_counts=True)
    excess = kinds[:, :n_parts] - kinds[:, n_parts:] * is_wrong.mean()
    shares = sizes.sum(axis=0) / n_examples
    scores = excess - shares * excess.sum(axis=1, keepdims=True)
    p = _count_extreme(scores, counts, n_flips, seed)
    is_split = ((sizes > 0).sum(axis=0) > 1) & (
        (sizes.sum(axis=1, keepdims=True) > sizes).sum(axis=0) > 1
    )
    return np.where(is_split, p, np.nan)


def _count_extreme(scores: Floats, counts: Index, n_flips: int, seed: int) -> Floats:
    """Return the share of sign flips, the identity among them, whose sum is as far from 0."""
    seen = np.abs(counts @ scores)
    least = seen - _TOLERANCE * (counts @ np.abs(scores))
    generator = draw_generator(seed, "resampling")
    n_extreme = np.ones(scores.shape[1], np.int64)
    step = max(1, _BLOCK_CELLS // max(scores.shape))
    for start in range(0, n_flips, step):
        kept = generator.binomial(counts, 0.5, size=(min(step, n_flips - start), len(counts)))
        sums = (2.0 * kept - counts) @ scores
        n_extreme += (np.abs(sums) >= least).sum(axis=0)
    return n_extreme / (n_flips + 1)
