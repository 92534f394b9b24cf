"""Scores of labels: by hand, and number for number as cleanlab has them."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.errors.label_scores import (
    LABEL_SCORES,
    find_label_score,
    rank_label_scores,
    score_normalized_margin,
    score_self_confidence,
)
from ensemble_lab.exceptions import MissingExtraError, PredictionError
from tests.conftest import need

OWN = ["self-confidence", "normalized-margin"]
PROBABILITIES = np.array([[0.75, 0.25, 0.0], [0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
LABELS = np.array([0, 1, 1])


def draw(seed, n_examples=200, n_classes=5, wrong=0.1):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n_examples)
    rows = rng.dirichlet(np.ones(n_classes) / 2, n_examples) + 1.5 * np.eye(n_classes)[truth]
    is_wrong = rng.random(n_examples) < wrong
    labels = np.where(is_wrong, rng.integers(0, n_classes, n_examples), truth)
    return labels.astype(np.int64), rows / rows.sum(axis=1, keepdims=True)


def test_scores_by_hand():
    assert score_self_confidence(LABELS, PROBABILITIES).tolist() == [0.75, 0.25, 0.5]
    assert score_normalized_margin(LABELS, PROBABILITIES).tolist() == [0.75, 0.375, 0.625]


def test_lowest_comes_first_and_equal_scores_go_by_index():
    row = find_label_score("self-confidence")
    labels, probabilities = np.array([0, 1, 0, 1]), np.full((4, 2), 0.5)
    positions, scores = rank_label_scores(row, labels, probabilities, np.array([9, 2, 7, 4]))
    assert positions.tolist() == [1, 3, 2, 0]
    assert scores.tolist() == [0.5] * 4
    first, _ = rank_label_scores(row, LABELS, PROBABILITIES, np.arange(3))
    assert first.tolist() == [1, 2, 0]


@pytest.mark.parametrize("name", OWN)
@given(seed=st.integers(0, 1000), n_classes=st.integers(2, 9), n_examples=st.integers(1, 60))
def test_scores_are_cleanlabs_to_the_last_bit(name, seed, n_classes, n_examples):
    rank = need("cleanlab.rank")
    labels, probabilities = draw(seed, n_examples, n_classes)
    theirs = rank.get_label_quality_scores(labels, probabilities, method=name.replace("-", "_"))
    ours = LABEL_SCORES[name].score(labels, probabilities)
    np.testing.assert_array_equal(ours, theirs)
    assert ((ours >= 0) & (ours <= 1)).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_confident_learning_lists_what_cleanlab_lists(seed):
    need("cleanlab")
    from cleanlab.filter import find_label_issues

    labels, probabilities = draw(seed)
    theirs = find_label_issues(
        labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    row = find_label_score("confident-learning")
    ours, scores = rank_label_scores(row, labels, probabilities, np.arange(len(labels)))
    assert ours.tolist() == theirs.tolist()
    assert 5 < len(ours) < 40
    np.testing.assert_array_equal(scores, score_self_confidence(labels, probabilities))


def test_confident_learning_of_a_small_split_is_quiet(capfd, recwarn):
    need("cleanlab")
    row = find_label_score("confident-learning")
    found, _ = rank_label_scores(row, LABELS, PROBABILITIES, np.arange(3))
    assert set(found.tolist()) <= {0, 1, 2}
    assert capfd.readouterr() == ("", "")
    assert len(recwarn) == 0


def test_own_scores_load_no_cleanlab():
    code = (
        "import sys, ensemble_lab.errors.label_scores as s; s.find_label_score('self-confidence');"
        "assert not {'cleanlab', 'sklearn', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_cleanlab_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ensemble-lab\[labels\]"):
        find_label_score("confident-learning")
    find_label_score("normalized-margin")


@pytest.mark.parametrize(
    ("labels", "probabilities", "fact"),
    [
        ([0], [[1.0]], "two classes"),
        ([2], [[0.5, 0.5]], "from 0 to 1"),
        ([-1], [[0.5, 0.5]], "from 0 to 1"),
        ([0, 1], [[0.5, 0.5]], "2 examples"),
    ],
)
@pytest.mark.parametrize("name", OWN)
def test_what_cannot_be_scored_is_refused(name, labels, probabilities, fact):
    with pytest.raises(PredictionError, match=fact):
        LABEL_SCORES[name].score(np.array(labels), np.array(probabilities))


def test_unknown_score_names_the_closest():
    with pytest.raises(PredictionError, match="did you mean 'normalized-margin'"):
        find_label_score("normalised-margin")
