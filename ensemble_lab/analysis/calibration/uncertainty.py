"""Uncertainty: how much an ensemble doubts, and how much of it is that members disagree."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.logs import normalise_rows, take_logs
from ensemble_lab.arrays import Array, Floats, Probabilities, check_axes

__all__ = ["Uncertainty", "measure_uncertainty"]

_BLOCK_CELLS = 163_840
_ROUNDING = 1e-12
"""Sums over members that say the same differ from each other by up to 1e-15."""


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Doubt about each example, in nats.

    Attributes
    ----------
    predictive_entropy : float64 (examples,)
        Of the mean probabilities: all doubt, 0 … log(classes); higher = less sure.
    expected_entropy : float64 (examples,)
        Mean over the members of each one's own: the doubt that they share.
    mutual_information : float64 (examples,)
        The difference, 0 … log(members): how much the members disagree; higher = more.
    """

    predictive_entropy: Floats
    expected_entropy: Floats
    mutual_information: Floats


def measure_uncertainty(probabilities: Probabilities, members: tuple[str, ...]) -> Uncertainty:
    """Return the entropies of an ensemble's probabilities and their difference.

    With p̄ the mean over M members and H(p) = −Σ p log p over classes, 0 log 0 = 0 ::

        predictive H(p̄),  expected (1/M) Σ H(pₘ),  mutual information H(p̄) − (1/M) Σ H(pₘ)

    The mutual information between an example's class and which member is asked is zero where all
    members say the same, and never below (less than 1e-12, a rounding, is zero). It is often read
    as the doubt that more data could remove, the rest as doubt in the example itself. With a few
    members trained alike that is a hope, not a measurement; besides, both depend on how sure the
    members' training has made them.

    Parameters
    ----------
    probabilities : float32 (members, examples, classes)
    members : tuple of str
        Keys along the first axis. Sums run in their order, so that no other changes a bit.

    References
    ----------
    N. Houlsby et al., "Bayesian active learning for classification and preference learning",
    arXiv:1112.5745 (2011) (mutual information).
    S. Depeweg et al., "Decomposition of uncertainty in Bayesian deep learning for efficient and
    risk-sensitive learning", ICML 2018.
    A. Malinin and M. Gales, "Predictive uncertainty estimation via prior networks", NeurIPS 2018.

    Examples
    --------
    >>> split = np.array([[[1, 0]], [[0, 1]]], np.float32)  # each sure, of another class
    >>> found = measure_uncertainty(split, ("a", "b"))
    >>> found.expected_entropy.tolist(), (found.mutual_information / np.log(2)).round(6).tolist()
    ([0.0], [1.0])
    """
    check_axes(
        probabilities, "members examples classes", name="probabilities", members=len(members)
    )
    order = sorted(range(len(members)), key=members.__getitem__)
    n_members, n_examples, n_classes = probabilities.shape
    predictive, expected = np.empty(n_examples), np.empty(n_examples)
    step = max(1, _BLOCK_CELLS // n_classes)
    for start in range(0, n_examples, step):
        block = slice(start, start + step)
        total = np.zeros(probabilities[0, block].shape)
        entropies = np.zeros(len(total))
        for member in order:
            rows = normalise_rows(probabilities[member, block])
            total += rows
            entropies += _measure_entropy(rows)
        predictive[block] = _measure_entropy(total / n_members)
        expected[block] = entropies / n_members
    information = predictive - expected
    information[information < _ROUNDING] = 0.0
    return Uncertainty(predictive, expected, information)


def _measure_entropy(rows: Array) -> Floats:
    """Return −Σ p log p of each row; plus 0, so that no zero has a sign."""
    entropy: Floats = np.maximum(-np.einsum("ec,ec->e", rows, take_logs(rows)), 0.0)
    return entropy
