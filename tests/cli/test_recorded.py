"""Every look at test labels is in the ledger, with what was scored, or said not to be."""

import errno
import os
from dataclasses import replace

import pytest

from ensemble_lab.analysis.votes.rules import rules_for
from ensemble_lab.decision import Decision
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.predictions import load_predictions

COMMANDS = {
    "vote": ["vote", "{run}"],
    "confusion": ["confusion", "{run}"],
    "errors": ["errors", "{run}"],
    "slices": ["slices", "{run}"],
    "review": ["review", "{run}"],
    "gallery": ["gallery", "{run}", "-o", "{folder}/errors.png"],
    "why": ["why", "{run}", "0"],
    "export": ["export", "{run}", "-o", "{folder}/errors.sqlite"],
    "report": ["report", "{run}", "-o", "{folder}/report.html"],
}
RESULTS = ["results", "{run}", "-o", "{folder}/results.json"]
DIVERSITY = ["diversity", "{run}", "--split", "test"]
CALIBRATION = ["calibration", "{run}", "--split", "test"]
FIGURE = ["errors", "{run}", "-o", "{folder}/members.svg"]
SIGNIFICANCE = ["significance", "{run}:a-0000", "{run}"]
COMPARE = ["compare", "{run}:a-0000", "{run}"]
ALL = [*COMMANDS.values(), RESULTS, DIVERSITY, CALIBRATION, SIGNIFICANCE, COMPARE]
ALL = [*COMMANDS.values(), RESULTS, DIVERSITY, CALIBRATION, SIGNIFICANCE, FIGURE]
SAYING = "not recorded: the run is read-only, so its ledger was not written"


@pytest.fixture
def ask(call, tmp_path):
    """Run a command on a run, in which it must succeed."""

    def ask(run, words, *more):
        answer = call(*(word.format(run=run.path, folder=tmp_path) for word in words), *more)
        assert answer.code == 0, answer.err
        return answer

    return ask


def rows(run, *names):
    return [tuple(row[name] for name in names) for row in load_ledger(run)]


def scored(run, decision, members=()) -> tuple[str, str]:
    """Digests of a decision with the members that vote, and of their predictions."""
    predictions = load_predictions(run, members=members)
    whole = replace(decision, members=predictions.members)
    return whole.digest, predictions.digest


@pytest.mark.parametrize("command", COMMANDS)
def test_a_row_says_which_decision_on_which_predictions(ask, make_run, command):
    run = make_run()
    one = ("--members", "a-0000")
    every, whole = scored(run, Decision())
    first = scored(run, Decision(), ("a-0000",))
    ask(run, COMMANDS[command])
    names = ("command", "split", "purpose", "decision", "members")
    line = (command, "test", "report", every, whole)
    assert rows(run, *names) == [line]
    ask(run, COMMANDS[command], *one)
    assert first[1] != whole
    assert rows(run, *names) == [line, (*line[:-2], *first)]
    ask(run, COMMANDS[command], "--rule", "mean-probability")
    other = scored(run, Decision(rule="mean-probability"))
    assert rows(run, "decision", "members")[2:] == [other]


def test_rows_of_results_say_which_decisions_on_which_predictions(ask, make_run):
    run = make_run()
    ask(run, RESULTS)
    asked = rows(run, "command", "split", "decision", "members")
    assert list(dict.fromkeys(asked)) == [
        ("results", "test", *scored(run, Decision(rule=rule))) for rule in rules_for(run.keys)
    ]


def test_a_row_of_diversity_says_which_predictions(ask, make_run):
    run = make_run()
    assert ask(run, DIVERSITY).err == "look 1 on this test set\n"
    assert rows(run, "command", "split", "members") == [
        ("diversity", "test", load_predictions(run).digest)
    ]


@pytest.mark.parametrize("by", ["vote", "member"])
def test_every_ensemble_that_is_compared_has_a_row(ask, make_run, by):
    run = make_run(groups={"a": 2, "b": 2})
    ask(run, ["significance", "{run}:a-*", "{run}:b-*", "--by", by])
    assert rows(run, "command", "decision", "members") == [
        ("significance", *scored(run, Decision(), (pattern,))) for pattern in ("a-*", "b-*")
    ]


def test_a_vote_by_group_has_a_row_for_each_group(ask, make_run):
    run = make_run(groups={"a": 2, "b": 1})
    ask(run, COMMANDS["vote"], "--by", "group")
    asked = [(), ("a-*",), ("b-*",)]
    assert rows(run, "decision", "members") == [scored(run, Decision(), each) for each in asked]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("words", ALL, ids=lambda words: "-".join(words[:3:2]))
def test_run_that_cannot_be_written_answers_and_says_not_recorded(
    ask, make_run, monkeypatch, words, number
):
    run = make_run()
    real = os.open

    def read_only(path, flags, *rest, **named):
        if str(path).endswith("test-access.jsonl") and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", read_only)
    answer = ask(run, words)
    assert answer.out
    assert answer.err.splitlines()[0] == SAYING
    assert load_ledger(run) == []


def test_the_number_of_the_look_is_told_beside_the_data(ask, make_run):
    run = make_run()
    told = [ask(run, words).err for words in (*COMMANDS.values(), RESULTS)]
    assert told[0] == "look 1 on this test set\n"
    assert set(told[1:-1]) == {"look 1 of 1 on this test set, taken before\n"}
    assert told[-1] == f"look {len(rules_for(run.keys))} on this test set\n"
    assert ask(run, ["vote", "{run}", "--split", "validation"]).err == ""


def test_look_kept_by_the_user_names_the_file(ask, make_run, monkeypatch, user_state):
    run = make_run()
    real = os.open

    def read_only(path, flags, *rest, **named):
        if str(path).startswith(str(run.path)) and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", read_only)
    told = ask(run, COMMANDS["vote"]).err
    assert told.startswith("look 1 on this test set; the run is read-only, so it is kept in ")
    assert str(user_state) in told
