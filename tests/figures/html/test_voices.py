"""What members say of rows, and which of it is kept where there is too much."""

import numpy as np
import pytest

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.html import voices as module
from ensemble_lab.figures.html.voices import collect_voices
from tests.figures.html.benches import build_predictions, catalogue_all, catalogue_errors


@pytest.mark.parametrize("rule", ["majority", "mean-probability", "geometric-mean", "two-level"])
def test_means_and_votes_are_those_of_the_vote(rule):
    predictions = build_predictions()
    decision = Decision(rule=rule)
    rows = catalogue_all(predictions, decision)
    vote = combine(predictions, decision)
    found = collect_voices(rows, predictions)
    assert found.classes is None
    np.testing.assert_array_equal(found.means, vote.mean_probabilities)
    np.testing.assert_array_equal(found.votes, predictions.votes.T)
    np.testing.assert_array_equal(found.probabilities, predictions.probabilities.transpose(1, 0, 2))
    assert found.kept.tolist() == list(range(40))


def test_blocks_of_rows_change_nothing(monkeypatch):
    predictions = build_predictions(n_classes=30)
    rows = catalogue_errors(predictions)
    whole = collect_voices(rows, predictions)
    monkeypatch.setattr(module, "_BLOCK_CELLS", 6 * 30 * 7)
    parts = collect_voices(rows, predictions)
    np.testing.assert_array_equal(parts.classes, whole.classes)
    np.testing.assert_array_equal(parts.means, whole.means)


def test_rows_and_members_of_a_part_are_found_by_index_and_key():
    predictions = build_predictions()
    some = predictions.select(("cnn-0004", "cnn-0001"))
    rows = catalogue_errors(some)
    found = collect_voices(rows, predictions)
    places = rows.index - predictions.index[0]
    np.testing.assert_array_equal(found.votes, predictions.votes[[4, 1]][:, places].T)
    np.testing.assert_array_equal(
        found.probabilities, predictions.probabilities[[4, 1]][:, places].transpose(1, 0, 2)
    )


def test_of_many_classes_label_predicted_and_the_likeliest_are_kept():
    predictions = build_predictions(n_classes=30)
    rows = catalogue_errors(predictions)
    found = collect_voices(rows, predictions)
    assert found.classes.shape == (len(rows), 10)
    np.testing.assert_array_equal(found.classes[:, 0], rows.label)
    np.testing.assert_array_equal(found.classes[:, 1], rows.predicted)
    np.testing.assert_array_equal(found.means[:, 0], rows.p_label)
    means = combine(predictions, Decision()).mean_probabilities
    of_first = means[rows.index[0] - predictions.index[0]]
    others = [c for c in np.argsort(-of_first, kind="stable") if c not in found.classes[0, :2]]
    assert found.classes[0, 2:].tolist() == others[:8]
    place = rows.index[0] - predictions.index[0]
    np.testing.assert_array_equal(
        found.probabilities[0], predictions.probabilities[:, place][:, found.classes[0]]
    )


def test_where_there_is_too_much_the_wrong_are_kept_then_the_contested():
    predictions = build_predictions()
    rows = catalogue_all(predictions)
    is_wrong = rows.label != rows.predicted
    is_contested = rows.wrong_members.any(axis=1) & ~is_wrong
    n_wrong, n_contested = int(is_wrong.sum()), int(is_contested.sum())
    a_row = 6 * 4
    kept = collect_voices(rows, predictions, most=(n_wrong + 2) * a_row).kept
    assert kept.tolist() == sorted([*np.flatnonzero(is_wrong), *np.flatnonzero(is_contested)[:2]])
    assert n_contested > 2
    assert len(collect_voices(rows, predictions, most=a_row - 1).kept) == 0


def test_votes_alone_have_no_means():
    predictions = build_predictions(has_probabilities=False)
    found = collect_voices(catalogue_all(predictions), predictions)
    assert (found.means, found.classes, len(found.kept)) == (None, None, 0)
    np.testing.assert_array_equal(found.votes, predictions.votes.T)


def test_member_that_did_not_predict_is_named():
    predictions = build_predictions()
    rows = catalogue_errors(predictions)
    with pytest.raises(PredictionError, match="cnn-0000"):
        collect_voices(rows, predictions.select(predictions.members[1:]))
