"""Votes of some of the members: how errors fall as more of a pool are asked."""

import math
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from ensemble_lab.analysis.subsets.member_orders import spread_over_orders
from ensemble_lab.analysis.subsets.pool_votes import (
    MAX_MEMBERS,
    PoolVotes,
    find_patterns,
    gather_votes,
)
from ensemble_lab.arrays import Array, Floats, Index, Labels, Votes, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import PredictionBlocks

__all__ = [
    "MAX_MEMBERS",
    "N_ORDERS",
    "SubsetCurve",
    "build_curve_of",
    "build_subset_curve",
    "chances_of_error",
    "tabulate_chances",
]

N_ORDERS = 2_000


@dataclass(frozen=True, eq=False)
class SubsetCurve:
    """Errors of the majority of `k` members drawn from a pool without replacement.

    It describes subsets of this pool: those of nearly all members share nearly all of them,
    so at the right end the curve says little of committees trained afresh.

    Attributes
    ----------
    k : int64 (sizes,)
        1 to the number of members.
    expected, low, high : float64 (sizes,)
        Expected errors with ties settled at random, all right, and all wrong; exact.
    sd : float64 (sizes,)
        Standard deviation of the errors over subsets, ties settled at random on average;
        from `n_orders` orders of the members, exact for one member and for all.
    n_orders : int
    n_examples : int
    """

    k: Index
    expected: Floats
    low: Floats
    high: Floats
    sd: Floats
    n_orders: int
    n_examples: int


def build_subset_curve(
    votes: Votes, labels: Labels, n_classes: int, *, n_orders: int = N_ORDERS, seed: int = 0
) -> SubsetCurve:
    """Return the errors of k-member majority votes for every k.

    Parameters
    ----------
    votes : unsigned (members, examples)
        Of at most 1,000 members.
    labels : int64 (examples,)
    n_classes : int
    n_orders : int
        Orders of the members that the standard deviation is taken over, all k from each.
    seed : int
        Of the orders.

    Returns
    -------
    SubsetCurve

    Raises
    ------
    PredictionError
        Labels of another number of examples or outside the classes, or too many members.

    Notes
    -----
    Of an example only the number of votes for each class matters. The k votes drawn are
    multivariate hypergeometric, so chances of error are sums of products of binomials: see
    `chances_of_error`. Examples are not independent, because the same members vote on all of
    them; the standard deviation therefore comes from whole orders, not from the chances.

    Examples
    --------
    >>> votes = np.array([[0, 1], [0, 0], [1, 0]], np.uint8)
    >>> curve = build_subset_curve(votes, np.array([0, 0]), 2)
    >>> curve.expected.round(4).tolist()  # one of three errs on each image; all three on none
    [0.6667, 0.6667, 0.0]
    """
    return _draw(gather_votes([(votes, labels)], n_classes), n_orders, seed)


def build_curve_of(
    predictions: PredictionBlocks, labels: Labels, *, n_orders: int = N_ORDERS, seed: int = 0
) -> SubsetCurve:
    """Return `build_subset_curve` of predictions whose votes are read a block at a time.

    Memory holds a block, and the votes on examples that members disagree about.

    Parameters
    ----------
    predictions : PredictionBlocks
        Of at most 1,000 members.
    labels : int64 (examples,)
    n_orders, seed : int
        As in `build_subset_curve`.

    Raises
    ------
    PredictionError
        As `build_subset_curve`.
    """
    check_axes(labels, "examples", name="labels", examples=len(predictions.index))
    blocks = predictions.without_probabilities().blocks_beside(labels)
    votes = ((block.votes, own) for block, own in blocks)
    return _draw(gather_votes(votes, predictions.n_classes), n_orders, seed)


def _draw(pool: PoolVotes, n_orders: int, seed: int) -> SubsetCurve:
    n_members = len(pool.member_errors)
    tables = _tabulate(pool.patterns, n_members)
    expected, low, high = (pool.weights @ table for table in tables)
    return SubsetCurve(
        k=np.arange(1, n_members + 1),
        expected=expected,
        low=low,
        high=high,
        sd=spread_over_orders(pool, n_orders, seed),
        n_orders=n_orders,
        n_examples=pool.n_examples,
    )


def chances_of_error(votes: Votes, labels: Labels, n_classes: int, k: int) -> Floats:
    """Return the probability that the majority of `k` members errs on each example.

    With c votes for the label, c₁ … c_J for the other classes and M members, k of them drawn
    without replacement, the vote is right with the probability ::

        Σₐ Σₜ C(c, a) · [zᵏ⁻ᵃ] eₐₜ(z) / (1 + t) / C(M, k)

    where a is the number of votes drawn for the label, t that of other classes with as many,
    and eₐₜ the part with t such classes of the product over j of Σ_{x ≤ a} C(cⱼ, x) zˣ. Ties
    are settled at random; 1 / (1 + t) is the integral of yᵗ over 0 … 1, which Gauss's rule with
    enough nodes gives exactly, so that no sum over t is needed.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)
    n_classes : int
    k : int
        1 to the number of members.

    Returns
    -------
    chances : float64 (examples,)

    Raises
    ------
    PredictionError
        As `build_subset_curve`, or `k` outside its range.

    Examples
    --------
    >>> votes = np.array([[0], [0], [1], [2]], np.uint8)
    >>> chances_of_error(votes, np.array([0]), 3, k=2).round(4).tolist()  # 1/6 + 4/6 · 1/2 right
    [0.5]
    """
    n_members = len(votes)
    if not 1 <= k <= n_members:
        raise PredictionError(f"k must be from 1 to the {n_members} members; got {k}.")
    expected, place = _expect(votes, labels, n_classes)
    chances: Floats = expected[place, k - 1]
    return chances


def tabulate_chances(votes: Votes, labels: Labels, n_classes: int) -> Floats:
    """Return `chances_of_error` of every k: float64 (examples, members), k from 1.

    Examples
    --------
    >>> votes = np.array([[0], [0], [1]], np.uint8)
    >>> tabulate_chances(votes, np.array([0]), 2).round(4).tolist()
    [[0.3333, 0.3333, 0.0]]
    """
    expected, place = _expect(votes, labels, n_classes)
    chances: Floats = expected[place]
    return chances


def _expect(votes: Votes, labels: Labels, n_classes: int) -> tuple[Floats, Index]:
    """Return chances of error (patterns, k), ties at random, and each example's pattern."""
    patterns, place = find_patterns(votes, labels, n_classes)
    expected, _, _ = _tabulate(patterns, len(votes))
    return expected, place


def _tabulate(patterns: Array, n_members: int) -> tuple[Floats, Floats, Floats]:
    """Return chances of error (patterns, k): ties at random, all right, all wrong."""
    logs = _log_factorials(n_members)
    tables = np.empty((3, len(patterns), n_members))
    for row, (own, *others) in enumerate(patterns.tolist()):
        tables[:, row] = 1 - _chances_of_right(own, [each for each in others if each], logs)
    # Rounding leaves a certain vote some 1e-16 from certain.
    expected, low, high = np.clip(tables, 0.0, 1.0)
    return expected, low, high


def _chances_of_right(own: int, others: list[int], logs: Floats) -> Floats:
    """Return (3, k): ties at random, right and wrong (see `chances_of_error`)."""
    n_members, n_others = own + sum(others), sum(others)
    sizes = np.arange(1, n_members + 1)
    most = max(others, default=0)
    right = np.zeros((3, n_members))
    # More votes for the label than any other class has at all: a hypergeometric tail.
    for a in range(most + 1, own + 1):
        right += _draw_chances(own, a, n_others, sizes, logs)
    if not own or not others:
        return right
    nodes, weights = _nodes(len(others))
    for a in range(1, min(own, most) + 1):
        products = _multiply(others, a, nodes, logs)
        # Over C(n_others, x): of x votes for others, the share of draws that do not beat a.
        x = np.arange(n_others + 1)
        shares = weights @ (products / np.exp(_log_choose(n_others, x, logs)))
        drawn = sizes - a
        is_possible = (drawn >= 0) & (drawn <= n_others)
        at = drawn[is_possible]
        chance = _draw_chances(own, a, n_others, sizes[is_possible], logs)
        right[:, is_possible] += chance * shares[:, at]
    return right


def _nodes(n_others: int) -> tuple[Floats, Floats]:
    """Return y-values and their weights (3, nodes): the integral over 0 … 1, y = 1, y = 0."""
    points, weights = np.polynomial.legendre.leggauss(n_others // 2 + 1)
    values = np.concatenate([(points + 1) / 2, [1.0, 0.0]])
    rows = np.zeros((3, len(values)))
    rows[0, : len(points)] = weights / 2
    rows[1, -2] = rows[2, -1] = 1.0
    return values, rows


def _multiply(others: list[int], a: int, nodes: Floats, logs: Floats) -> Floats:
    """Return (nodes, sum of others + 1): coefficients of the product with at most `a` of each."""
    product = np.ones((len(nodes), 1))
    for count in others:
        x = np.arange(min(count, a) + 1)
        factor = np.exp(_log_choose(count, x, logs))
        wider = np.zeros((len(nodes), product.shape[1] + count))
        for power, each in enumerate(factor.tolist()):
            scale = each * nodes if power == a else np.full(len(nodes), each)
            wider[:, power : power + product.shape[1]] += scale[:, np.newaxis] * product
        product = wider
    return product


def _draw_chances(own: int, a: int, n_others: int, sizes: Index, logs: Floats) -> Floats:
    """Return the chance of just `a` of `own` votes among those drawn: hypergeometric (sizes,)."""
    rest = sizes - a
    is_possible = (rest >= 0) & (rest <= n_others)
    kept = np.clip(rest, 0, n_others)
    chances = np.exp(
        _log_choose(own, np.array(a), logs)
        + _log_choose(n_others, kept, logs)
        - _log_choose(own + n_others, sizes, logs)
    )
    return np.asarray(np.where(is_possible, chances, 0.0), np.float64)


def _log_factorials(n: int) -> Floats:
    return np.array(list(accumulate((math.log(i) for i in range(1, n + 1)), initial=0.0)))


def _log_choose(n: int, k: Array, logs: Floats) -> Floats:
    """Return the logarithm of the binomial coefficients, for 0 … n."""
    return np.asarray(logs[n] - logs[k] - logs[n - k], np.float64)
