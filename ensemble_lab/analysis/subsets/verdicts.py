"""Verdicts: which errors more members of the same kind would not mend."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.subsets.curve import chances_of_error
from ensemble_lab.analysis.votes.counts import count_votes
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Booleans, Floats, Index, Labels, Votes

__all__ = ["Verdicts", "judge_examples"]


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Examples that some member gets wrong, one by one.

    Attributes
    ----------
    rows : int64 (judged,)
        Their positions; the examples between them are right with every member.
    rivals : int64 (judged,)
        The class other than the label with most votes; of equal ones the smallest.
    votes_for_label, votes_for_rival : int64 (judged,)
    chances : float64 (judged,)
        The probability that the majority of `k` members errs.
    p_values : float64 (judged,)
        Of the sign test.
    is_irreducible : bool (judged,)
        Whether the rival beats the label among members at the level asked for. The others are
        undecided with so many members.
    k : int
    """

    rows: Index
    rivals: Index
    votes_for_label: Index
    votes_for_rival: Index
    chances: Floats
    p_values: Floats
    is_irreducible: Booleans
    k: int


def judge_examples(
    votes: Votes, labels: Labels, n_classes: int, k: int, *, alpha: float = 0.05
) -> Verdicts:
    """Return which examples a vote of ever more such members would get wrong for certain.

    Members are draws of one recipe. If among them all the rival class had no more friends than
    the label, then of the n votes for either the rival's share would be binomial with ½ at most:
    p is the chance of as many for the rival or more. Where p is small, the majority of very many
    members is wrong. It takes five members at least, all for the rival, to say so at 5 %.

    The rival is chosen as the strongest of the wrong classes, which makes p too small where several
    of them are about as strong. Where the label and all wrong classes are equally likely, 20
    members call 2 % of the examples irreducible with one wrong class, 5 % with two and 7 % with
    nine, and 100 members 4, 7 and 16 %. The verdict is one example's, not adjusted for there being
    many.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)
    n_classes : int
        Two or more.
    k : int
        Members of the vote whose chance of error is told: 1 to all.
    alpha : float

    Returns
    -------
    Verdicts
        In the order of the examples.

    Raises
    ------
    PredictionError
        As `chances_of_error`.

    References
    ----------
    W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.4 (sign test).

    Examples
    --------
    >>> votes = np.array([[1, 1, 0]] * 4 + [[1, 0, 0]], np.uint8)
    >>> found = judge_examples(votes, np.zeros(3, np.int64), 2, k=1)
    >>> found.rows.tolist(), found.p_values.tolist(), found.is_irreducible.tolist()
    ([0, 1], [0.03125, 0.1875], [True, False])
    >>> found.chances.tolist()
    [1.0, 0.8]
    """
    chances = chances_of_error(votes, labels, n_classes, k)
    rows = np.flatnonzero((votes != labels).any(axis=0))
    counts = count_votes(votes[:, rows], n_classes).astype(np.int64)
    place = np.arange(len(rows))
    own = counts[place, labels[rows]]
    counts[place, labels[rows]] = -1
    rivals = choose_classes(counts) if len(rows) else np.zeros(0, np.int64)
    others = counts[place, rivals]
    # Few pairs of counts occur, however many examples there are.
    pairs, which = np.unique(np.stack([own, others], axis=1), axis=0, return_inverse=True)
    tests = np.array([_sign_test(*pair) for pair in pairs.tolist()], np.float64)
    p_values: Floats = tests[which.reshape(-1)]
    return Verdicts(
        rows=rows,
        rivals=rivals.astype(np.int64),
        votes_for_label=own,
        votes_for_rival=others,
        chances=chances[rows],
        p_values=p_values,
        is_irreducible=p_values <= alpha,
        k=k,
    )


def _sign_test(for_label: int, for_rival: int) -> float:
    """Return the chance of `for_rival` heads or more in all tosses of a fair coin."""
    n = for_label + for_rival
    return sum(math.comb(n, heads) for heads in range(for_rival, n + 1)) / (1 << n)
