"""Measures of how differently two members err, for all pairs at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from ensemble_lab.analysis.diversity.coincidences import Coincidences
from ensemble_lab.arrays import Floats
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest

__all__ = [
    "PAIR_MEASURES",
    "PairMeasure",
    "class_disagreement",
    "disagreement",
    "double_fault",
    "error_correlation",
    "find_pair_measure",
    "mean_of_pairs",
]


@dataclass(frozen=True)
class PairMeasure:
    """A row of `PAIR_MEASURES`.

    Attributes
    ----------
    name : str
    title : str
        As a reader sees it.
    more_diverse : {"higher", "lower"}
        Which values tell of more diversity.
    measure : function of Coincidences
        Gives float64 (members, members).
    """

    name: str
    title: str
    more_diverse: Literal["higher", "lower"]
    measure: Callable[[Coincidences], Floats]


def disagreement(counts: Coincidences) -> Floats:
    """Return the share of examples on which just one of two members is right.

    With eᵢ errors of a member, b of them shared and N examples: (eᵢ + eⱼ − 2b) / N. From 0 to 1,
    higher = more diverse; 0 on the diagonal. It cannot exceed the sum of the two error rates, so
    accurate members always look alike by it.

    Parameters
    ----------
    counts : Coincidences

    Returns
    -------
    float64 (members, members)

    References
    ----------
    T. K. Ho, "The random subspace method for constructing decision forests", IEEE Transactions on
    Pattern Analysis and Machine Intelligence 20 (1998), 832-844.
    L. I. Kuncheva and C. J. Whitaker, "Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy", Machine Learning 51 (2003), 181-207.

    Examples
    --------
    >>> from ensemble_lab.analysis.diversity.coincidences import count_coincidences
    >>> votes = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], np.uint8)
    >>> disagreement(count_coincidences(votes, np.zeros(4, np.int64))).tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """
    errors = counts.errors
    apart = errors[:, np.newaxis] + errors - 2 * counts.both_wrong
    return np.asarray(apart / counts.n_examples, np.float64)


def class_disagreement(counts: Coincidences) -> Floats:
    """Return the share of examples on which two members say different classes.

    `disagreement`, and the examples that both get wrong with different classes: with wᵢⱼ wrong
    alike, (eᵢ + eⱼ − b − wᵢⱼ) / N. From 0 to 1, higher = more diverse; 0 on the diagonal. Of two
    classes there is one way to be wrong, and it equals `disagreement`.

    Parameters
    ----------
    counts : Coincidences

    Returns
    -------
    float64 (members, members)

    References
    ----------
    S. Fort, H. Hu and B. Lakshminarayanan, "Deep ensembles: a loss landscape perspective" (2019),
    arXiv:1912.02757 (disagreement of predictions).

    Examples
    --------
    >>> from ensemble_lab.analysis.diversity.coincidences import count_coincidences
    >>> votes = np.array([[1, 1, 0, 0], [2, 0, 1, 0]], np.uint8)
    >>> class_disagreement(count_coincidences(votes, np.zeros(4, np.int64))).tolist()
    [[0.0, 0.75], [0.75, 0.0]]
    """
    errors = counts.errors
    apart = errors[:, np.newaxis] + errors - counts.both_wrong - counts.wrong_alike
    return np.asarray(apart / counts.n_examples, np.float64)


def double_fault(counts: Coincidences) -> Floats:
    """Return the share of examples that two members both get wrong: b / N.

    From 0 to 1, lower = more diverse; a member's error rate on the diagonal. It falls as members
    grow accurate, however alike they err: compare it between ensembles of like accuracy.

    Parameters
    ----------
    counts : Coincidences

    Returns
    -------
    float64 (members, members)

    References
    ----------
    G. Giacinto and F. Roli, "Design of effective neural network ensembles for image
    classification purposes", Image and Vision Computing 19 (2001), 699-707.

    Examples
    --------
    >>> from ensemble_lab.analysis.diversity.coincidences import count_coincidences
    >>> votes = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], np.uint8)
    >>> double_fault(count_coincidences(votes, np.zeros(4, np.int64))).tolist()
    [[0.5, 0.25], [0.25, 0.5]]
    """
    return np.asarray(counts.both_wrong / counts.n_examples, np.float64)


def error_correlation(counts: Coincidences) -> Floats:
    """Return ρ, the correlation of being wrong, of two members.

    Pearson's correlation of two columns of noughts and ones (phi) ::

        (N b − eᵢ eⱼ) / √(eᵢ (N − eᵢ) · eⱼ (N − eⱼ))

    From −1 to 1, lower = more diverse; 0 where errors are independent. NaN where a member makes
    no error, or nothing else: it varies with nothing. 1 on the diagonal. Unlike Yule's Q, which
    comes near 1 for any two members that seldom err, it still tells such pairs apart.

    Parameters
    ----------
    counts : Coincidences

    Returns
    -------
    float64 (members, members)

    References
    ----------
    L. I. Kuncheva and C. J. Whitaker, "Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy", Machine Learning 51 (2003), 181-207.

    Examples
    --------
    >>> from ensemble_lab.analysis.diversity.coincidences import count_coincidences
    >>> votes = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0]], np.uint8)
    >>> error_correlation(count_coincidences(votes, np.zeros(4, np.int64))).round(4).tolist()
    [[1.0, 0.0, 0.5774], [0.0, 1.0, 0.5774], [0.5774, 0.5774, 1.0]]
    """
    errors = counts.errors
    # The numerator in whole numbers: rounding must not lend independent errors a sign.
    together = counts.n_examples * counts.both_wrong - errors[:, np.newaxis] * errors
    spreads = np.sqrt(errors * (counts.n_examples - errors))
    products = spreads[:, np.newaxis] * spreads
    rho = np.full(products.shape, np.nan)
    np.divide(together, products, out=rho, where=products > 0)
    np.fill_diagonal(rho, np.where(spreads > 0, 1.0, np.nan))
    return np.clip(rho, -1.0, 1.0)


PAIR_MEASURES: Mapping[str, PairMeasure] = MappingProxyType(
    {
        measure.name: measure
        for measure in (
            PairMeasure("disagreement", "disagreement", "higher", disagreement),
            PairMeasure(
                "class-disagreement",
                "disagreement on the class",
                "higher",
                class_disagreement,
            ),
            PairMeasure("double-fault", "double fault", "lower", double_fault),
            PairMeasure("error-correlation", "error correlation ρ", "lower", error_correlation),
        )
    }
)
"""Measures of pairs by name."""


def find_pair_measure(name: str) -> PairMeasure:
    """Return the row of `PAIR_MEASURES` of that name.

    Raises
    ------
    PredictionError
        No such measure; names the closest.
    """
    if name not in PAIR_MEASURES:
        raise PredictionError(
            f"measure must be one of {', '.join(PAIR_MEASURES)}; got {name!r}"
            + closest(name, PAIR_MEASURES)
        )
    return PAIR_MEASURES[name]


def mean_of_pairs(matrix: Floats) -> float | None:
    """Return the mean over all pairs of different members for which there is a value.

    None where there is no such pair.

    Parameters
    ----------
    matrix : float64 (members, members)
        Symmetric; NaN where there is no value.

    Examples
    --------
    >>> mean_of_pairs(np.array([[9, 1, 2], [1, 9, np.nan], [2, np.nan, 9]]))
    1.5
    """
    values = matrix[np.triu_indices(len(matrix), 1)]
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
