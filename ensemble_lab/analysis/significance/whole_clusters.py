"""Parts of a set against the rest where they are made of whole clusters that are alike inside."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Floats, Index, check_axes
from ensemble_lab.seeds import draw_generator

__all__ = ["N_PERMUTATIONS", "permute_clusters"]

N_PERMUTATIONS = 10_000

_BLOCK_CELLS = 2**21
_TOLERANCE = 1e-9
"""Relative; sums of the same numbers in another order differ by rounding."""


@dataclass(frozen=True, eq=False)
class _Clusters:
    """Examples and errors of each cluster, float64 (clusters,), and the part it lies in."""

    sizes: Floats
    errors: Floats
    part: Index


def permute_clusters(
    is_wrong: Booleans,
    place: Index,
    clusters: Array,
    *,
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
) -> Floats:
    """Return the two-sided p-value of each part's errors against the rest's, clusters kept whole.

    The digits of one writer are alike. A series of writers may have many errors because a few of
    them write badly, which a test of independent examples takes for evidence. Here whole clusters
    are dealt to the parts anew, each part getting as many as it has, and p is the share of deals,
    the one seen among them, whose statistic is as far from 0. With rates r of a part and r' of the
    rest, N and N' their examples, and e errors in n examples of each cluster::

        (r − r') / sqrt(Σ (e − r·n)² / N² + Σ (e − r'·n)² / N'²)

    The sums are over the clusters of the part and of the rest. Dividing by this standard error
    keeps the level about right where clusters of one part are larger or more alike than those of
    another; p is exact where clusters differ in nothing but chance. With few clusters on a side
    it is cautious.

    Parameters
    ----------
    is_wrong : bool (examples,)
    place : int64 (examples,)
        The part that each example is in, from 0.
    clusters : (examples,)
        Which cluster each example belongs to.
    n_permutations, seed : int

    Returns
    -------
    p : float64 (parts,)
        From 1 / (n_permutations + 1) to 1. NaN of all parts where one cluster lies in several:
        the comparison is then within clusters. NaN of a part of fewer than two clusters, or whose
        rest has fewer.

    Raises
    ------
    PredictionError
        Arrays of different lengths.

    References
    ----------
    E. Chung and J. P. Romano, "Exact and asymptotically robust permutation tests", Annals of
    Statistics 41 (2013), 484-507 (why the difference is divided by its standard error).

    Examples
    --------
    Writers 1 and 2 err always, 3 and 4 never: 2 of the 6 ways to deal them are as extreme.

    >>> is_wrong = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    >>> place, writer = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1, 1, 2, 2, 3, 3, 4, 4])
    >>> permute_clusters(is_wrong, place, writer).round(1).tolist()
    [0.3, 0.3]
    """
    check_axes(is_wrong, "examples", name="errors")
    n_examples = len(is_wrong)
    check_axes(place, "examples", name="place", examples=n_examples)
    check_axes(clusters, "examples", name="clusters", examples=n_examples)
    _, first, cluster, sizes = np.unique(
        clusters, return_index=True, return_inverse=True, return_counts=True
    )
    cluster = cluster.reshape(-1)
    part, n_parts = place[first], int(place.max()) + 1
    n_clusters = np.bincount(part, minlength=n_parts)
    is_testable = (n_clusters >= 2) & (len(sizes) - n_clusters >= 2)
    if (part[cluster] != place).any() or not is_testable.any():
        return np.full(n_parts, np.nan)
    errors = np.bincount(cluster[is_wrong], minlength=len(sizes))
    dealt = _Clusters(sizes.astype(np.float64), errors.astype(np.float64), part)
    p = _deal(dealt, n_parts, n_permutations, seed)
    return np.where(is_testable, p, np.nan)


def _deal(dealt: _Clusters, n_parts: int, n_permutations: int, seed: int) -> Floats:
    """Return the share of deals whose statistic is at least that of the clusters as they lie."""
    seen = _studentise(dealt, dealt.part[np.newaxis], n_parts)[0]
    least = seen * (1 - _TOLERANCE)
    generator = draw_generator(seed, "resampling")
    n_extreme = np.ones(n_parts, np.int64)
    step = max(1, _BLOCK_CELLS // max(len(dealt.part), n_parts))
    for start in range(0, n_permutations, step):
        n_deals = min(step, n_permutations - start)
        parts = generator.permuted(np.tile(dealt.part, (n_deals, 1)), axis=1)
        n_extreme += (_studentise(dealt, parts, n_parts) >= least).sum(axis=0)
    return np.asarray(n_extreme / (n_permutations + 1), np.float64)


def _studentise(dealt: _Clusters, parts: Array, n_parts: int) -> Floats:
    """Return the statistic's distance from 0 of each deal and part: float64 (deals, parts)."""
    n_deals = len(parts)
    cell = (parts + n_parts * np.arange(n_deals)[:, np.newaxis]).reshape(-1)

    def total(weights: Floats) -> tuple[Floats, Floats]:
        totals = np.bincount(cell, np.tile(weights, n_deals), n_deals * n_parts)
        of_part = np.asarray(totals, np.float64).reshape(n_deals, n_parts)
        return of_part, weights.sum() - of_part

    n, e = dealt.sizes, dealt.errors
    sides = zip(total(n), total(e), total(e * e), total(e * n), total(n * n), strict=True)
    rates, variances = [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for size, errors, ee, en, nn in sides:
            rate = errors / size
            rates.append(rate)
            variances.append(np.maximum(ee - 2 * rate * en + rate**2 * nn, 0) / size**2)
        difference = np.abs(rates[0] - rates[1])
        statistic = difference / np.sqrt(variances[0] + variances[1])
    # No difference is none, even where every cluster errs alike.
    return np.where(difference == 0, 0.0, np.nan_to_num(statistic, nan=0.0, posinf=np.inf))
