"""A decision: its words, its digest, and what it refuses."""

import dataclasses

import pytest

from ensemble_lab.decision import RULES, TIES, Decision, parse_ties
from ensemble_lab.exceptions import PredictionError

PINNED_DEFAULT = "6e66b4ae30147c2c469e5a770cbb6f25ff3a15d620a6dd16d8e648dece36aa6b"
PINNED_RANDOM = "d791c10d8ee77cf771114d7ca368508bbe0880430890605422b9c20203651307"


def test_digest_is_pinned():
    """Catalogues and ledgers are named by it."""
    assert Decision().digest == PINNED_DEFAULT
    assert Decision(rule="mean-probability", ties="random", tie_seed=7).digest == PINNED_RANDOM


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("ties", TIES)
def test_decision_comes_back_from_its_json(rule, ties):
    decision = Decision(
        rule=rule,
        ties=ties,
        members=("a", "b"),
        weights=(0.1, 2.0),
        chosen_on="validation",
        chosen_among=12,
        variant="tta-8",
    )
    assert Decision.from_json(decision.to_json()) == decision
    assert Decision.from_json(decision.to_json()).digest == decision.digest


def test_every_field_that_decides_is_in_the_digest():
    changes = [
        {"rule": "mean-probability"},
        {"rule": "two-level"},
        {"ties": "lowest"},
        {"ties": "random"},
        {"ties": "random", "tie_seed": 1},
        {"members": ("a",)},
        {"members": ("a", "b")},
        {"members": ("b", "a")},
        {"members": ("a", "b"), "weights": (1.0, 2.0)},
        {"members": ("a", "b"), "weights": (2.0, 1.0)},
        {"chosen_on": "test"},
        {"chosen_among": 2},
        {"variant": "tta-8"},
        {"variant": "tta-9"},
    ]
    digests = {dataclasses.replace(Decision(), **change).digest for change in changes}
    assert len(digests | {Decision().digest}) == len(changes) + 1


def test_seed_that_nothing_reads_changes_no_digest():
    assert Decision(tie_seed=5).digest == Decision().digest
    assert "tie_seed" not in Decision(ties="lowest", tie_seed=5).to_json()


def test_words_say_what_chose_it():
    assert Decision().text == "majority, ties by mean-probability"
    assert Decision(ties="random", tie_seed=3).tie_policy == "random:3"
    assert Decision(rule="two-level").text == "two-level, ties by mean-probability"
    chosen = Decision(chosen_on="test", chosen_among=120)
    assert chosen.text.endswith("chosen on test among 120")
    assert Decision(chosen_on="test").text.endswith(", chosen on test")
    weighed = Decision(members=("a",), weights=(2.0,), chosen_on="validation")
    assert weighed.text.endswith(", weights from validation")
    assert Decision(variant="tta-8").text == f"{Decision().text}, variant tta-8"


@pytest.mark.parametrize(
    ("values", "fact"),
    [
        ({"rule": "majorty"}, "did you mean 'majority'"),
        ({"rule": "plurality"}, "majority, mean-probability, two-level"),
        ({"rule": "two-levels"}, "did you mean 'two-level'"),
        ({"ties": "lowset"}, "did you mean 'lowest'"),
        ({"tie_seed": -1}, "tie_seed"),
        ({"weights": (1.0,)}, "one for each of 0 members; got 1"),
        ({"members": ("a",), "weights": (float("nan"),)}, "finite"),
        ({"tie_seed": 2**63}, "tie_seed"),
        ({"variant": "../up"}, "variant must be lower-case"),
        ({"variant": 3.5}, "variant must be lower-case"),
    ],
)
def test_unknown_word_names_the_closest(values, fact):
    with pytest.raises(PredictionError, match=fact):
        Decision(**values)


def test_ties_are_read_with_their_seed():
    assert parse_ties("lowest") == ("lowest", 0)
    assert parse_ties("random:12") == ("random", 12)
    for text in ("random", "random:", "random:x", "random:-1", "random:1.5"):
        with pytest.raises(PredictionError, match="random:0"):
            parse_ties(text)
    name, seed = parse_ties("lowest:3")
    with pytest.raises(PredictionError, match="lowest"):
        Decision(ties=name, tie_seed=seed)
