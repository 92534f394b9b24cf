"""The confusion matrix: how many examples of each class were taken for which."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Floats, Index, Labels, check_axes
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look

__all__ = [
    "Confusion",
    "count_cells",
    "count_errors",
    "normalise_rows",
    "rank_pairs",
    "render_percent",
]


@dataclass(frozen=True, eq=False, repr=False)
class Confusion:
    """A confusion matrix, and whose it is.

    Attributes
    ----------
    split : str
    counts : int64 (classes, classes)
        Rows label, columns predicted.
    class_names : tuple of str
    decision : Decision
        `members` names those that voted.
    look : Look or None
        What the ledger did.
    """

    split: str
    counts: Index
    class_names: tuple[str, ...]
    decision: Decision
    look: Look | None = None

    def __repr__(self) -> str:
        return (
            f"Confusion({self.split!r}: {self.n_errors:,} errors in {self.n_examples:,} examples "
            f"of {len(self.counts)} classes)"
        )

    @property
    def n_examples(self) -> int:
        """Examples that were counted."""
        return int(self.counts.sum())

    @property
    def n_errors(self) -> int:
        """Sum of all cells but the diagonal."""
        return self.n_examples - int(np.trace(self.counts))

    @property
    def shares(self) -> Floats:
        """Each cell as a share of its row, float64 (classes, classes): see `normalise_rows`."""
        return normalise_rows(self.counts)


def count_cells(labels: Labels, predicted: Array, n_classes: int) -> Index:
    """Return how many examples of each class were taken for which.

    Parameters
    ----------
    labels : int64 (examples,)
    predicted : int (examples,)
        Chosen classes, of a vote or of one member.
    n_classes : int

    Returns
    -------
    counts : int64 (classes, classes)
        Rows label, columns predicted; a class without examples has a row of zeros.

    Raises
    ------
    PredictionError
        Other lengths, or a number that is no class.

    Examples
    --------
    >>> count_cells(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), 3)
    array([[1, 1, 0],
           [1, 2, 0],
           [0, 0, 0]])
    """
    check_axes(labels, "examples", name="labels")
    check_axes(predicted, "examples", name="predicted", examples=len(labels))
    for name, numbers in (("labels", labels), ("predicted", predicted)):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < n_classes:
            raise PredictionError(
                f"{name} must be from 0 to {n_classes - 1}; got {numbers.min()} to {numbers.max()}."
            )
    # Votes may be bytes, which n_classes times over would overflow.
    cells = labels.astype(np.int64) * n_classes + predicted.astype(np.int64)
    counts: Index = np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
    return counts


def normalise_rows(counts: Array) -> Floats:
    """Return each cell as a share of its row: of the examples with that label.

    A row of zeros, of a class without examples, stays one.

    Parameters
    ----------
    counts : int (classes, classes)

    Examples
    --------
    >>> normalise_rows(np.array([[3, 1], [0, 0]])).tolist()
    [[0.75, 0.25], [0.0, 0.0]]
    """
    check_axes(counts, "classes classes", name="counts", classes=len(counts))
    sums = counts.sum(axis=1, keepdims=True)
    return np.asarray(counts / np.maximum(sums, 1), np.float64)


def count_errors(counts: Array) -> Index:
    """Return the errors on examples of each class: its row without the diagonal, int64 (classes,).

    Examples
    --------
    >>> count_errors(np.array([[3, 1], [0, 0]])).tolist()
    [1, 0]
    """
    return np.asarray(counts.sum(axis=1) - np.diagonal(counts), np.int64)


def rank_pairs(values: Array) -> Index:
    """Return the confusion pairs that occur, largest cell first, then by pair.

    Parameters
    ----------
    values : (classes, classes)
        Counts or shares.

    Returns
    -------
    pairs : int64 (pairs, 2)
        Label and predicted class of every cell that is not zero, without the diagonal.

    Examples
    --------
    >>> rank_pairs(np.array([[9, 1, 0], [2, 9, 1], [0, 0, 9]])).tolist()
    [[1, 0], [0, 1], [1, 2]]
    """
    is_pair = (values > 0) & ~np.eye(len(values), dtype=np.bool_)
    # Row by row, so by pair; a stable sort by size keeps that order among equals.
    pairs = np.argwhere(is_pair)
    order = np.argsort(-values[is_pair], kind="stable")
    return pairs[order].astype(np.int64)


def render_percent(share: float) -> str:
    """Return a share in percent without its sign, never rounded to all or nothing.

    Examples
    --------
    >>> [render_percent(share) for share in (0.00001, 0.001, 0.025, 0.5, 0.9999, 1)]
    ['<0.01', '0.10', '2.5', '50', '>99.9', '100']
    """
    percent = 100 * share
    if percent < 0.01:
        return "<0.01"
    if 99.9 < percent < 100:
        return ">99.9"
    digits = 2 if percent < 1 else (1 if percent < 10 or 90 <= percent < 100 else 0)
    return f"{percent:.{digits}f}"
