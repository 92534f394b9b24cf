"""Questions put to a whole run: views that need its validation split or other rules."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import MissingError, PredictionError
from ensemble_lab.store.labels import load_labels, load_validation_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import load_predictions, predictions_path, save_votes
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.select import select


@pytest.fixture
def run(make_run):
    """Two groups that are wrong often enough to differ."""
    return make_run(n_examples=120, n_classes=4, groups={"a": 3, "b": 2}, lead=0.15, seed=3)


def truth(run):
    predictions = load_predictions(run)
    labels = load_labels(run).values
    return predictions, labels, combine(predictions, DEFAULT).predicted != labels


def forget(run, split):
    """The run without a split."""
    return replace(run, splits=tuple(name for name in run.splits if name != split))


def leave_votes(run):
    """Let all members of the run have votes only, on test."""
    predictions = load_predictions(run)
    for key, votes in zip(predictions.members, predictions.votes, strict=True):
        predictions_path(run, key, "test").unlink()
        parent = load_member(run, key).weights_sha256
        save_votes(run, key, "test", votes, predictions.index, parent=parent)


def test_rescued_and_broken_are_by_the_member_that_select_calls_best(run):
    predictions, labels, is_wrong = truth(run)
    best = select(run, "best").decision.members[0]
    best_wrong = predictions.votes[predictions.members.index(best)] != labels
    rescued = find_errors(run, Question(view="rescued", sort="index"))
    assert rescued.catalogue.indices == tuple(np.flatnonzero(best_wrong & ~is_wrong))
    broken = find_errors(run, Question(view="broken", sort="index"))
    assert broken.catalogue.indices == tuple(np.flatnonzero(~best_wrong & is_wrong))
    assert min(len(rescued.catalogue), len(broken.catalogue)) > 0
    assert best in rescued.text
    assert best in broken.text


def test_best_is_sought_among_the_members_that_vote(run):
    found = find_errors(run, Question(view="rescued", members=("b-*",)))
    votes = load_predictions(run, "validation", members=("b-*",))
    errors = (votes.votes != load_validation_labels(run).values).sum(axis=1)
    best = found.clause.split()[1].strip(",")
    assert best in votes.members
    assert errors[votes.members.index(best)] == errors.min()


def test_persistent_rules_are_wrong_by_half_of_all_rules(run):
    predictions, labels, _ = truth(run)
    found = find_errors(run, Question(view="persistent-rules", sort="index"))
    (names,) = found.clause.split("(")[1:]
    rules = names.strip(")").split(", ")
    assert rules == [
        "majority", "mean-probability", "two-level", "weighted-majority", "geometric-mean",
        "median", "trimmed-mean", "borda", "maximum",
    ]  # fmt: skip
    plain = [Decision(rule=rule) for rule in rules if rule != "weighted-majority"]
    weighted = find_errors(run, Question(decision=Decision(rule="weighted-majority")))
    n_wrong = sum((combine(predictions, each).predicted != labels).astype(int) for each in plain)
    n_wrong[list(weighted.catalogue.indices)] += 1
    assert found.catalogue.indices == tuple(np.flatnonzero(n_wrong >= 5))
    strict = find_errors(run, Question(view="persistent-rules", share=1.0, sort="index"))
    assert strict.catalogue.indices == tuple(np.flatnonzero(n_wrong == 9))
    assert 0 < len(strict.catalogue) < len(found.catalogue)


def test_rules_that_cannot_be_computed_are_left_out(run):
    def rules(run, **wishes):
        clause = find_errors(run, Question(view="persistent-rules", **wishes)).clause
        return clause[clause.index("(") + 1 : -1].split(", ")

    assert "two-level" not in rules(run, members=("a-*",))
    bare = forget(run, "validation")
    assert "weighted-majority" not in rules(bare)
    for key in run.keys[:1]:
        predictions_path(run, key, "validation").unlink()
    assert "weighted-majority" not in rules(run)
    assert "weighted-majority" in rules(run, members=("b-*",))
    leave_votes(run)
    assert rules(run) == ["majority", "two-level"]


def test_the_rule_asked_for_keeps_its_own_weights(run):
    asked = find_errors(run, Question(decision=Decision(rule="weighted-majority")))
    weights = asked.catalogue.decision.weights
    bare = forget(run, "validation")
    kept = Decision(rule="weighted-majority", members=run.keys, weights=weights)
    found = find_errors(bare, Question(view="persistent-rules", decision=kept))
    assert "weighted-majority" in found.clause


@pytest.mark.parametrize("view", ["rescued", "broken"])
def test_without_validation_there_is_no_best_member_and_no_look(run, view):
    save_run(forget(run, "validation"))
    with pytest.raises(MissingError, match="validation split to choose on; got train, test"):
        find_errors(open_run(run.path), Question(view=view))
    assert load_ledger(run) == []


@pytest.mark.parametrize("view", ["near-misses", "confident"])
def test_views_of_probabilities_are_refused_on_votes_without_a_look(run, view):
    leave_votes(run)
    with pytest.raises(PredictionError, match=r"probabilities.*only votes, on split 'test'"):
        find_errors(run, Question(view=view))
    assert load_ledger(run) == []


@pytest.mark.parametrize("view", ["errors", "all", "oracle", "rescued", "persistent", "ties"])
def test_other_views_do_with_votes(run, view):
    leave_votes(run)
    found = find_errors(run, Question(view=view, where="gap is null"))
    assert len(found.catalogue) == found.n_held
    assert found.catalogue.indices == tuple(sorted(found.catalogue.indices)) or view == "persistent"


def test_index_narrows_a_view_and_replaces_errors(run):
    oracle = find_errors(run, Question(view="oracle")).catalogue.indices
    right = find_errors(run, Question(view="near-misses")).catalogue.indices
    assert len(oracle) > 2
    wanted = (right[0], *oracle[:2])
    assert set(find_errors(run, Question(index=wanted)).catalogue.indices) == set(wanted)
    narrowed = find_errors(run, Question(index=wanted, view="oracle"))
    assert set(narrowed.catalogue.indices) == set(oracle[:2])
    assert narrowed.n_held == len(oracle)


def test_every_view_of_a_vote_is_the_same_look(run):
    first = find_errors(run, Question(view="persistent-rules"))
    second = find_errors(run, Question(view="rescued", where="margin < 0.1"))
    assert (first.look.number, second.look.number, second.look.n_looks) == (1, 1, 1)
    assert {row["split"] for row in load_ledger(run)} == {"test"}


def test_conditions_of_all_kinds_hold_together(run):
    _, labels, is_wrong = truth(run)
    question = Question(view="all", label=(1, 2), where="predicted <> label", sort="index")
    found = find_errors(run, question)
    assert found.catalogue.indices == tuple(np.flatnonzero(is_wrong & np.isin(labels, (1, 2))))
    first = find_errors(run, replace(question, limit=2, reverse=True))
    assert first.catalogue.indices == found.catalogue.indices[::-1][:2]


def test_folds_are_judged_on_themselves(make_run):
    """Where validation is `train-oof`, that is where its seeds are compared."""
    run = make_run(n_classes=3, groups={"a": 3}, folds=2, lead=0.2)
    found = find_errors(run, Question(split="train-oof", view="broken"))
    assert found.n_examples == 24
    with pytest.raises(PredictionError, match="compared must all have predicted validation"):
        find_errors(run, Question(view="broken"))


def test_gallery_says_what_its_rows_are(run, monkeypatch):
    from ensemble_lab.figures import gallery
    from ensemble_lab.workflows.gallery import save_gallery

    titles = []
    real = gallery.save_gallery_pages

    def listen(*args, **named):
        titles.append(named["title"])
        return real(*args, **named)

    monkeypatch.setattr(gallery, "save_gallery_pages", listen)
    path = run.path.parent / "errors.png"
    save_gallery(run, Question(limit=1), path)
    save_gallery(run, Question(view="oracle", limit=1), path)
    assert re.match(r"1 of \d+ errors in 120 examples of test", titles[0])
    assert re.match(r"1 of \d+ examples that no member gets right, among 120 ", titles[1])


def test_one_class_or_pair_may_be_asked_for_alone(run):
    for one, several in (
        ({"label": 0}, {"label": (0,)}),
        ({"predicted": 2}, {"predicted": (2,)}),
        ({"index": 7}, {"index": (7,)}),
        ({"pair": (0, 1)}, {"pair": ((0, 1),)}),
    ):
        assert Question(**one) == Question(**several)
    labels = find_errors(run, Question(label=0)).catalogue.label
    assert len(labels)
    assert set(labels.tolist()) == {0}
    with pytest.raises(PredictionError, match="parse_pair"):
        Question(pair="0:1")


def test_missing_validation_is_no_matter_of_the_split_asked_about(run):
    alone = forget(run, "validation")
    save_run(alone)
    with pytest.raises(MissingError) as refused:
        find_errors(open_run(run.path), Question(view="rescued"))
    assert "--split" not in str(refused.value)
    with pytest.raises(MissingError, match="--split"):
        open_run(run.path).choose_split(None)
