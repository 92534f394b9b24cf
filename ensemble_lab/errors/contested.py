"""Contested examples: those that a member gets wrong, with the votes of all members."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.votes.member_errors import count_wrong_members
from ensemble_lab.arrays import Array, Index, Labels, Votes, check_axes, find_positions
from ensemble_lab.errors.table import Catalogue
from ensemble_lab.store.labels import SplitLabels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import PredictionBlocks

__all__ = ["LIKE_VOTE", "OTHERWISE", "RIGHT", "Contested", "build_contested", "find_contested"]

RIGHT, OTHERWISE, LIKE_VOTE = 0, 1, 2
"""A member's vote: right, wrong otherwise than the vote, and wrong like it."""

# Votes (members x examples) in one block.
_BLOCK_VOTES = 4_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Contested:
    """Who is wrong where.

    Attributes
    ----------
    rows : Catalogue
        The examples, right or wrong by the vote, in the order to show them in.
    votes : unsigned (members, rows)
        Of ``rows.members``.
    n_contested : int
        Examples of the split that at least one member gets wrong, whether asked for or not.
    n_examples : int
        Of the split.
    look : Look or None
        What the ledger did.
    """

    rows: Catalogue
    votes: Votes
    n_contested: int
    n_examples: int
    look: Look | None = None

    def __post_init__(self) -> None:
        check_axes(
            self.votes,
            "members rows",
            name="votes",
            members=len(self.rows.members),
            rows=len(self.rows),
        )

    def __repr__(self) -> str:
        return (
            f"Contested({self.rows.split!r}: {len(self.rows):,} rows, {len(self.rows.members):,} "
            f"members, {self.n_contested:,} of {self.n_examples:,} examples contested)"
        )

    @property
    def kinds(self) -> Array:
        """`RIGHT`, `OTHERWISE` or `LIKE_VOTE` for each vote, uint8 (members, rows).

        Where the vote is right nobody is wrong like it.
        """
        is_wrong = self.rows.wrong_members.T
        kinds = is_wrong.astype(np.uint8)
        kinds[is_wrong & (self.votes == self.rows.predicted)] = LIKE_VOTE
        return kinds


def find_contested(votes: Votes, labels: Labels) -> Index:
    """Return the positions of the examples that at least one member gets wrong, ascending.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)

    Examples
    --------
    >>> find_contested(np.array([[0, 1, 2], [0, 2, 2]], np.uint8), np.array([0, 1, 2])).tolist()
    [1]
    """
    check_axes(votes, "members examples", name="votes", examples=len(labels))
    step = max(1, _BLOCK_VOTES // max(len(votes), 1))
    is_contested = np.zeros(len(labels), np.bool_)
    for start in range(0, len(labels), step):
        block = slice(start, start + step)
        (votes[:, block] != labels[block]).any(axis=0, out=is_contested[block])
    return np.flatnonzero(is_contested).astype(np.int64)


def build_contested(
    rows: Catalogue, predictions: PredictionBlocks, labels: SplitLabels, *, limit: int | None = None
) -> Contested:
    """Return who is wrong where: what most members get wrong first, then the larger gap.

    Parameters
    ----------
    rows : Catalogue
    predictions : PredictionBlocks
        What the catalogue was made of.
    labels : SplitLabels
        Of the same split, in the same order.
    limit : int, optional
        Rows at most.
    """
    # Only the votes: selecting members would copy their probabilities.
    voters = predictions.without_probabilities().select(rows.members)
    rows = rows.sort("wrong")
    rows = rows if limit is None else rows.head(limit)
    positions = find_positions(labels.index, rows.index, split=labels.split)
    return Contested(
        rows=rows,
        votes=voters.take_votes(positions),
        n_contested=int(np.count_nonzero(count_wrong_members(voters, labels.values))),
        n_examples=len(labels.values),
        look=labels.look,
    )
