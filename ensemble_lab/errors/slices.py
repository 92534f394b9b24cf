"""Slices: the examples that share a value of a column, and whether they err more than the rest."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.significance.families import adjust_holm
from ensemble_lab.analysis.significance.fisher import fisher_exact
from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.analysis.significance.whole_clusters import permute_clusters
from ensemble_lab.arrays import Array, Booleans, Floats, Index, check_axes
from ensemble_lab.data.categories import Categories
from ensemble_lab.exceptions import PredictionError

__all__ = ["ColumnSlices", "Slice", "slice_errors"]


@dataclass(frozen=True)
class Slice:
    """The examples of one value, against all others.

    Attributes
    ----------
    value : str
    n_examples, errors : int
    rate : float
        Errors an example.
    low, high : float
        95 % Wilson interval of the rate.
    ratio : float or None
        The rate over that of the rest: above 1 where this slice errs more. None where the rest is
        empty or has no error.
    p : float
        Fisher's exact test against the rest, two-sided, examples taken as independent.
    p_holm : float
        As one of all slices of the column.
    p_cluster, p_cluster_holm : float or None
        The same by `permute_clusters`, with clusters kept whole; None where the column is not made
        of whole clusters, two or more of them on either side.
    """

    value: str
    n_examples: int
    errors: int
    rate: float
    low: float
    high: float
    ratio: float | None
    p: float
    p_holm: float
    p_cluster: float | None = None
    p_cluster_holm: float | None = None


@dataclass(frozen=True)
class ColumnSlices:
    """The slices of one column.

    Attributes
    ----------
    column : str
    slices : tuple of Slice
        The least p first; of equal ones the higher rate, then the column's own order.
    n_tests : int
        How many different questions Holm was told of: the slices, but two that make up the whole
        ask the same one, and one that is the whole asks none.
    n_small, n_small_examples : int
        Values with fewer examples than were asked for, which are not tested, and their examples.
    """

    column: str
    slices: tuple[Slice, ...]
    n_tests: int
    n_small: int = 0
    n_small_examples: int = 0


def slice_errors(
    categories: Categories,
    is_wrong: Booleans,
    *,
    min_size: int = 1,
    clusters: Array | None = None,
    seed: int = 0,
) -> ColumnSlices:
    """Return the slices of a column, those with most evidence of differing from the rest first.

    Holm's family is the column: the chance that any of its slices is called different while all
    are alike stays below α. Columns are questions of their own, and not adjusted for each other.
    `min_size` looks at no error, so what it leaves out costs nothing.

    Parameters
    ----------
    categories : Categories
    is_wrong : bool (examples,)
    min_size : int
        Examples that a slice must have.
    clusters : (examples,), optional
        Such as writers, whose examples are alike: gives `Slice.p_cluster`.
    seed : int
        Of the permutations.

    Raises
    ------
    PredictionError
        Arrays of different lengths, or a size below 1.

    Examples
    --------
    >>> hands = Categories("hand", ("left", "right"), np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    >>> found = slice_errors(hands, np.array([1, 1, 1, 0, 0, 0, 0, 0], bool))
    >>> first = found.slices[0]
    >>> first.value, first.errors, first.rate, round(first.p, 4), found.n_tests
    ('left', 3, 0.75, 0.1429, 1)
    """
    check_axes(is_wrong, "examples", name="errors")
    n_examples = len(is_wrong)
    check_axes(categories.place, "examples", name=categories.name, examples=n_examples)
    if min_size < 1:
        raise PredictionError(f"min_size must be 1 or more; got {min_size}.")
    n_values = len(categories.values)
    sizes = np.bincount(categories.place, minlength=n_values)
    errors = np.bincount(categories.place[is_wrong], minlength=n_values)
    kept = np.flatnonzero(sizes >= min_size)
    small = (sizes > 0) & (sizes < min_size)
    n_errors = int(is_wrong.sum())
    p = fisher_exact(errors[kept], sizes[kept], n_errors, n_examples)
    n_tests = _count_tests(sizes[kept], n_examples)
    p_holm = _adjust(p, n_tests)
    of_clusters = _permute(categories.place, is_wrong, clusters, kept, n_tests, seed)
    order = _rank(p, errors[kept] / sizes[kept])
    return ColumnSlices(
        column=categories.name,
        slices=tuple(
            _describe(
                categories.values[kept[at]],
                int(sizes[kept[at]]),
                int(errors[kept[at]]),
                (n_examples, n_errors),
                (float(p[at]), float(p_holm[at])),
                of_clusters[at],
            )
            for at in order
        ),
        n_tests=n_tests,
        n_small=int(small.sum()),
        n_small_examples=int(sizes[small].sum()),
    )


def _count_tests(sizes: Index, n_examples: int) -> int:
    is_part = sizes < n_examples
    is_pair = len(sizes) == 2 and sizes.sum() == n_examples
    return 1 if is_pair else int(is_part.sum())


def _rank(p: Floats, rates: Floats) -> Index:
    # Of a pair that makes up the whole, p is the same but for its last bits.
    with np.errstate(divide="ignore"):
        evidence = np.round(np.log(p), 9)
    return np.lexsort((-rates, evidence))


def _adjust(p: Floats, n_tests: int) -> Floats:
    # One question: a pair that makes up the whole, or a slice without a rest.
    return p.copy() if n_tests <= 1 else np.array(adjust_holm(p.tolist()))


def _permute(
    place: Index,
    is_wrong: Booleans,
    clusters: Array | None,
    kept: Index,
    n_tests: int,
    seed: int,
) -> list[tuple[float | None, float | None]]:
    """Return p of the clusters and the same after Holm, of each slice that is kept."""
    unknown: list[tuple[float | None, float | None]] = [(None, None)] * len(kept)
    if clusters is None or not len(kept):
        return unknown
    p = permute_clusters(is_wrong, place, clusters, seed=seed)[kept]
    is_known = np.isfinite(p)
    adjusted = p.copy()
    adjusted[is_known] = _adjust(p[is_known], n_tests)
    return [
        (float(alone), float(holm)) if known else (None, None)
        for alone, holm, known in zip(p, adjusted, is_known, strict=True)
    ]


def _describe(
    value: str,
    size: int,
    errors: int,
    whole: tuple[int, int],
    p: tuple[float, float],
    p_cluster: tuple[float | None, float | None],
) -> Slice:
    low, high = wilson(errors, size)
    n_rest, errors_rest = whole[0] - size, whole[1] - errors
    rate = errors / size
    ratio = rate / (errors_rest / n_rest) if n_rest and errors_rest else None
    return Slice(
        value=value,
        n_examples=size,
        errors=errors,
        rate=rate,
        low=low / size,
        high=high / size,
        ratio=ratio,
        p=p[0],
        p_holm=p[1],
        p_cluster=p_cluster[0],
        p_cluster_holm=p_cluster[1],
    )
