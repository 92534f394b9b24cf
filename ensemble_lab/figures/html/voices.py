"""What members say of the rows of a catalogue, as much of it as a page can carry."""

from dataclasses import dataclass, replace

import numpy as np

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.arrays import Array, Floats, Index, Labels, Votes, find_positions
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.store.predictions import Predictions

__all__ = ["Voices", "collect_voices"]

MOST_CLASSES = 10
"""Of more classes a row keeps its label, its predicted class and those with the largest means."""

MOST_PROBABILITIES = 3_000_000
"""Members' probabilities, a byte each, in one page: all of 20 members on 10,000 digits fit."""

_BLOCK_CELLS = 2**22


@dataclass(frozen=True, eq=False, repr=False)
class Voices:
    """What members say of each row.

    Attributes
    ----------
    votes : unsigned (rows, members)
    classes : int64 (rows, shown) or None
        The classes that means and probabilities are about; None where all are shown.
    means : float64 (rows, shown) or None
        The vote's mean probabilities; None where only votes are known.
    kept : int64 (kept,)
        Rows whose members' probabilities are kept, ascending.
    probabilities : float32 (kept, members, shown)
    """

    votes: Votes
    classes: Labels | None
    means: Floats | None
    kept: Index
    probabilities: Array


def collect_voices(
    catalogue: Catalogue, predictions: Predictions, *, most: int = MOST_PROBABILITIES
) -> Voices:
    """Return votes and probabilities of the catalogue's members on its rows.

    Where there are more than `most` probabilities, members' own are kept for the rows that are
    wrong, then for those that some member gets wrong, then for the others, in their order.

    Parameters
    ----------
    catalogue : Catalogue
    predictions : Predictions
        What the catalogue was made of, or of more members and examples.
    most : int

    Raises
    ------
    PredictionError
        A member or an index that the predictions lack.
    """
    spoken = predictions.select(catalogue.members)
    positions = find_positions(spoken.index, catalogue.index, split=spoken.split)
    votes = np.ascontiguousarray(spoken.votes[:, positions].T)
    n_shown = min(spoken.n_classes, MOST_CLASSES)
    if spoken.probabilities is None or not len(catalogue):
        nothing = np.zeros((0, len(spoken.members), n_shown), np.float32)
        return Voices(votes, None, None, np.zeros(0, np.int64), nothing)
    classes, means = _average(spoken, catalogue, positions, n_shown)
    kept = _choose_rows(catalogue, most // (len(spoken.members) * n_shown))
    # Members move behind rows: an index for each row, and one for each of its classes.
    place = positions[kept][:, np.newaxis]
    shown = np.arange(n_shown)[np.newaxis] if classes is None else classes[kept]
    probabilities = spoken.probabilities[:, place, shown].transpose(1, 0, 2)
    return Voices(votes, classes, means, kept, probabilities)


def _average(
    spoken: Predictions, catalogue: Catalogue, positions: Index, n_shown: int
) -> tuple[Labels | None, Floats]:
    """Return the classes to show of each row, None for all, and their mean probabilities."""
    assert spoken.probabilities is not None
    classes = np.empty((len(catalogue), n_shown), np.int64)
    means = np.empty((len(catalogue), n_shown))
    step = max(1, _BLOCK_CELLS // (len(spoken.members) * spoken.n_classes))
    for start in range(0, len(catalogue), step):
        rows = slice(start, start + step)
        of_rows = _take_examples(spoken, positions[rows])
        all_means = combine(of_rows, catalogue.decision).mean_probabilities
        assert all_means is not None
        ranks = all_means.copy()
        numbers = np.arange(len(ranks))
        # Above every probability, so that the two that matter always come first.
        ranks[numbers, catalogue.predicted[rows]] = 2
        ranks[numbers, catalogue.label[rows]] = 3
        order = np.argsort(-ranks, axis=1, kind="stable")[:, :n_shown]
        classes[rows] = np.arange(n_shown) if n_shown == spoken.n_classes else order
        means[rows] = np.take_along_axis(all_means, classes[rows], axis=1)
    return (None if n_shown == spoken.n_classes else classes), means


def _take_examples(spoken: Predictions, positions: Index) -> Predictions:
    assert spoken.probabilities is not None
    return replace(
        spoken,
        index=spoken.index[positions],
        votes=spoken.votes[:, positions],
        probabilities=spoken.probabilities[:, positions],
    )


def _choose_rows(catalogue: Catalogue, most: int) -> Index:
    is_right = catalogue.label == catalogue.predicted
    is_uncontested = ~catalogue.wrong_members.any(axis=1)
    order = np.lexsort((np.arange(len(catalogue)), is_uncontested, is_right))
    return np.sort(order[:most]).astype(np.int64)
