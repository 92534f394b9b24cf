"""What members say of a split, in memory or in files, and cut into blocks of examples."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ensemble_lab.arrays import Index, Labels, Probabilities, Votes, check_axes, smallest_unsigned
from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.rows import StoredRow

__all__ = ["PredictionBlocks", "Predictions", "StoredPredictions"]

_BLOCK_CELLS = 163_840
"""Cells (examples x classes) in one block at most: sums of it take 1.3 MB and stay near the
processor, and a member's part of it is 655 kB in a row, which a disk reads well."""

_BLOCK_BYTES = 1 << 26
"""Probabilities of all members in one block at most, 64 MB: less than that where they are few."""


class PredictionBlocks(ABC):
    """Votes and perhaps probabilities of an ensemble on a split, to be had block by block.

    Attributes
    ----------
    split : str
    index : int64 (examples,)
        Positions in the split as published.
    members : tuple of str
        Keys, in order.
    n_classes : int
    digests : tuple of str
        Content digest of each member's prediction file.
    variant : str or None
        How they were made, other than plainly.
    """

    split: str
    index: Index
    members: tuple[str, ...]
    n_classes: int
    digests: tuple[str, ...]
    variant: str | None

    @property
    @abstractmethod
    def has_probabilities(self) -> bool:
        """Whether more than votes is known."""

    @abstractmethod
    def cut(self, start: int, stop: int) -> "Predictions":
        """Return the predictions of the examples from `start` to before `stop`, in memory."""

    @abstractmethod
    def take(self, positions: Index) -> "Predictions":
        """Return the predictions of some examples in the order asked for, in memory."""

    @abstractmethod
    def without_probabilities(self) -> Self:
        """Return the votes alone."""

    @abstractmethod
    def select(self, members: tuple[str, ...]) -> Self:
        """Return the predictions of some members, in the order asked for."""

    @property
    def clause(self) -> str:
        """Which predictions these are, behind other words: ``, variant tta-8``, or nothing."""
        return "" if self.variant is None else f", variant {self.variant}"

    @property
    def digest(self) -> str:
        """One digest for all members in this order, 64 hex digits."""
        return digest_of(list(self.digests))

    @property
    def block_examples(self) -> int:
        """How many examples a block has unless told otherwise."""
        bytes_each = 4 * self.n_classes * len(self.members)
        return max(1, min(_BLOCK_CELLS // self.n_classes, _BLOCK_BYTES // bytes_each))

    def blocks(self, n_examples: int | None = None) -> Iterator["Predictions"]:
        """Yield the predictions in blocks of at most `n_examples` consecutive examples."""
        step = n_examples or self.block_examples
        for start in range(0, len(self.index), step):
            yield self.cut(start, min(start + step, len(self.index)))

    def blocks_beside(
        self, values: Labels, n_examples: int | None = None
    ) -> Iterator[tuple["Predictions", Labels]]:
        """Yield `blocks`, each beside its part of an array (examples,), such as labels."""
        start = 0
        for block in self.blocks(n_examples):
            stop = start + len(block.index)
            yield block, values[start:stop]
            start = stop

    def blocks_at(
        self, positions: Index, n_examples: int | None = None
    ) -> Iterator[tuple[Index, "Predictions"]]:
        """Yield the predictions of some examples, each with where in `positions` they stand.

        Examples between the first and the last of a block are read too: they lie in a row.

        Parameters
        ----------
        positions : int64 (wanted,)
            Where the examples stand in `index`, in any order.
        n_examples : int, optional
            How many examples a block spans at most.
        """
        step = n_examples or self.block_examples
        order = np.argsort(positions, kind="stable")
        ascending = positions[order]
        first = 0
        while first < len(order):
            start = int(ascending[first])
            last = int(np.searchsorted(ascending, start + step))
            stop = int(ascending[last - 1]) + 1
            # Without a name for the block, which is to go before the next one is read.
            yield order[first:last], self.cut(start, stop).take(ascending[first:last] - start)
            first = last

    def take_votes(self, positions: Index) -> Votes:
        """Return the votes on some examples in the order asked for: unsigned (members, wanted)."""
        shape = (len(self.members), len(positions))
        votes = np.empty(shape, smallest_unsigned(self.n_classes))
        for places, block in self.without_probabilities().blocks_at(positions):
            votes[:, places] = block.votes
        return votes

    def _find_rows(self, members: tuple[str, ...]) -> list[int]:
        """Return which of the members these are."""
        for key in members:
            if key not in self.members:
                raise PredictionError(
                    f"members must be among the predictions; got {key!r}"
                    + closest(key, self.members)
                )
        if len(set(members)) < len(members):
            raise PredictionError(f"members must be different keys; got {members!r}.")
        return [self.members.index(key) for key in members]


@dataclass(frozen=True, eq=False, repr=False)
class Predictions(PredictionBlocks):
    """Votes and probabilities of an ensemble on a split, in memory.

    Attributes
    ----------
    split : str
    index : int64 (examples,)
        Positions in the split as published.
    members : tuple of str
        Keys, in the order of the first axis.
    votes : unsigned (members, examples)
        Chosen classes.
    probabilities : float32 (members, examples, classes) or None
        None where only votes are known.
    n_classes : int
    digests : tuple of str
        Content digest of each member's prediction file.
    variant : str or None
        How they were made, other than plainly.
    """

    split: str
    index: Index
    members: tuple[str, ...]
    votes: Votes
    probabilities: Probabilities | None
    n_classes: int
    digests: tuple[str, ...]
    variant: str | None = None

    def __post_init__(self) -> None:
        n_examples, n_members = len(self.index), len(self.members)
        check_axes(self.index, "examples", name="index")
        check_axes(
            self.votes, "members examples", name="votes", members=n_members, examples=n_examples
        )
        if self.probabilities is not None:
            check_axes(
                self.probabilities,
                "members examples classes",
                name="probabilities",
                members=n_members,
                examples=n_examples,
                classes=self.n_classes,
            )
        if n_members == 0 or n_examples == 0:
            raise PredictionError(
                f"predictions must have at least one member and one example; got {n_members} "
                f"members and {n_examples} examples."
            )

    def __repr__(self) -> str:
        return _render("Predictions", self)

    @property
    def has_probabilities(self) -> bool:
        """Whether more than votes is known."""
        return self.probabilities is not None

    def cut(self, start: int, stop: int) -> "Predictions":
        """Return the predictions of the examples from `start` to before `stop`, as views."""
        return self._take(slice(start, stop))

    def take(self, positions: Index) -> "Predictions":
        """Return the predictions of some examples in the order asked for."""
        return self._take(positions)

    def _take(self, rows: slice | Index) -> "Predictions":
        return replace(
            self,
            index=self.index[rows],
            votes=self.votes[:, rows],
            probabilities=None if self.probabilities is None else self.probabilities[:, rows],
        )

    def without_probabilities(self) -> "Predictions":
        """Return the votes alone."""
        return replace(self, probabilities=None)

    def select(self, members: tuple[str, ...]) -> "Predictions":
        """Return the predictions of some members, in the order asked for.

        Raises
        ------
        PredictionError
            A member that is not there; names the closest.
        """
        if members == self.members:
            return self
        rows = self._find_rows(members)
        return replace(
            self,
            members=members,
            votes=self.votes[rows],
            probabilities=None if self.probabilities is None else self.probabilities[rows],
            digests=tuple(self.digests[row] for row in rows),
        )


@dataclass(frozen=True, eq=False, repr=False)
class StoredPredictions(PredictionBlocks):
    """Predictions of a run's members that stay in their files until a block is asked for.

    The files were checked, seal and values, when these were opened; one that is replaced
    afterwards is refused. Memory holds the block that was asked for, and `index`.

    Attributes
    ----------
    split : str
    index : int64 (examples,)
        Positions in the split as published.
    members : tuple of str
        Keys, in the order of `rows`.
    n_classes : int
    digests : tuple of str
        Content digest of each member's prediction file.
    rows : tuple of StoredRow
        Each member's.
    is_hard : bool
        Whether probabilities are left where they are, if there are any.
    variant : str or None
        How they were made, other than plainly.
    """

    split: str
    index: Index
    members: tuple[str, ...]
    n_classes: int
    digests: tuple[str, ...]
    rows: tuple[StoredRow, ...]
    is_hard: bool = False
    variant: str | None = None

    def __repr__(self) -> str:
        return _render("StoredPredictions", self)

    @property
    def has_probabilities(self) -> bool:
        """Whether more than votes is to be had, of every member."""
        return not self.is_hard and all(row.has_probabilities for row in self.rows)

    def cut(self, start: int, stop: int) -> Predictions:
        """Return the predictions of the examples from `start` to before `stop`, in memory.

        Raises
        ------
        DamagedError
            A file is not the one that was checked.
        """
        shape = (len(self.rows), stop - start)
        votes = np.empty(shape, smallest_unsigned(self.n_classes))
        for row, out in zip(self.rows, votes, strict=True):
            row.read_votes(start, out)
        probabilities = None
        if self.has_probabilities:
            probabilities = np.empty((*shape, self.n_classes), np.float32)
            for row, rows_out in zip(self.rows, probabilities, strict=True):
                row.read_probabilities(start, rows_out)
        return Predictions(
            self.split,
            self.index[start:stop],
            self.members,
            votes,
            probabilities,
            self.n_classes,
            self.digests,
            self.variant,
        )

    def take(self, positions: Index) -> Predictions:
        """Return the predictions of some examples in the order asked for, in memory."""
        probabilities = None
        if self.has_probabilities:
            shape = (len(self.members), len(positions), self.n_classes)
            probabilities = np.empty(shape, np.float32)
            for places, block in self.blocks_at(positions):
                probabilities[:, places] = block.probabilities
        return Predictions(
            self.split,
            self.index[positions],
            self.members,
            self.take_votes(positions),
            probabilities,
            self.n_classes,
            self.digests,
            self.variant,
        )

    def load(self) -> Predictions:
        """Return all of them, in memory."""
        return self.cut(0, len(self.index))

    def without_probabilities(self) -> "StoredPredictions":
        """Return the votes alone; probabilities are not read."""
        return replace(self, is_hard=True)

    def select(self, members: tuple[str, ...]) -> "StoredPredictions":
        """Return the predictions of some members, in the order asked for.

        Raises
        ------
        PredictionError
            A member that is not there; names the closest.
        """
        chosen = self._find_rows(members)
        return replace(
            self,
            members=members,
            digests=tuple(self.digests[row] for row in chosen),
            rows=tuple(self.rows[row] for row in chosen),
            # Votes alone are known of all where they are of one.
            is_hard=not self.has_probabilities,
        )


def _render(name: str, predictions: PredictionBlocks) -> str:
    what = "probabilities" if predictions.has_probabilities else "votes"
    return (
        f"{name}({predictions.split!r}: {what} of {len(predictions.members)} members on "
        f"{len(predictions.index):,} examples, {predictions.n_classes} classes{predictions.clause})"
    )
