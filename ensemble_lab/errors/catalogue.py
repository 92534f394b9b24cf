"""The catalogue of a vote: one row for each example that it gets wrong."""

import numpy as np

from ensemble_lab.analysis.votes.vote import Choice, average
from ensemble_lab.arrays import Index, check_axes
from ensemble_lab.errors.margins import measure_margins
from ensemble_lab.errors.table import Catalogue
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.labels import SplitLabels
from ensemble_lab.store.predictions import PredictionBlocks

__all__ = ["Catalogue", "build_catalogue", "catalogue_examples"]


def build_catalogue(predictions: PredictionBlocks, vote: Choice, labels: SplitLabels) -> Catalogue:
    """Return the catalogue of all examples that the vote gets wrong, in the split's order.

    Parameters
    ----------
    predictions : PredictionBlocks
        What the vote was made of. Blocks of them are read, and of these the rows kept.
    vote : Choice
    labels : SplitLabels
        Of the same split, in the same order.

    Raises
    ------
    PredictionError
        Predictions, vote and labels that are not about the same examples, or labels outside the
        classes.
    """
    _check_same_examples(predictions, vote, labels)
    return _catalogue_rows(
        predictions, vote, labels, np.flatnonzero(vote.predicted != labels.values)
    )


def catalogue_examples(
    predictions: PredictionBlocks, vote: Choice, labels: SplitLabels, positions: Index
) -> Catalogue:
    """Return the catalogue of any examples, right or wrong, in the order asked for.

    Parameters
    ----------
    predictions, vote, labels
        As in `build_catalogue`.
    positions : int64 (rows,)
        Where the examples stand in the arrays (`ensemble_lab.arrays.find_positions`).

    Raises
    ------
    PredictionError
        As `build_catalogue`; also a position outside the arrays.
    """
    _check_same_examples(predictions, vote, labels)
    positions = np.asarray(positions, np.int64)
    check_axes(positions, "rows", name="positions")
    n_examples = len(labels.values)
    if positions.size and not 0 <= positions.min() <= positions.max() < n_examples:
        raise PredictionError(
            f"positions must be from 0 to {n_examples - 1}; got {positions.min()} to "
            f"{positions.max()}."
        )
    return _catalogue_rows(predictions, vote, labels, positions)


def _catalogue_rows(
    predictions: PredictionBlocks, vote: Choice, labels: SplitLabels, positions: Index
) -> Catalogue:
    # Without the probabilities, which selecting members would copy.
    voters = predictions.without_probabilities()
    voters = voters.select(vote.decision.members or predictions.members)
    label, predicted = labels.values[positions], vote.predicted[positions]
    p_predicted, p_label, margin, confidence = np.full((4, len(positions)), np.nan)
    votes_for_predicted, votes_for_label = np.zeros((2, len(positions)), np.int64)
    wrong_members = np.zeros((len(positions), len(voters.members)), np.bool_)
    for places, block in predictions.blocks_at(positions):
        # Members' own votes; those that are counted may be groups'.
        votes = block.select(voters.members).votes
        votes_for_predicted[places] = np.count_nonzero(votes == predicted[places], axis=0)
        votes_for_label[places] = np.count_nonzero(votes == label[places], axis=0)
        wrong_members[places] = (votes != label[places]).T
        means = average(block, vote.decision)
        if means is not None:
            rows = np.arange(len(places))
            p_predicted[places] = means[rows, predicted[places]]
            p_label[places] = means[rows, label[places]]
            margin[places] = measure_margins(means, label[places])
            confidence[places] = means.max(axis=1)
    return Catalogue(
        split=predictions.split,
        members=voters.members,
        decision=vote.decision,
        parents=voters.digests,
        index=predictions.index[positions],
        label=label,
        predicted=predicted,
        gap=p_predicted - p_label,
        margin=margin,
        confidence=confidence,
        p_predicted=p_predicted,
        p_label=p_label,
        votes_for_predicted=votes_for_predicted,
        votes_for_label=votes_for_label,
        is_tied=vote.is_tied[positions],
        wrong_members=wrong_members,
    )


def _check_same_examples(predictions: PredictionBlocks, vote: Choice, labels: SplitLabels) -> None:
    if not isinstance(labels, SplitLabels):
        raise PredictionError(
            f"labels must be what load_labels gives; got {type(labels).__name__}."
        )
    n_examples = len(predictions.index)
    check_axes(vote.predicted, "examples", name="predicted of the vote", examples=n_examples)
    check_axes(labels.values, "examples", name="labels", examples=len(labels.index))
    if predictions.split != labels.split or not np.array_equal(predictions.index, labels.index):
        raise PredictionError(
            f"predictions and labels must be about the same examples; got predictions of "
            f"{_render_examples(predictions.split, predictions.index)} and labels of "
            f"{_render_examples(labels.split, labels.index)}."
        )
    is_outside = (labels.values < 0) | (labels.values >= predictions.n_classes)
    if is_outside.any():
        raise PredictionError(
            f"labels must be from 0 to {predictions.n_classes - 1}; got "
            f"{labels.values[is_outside][0]} at index {labels.index[is_outside][0]} of split "
            f"{labels.split!r}."
        )


def _render_examples(split: str, index: Index) -> str:
    ends = f" from {index.min()} to {index.max()}" if len(index) else ""
    return f"split {split!r} ({len(index)} indices{ends})"
