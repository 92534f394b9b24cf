"""Bootstrap: how a difference in errors varies over test sets like this one."""

import numpy as np

from ensemble_lab.analysis.significance.paired import Discordance
from ensemble_lab.arrays import Array, Booleans, Floats, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator

__all__ = ["N_RESAMPLES", "bootstrap_clusters", "bootstrap_examples", "percentile_interval"]

N_RESAMPLES = 10_000

_BLOCK_CELLS = 2**22


def bootstrap_examples(
    found: Discordance, *, n_resamples: int = N_RESAMPLES, seed: int = 0, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the percentile interval of a difference in errors, examples drawn anew.

    Only discordant examples move the difference: how often each kind comes is multinomial, so that
    a resample costs one draw, however many examples there are. With few discordant examples the
    interval is somewhat short: it may leave out 0 where McNemar's exact test does not yet decide.

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
    >>> from ensemble_lab.analysis.significance.paired import Discordance
    >>> bootstrap_examples(Discordance(10_000, both=20, only_first=0, only_second=0))
    (0.0, 0.0)
    """
    n = found.n_examples
    rest = n - found.n_discordant
    counts = draw_generator(seed, "resampling").multinomial(
        n, np.array([found.only_first, found.only_second, rest]) / n, size=n_resamples
    )
    return percentile_interval(counts[:, 0] - counts[:, 1], confidence)


def bootstrap_clusters(
    wrong: Booleans, clusters: Array, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Floats:
    """Return the errors of ensembles on test sets of whole clusters drawn anew.

    Examples of one writer are alike: an interval that takes them as independent is too short
    where whole writers are easy or hard. As many clusters are drawn as there are, with
    replacement; they differ in size, so errors are those of the share that errs among the
    examples drawn, for as many examples as there are. All ensembles see the same draws: the
    difference of two columns is that of a pair (see `percentile_interval`).

    Parameters
    ----------
    wrong : bool (ensembles, examples)
        Where each is wrong.
    clusters : int (examples,)
        Which cluster each example belongs to; two clusters at least.
    n_resamples, seed : int

    Returns
    -------
    errors : float64 (n_resamples, ensembles)

    Raises
    ------
    PredictionError
        One cluster only, or arrays of different lengths.

    References
    ----------
    A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8.
    C. A. Field and A. H. Welsh, "Bootstrapping clustered data", Journal of the Royal Statistical
    Society B 69 (2007), 369-390.

    Examples
    --------
    >>> wrong = np.array([[1, 1, 0, 0]], bool)
    >>> drawn = bootstrap_clusters(wrong, np.array([7, 7, 8, 8]))  # 7 twice, both, or 8 twice
    >>> np.unique(drawn).tolist()
    [0.0, 2.0, 4.0]
    """
    check_axes(wrong, "ensembles examples", name="errors")
    n_examples = wrong.shape[1]
    check_axes(clusters, "examples", name="clusters", examples=n_examples)
    _, place, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    n_clusters = len(sizes)
    if n_clusters < 2:
        raise PredictionError("clusters must be two or more to be drawn anew; got one.")
    place = place.reshape(-1)
    errors = [np.bincount(place[row], minlength=n_clusters) for row in wrong]
    # Clusters that have the same size and errors are one kind: large sets have few kinds.
    kinds, counts = np.unique(np.stack([*errors, sizes]), axis=1, return_counts=True)
    generator = draw_generator(seed, "resampling")
    drawn = np.empty((n_resamples, len(wrong)))
    step = max(1, _BLOCK_CELLS // len(counts))
    for start in range(0, n_resamples, step):
        rows = slice(start, min(start + step, n_resamples))
        times = generator.multinomial(n_clusters, counts / n_clusters, size=rows.stop - rows.start)
        # As floats: a product of whole numbers goes through no BLAS.
        sums = times.astype(np.float64) @ kinds.T.astype(np.float64)
        drawn[rows] = sums[:, :-1] / sums[:, -1:] * n_examples
    return drawn


def percentile_interval(values: Array, confidence: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of what came of resamples: (low, high)."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail]).tolist()
    return float(low), float(high)
