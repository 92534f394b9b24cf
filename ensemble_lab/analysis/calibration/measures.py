"""Calibration: how far the probabilities that come with answers can be believed."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.calibration.reliability import (
    Bins,
    fill_bins,
    space_by_mass,
    space_evenly,
)
from ensemble_lab.analysis.calibration.risk_coverage import RiskCoverage, build_risk_coverage
from ensemble_lab.analysis.logs import FLOOR, normalise_rows, take_logs
from ensemble_lab.arrays import Array, Booleans, Floats, Labels, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["N_BINS", "Calibration", "measure_calibration"]

N_BINS = 15
"""Bins unless told otherwise, as in Guo et al. (2017)."""

_BLOCK_CELLS = 163_840


@dataclass(frozen=True, eq=False)
class Calibration:
    """How good the probabilities of a member or of an ensemble are.

    Attributes
    ----------
    confidence : float64 (examples,)
        The largest probability of each.
    is_right : bool (examples,)
    nll : float
        Mean negative log-likelihood of the labels, nats, 0 … 87.3; lower = better.
    brier : float
        Mean over examples of the squared differences to the label's one-hot row, summed over
        classes, 0 … 2; lower = better.
    n_floored : int
        Examples whose label's probability counts as 1.2e-38, since it is less, mostly zero.
    even, adaptive : Bins
        Of equal width, of equal mass; each has its `ece`.
    risk_coverage : RiskCoverage
        By confidence.
    """

    confidence: Floats
    is_right: Booleans
    nll: float
    brier: float
    n_floored: int
    even: Bins
    adaptive: Bins
    risk_coverage: RiskCoverage

    @property
    def n_examples(self) -> int:
        """How many answers there are."""
        return len(self.confidence)

    @property
    def errors(self) -> int:
        """How many of them are wrong."""
        return int(np.count_nonzero(~self.is_right))

    @property
    def accuracy(self) -> float:
        """Share of examples that are right."""
        return 1 - self.errors / self.n_examples

    @property
    def mean_confidence(self) -> float:
        """Above `accuracy` the answers are too sure on the whole, below not sure enough."""
        return float(self.confidence.mean())


def measure_calibration(
    probabilities: Array, predicted: Array, labels: Labels, *, n_bins: int = N_BINS
) -> Calibration:
    """Return scores of probabilities against labels, and the curves behind them.

    NLL and Brier score are proper: the true probabilities have the best expectation. The ECEs
    look at the largest probability alone and are biased
    (`ensemble_lab.analysis.calibration.reliability`). The NLL of nets trained differently compares
    their temperatures as much as their answers: compare it after
    `ensemble_lab.analysis.calibration.temperature`.

    Parameters
    ----------
    probabilities : float (examples, classes)
        Rows are divided by their sum in float64.
    predicted : int (examples,)
        The class chosen for each example, one with the largest probability.
    labels : int64 (examples,)
    n_bins : int
        1 to 1,000.

    Raises
    ------
    PredictionError
        No example, other axes, labels outside the classes, or another number of bins.

    References
    ----------
    G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather
    Review 78 (1950), 1-3.
    T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and estimation",
    Journal of the American Statistical Association 102 (2007), 359-378.
    A. Ashukha et al., "Pitfalls of in-domain uncertainty estimation and ensembling in deep
    learning", ICLR 2020 (compare after temperature).

    Examples
    --------
    >>> rows = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    >>> found = measure_calibration(rows, np.array([0, 1]), np.array([1, 1]))
    >>> found.errors, round(found.nll, 4)  # (log 4 + log 1) / 2
    (1, 0.6931)
    >>> found.brier  # (1/4 + 9/16 + 1/16 + 0) / 2
    0.4375
    """
    check_axes(probabilities, "examples classes", name="probabilities")
    n_examples, n_classes = probabilities.shape
    for name, array in (("predicted", predicted), ("labels", labels)):
        check_axes(array, "examples", name=name, examples=n_examples)
    if not n_examples or not 0 <= labels.min() <= labels.max() < n_classes:
        raise PredictionError(f"labels must be there, from 0 to {n_classes - 1}.")
    even_edges = space_evenly(n_bins)
    confidence, own, squares = _score(probabilities, labels)
    is_right: Booleans = predicted == labels
    return Calibration(
        confidence=confidence,
        is_right=is_right,
        # Minus a log of 1 is a zero with a sign.
        nll=max(0.0, float(-take_logs(own).mean())),
        brier=float(squares.mean()),
        n_floored=int(np.count_nonzero(own < FLOOR)),
        even=fill_bins(confidence, is_right, even_edges),
        adaptive=fill_bins(confidence, is_right, space_by_mass(confidence, n_bins)),
        risk_coverage=build_risk_coverage(confidence, is_right),
    )


def _score(probabilities: Array, labels: Labels) -> tuple[Floats, Floats, Floats]:
    """Return each example's confidence, its label's probability, and its squared differences."""
    n_examples, n_classes = probabilities.shape
    confidence, own, squares = (np.empty(n_examples) for _ in range(3))
    step = max(1, _BLOCK_CELLS // n_classes)
    for start in range(0, n_examples, step):
        block = slice(start, start + step)
        rows = normalise_rows(probabilities[block])
        place = (np.arange(len(rows)), labels[block])
        confidence[block], own[block] = rows.max(axis=1), rows[place]
        rows[place] -= 1
        squares[block] = np.einsum("ec,ec->e", rows, rows)
    return confidence, own, squares
