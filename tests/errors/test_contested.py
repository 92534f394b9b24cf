"""Contested examples of the toy ensemble, and how each member is wrong on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.errors import contested as module
from ensemble_lab.errors.catalogue import catalogue_examples
from ensemble_lab.errors.contested import (
    LIKE_VOTE,
    OTHERWISE,
    RIGHT,
    Contested,
    build_contested,
    find_contested,
)
from ensemble_lab.exceptions import PredictionError
from tests.toy import toy_labels, toy_predictions


@pytest.fixture
def contested():
    predictions, labels = toy_predictions(), toy_labels()
    positions = find_contested(predictions.votes, labels.values)
    rows = catalogue_examples(predictions, combine(predictions, Decision()), labels, positions)
    return build_contested(rows, predictions, labels)


def test_all_but_the_unanimously_right_are_contested_most_wrong_first(contested):
    assert contested.rows.indices == (21, 34, 8, 13, 5)
    assert contested.rows.wrong_members.sum(axis=1).tolist() == [3, 3, 2, 2, 1]


def test_kinds_of_the_toy_ensemble_are_those_worked_by_hand(contested):
    assert contested.rows.predicted.tolist() == [2, 0, 2, 1, 1]
    assert contested.kinds.T.tolist() == [
        [LIKE_VOTE, LIKE_VOTE, LIKE_VOTE],
        [LIKE_VOTE, OTHERWISE, LIKE_VOTE],
        [OTHERWISE, OTHERWISE, RIGHT],
        [RIGHT, LIKE_VOTE, LIKE_VOTE],
        [RIGHT, RIGHT, OTHERWISE],
    ]


def test_repr_says_how_many(contested):
    assert "5 rows, 3 members, 5 of 6 examples contested" in repr(contested)


@given(st.integers(1, 5), st.integers(1, 30), st.integers(0, 99))
def test_contested_are_those_that_a_loop_finds(n_members, n_examples, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n_examples)
    votes = np.where(rng.random((n_members, n_examples)) < 0.3, 2, labels).astype(np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_VOTES", 4)
        found = find_contested(votes, labels)
    assert found.tolist() == [i for i in range(n_examples) if set(votes[:, i]) != {labels[i]}]


def test_votes_of_other_rows_are_refused(contested):
    with pytest.raises(PredictionError, match="votes must have 5 rows; got 4"):
        Contested(contested.rows, contested.votes[:, 1:], 5, 6)
