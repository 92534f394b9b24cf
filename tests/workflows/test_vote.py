"""The two-level vote of a run, and of its groups apart."""

import json

import numpy as np
import pytest

from ensemble_lab.cli import main
from ensemble_lab.decision import Decision
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.vote import score_vote, score_vote_by_group

TWO_LEVEL = Decision(rule="two-level")
GROUPS = {"m7": 3, "m3": 3, "m5": 3}


@pytest.fixture
def run(make_erring_run):
    return make_erring_run(groups=GROUPS, n_examples=60, n_classes=3)


def elect_by_hand(run):
    """The class that two groups or more chose, -1 where each chose another."""
    predictions = load_predictions(run)
    ballots = []
    for group in GROUPS:
        rows = [row for row, entry in enumerate(run.members) if entry.group == group]
        counts = np.stack([np.bincount(v, minlength=3) for v in predictions.votes[rows].T])
        means = predictions.probabilities[rows].mean(axis=0, dtype=np.float64)
        is_best = counts == counts.max(axis=1, keepdims=True)
        ballots.append(np.where(is_best, means, -1).argmax(axis=1))
    counts = np.stack([np.bincount(v, minlength=3) for v in np.stack(ballots).T])
    return np.where(counts.max(axis=1) > 1, counts.argmax(axis=1), -1)


def test_errors_of_a_two_level_vote_are_those_of_the_groups_ballots(run):
    labels = load_labels(run).values
    elected = elect_by_hand(run)
    is_level = elected < 0
    assert 0 < is_level.sum() < len(labels)
    found = find_errors(run, Question(decision=TWO_LEVEL, sort="index"))
    wrong = set(found.catalogue.indices)
    assert wrong - set(np.flatnonzero(is_level)) == set(
        np.flatnonzero((elected != labels) & ~is_level)
    )
    assert found.catalogue.is_tied[np.isin(found.catalogue.index, np.flatnonzero(is_level))].all()
    report = score_vote(run, decision=TWO_LEVEL)
    assert report.errors == len(wrong) == found.n_errors
    assert report.errors != score_vote(run).errors, "the rule must matter here"
    assert report.decision.text == "two-level, ties by mean-probability"


def test_members_of_one_group_vote_as_by_majority(run):
    assert [report.errors for report in score_vote_by_group(run, decision=TWO_LEVEL)] == [
        report.errors for report in score_vote_by_group(run)
    ]


def test_commands_take_the_rule_by_its_name(run, capsys):
    def call(*words):
        with pytest.raises(SystemExit) as stop:
            main([*words, "--rule", "two-level"])
        assert not stop.value.code
        return capsys.readouterr().out

    assert "9 members, two-level, ties by mean-probability" in call("vote", str(run.path))
    (row,) = json.loads(call("errors", str(run.path), "--format", "json", "--index", "0"))
    assert row["votes_for_label"] == 9 - len(row["wrong_members"])
