"""Margins by hand, and against what the catalogue and cleanlab's formula say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.errors import margins as module
from ensemble_lab.errors.catalogue import build_catalogue
from ensemble_lab.errors.margins import Margins, measure_margins
from ensemble_lab.exceptions import PredictionError
from tests.toy import LABELS, toy_labels, toy_predictions

MEAN = Decision(rule="mean-probability")


def test_margins_of_the_toy_ensemble_are_those_worked_by_hand():
    means = combine(toy_predictions(), MEAN).mean_probabilities
    wanted = np.array([30 - 10, 26 - 14, 20 - 14, 27 - 17, 10 - 32, 10 - 20]) / 48
    np.testing.assert_allclose(measure_margins(means, np.array(LABELS)), wanted)


def test_tied_means_have_no_margin():
    means = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert measure_margins(means, np.array([1, 1])).tolist() == [0.0, 0.5]


def test_margin_of_the_mean_rules_errors_is_the_gap_turned_round():
    predictions, labels = toy_predictions(), toy_labels()
    rows = build_catalogue(predictions, combine(predictions, MEAN), labels)
    assert len(rows)
    np.testing.assert_array_equal(rows.margin, -rows.gap)


@given(st.integers(1, 40), st.integers(2, 6), st.integers(0, 99))
def test_blocks_change_nothing(n_examples, n_classes, seed):
    rng = np.random.default_rng(seed)
    means = rng.dirichlet(np.ones(n_classes), n_examples)
    labels = rng.integers(0, n_classes, n_examples)
    others = [np.delete(row, label).max() for row, label in zip(means, labels, strict=True)]
    wanted = means[np.arange(n_examples), labels] - others
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_CELLS", 3 * n_classes)
        np.testing.assert_array_equal(measure_margins(means, labels), wanted)


def test_what_has_no_margin_is_refused():
    one = np.zeros(1)
    with pytest.raises(PredictionError, match="only votes are known"):
        Margins("test", Decision(), one, np.array([np.nan]), np.array([True]))
    with pytest.raises(PredictionError, match="is_right must have 1 examples"):
        Margins("test", Decision(), one, one, np.array([True, False]))
    with pytest.raises(PredictionError, match="labels must have 2 examples"):
        measure_margins(np.ones((2, 2)) / 2, np.array([0]))
