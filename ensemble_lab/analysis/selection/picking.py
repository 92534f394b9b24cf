"""What picking the best of many on the test set seems to gain, and what is left of it."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.selection.candidates import Candidates
from ensemble_lab.arrays import Array, Booleans, Floats, Index
from ensemble_lab.seeds import draw_generator

__all__ = [
    "Picking",
    "Shortcut",
    "draw_halves",
    "expect_least",
    "expect_normal_maximum",
    "weigh_picking",
]


@dataclass(frozen=True)
class Picking:
    """The best of some candidates, and what that says of the next test set.

    All numbers are errors of the whole test set, ties settled at random on average.

    Attributes
    ----------
    n_candidates : int
    picked : float
        Errors of the candidate with the fewest.
    n_picked : int
        Candidates that have as few.
    by_validation : float or None
        Test errors of the candidate with the fewest errors on validation, on average where
        several have; None where there is no validation.
    unpicked : float
        Errors without a choice.
    gained : float
        By how much the best on one half of the test set beats no choice on that half, over many
        halves; doubled, to be one of the whole test set.
    kept : float
        By how much those same candidates beat no choice on the other half, doubled likewise. What
        picking on test really buys; 0 if nothing.
        It is 0 on average where candidates are equally good, and not in each test set.
    kept_sd : float
        Standard deviation of that over the halves, which share examples: no standard error.
    n_halves : int
    first : int
        The first candidate with `picked` errors.
    """

    n_candidates: int
    picked: float
    n_picked: int
    by_validation: float | None
    unpicked: float
    gained: float
    kept: float
    kept_sd: float
    n_halves: int
    first: int


@dataclass(frozen=True)
class Shortcut:
    """One way to pick on test, and what it is worth on this run.

    Attributes
    ----------
    name : str
        ``best epoch``, ``best member``, ``best triple`` or ``best subset``.
    members : tuple of str
        Who was picked; empty of the best epoch, which each member has of its own.
    n_candidates : int
    picked, by_validation, unpicked, gained, kept, kept_sd : float
        As in `Picking`, in errors; of the best epoch the means
        over members. `by_validation` may be None. Not picking is a member at random, a triple
        at random, all members, and the epoch that was kept.
    """

    name: str
    members: tuple[str, ...]
    n_candidates: int
    picked: float
    by_validation: float | None
    unpicked: float
    gained: float
    kept: float
    kept_sd: float


def draw_halves(n_examples: int, n_halves: int, seed: int) -> Booleans:
    """Return halves of the examples, drawn without replacement: bool (examples, halves).

    Of an odd number of examples the half is the smaller part.
    """
    generator = draw_generator(seed, "halves")
    is_half = np.zeros((n_examples, n_halves), np.bool_)
    is_half[: n_examples // 2] = True
    return generator.permuted(is_half, axis=0)


def weigh_picking(
    test: Candidates,
    halves: Booleans,
    *,
    unpicked: Array | None = None,
    validation: Candidates | None = None,
) -> Picking:
    """Return what it is worth to pick the candidate with the fewest test errors.

    Candidates that are equally good are one pick: where something is said of the picked, it is
    the mean over them.

    Parameters
    ----------
    test : Candidates
    halves : bool (examples, halves)
        From `draw_halves`.
    unpicked : bool or float64 (examples,), optional
        Errors, or chances of error, of what one has without a choice; the mean over the
        candidates unless given.
    validation : Candidates, optional
        The same candidates, in the same order, on validation.

    Returns
    -------
    Picking

    Examples
    --------
    >>> from ensemble_lab.analysis.selection.candidates import list_singles
    >>> votes = np.array([[1, 0, 0, 0], [0, 1, 1, 0]], np.uint8)
    >>> singles = list_singles(votes, np.zeros(4, np.int64))
    >>> found = weigh_picking(singles, draw_halves(4, 500, 0))
    >>> found.picked, found.unpicked, found.first
    (1.0, 1.5, 0)
    >>> found.gained > 0 > found.kept
    True
    """
    # The whole test set, then each half; what all candidates get wrong cancels in differences.
    weights = _weigh_rows(halves, test.rows)
    best, on_validation = _Best(weights.shape[1]), _Best(1)
    sums = np.zeros(weights.shape[1])
    judged = None if validation is None else _count_errors(validation)
    n_seen = 0
    for chances in test.blocks():
        errors = chances @ weights
        # What is left of a pick is counted on the other examples.
        best.add(errors, errors[:, :1] - errors)
        sums += errors.sum(axis=0)
        if judged is not None:
            own = judged[n_seen : n_seen + len(errors)]
            on_validation.add(own[:, np.newaxis], errors[:, :1])
        n_seen += len(errors)
    without = sums / test.n
    if unpicked is not None:
        wrong = np.flatnonzero(unpicked)
        without = unpicked[wrong] @ _weigh_rows(halves, wrong)
        without -= _weigh_rows(halves, test.sure_errors).sum(axis=0)
    first_half, other_half = without[1:], without[0] - without[1:]
    kept = 2 * (other_half - best.sums[1:] / best.n[1:])
    n_sure = float(len(test.sure_errors))
    return Picking(
        n_candidates=test.n,
        picked=n_sure + float(best.least[0]),
        n_picked=int(best.n[0]),
        by_validation=(
            None
            if validation is None
            else n_sure + float(on_validation.sums[0] / on_validation.n[0])
        ),
        unpicked=n_sure + float(without[0]),
        gained=float(2 * (first_half - best.least[1:]).mean()),
        kept=float(kept.mean()),
        kept_sd=float(kept.std()),
        n_halves=halves.shape[1],
        first=best.first,
    )


def _weigh_rows(halves: Booleans, rows: Index) -> Floats:
    """Return what some examples count in the whole and in each half: (rows, 1 + halves)."""
    return np.concatenate([np.ones((len(rows), 1)), halves[rows]], axis=1)


class _Best:
    """The least errors so far in each column, and sums over the candidates that have them."""

    def __init__(self, n_columns: int) -> None:
        self.least = np.full(n_columns, np.inf)
        self.sums = np.zeros(n_columns)
        self.n = np.zeros(n_columns)
        self.first = 0
        self._n_seen = 0

    def add(self, errors: Floats, scored: Floats) -> None:
        """Take in a block (candidates, columns): errors to choose by, and what is told of the best.

        Errors are sums of thirds, halves and the like: equal ones may differ in the last bits.
        """
        rounded = errors.round(6)
        least = rounded.min(axis=0)
        if least[0] < self.least[0]:
            self.first = self._n_seen + int(rounded[:, 0].argmin())
        self.sums[least < self.least] = 0
        self.n[least < self.least] = 0
        self.least = np.minimum(self.least, least)
        is_best = rounded == self.least
        self.sums += np.where(is_best, scored, 0.0).sum(axis=0)
        self.n += is_best.sum(axis=0)
        self._n_seen += len(errors)


def _count_errors(validation: Candidates) -> Floats:
    """Return the errors of each candidate but for those that all make: (candidates,)."""
    # Blocks of other examples begin at other candidates; a million sums are few.
    return np.concatenate([chances.sum(axis=1) for chances in validation.blocks()])


def expect_least(n_examples: int, error_share: float, correlation: float, k: int) -> float:
    """Return the errors that the best of k equally good members makes by luck alone.

    With n examples, a share of p errors and ρ the correlation of two members' errors::

        E[min] ≈ n p − z_k · sqrt(n p (1 − p) (1 − ρ))

    where z_k is the expected largest of k standard normal numbers. It takes members for
    exchangeable, and so is right for seeds of one recipe only; errors of subsets share members
    and are not.

    Parameters
    ----------
    n_examples : int
    error_share : float
        Mean over the members.
    correlation : float
        Mean over pairs of members; 1 leaves nothing to luck.
    k : int

    Examples
    --------
    >>> round(expect_least(10_000, 0.003, 0.6, 10), 1)
    24.7
    """
    mean = n_examples * error_share
    spread = mean * (1 - error_share) * max(0.0, 1 - correlation)
    return mean - expect_normal_maximum(k) * math.sqrt(spread)


def expect_normal_maximum(k: int) -> float:
    """Return the expected largest of k independent standard normal numbers.

    Examples
    --------
    >>> [round(expect_normal_maximum(k), 2) for k in (1, 3, 10, 100)]
    [0.0, 0.85, 1.54, 2.51]
    """
    x = np.linspace(-9.0, 9.0, 3601)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()])
    # E[max] = ∫ (1 − F(x)) dx over x > 0 less ∫ F(x) dx over x < 0, with F = Φᵏ; at 0, where
    # the two meet, the trapezoidal rule wants their mean.
    is_above = np.where(x > 0, 1.0, np.where(x < 0, 0.0, 0.5))
    heights = is_above - below**k
    step = float(x[1] - x[0])
    return abs(float((heights[1:] + heights[:-1]).sum() * step / 2))
