"""Votes of the first members of drawn orders, and how far their errors spread."""

import numpy as np

from ensemble_lab.analysis.subsets.pool_votes import PoolVotes
from ensemble_lab.arrays import Array, Floats
from ensemble_lab.seeds import draw_generator

__all__ = ["spread_over_orders"]

_BLOCK_CELLS = 2**23


def spread_over_orders(pool: PoolVotes, n_orders: int, seed: int) -> Floats:
    """Return the standard deviation of the errors of the first k members, for every k.

    Each order of the members gives its errors at all k, so that what images have in common
    stays in them. Ties are settled at random on average. Only examples that members disagree
    about are counted: the others err alike in every order.

    Parameters
    ----------
    pool : PoolVotes
    n_orders : int
        Orders drawn, with replacement, from all there are.
    seed : int

    Returns
    -------
    sd : float64 (members,)
        For 1 … all members; that of one member and of all is exact.
    """
    n_members, n_contested = pool.contested.shape
    generator = draw_generator(seed, "subsets")
    orders = generator.permuted(np.tile(np.arange(n_members), (n_orders, 1)), axis=1)
    errors = np.zeros((n_orders, n_members))
    step = max(1, _BLOCK_CELLS // max(1, n_contested * pool.n_ranks))
    for start in range(0, n_orders, step):
        block = orders[start : start + step]
        errors[start : start + step] = _count_errors(pool.contested, pool.n_ranks, block)
    sd = errors.std(axis=0)
    sd[0] = pool.member_errors.std()
    sd[-1] = 0.0
    return np.asarray(sd, np.float64)


def _count_errors(local: Array, n_ranks: int, orders: Array) -> Floats:
    """Return errors (orders, members) of the first 1, 2, … members, ties at random on average."""
    n_orders, n_members = orders.shape
    n_examples = local.shape[1]
    counts = np.zeros(n_orders * n_examples * n_ranks, np.uint16)
    first_cells = np.arange(n_orders * n_examples).reshape(n_orders, n_examples) * n_ranks
    most = np.zeros((n_orders, n_examples), np.uint16)
    n_best = np.zeros((n_orders, n_examples), np.uint16)
    errors = np.empty((n_orders, n_members))
    for k in range(n_members):
        # One member names one cell of each example, so no cell comes twice in one step; and
        # counts only grow, so the class just named leads, draws level, or changes nothing.
        cells = first_cells + local[orders[:, k]]
        named = counts[cells] + np.uint16(1)
        counts[cells] = named
        n_best += named == most
        leads = named > most
        n_best[leads] = 1
        np.maximum(most, named, out=most)
        right = (counts[first_cells] == most) / n_best
        errors[:, k] = n_examples - right.sum(axis=1)
    return errors
