"""Bootstrap: how a difference in errors varies over test sets like this one."""

import numpy as np

from ensemble_lab.analysis.significance.paired import Discordance
from ensemble_lab.arrays import Array, Booleans, Index, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator

__all__ = ["N_RESAMPLES", "bootstrap_clusters", "bootstrap_examples"]

N_RESAMPLES = 10_000

_BLOCK_CELLS = 2**22


def bootstrap_examples(found: Discordance, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of a difference in errors, examples drawn anew.

    That of the bootstrap with infinitely many resamples: only discordant examples move the
    difference, so that its distribution over resamples is the n-fold convolution of one draw's,
    which takes 1, −1 or 0. No seed, then, and the interval of the pair named the other way round
    is the mirror of this. With few discordant examples it is somewhat short: it may leave out 0
    where McNemar's exact test does not yet decide.

    Parameters
    ----------
    found : Discordance
    confidence : float

    Returns
    -------
    low, high : float
        In errors of as many examples, the first's less the second's: at most half of what
        `confidence` leaves lies below `low`, and as much above `high`.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), sections 6.2 (the
    ideal bootstrap) and 13.3.

    Examples
    --------
    >>> from ensemble_lab.analysis.significance.paired import Discordance
    >>> bootstrap_examples(Discordance(10_000, both=20, only_first=6, only_second=5))
    (-5.0, 8.0)
    >>> bootstrap_examples(Discordance(10_000, both=20, only_first=0, only_second=0))
    (0.0, 0.0)
    """
    n, n_discordant = found.n_examples, found.n_discordant
    # A resample has about as many discordant examples, within a dozen of their deviations.
    reach = min(n, n_discordant + int(12 * np.sqrt(n_discordant)) + 12)
    turns = np.exp(2j * np.pi * np.fft.fftfreq(2 * reach + 1))
    draw = (found.only_first * turns.conj() + found.only_second * turns + n - n_discordant) / n
    chances = np.fft.fftshift(np.fft.ifft(draw**n).real)
    tail = (1 - confidence) / 2
    low = reach - int(np.argmax(chances[::-1].cumsum() >= 1 - tail))
    high = int(np.argmax(chances.cumsum() >= 1 - tail)) - reach
    return float(low), float(high)


def bootstrap_clusters(
    first: Booleans,
    second: Booleans,
    clusters: Array,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of a difference in errors, whole clusters drawn anew.

    Examples of one writer are alike: an interval that takes them as independent is too short
    where whole writers are easy or hard. As many clusters are drawn as there are, with
    replacement; they differ in size, so the difference is that of the shares that err among the
    examples drawn, for as many examples as there are. It depends on these two alone, not on what
    they are compared beside, and named the other way round they have the mirror of it.

    Parameters
    ----------
    first, second : bool (examples,)
        Where each is wrong.
    clusters : int (examples,)
        Which cluster each example belongs to; two clusters at least.
    n_resamples, seed : int
    confidence : float

    Returns
    -------
    low, high : float
        In errors of as many examples, the first's less the second's.

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
    Writer 7, of whom only the first gets both wrong, is drawn twice, once or never:

    >>> first, second = np.array([1, 1, 0, 0], bool), np.zeros(4, bool)
    >>> bootstrap_clusters(first, second, np.array([7, 7, 8, 8]))
    (0.0, 4.0)
    """
    check_axes(first, "examples", name="errors of the first")
    n_examples = len(first)
    check_axes(second, "examples", name="errors of the second", examples=n_examples)
    check_axes(clusters, "examples", name="clusters", examples=n_examples)
    _, place, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    n_clusters = len(sizes)
    if n_clusters < 2:
        raise PredictionError("clusters must be two or more to be drawn anew; got one.")
    place = place.reshape(-1)
    surplus = np.bincount(place[first & ~second], minlength=n_clusters)
    surplus -= np.bincount(place[second & ~first], minlength=n_clusters)
    # Of a pair and its mirror one is drawn, whichever is named: what is drawn of kinds depends on
    # their order.
    own, mirrored = (_count_kinds(each, sizes).tolist() for each in (surplus, -surplus))
    *kinds, counts = np.array(max(own, mirrored))
    generator = draw_generator(seed, "resampling")
    drawn = np.empty(n_resamples)
    step = max(1, _BLOCK_CELLS // len(counts))
    for start in range(0, n_resamples, step):
        rows = slice(start, min(start + step, n_resamples))
        times = generator.multinomial(n_clusters, counts / n_clusters, size=rows.stop - rows.start)
        # As floats: a product of whole numbers goes through no BLAS.
        sums = times.astype(np.float64) @ np.array(kinds, np.float64).T
        drawn[rows] = sums[:, 0] / sums[:, 1] * n_examples
    if own == mirrored:
        # Each resample is as likely as its mirror.
        drawn = np.concatenate([drawn, -drawn])
    elif own < mirrored:
        drawn = -drawn
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]).tolist()
    return float(low), float(high)


def _count_kinds(surplus: Index, sizes: Index) -> Index:
    """Return surplus, size and number of clusters alike in both: int64 (3, kinds).

    Large sets have few kinds.
    """
    kinds, counts = np.unique(np.stack([surplus, sizes]), axis=1, return_counts=True)
    return np.vstack([kinds, counts])
