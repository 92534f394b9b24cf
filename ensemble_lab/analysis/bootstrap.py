"""Bootstrap: how a difference in errors varies over test sets like this one."""

import numpy as np

from ensemble_lab.analysis.paired import Discordance
from ensemble_lab.arrays import Array, Booleans, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator

__all__ = ["N_RESAMPLES", "bootstrap_clusters", "bootstrap_examples"]

N_RESAMPLES = 10_000

_BLOCK_CELLS = 2**22


def bootstrap_examples(
    found: Discordance, *, n_resamples: int = N_RESAMPLES, seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the percentile interval of a difference in errors, examples drawn anew.

    Only discordant examples move the difference: how often each kind comes is multinomial, so that
    a resample costs one draw, however many examples there are.

    Parameters
    ----------
    found : Discordance
    n_resamples, seed : int
    confidence : float

    Returns
    -------
    low, high : float
        In errors of as many examples, the first's less the second's.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.

    Examples
    --------
    >>> from ensemble_lab.analysis.paired import Discordance
    >>> bootstrap_examples(Discordance(10_000, both=20, only_first=0, only_second=0))
    (0.0, 0.0)
    """
    n = found.n_examples
    rest = n - found.n_discordant
    counts = draw_generator(seed, "resampling").multinomial(
        n, np.array([found.only_first, found.only_second, rest]) / n, size=n_resamples
    )
    return _percentiles(counts[:, 0] - counts[:, 1], confidence)


def bootstrap_clusters(
    first: Booleans,
    second: Booleans,
    clusters: Array,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the same interval with whole clusters drawn anew, such as all digits of a writer.

    Examples of one writer are alike: an interval that takes them as independent is too short
    where whole writers are easy or hard. Clusters differ in size; the difference is that of the
    error shares of the examples drawn, for as many examples as there are.

    Parameters
    ----------
    first, second : bool (examples,)
        Where each ensemble is wrong.
    clusters : int (examples,)
        Which cluster each example belongs to; two clusters at least.
    n_resamples, seed : int
    confidence : float

    Returns
    -------
    low, high : float

    Raises
    ------
    PredictionError
        One cluster only, or arrays of different lengths.

    References
    ----------
    A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8.
    C. A. Field and A. H. Welsh, "Bootstrapping clustered data", Journal of the Royal Statistical
    Society B 69 (2007), 369-390.
    """
    n = len(first)
    check_axes(second, "examples", name="errors of the second", examples=n)
    check_axes(clusters, "examples", name="clusters", examples=n)
    _, place, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    n_clusters = len(sizes)
    if n_clusters < 2:
        raise PredictionError("clusters must be two or more to be drawn anew; got one.")
    moved = np.bincount(place.reshape(-1), first, n_clusters) - np.bincount(
        place.reshape(-1), second, n_clusters
    )
    # Clusters that have the same size and difference are one kind, and kinds are few.
    kinds, counts = np.unique(np.stack([moved, sizes]), axis=1, return_counts=True)
    generator = draw_generator(seed, "resampling")
    step = max(1, _BLOCK_CELLS // len(counts))
    shares = []
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        drawn = generator.multinomial(n_clusters, counts / n_clusters, size=size)
        shares.append((drawn @ kinds[0]) / (drawn @ kinds[1]))
    return _percentiles(np.concatenate(shares) * n, confidence)


def _percentiles(values: Array, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail]).tolist()
    return float(low), float(high)
