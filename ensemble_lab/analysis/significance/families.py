"""Several comparisons at once: are all alike, and which p-values survive being many."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.significance.tails import chi_square_tail
from ensemble_lab.arrays import Booleans, check_axes, smallest_unsigned
from ensemble_lab.exceptions import PredictionError

__all__ = ["CochranQ", "adjust_holm", "compare_cochran"]


@dataclass(frozen=True)
class CochranQ:
    """Cochran's test of whether several ensembles are equally good.

    Attributes
    ----------
    statistic : float
        0 or more; larger where they differ more.
    degrees : int
        Ensembles less one.
    p : float
    """

    statistic: float
    degrees: int
    p: float


def compare_cochran(wrong: Booleans) -> CochranQ:
    """Return Cochran's Q test of several ensembles on the same examples.

    With k ensembles, Gⱼ errors of ensemble j and Lᵢ ensembles wrong on example i::

        Q = (k − 1) · (k Σ Gⱼ² − (Σ Gⱼ)²) / (k Σ Lᵢ − Σ Lᵢ²)

    which is about χ² with k − 1 degrees of freedom where all are equally good. Where all agree on
    every example Q is 0 and p is 1. Examples on which all are right or all wrong do not count.

    Parameters
    ----------
    wrong : bool (ensembles, examples)
        Two or more; with two it is McNemar's test without correction.

    Raises
    ------
    PredictionError
        Fewer than two ensembles.

    References
    ----------
    W. G. Cochran, "The comparison of percentages in matched samples", Biometrika 37 (1950),
    256-266.

    Examples
    --------
    >>> found = compare_cochran(np.array([[1, 1, 1, 0], [0, 0, 1, 0], [0, 0, 1, 0]], bool))
    >>> found.statistic, found.degrees, round(found.p, 4)
    (4.0, 2, 0.1353)
    """
    check_axes(wrong, "ensembles examples", name="errors")
    k = len(wrong)
    if k < 2:
        raise PredictionError(f"ensembles must be two or more to be compared; got {k}.")
    by_ensemble = wrong.sum(axis=1, dtype=np.int64)
    # As bytes into a counter that just holds k, and then by how often each count comes.
    counter = smallest_unsigned(k + 1)
    by_example = np.add.reduce(wrong.view(np.uint8), axis=0, dtype=counter)
    n_wrong, n_examples = np.unique(by_example.astype(np.int64), return_counts=True)
    total = int(by_ensemble.sum())
    below = k * total - int((n_examples * n_wrong**2).sum())
    if below == 0:
        return CochranQ(0.0, k - 1, 1.0)
    statistic = (k - 1) * (k * int((by_ensemble**2).sum()) - total**2) / below
    return CochranQ(statistic, k - 1, chi_square_tail(statistic, k - 1))


def adjust_holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted for being several, in the order given.

    The i-th smallest of m is multiplied by m − i + 1, made no smaller than those before it and
    at most 1. Comparing the results with α keeps the chance of any false alarm below α, whatever
    the tests have to do with each other.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979), 65-70.

    Examples
    --------
    >>> [round(p, 10) for p in adjust_holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return tuple(adjusted)
