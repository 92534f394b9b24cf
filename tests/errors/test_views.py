"""What each view holds, by hand on the toy ensemble."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.orders import ORDERS
from ensemble_lab.errors.views import DEFAULT_SHARE, VIEWS, Evidence, count_least, find_view
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles
from tests.toy import CASES, toy_labels, toy_predictions

RULES = ("majority", "mean-probability", "maximum")


def toy_evidence(predictions: Predictions, labels: np.ndarray) -> Evidence:
    """With the first member for the best, and three rules."""
    vote = combine(predictions, DEFAULT)
    wrong_members = predictions.votes != labels
    chosen = [combine(predictions, Decision(rule=rule)).predicted for rule in RULES]
    return Evidence(
        wrong=vote.predicted != labels,
        tied=vote.is_tied,
        n_members=len(wrong_members),
        n_wrong=wrong_members.sum(axis=0),
        p_predicted=vote.mean_probabilities[np.arange(len(labels)), vote.predicted],
        best=predictions.members[0],
        wrong_best=wrong_members[0],
        rules=RULES,
        wrong_rules=np.stack(chosen) != labels,
    )


TOY = toy_evidence(toy_predictions(), toy_labels().values)


@pytest.mark.parametrize(
    ("view", "share", "cases"),
    [
        ("errors", 0.5, CASES[3:]),
        ("all", 0.5, CASES),
        ("oracle", 0.5, CASES[4:]),
        # Member a-0000 votes 0 1 0 0 2 0 where the labels are 0 1 2 0 1 2.
        ("rescued", 0.5, ("tie",)),
        ("broken", 0.5, ("oracle-only",)),
        ("persistent", 0.5, CASES[2:]),
        ("persistent", 1.0, CASES[4:]),
        ("persistent", 0.3, CASES[1:]),
        # The mean rule and the maximum, 15/16 for the label, get "oracle-only" right.
        ("persistent-rules", 0.5, CASES[4:]),
        ("persistent-rules", 0.3, CASES[3:]),
        ("ties", 0.5, ("tie",)),
        ("near-misses", 0.5, CASES[:3]),
        # 32/48 on the wrong class, against 17/48 and 20/48.
        ("confident", 0.5, ("all wrong alike",)),
        ("confident", 0.4, CASES[4:]),
    ],
)
def test_view_holds_these_cases(view, share, cases):
    held = VIEWS[view].holds(TOY, share)
    assert held.dtype == bool
    assert tuple(case for case, is_held in zip(CASES, held, strict=True) if is_held) == cases


@pytest.mark.parametrize(
    ("view", "share", "words"),
    [
        ("errors", 0.5, "error"),
        ("oracle", 0.5, "example that no member gets right"),
        ("rescued", 0.5, "example that a-0000, best on validation, gets wrong and the vote right"),
        ("broken", 0.5, "example that a-0000, best on validation, gets right and the vote wrong"),
        ("persistent", 0.5, "example that 2 or more of 3 members get wrong"),
        ("persistent", 1.0, "example that 3 of 3 members get wrong"),
        (
            "persistent-rules",
            0.5,
            "example that 2 or more of 3 rules get wrong (majority, mean-probability, maximum)",
        ),
        ("confident", 0.7, "error with 0.7 or more of the probability on the wrong class"),
    ],
)
def test_view_says_what_its_rows_are(view, share, words):
    row = VIEWS[view]
    assert row.noun + row.clause(TOY, share) == words


def test_rows_of_the_registry_are_whole():
    assert next(iter(VIEWS)) == "errors"
    for view in VIEWS.values():
        assert view.order in ORDERS
        assert view.help


@given(st.floats(0.001, 1), st.integers(1, 200))
def test_least_count_is_the_first_that_reaches_the_share(share, number):
    least = count_least(share, number)
    assert 1 <= least <= number
    assert least / number >= share - 1e-9
    assert least == 1 or (least - 1) / number < share


@pytest.mark.parametrize("twentieths", range(1, 21))
def test_a_share_in_decimals_asks_for_no_member_more(twentieths):
    assert count_least(twentieths * 0.05, 20) == twentieths


@given(ensembles(), st.data())
def test_views_fit_together(predictions, data):
    classes = st.integers(0, predictions.n_classes - 1)
    n_examples = len(predictions.index)
    labels = np.array(data.draw(st.lists(classes, min_size=n_examples, max_size=n_examples)))
    seen = toy_evidence(predictions, labels)
    held = {name: view.holds(seen, DEFAULT_SHARE) for name, view in VIEWS.items()}
    assert (held["errors"] ^ held["near-misses"]).all()
    assert (held["confident"] <= held["errors"]).all()
    assert (held["oracle"] == VIEWS["persistent"].holds(seen, 1.0)).all()
    # A class without a vote has no majority.
    assert (held["oracle"] <= held["errors"]).all()
    n_best = np.count_nonzero(seen.wrong_best)
    n_moved = held["broken"].sum() - held["rescued"].sum()
    assert held["errors"].sum() == n_best + n_moved


@given(ensembles(), st.data())
def test_order_of_members_changes_no_view_but_those_of_the_best(predictions, data):
    order = data.draw(st.permutations(range(len(predictions.members))))
    labels = np.zeros(len(predictions.index), np.int64)
    shuffled = predictions.select(tuple(predictions.members[member] for member in order))
    one, other = toy_evidence(predictions, labels), toy_evidence(shuffled, labels)
    for name, view in VIEWS.items():
        if view.need != "best":
            share = 0.35 if name == "confident" else DEFAULT_SHARE
            assert (view.holds(one, share) == view.holds(other, share)).all(), name


def test_one_member_is_neither_rescued_nor_broken():
    one = toy_predictions().select(("a-0000",))
    seen = toy_evidence(one, toy_labels().values)
    assert not VIEWS["rescued"].holds(seen, 0.5).any()
    assert not VIEWS["broken"].holds(seen, 0.5).any()
    assert (VIEWS["persistent"].holds(seen, 0.5) == seen.wrong).all()


def test_unknown_view_lists_all_and_names_the_closest():
    with pytest.raises(PredictionError) as refusal:
        find_view("near")
    assert ", ".join(VIEWS) in str(refusal.value)
    assert "did you mean 'near-misses'" in str(refusal.value)


@pytest.mark.parametrize("share", [0.0, -0.5, 1.01, float("nan"), float("inf")])
def test_share_is_above_0_and_at_most_1(share):
    with pytest.raises(PredictionError, match="above 0 and at most 1; got"):
        find_view("persistent", share)


@pytest.mark.parametrize("view", [name for name, view in VIEWS.items() if not view.has_share])
def test_share_is_refused_where_it_means_nothing(view):
    with pytest.raises(PredictionError, match="persistent, persistent-rules or confident"):
        find_view(view, 0.5)
    assert find_view(view) is VIEWS[view]


def test_confidence_is_of_the_class_that_was_chosen():
    """The majority may choose against the larger mean; what is wrong is judged by its own."""
    sure = replace(TOY, p_predicted=np.array([0.9, 0.9, 0.9, 0.5, 0.49, 1.0]))
    assert VIEWS["confident"].holds(sure, 0.5).tolist() == [False] * 3 + [True, False, True]
