"""Measures of how differently all members of an ensemble err, by how many are wrong together.

Each asks only how many examples just 0, 1, … M members get wrong, `Coincidences.by_wrong`.
"""

import numpy as np

from ensemble_lab.arrays import Array, Index

__all__ = ["count_all_wrong", "entropy", "interrater_kappa", "kohavi_wolpert_variance"]


def kohavi_wolpert_variance(by_wrong: Index) -> float:
    """Return how much being wrong varies from member to member, meaned over examples.

    With w of M members wrong on an example: the mean over examples of w (M − w) / M². From 0 to
    1/4, higher = more diverse. It is (M − 1) / (2 M) times the mean disagreement of pairs, so
    it ranks ensembles of one size just as that does, and tends to half of it.

    Parameters
    ----------
    by_wrong : int64 (members + 1,)
        Examples that just 0, 1, … all members get wrong.

    References
    ----------
    R. Kohavi and D. Wolpert, "Bias plus variance decomposition for zero-one loss functions",
    Proceedings of the 13th International Conference on Machine Learning (1996), 275-283.
    L. I. Kuncheva and C. J. Whitaker, "Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy", Machine Learning 51 (2003), 181-207.

    Examples
    --------
    >>> by_wrong = np.array([1, 1, 0, 2])  # of four examples and three members
    >>> round(kohavi_wolpert_variance(by_wrong), 6)  # 1 · 2 / 9 on one of four
    0.055556
    """
    wrong, right, n_examples = _spread_out(by_wrong)
    return int(by_wrong @ (wrong * right)) / (n_examples * (len(by_wrong) - 1) ** 2)


def entropy(by_wrong: Index) -> float:
    """Return Kuncheva and Whitaker's entropy E: how evenly members split into right and wrong.

    With w of M members wrong on an example: the mean over examples of
    min(w, M − w) / ⌊M / 2⌋. From 0 (all members always right or wrong together) to 1 (as good as
    half of them wrong on each example), higher = more diverse. It has no logarithm in spite of
    its name.

    Parameters
    ----------
    by_wrong : int64 (members + 1,)
        Of at least two members.

    References
    ----------
    L. I. Kuncheva and C. J. Whitaker, "Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy", Machine Learning 51 (2003), 181-207.

    Examples
    --------
    >>> entropy(np.array([1, 1, 0, 2]))  # 1 / 1 on one of four
    0.25
    """
    wrong, right, n_examples = _spread_out(by_wrong)
    return int(by_wrong @ np.minimum(wrong, right)) / (n_examples * ((len(by_wrong) - 1) // 2))


def interrater_kappa(by_wrong: Index) -> float | None:
    """Return κ: how far members agree in being right or wrong, beyond what chance alone gives.

    With w of M members wrong on an example, and p the share of votes that are wrong ::

        κ = 1 − (mean over examples of w (M − w)) / (M (M − 1) p (1 − p))

    From −1 / (M − 1) to 1, lower = more diverse; 0 where a member errs whatever the others
    say and the example is. None where all votes are right, or all wrong. It is Fleiss' κ with the
    two categories right and wrong.

    Parameters
    ----------
    by_wrong : int64 (members + 1,)
        Of at least two members.

    References
    ----------
    J. L. Fleiss, Statistical Methods for Rates and Proportions, 2nd edition (1981), chapter 13.
    L. I. Kuncheva and C. J. Whitaker, "Measures of diversity in classifier ensembles and their
    relationship with the ensemble accuracy", Machine Learning 51 (2003), 181-207.

    Examples
    --------
    >>> by_wrong = np.array([1, 1, 0, 2])  # 7 of 12 votes wrong
    >>> round(interrater_kappa(by_wrong), 6)  # 1 − (2 / 4) / (3 · 2 · 7/12 · 5/12)
    0.657143
    >>> interrater_kappa(np.array([4, 0, 0, 0])) is None
    True
    """
    wrong, right, n_examples = _spread_out(by_wrong)
    n_members = len(by_wrong) - 1
    n_votes, n_wrong = n_examples * n_members, int(by_wrong @ wrong)
    if n_wrong in (0, n_votes):
        return None
    split = int(by_wrong @ (wrong * right))
    by_chance = n_members * (n_members - 1) * (n_wrong / n_votes) * (1 - n_wrong / n_votes)
    return 1 - split / n_examples / by_chance


def count_all_wrong(by_wrong: Index) -> int:
    """Return the errors of the oracle: examples that no member gets right.

    From 0 to the errors of the best member, lower = more diverse. No choice among the members'
    votes, however clever, makes fewer.

    Parameters
    ----------
    by_wrong : int64 (members + 1,)

    References
    ----------
    L. I. Kuncheva, "A theoretical study on six classifier fusion strategies", IEEE Transactions
    on Pattern Analysis and Machine Intelligence 24 (2002), 281-286 (the oracle).

    Examples
    --------
    >>> count_all_wrong(np.array([1, 1, 0, 2]))
    2
    """
    return int(by_wrong[-1])


def _spread_out(by_wrong: Index) -> tuple[Array, Array, int]:
    """Return numbers of wrong and of right members for each place, and how many examples there are.

    Whole numbers, so that an ensemble of a million examples is summed without rounding.
    """
    wrong = np.arange(len(by_wrong))
    return wrong, wrong[::-1], int(by_wrong.sum())
