"""Reliability: in bins of confidence, how confident the answers were and how many were right."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Index, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator

__all__ = [
    "MAX_BINS",
    "Bins",
    "ChanceError",
    "draw_chance_error",
    "fill_bins",
    "space_by_doubt",
    "space_by_mass",
    "space_evenly",
]

MAX_BINS = 1000
_SHARE = 0.95
_LEAST_DOUBT = 1e-6
"""Means of float32 probabilities say no more of 1 − confidence than this."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Answers in bins of confidence; a bin is low < confidence ≤ high.

    Attributes
    ----------
    low, high : float64 (bins,)
    counts : int64 (bins,)
        Examples in each.
    confidence, accuracy : float64 (bins,)
        Means over the examples of a bin; NaN where it is empty.
    ece : float
        Expected calibration error, 0 … 1; lower = better calibrated (see `fill_bins`).
    """

    low: Floats
    high: Floats
    counts: Index
    confidence: Floats
    accuracy: Floats
    ece: float


@dataclass(frozen=True)
class ChanceError:
    """What chance alone makes of the ECE.

    Attributes
    ----------
    mean : float
        Over the draws.
    high : float
        What 95 % of the draws do not exceed.
    n_draws : int
    """

    mean: float
    high: float
    n_draws: int


def fill_bins(confidence: Floats, is_right: Booleans, edges: Floats) -> Bins:
    """Return mean confidence and accuracy in bins, and the expected calibration error.

    With the counts of the bins and n examples ::

        ECE = Σ over bins  counts / n · |accuracy − confidence|

    A bin holds its upper edge and not its lower one, as in Guo et al.: a confidence of exactly 1
    is in the last bin. What lies beyond the outer edges is in the outer bins.

    The ECE of finite data is biased, upwards where the answers are calibrated well: the error of
    each bin's accuracy counts, whatever its sign, and more bins make more of it. Within a bin,
    doubt and overconfidence cancel, which makes it too small instead. So it depends on the bins,
    is no proper score, and cannot rank nets that differ by little: use the NLL or the Brier score
    for that, and `draw_chance_error` to see how large an ECE means nothing.

    Parameters
    ----------
    confidence : float64 (examples,)
    is_right : bool (examples,)
    edges : float64 (bins + 1,)
        Ascending.

    Raises
    ------
    PredictionError
        No example, or other axes.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", AAAI 2015 (ECE).
    C. Guo et al., "On calibration of modern neural networks", ICML 2017.
    R. Roelofs et al., "Mitigating bias in calibration error estimation", AISTATS 2022.

    Examples
    --------
    >>> bins = fill_bins(np.array([0.5, 0.75, 1.0, 1.0]), np.array([1, 0, 1, 1]) == 1,
    ...                  space_evenly(2))
    >>> bins.counts.tolist(), bins.confidence.round(3).tolist(), bins.accuracy.round(3).tolist()
    ([1, 3], [0.5, 0.917], [1.0, 0.667])
    >>> bins.ece  # 1/4 · 0.5 + 3/4 · 0.25
    0.3125
    """
    place, n_bins = _place(confidence, edges), len(edges) - 1
    check_axes(is_right, "examples", name="is_right", examples=len(confidence))
    counts = np.bincount(place, minlength=n_bins)
    sums = np.bincount(place, weights=confidence, minlength=n_bins)
    n_right = np.bincount(place, weights=is_right, minlength=n_bins)
    nothing = np.full(n_bins, np.nan)
    return Bins(
        low=edges[:-1],
        high=edges[1:],
        counts=counts,
        confidence=np.divide(sums, counts, out=nothing.copy(), where=counts > 0),
        accuracy=np.divide(n_right, counts, out=nothing, where=counts > 0),
        ece=float(np.abs(n_right - sums).sum() / len(confidence)),
    )


def space_evenly(n_bins: int) -> Floats:
    """Return the edges of bins of equal width from 0 to 1, float64 (bins + 1,).

    Examples
    --------
    >>> space_evenly(4).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    _check_bins(n_bins)
    return np.linspace(0.0, 1.0, n_bins + 1)


def space_by_mass(confidence: Floats, n_bins: int) -> Floats:
    """Return the edges of bins that hold equally many examples, as nearly as ties allow.

    Edge j of M is the confidence of the example of rank ⌈j n / M⌉, from the least sure. Examples
    of one confidence stay together, in the bin of the first edge that they reach, so that their
    order changes nothing; edges that coincide are one. Where many confidences are exactly 1 there
    are fewer bins than were asked for.

    Parameters
    ----------
    confidence : float64 (examples,)
    n_bins : int
        1 to 1,000.

    Returns
    -------
    edges : float64 (bins + 1,)
        From 0; at most `n_bins` bins, none of them empty.

    References
    ----------
    J. Nixon et al., "Measuring calibration in deep learning", CVPR workshops 2019 (adaptive
    calibration error).

    Examples
    --------
    >>> space_by_mass(np.array([0.9, 0.4, 1.0, 0.8]), 2).tolist()
    [0.0, 0.8, 1.0]
    >>> space_by_mass(np.array([1.0, 0.4, 1.0, 1.0]), 4).tolist()
    [0.0, 0.4, 1.0]
    """
    _check_bins(n_bins)
    _check_confidence(confidence)
    ranks = -(-np.arange(1, n_bins + 1) * len(confidence) // n_bins) - 1
    edges = np.unique(np.sort(confidence)[np.maximum(ranks, 0)])
    return np.concatenate([[0.0], edges])


def space_by_doubt(n_examples: int) -> Floats:
    """Return edges for a picture: three bins to a factor of ten of doubt, 1 − confidence.

    Confidences of good nets lie so close to 1 that even bins have nearly all of them in the last.

    Parameters
    ----------
    n_examples : int
        The bins reach to a doubt at which so many examples may have an error between them.

    Examples
    --------
    >>> (1 - space_by_doubt(10)).round(3).tolist()
    [1.0, 0.464, 0.215, 0.1, 0.046, 0.022, 0.01, 0.0]
    """
    decades = int(np.ceil(np.log10(max(n_examples, 10)) - 1e-9)) + 1
    decades = min(decades, round(-np.log10(_LEAST_DOUBT)))
    doubts = 10.0 ** (-np.arange(3 * decades + 1) / 3)
    return 1 - np.append(doubts, 0.0)


def draw_chance_error(
    confidence: Floats, edges: Floats, *, n_draws: int = 200, seed: int = 0
) -> ChanceError:
    """Return the ECE that answers as sure as these would have if they were calibrated perfectly.

    Each draw makes every answer right with the probability of its confidence. An ECE that is no
    larger than most of these is no sign of bad calibration, and none of a good one either.

    Parameters
    ----------
    confidence : float64 (examples,)
    edges : float64 (bins + 1,)
        As in `fill_bins`.
    n_draws, seed : int
        Draws, and what they come from.

    References
    ----------
    J. Bröcker and L. A. Smith, "Increasing the reliability of reliability diagrams", Weather and
    Forecasting 22 (2007), 651-661 (resampling under calibration).

    Examples
    --------
    >>> draw_chance_error(np.ones(5), space_evenly(2))  # the certain are right, always
    ChanceError(mean=0.0, high=0.0, n_draws=200)
    """
    place, n_bins = _place(confidence, edges), len(edges) - 1
    sums = np.bincount(place, weights=confidence, minlength=n_bins)
    generator = draw_generator(seed, "resampling")
    eces = np.empty(n_draws)
    for draw in range(n_draws):
        is_right = generator.random(len(confidence)) < confidence
        n_right = np.bincount(place[is_right], minlength=n_bins)
        eces[draw] = np.abs(n_right - sums).sum() / len(confidence)
    high = np.sort(eces)[math.ceil(_SHARE * n_draws) - 1]
    return ChanceError(float(eces.mean()), float(high), n_draws)


def _place(confidence: Floats, edges: Floats) -> Index:
    """Return the bin of each example."""
    _check_confidence(confidence)
    return np.searchsorted(edges[1:-1], confidence, side="left")


def _check_confidence(confidence: Floats) -> None:
    check_axes(confidence, "examples", name="confidence")
    if not len(confidence):
        raise PredictionError("confidence must be of at least one example; got none.")


def _check_bins(n_bins: int) -> None:
    if not 1 <= n_bins <= MAX_BINS:
        raise PredictionError(f"bins must be from 1 to {MAX_BINS:,}; got {n_bins:,}.")
