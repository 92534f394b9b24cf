"""Catalogues made of blocks: each row as from the votes and means of all examples at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import Vote, choose, combine
from ensemble_lab.errors.catalogue import Catalogue, build_catalogue, catalogue_examples
from ensemble_lab.errors.contested import build_contested
from ensemble_lab.store.predictions import Predictions
from tests.analysis.test_streaming import SIZES, asked, cut_into
from tests.toy import toy_labels


def tabulate_by_hand(
    predictions: Predictions, vote: Vote, labels: np.ndarray, positions: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns that are computed, from arrays of all examples."""
    votes = predictions.select(vote.decision.members).votes[:, positions]
    label, predicted = labels[positions], vote.predicted[positions]
    rows = np.arange(len(positions))
    means = np.full((len(positions), predictions.n_classes), np.nan)
    if vote.mean_probabilities is not None:
        means = vote.mean_probabilities[positions]
    others = means.copy()
    others[rows, label] = -np.inf
    return {
        "index": predictions.index[positions],
        "label": label,
        "predicted": predicted,
        "gap": means[rows, predicted] - means[rows, label],
        "margin": means[rows, label] - others.max(axis=1),
        "confidence": means.max(axis=1),
        "p_predicted": means[rows, predicted],
        "p_label": means[rows, label],
        "votes_for_predicted": (votes == predicted).sum(axis=0),
        "votes_for_label": (votes == label).sum(axis=0),
        "is_tied": vote.is_tied[positions],
        "wrong_members": (votes != label).T,
    }


def assert_columns(found: Catalogue, expected: dict[str, np.ndarray]) -> None:
    for name, values in expected.items():
        column = getattr(found, name)
        np.testing.assert_array_equal(column, values, err_msg=name)
        assert column.dtype == values.dtype, name


@given(asked(), SIZES, st.data())
def test_rows_are_those_of_all_examples_at_once(
    case: tuple, n_examples: int, data: st.DataObject
) -> None:
    predictions, decision, labels = case
    truth = toy_labels(tuple(labels.tolist()), tuple(predictions.index.tolist()))
    vote = combine(predictions, decision)
    n = len(labels)
    positions = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=2 * n)), np.int64)
    with pytest.MonkeyPatch.context() as patch:
        cut_into(patch, predictions, n_examples)
        choice = choose(predictions, decision)
        wrong = build_catalogue(predictions, choice, truth)
        asked_for = catalogue_examples(predictions, choice, truth, positions)
        contested = build_contested(wrong, predictions, truth)
    errors = np.flatnonzero(vote.predicted != labels)
    assert_columns(wrong, tabulate_by_hand(predictions, vote, labels, errors))
    assert_columns(asked_for, tabulate_by_hand(predictions, vote, labels, positions))
    assert wrong.members == vote.decision.members
    assert wrong.decision == vote.decision
    assert contested.n_contested == (predictions.votes != labels).any(axis=0).sum()
    by_index = dict(zip(predictions.index.tolist(), predictions.votes.T.tolist(), strict=True))
    order = [predictions.members.index(key) for key in wrong.members]
    assert contested.votes.T.tolist() == [
        [by_index[index][row] for row in order] for index in contested.rows.indices
    ]
