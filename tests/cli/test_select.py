"""Selecting on validation, and where what was selected goes."""

import csv
import io
import json

import numpy as np
import pytest

import ensemble_lab as lab


@pytest.fixture
def pool(make_run):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    given = rng.dirichlet(np.ones(3), (7, 60)) + 0.5 * np.eye(3)[labels]
    return make_run(probabilities=given / given.sum(axis=-1, keepdims=True), labels=labels)


@pytest.fixture
def chosen(tmp_path):
    return tmp_path / "new" / "chosen.json"


def test_selected_members_vote_elsewhere_and_say_what_chose_them(call, pool, chosen):
    answer = call("select", pool.path, "--method", "triple", "-o", chosen)
    assert answer.err == f"saved {chosen}\n"
    assert "majority of 3 of 7 members, chosen on validation among 35" in answer.out
    assert lab.load_ledger(pool) == []
    decision = lab.load_decision(chosen)
    words = ("vote", pool.path, "--decision", chosen)
    report = json.loads(call(*words, "--format", "json").out)
    assert [row["key"] for row in report["members"]] == list(decision.members)
    alone = lab.score_vote(pool, members=decision.members)
    assert report["errors"] == alone.errors
    for command in ("vote", "errors", "confusion"):
        text = call(command, pool.path, "--decision", chosen).out
        assert "chosen on validation among 35" in " ".join(text.split())
    assert lab.load_ledger(pool)[0]["words"].endswith("chosen on validation among 35")


def test_weights_of_greedy_are_those_that_vote(call, pool, chosen):
    found = lab.select(pool, "greedy", path=chosen)
    scored = lab.score_vote(pool, decision=lab.load_decision(chosen))
    assert scored.decision == found.decision
    by_hand = np.tensordot(
        found.decision.weights,
        lab.load_predictions(pool).select(found.decision.members).probabilities.astype(float),
        axes=1,
    )
    assert scored.errors == (by_hand.argmax(axis=1) != lab.load_labels(pool).values).sum()


def test_table_and_csv_have_a_row_a_member(call, pool):
    answer = call("select", pool.path, "--method", "top", "--size", 2)
    lines = answer.out.splitlines()
    assert lines[0].split() == ["member", "errors"]
    assert len(lines) == 5
    text = call("select", pool.path, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["member", "weight", "errors"]
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1)
    found = json.loads(call("select", pool.path, "--method", "best", "--format", "json").out)
    assert found["decision"]["chosen_on"] == "validation"
    assert (found["n_members"], found["split"]) == (7, "validation")


def test_members_to_choose_among_may_be_named(call, pool):
    words = ("select", pool.path, "--method", "best", "--members", "a-000[12]", "--format", "json")
    found = json.loads(call(*words).out)
    assert found["decision"]["members"][0] in ("a-0001", "a-0002")
    assert found["decision"]["chosen_among"] == 2


def test_test_is_not_selected_on_without_leave(call, pool):
    answer = call("select", pool.path, "--split", "test")
    assert answer.code == 1
    assert "--allow-test-selection" in answer.err
    assert lab.load_ledger(pool) == []


def test_what_is_selected_on_test_is_branded_wherever_it_goes(call, pool, chosen, tmp_path):
    words = ("select", pool.path, "--split", "test", "--allow-test-selection", "-o", chosen)
    answer = call(*words, "--method", "best")
    assert "chosen on test among 7" in answer.out
    assert answer.err.splitlines()[-1] == "look 1 on this test set"
    (row,) = lab.load_ledger(pool)
    assert (row["command"], row["purpose"], row["n_candidates"]) == ("select", "choose", 7)
    text = " ".join(call("vote", pool.path, "--decision", chosen).out.split())
    assert "chosen on test among 7" in text
    assert call("errors", pool.path, "--decision", chosen, "--save", "best").code == 0
    (kept,) = (pool.path / "catalogues").glob("*.h5")
    assert lab.load_catalogue(kept).decision.chosen_on == "test"
    picture = tmp_path / "errors.svg"
    assert call("gallery", pool.path, "--decision", chosen, "-o", picture).code == 0
    assert "chosen on test among 7" in " ".join(picture.read_text().split())


def test_out_of_fold_is_chosen_on_where_there_are_folds(call, make_run):
    run = make_run(groups={"a": 3}, folds=2)
    found = json.loads(call("select", run.path, "--method", "best", "--format", "json").out)
    assert found["split"] == "train-oof"


@pytest.mark.parametrize(
    "more",
    [("--rule", "median"), ("--ties", "lowest"), ("--members", "a-*"), ("--by", "group")],
)
def test_a_decision_leaves_nothing_to_decide(call, pool, chosen, more):
    lab.select(pool, "best", path=chosen)
    answer = call("vote", pool.path, "--decision", chosen, *more)
    assert answer.code == 2
    assert "leave out --decision" in answer.err
    answer = call("confusion", pool.path, "--decision", chosen, "--member", "a-0000")
    assert answer.code == 2


def test_decision_of_another_run_is_refused(call, pool, make_run, chosen, tmp_path):
    lab.select(pool, "triple", path=chosen)
    other = make_run(tmp_path / "other", groups={"b": 3})
    answer = call("vote", other.path, "--decision", chosen)
    assert answer.code == 1
    assert "a-000" in answer.err


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("{", "JSON"),
        ("{}", "format"),
        ('{"format": "ensemble-lab/decision", "version": 1}', "decision"),
        ('{"format": "ensemble-lab/decision", "version": 9, "decision": {}}', "version"),
        ('{"format": "ensemble-lab/decision", "version": 1, "decision": {"x": 1}}', "can be made"),
        (
            '{"format": "ensemble-lab/decision", "version": 1, "decision": {"rule": "x"}}',
            "rule must be one of",
        ),
    ],
)
def test_file_that_is_no_decision_is_named(call, pool, tmp_path, text, fact):
    path = tmp_path / "bad.json"
    path.write_text(text)
    answer = call("vote", pool.path, "--decision", path)
    assert answer.code == 1
    assert fact in answer.err
    assert "bad.json" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_no_such_decision(call, pool, tmp_path):
    answer = call("vote", pool.path, "--decision", tmp_path / "none.json")
    assert (answer.code, "none.json" in answer.err) == (1, True)


def test_size_of_a_method_that_has_none_is_refused(call, pool):
    answer = call("select", pool.path, "--size", 3)
    assert (answer.code, answer.out) == (2, "")
    assert "--size is of --method top; greedy has none" in answer.err
    top = call("select", pool.path, "--method", "top", "--size", 3, "--format", "csv").out
    assert len(top.splitlines()) == 4


def test_unknown_method_names_the_closest(call, pool):
    answer = call("select", pool.path, "--method", "tripel")
    assert answer.code == 1
    assert "did you mean 'triple'" in answer.err
