"""Rules other than counting: cases worked by hand, peers, and what they refuse."""

import math

import numpy as np
import pytest
from hypothesis import given

from ensemble_lab.analysis.votes.bands import TieBand, count_band
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.scores import score_borda, score_geometric_mean, score_trimmed_mean
from ensemble_lab.analysis.votes.tally import Tally
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.analysis.votes.weights import fit_log_odds
from ensemble_lab.arrays import Array
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import LabelAccessError, PredictionError
from ensemble_lab.store.labels import ValidationLabels
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles
from tests.conftest import need
from tests.toy import hard_predictions, toy_labels, toy_predictions


def decide(rule: str, probabilities: Array) -> list[int]:
    """The classes that a rule chooses, ties to the smaller class."""
    predictions = toy_predictions(np.array(probabilities, np.float32))
    return combine(predictions, Decision(rule=rule, ties="lowest")).predicted.tolist()


def tally(predictions: Predictions, weights: Array | None = None) -> Tally:
    vote = combine(predictions, Decision())
    n_members = len(predictions.members)
    given = np.ones(n_members) if weights is None else weights
    return Tally(vote.vote_counts, None, predictions, given)


ONE_VETO = [[[0.6, 0.4, 0.0]], [[0.6, 0.4, 0.0]], [[0.0, 0.4, 0.6]]]
ONE_SHOUTS = [[[0.55, 0.45, 0]], [[0.55, 0.45, 0]], [[0.02, 0.98, 0]]]
SECOND_CHOICE = [[[0.5, 0.4, 0.1]], [[0.5, 0.4, 0.1]], [[0.1, 0.4, 0.5]], [[0.1, 0.4, 0.5]]]


@pytest.mark.parametrize(
    ("rule", "probabilities", "chosen"),
    [
        ("majority", ONE_VETO, 0),
        ("mean-probability", ONE_VETO, 0),  # sums 1.2, 1.2 and 0.6
        ("geometric-mean", ONE_VETO, 1),  # a member says never to 0
        ("mean-probability", ONE_SHOUTS, 1),
        ("median", ONE_SHOUTS, 0),
        ("trimmed-mean", ONE_SHOUTS, 0),  # one left out at each end of three
        ("maximum", ONE_SHOUTS, 1),
        ("borda", ONE_SHOUTS, 0),  # 5 points to 4
        ("borda", SECOND_CHOICE, 0),  # 4, 4, 4: a tie
        ("median", SECOND_CHOICE, 1),  # .3, .4, .3
        ("mean-probability", SECOND_CHOICE, 1),
        ("maximum", SECOND_CHOICE, 0),  # .5, .4, .5: a tie
    ],
)
def test_a_rule_chooses_as_by_hand(rule, probabilities, chosen) -> None:
    assert decide(rule, probabilities) == [chosen]


def test_weighted_majority_adds_weights_up() -> None:
    predictions = hard_predictions([[0, 1], [1, 1], [1, 0]])
    keys = predictions.members
    for weights, wanted in (((3, 1, 1), [0, 1]), ((1, 1, 1), [1, 1]), ((-1, 1, 3), [1, 0])):
        decision = Decision(rule="weighted-majority", members=keys, weights=weights)
        assert combine(predictions, decision).predicted.tolist() == wanted
    tied = Decision(rule="weighted-majority", members=keys, weights=(2, 1, 1))
    assert combine(predictions, tied).is_tied.tolist() == [True, False]


def test_weights_that_add_up_alike_tie_however_they_are_rounded() -> None:
    predictions = hard_predictions([[0]] * 10 + [[1]])
    tenths = (*[0.1] * 10, 1.0)
    assert sum(tenths[:10]) < 1
    decision = Decision(rule="weighted-majority", members=predictions.members, weights=tenths)
    assert combine(predictions, decision).is_tied.tolist() == [True]


def test_weights_move_means() -> None:
    predictions = toy_predictions(np.array([[[0.9, 0.1]], [[0.4, 0.6]], [[0.4, 0.6]]], np.float32))
    keys = predictions.members
    for rule in ("mean-probability", "geometric-mean"):
        vote = combine(predictions, Decision(rule=rule, members=keys, weights=(0, 1, 1)))
        assert vote.predicted.tolist() == [1]
        np.testing.assert_allclose(vote.mean_probabilities, [[0.4, 0.6]], rtol=1e-6)


@given(ensembles())
def test_peers_agree(predictions: Predictions) -> None:
    stats = need("scipy.stats")
    given = predictions.probabilities.astype(np.float64)
    found = score_geometric_mean(tally(predictions)) / len(given)
    np.testing.assert_allclose(np.exp(found), stats.gmean(given, axis=0), rtol=1e-9)
    below = (stats.rankdata(given, axis=2) - 1).sum(axis=0)
    np.testing.assert_array_equal(score_borda(tally(predictions)), below)
    share = 1 / len(given) if len(given) > 2 else 0
    kept = len(given) - 2 * round(share * len(given))
    np.testing.assert_allclose(
        score_trimmed_mean(tally(predictions)) / kept,
        stats.trim_mean(given, share + 1e-9, axis=0),
        rtol=1e-12,
    )
    np.testing.assert_array_equal(
        RULES["median"].score(tally(predictions)), np.median(given, axis=0)
    )


def test_a_tenth_is_left_out_at_each_end_of_many() -> None:
    parts = np.linspace(0, 1, 40)[:, np.newaxis, np.newaxis]
    predictions = toy_predictions(np.concatenate([parts, 1 - parts], axis=2))
    kept = np.sort(predictions.probabilities[:, 0, 0])[4:36]
    found = score_trimmed_mean(tally(predictions))[0, 0]
    assert found == pytest.approx(kept.sum(dtype=np.float64))


def test_zero_counts_as_the_floor_and_many_outvote_it() -> None:
    one = [[[0.0, 1.0]]]
    others = [[[1.0, 0.0]]] * 3
    assert decide("geometric-mean", one + others) == [0]


@pytest.mark.parametrize("rule", [name for name, row in RULES.items() if row.uses_probabilities])
def test_rules_on_probabilities_are_refused_on_votes(rule) -> None:
    with pytest.raises(PredictionError, match="where only votes are known"):
        combine(hard_predictions([[0, 1]]), Decision(rule=rule))


@pytest.mark.parametrize("rule", [name for name, row in RULES.items() if row.weights == "none"])
def test_weights_are_refused_by_rules_that_have_none(rule) -> None:
    predictions = toy_predictions()
    decision = Decision(rule=rule, members=predictions.members, weights=(1.0, 2.0, 3.0))
    with pytest.raises(PredictionError, match="weighted-majority or geometric-mean"):
        combine(predictions, decision)


def test_weights_that_are_wanted_or_no_shares_are_refused() -> None:
    predictions = toy_predictions()
    with pytest.raises(PredictionError, match="a weight for each member"):
        combine(predictions, Decision(rule="weighted-majority"))
    for weights in ((1.0, -1.0, 1.0), (0.0, 0.0, 0.0)):
        decision = Decision(rule="mean-probability", members=predictions.members, weights=weights)
        with pytest.raises(PredictionError, match="0 or more"):
            combine(predictions, decision)


def test_log_odds_are_fitted_on_labels_for_choosing_only() -> None:
    predictions = toy_predictions()
    with pytest.raises(LabelAccessError, match="Choose on validation"):
        fit_log_odds(predictions, toy_labels())
    labels = toy_labels()
    own = ValidationLabels("validation", labels.values, labels.index, "sha")
    assert fit_log_odds(predictions, own) == pytest.approx(
        [math.log((r + 0.5) / (6.5 - r)) for r in (predictions.votes == labels.values).sum(axis=1)]
    )


def test_band_says_what_ties_are_worth() -> None:
    # right; tied right or wrong; tied among three; tied among wrong classes; wrong
    votes = [[1, 0, 0, 0, 2], [1, 1, 1, 2, 2], [1, 3, 2, 0, 2], [1, 0, 3, 2, 2], [1, 1, 3, 3, 2]]
    predictions = hard_predictions(votes, n_classes=4)
    labels = np.ones(5, np.int64)
    vote = combine(predictions, Decision(ties="lowest"))
    # counts 5; 2-2-1; 1-1-1-2 is none; 2-2-1 wrong; 5 wrong
    assert vote.is_tied.tolist() == [False, True, False, True, False]
    assert count_band(vote, labels) == TieBand(low=3, expected=3.5, high=4)


@given(ensembles())
def test_band_holds_what_every_policy_makes(predictions: Predictions) -> None:
    labels = np.zeros(len(predictions.index), np.int64)
    votes = [combine(predictions, Decision(ties=ties)) for ties in ("lowest", "mean-probability")]
    band = count_band(votes[0], labels)
    assert band == count_band(votes[1], labels)
    assert band.low <= band.expected <= band.high
    errors = [int((vote.predicted != 0).sum()) for vote in votes]
    # The smallest class is the label here.
    assert errors[0] == band.low <= errors[1] <= band.high


def test_vote_by_groups_has_no_band() -> None:
    vote = combine(toy_predictions(), Decision(rule="two-level"))
    with pytest.raises(PredictionError, match="without groups"):
        count_band(vote, np.array(toy_labels().values))
