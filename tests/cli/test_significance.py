"""Ensembles compared, as a reviewer reads it."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.analysis.significance.paired import count_discordant
from tests.conftest import find_mnist


def wrong_of(run, *members) -> np.ndarray:
    vote = lab.combine(lab.load_predictions(run, members=members), lab.Decision())
    return vote.predicted != lab.load_labels(run).values


def test_pair_is_counted_tested_and_said(call, pool):
    names = (f"{pool.path}:a-*", f"{pool.path}:b-0000")
    found = json.loads(call("significance", *names, "--format", "json").out)
    first, second = wrong_of(pool, "a-*"), wrong_of(pool, "b-0000")
    (pair,) = found["pairs"]
    counted = count_discordant(first, second)
    assert pair["found"] == {
        "n_examples": 200, "both": counted.both,
        "only_first": counted.only_first, "only_second": counted.only_second,
    }  # fmt: skip
    assert pair["p"] == lab.mcnemar_exact(counted.only_first, counted.only_second)
    assert pair["p"] == pair["p_holm"] < 0.05
    assert [row["errors"] for row in found["ensembles"]] == [first.sum(), second.sum()]
    assert found["cochran"] is None
    (sentence,) = found["sentences"]
    assert sentence == lab.tell_pairs(lab.compare_ensembles(names))[0]
    assert f"A (toy:a-*) makes {first.sum()} errors and B (toy:b-0000) {second.sum()}" in sentence
    assert f"({counted.only_first} only A wrong, {counted.only_second} only B wrong)" in sentence
    assert sentence.endswith("This test set tells them apart.")
    text = call("significance", *names).out
    assert " ".join(sentence.split()) in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_three_have_cochran_and_holm_over_three_pairs(call, pool):
    names = (f"{pool.path}:a-0000", f"{pool.path}:a-0001", str(pool.path))
    text = call("significance", *names).out
    assert "Cochran's Q of all 3" in text
    assert "after Holm over 3 pairs" in " ".join(text.split())
    report = lab.compare_ensembles(names)
    assert [(pair.first, pair.second) for pair in report.pairs] == [(0, 1), (0, 2), (1, 2)]
    assert report.ensembles[2].n_members == 6


def test_many_pairs_are_a_table_without_sentences(call, pool):
    names = [f"{pool.path}:{key}" for key in pool.keys]
    lines = call("significance", *names).out.splitlines()
    assert "makes" not in " ".join(lines)
    assert sum(line.startswith(("A–", "B–", "C–", "D–", "E–")) for line in lines) == 15
    assert "--format json tells each pair in a sentence" in lines
    sentences = json.loads(call("significance", *names, "--format", "json").out)["sentences"]
    assert sum(" makes " in sentence for sentence in sentences) == 15
    assert max(map(len, lines)) <= 80


def test_an_ensemble_and_itself_cannot_be_told_apart(call, pool):
    found = json.loads(call("significance", pool.path, pool.path, "--format", "json").out)
    (pair,) = found["pairs"]
    assert (pair["p"], pair["interval"], pair["n_needed"]) == (1.0, [0.0, 0.0], None)
    (sentence,) = found["sentences"]
    assert "exact McNemar p = 1.000" in sentence
    assert "with 0 discordant examples no outcome would, it takes 6 to 0." in sentence


def test_every_ensemble_is_a_look(call, pool):
    answer = call("significance", f"{pool.path}:a-*", f"{pool.path}:b-*")
    assert answer.err == "look 2 on this test set\n"
    assert [row["command"] for row in lab.load_ledger(pool)] == ["significance"] * 2


def test_interval_and_rule_may_be_chosen(call, pool):
    names = (f"{pool.path}:a-0000", f"{pool.path}:b-0000")
    words = ("--interval", "clopper-pearson", "--rule", "mean-probability", "--format", "json")
    found = json.loads(call("significance", *names, *words).out)
    row = found["ensembles"][0]
    assert tuple(row["interval"]) == lab.clopper_pearson(row["errors"], 200)
    assert row["decision"]["rule"] == "mean-probability"


def test_csv_has_a_row_a_pair(call, pool):
    names = [f"{pool.path}:{key}" for key in pool.keys[:3]]
    rows = list(csv.DictReader(io.StringIO(call("significance", *names, "--format", "csv").out)))
    assert len(rows) == 3
    assert rows[0]["first"] == names[0]
    assert rows[0]["cluster_low"] == ""


def disagree(make_run, path, *patterns) -> lab.Run:
    """A run whose members err where a pattern has a letter of theirs: ``abb.`` of a, b, b, none."""
    n = len(patterns[0])
    wrong = np.array([[letter in pattern for pattern in patterns[0]] for letter in patterns[1]])
    given = np.full((len(wrong), n, 3), 0.1)
    given[..., 0] = np.where(wrong, 0.1, 0.8)
    given[..., 1] = np.where(wrong, 0.8, 0.1)
    return make_run(path, probabilities=given, labels=np.zeros(n, np.int64))


def test_what_only_holm_takes_away_is_said_so(call, make_run, tmp_path):
    """12 to 3 shows alone (p = 0.035), not as one of three pairs."""
    run = disagree(make_run, tmp_path / "run", "a" * 12 + "b" * 3 + "." * 85, "abb")
    names = [f"{run.path}:{key}" for key in run.keys]
    report = lab.compare_ensembles(names)
    first, _, same = report.pairs
    assert first.p == pytest.approx(0.03515625)
    assert first.p_holm == pytest.approx(3 * 0.03515625)
    assert (same.p, same.found.n_discordant) == (1.0, 0)
    sentences = lab.tell_pairs(report)
    assert "Alone, this pair would be told apart; as one of 3 pairs it is not." in sentences[0]
    assert "it would take" not in sentences[0]
    assert "80 % power, were it the only pair." in sentences[0]
    assert "were it the only pair, with 0 discordant examples no outcome would" in sentences[2]
    (alone,) = lab.tell_pairs(lab.compare_ensembles(names[:2]))
    assert alone.endswith("This test set tells them apart.")
    assert "only pair" not in alone


def test_difference_of_a_few_writers_is_doubted(make_run, tmp_path):
    """McNemar takes images as independent; one writer's are not."""
    run = disagree(make_run, tmp_path / "run", "a" * 12 + "b" * 3 + "." * 85, "ab")
    report = lab.compare_ensembles([f"{run.path}:{key}" for key in run.keys])
    for interval, is_doubted in (((0.0, 31.7), True), ((-2.0, 9.0), True), ((1.0, 9.0), False)):
        pairs = (replace(report.pairs[0], cluster_interval=interval),)
        told = replace(report, pairs=pairs, cluster="writer", n_clusters=297)
        (sentence,) = lab.tell_pairs(told)
        assert ("apart, but not by writer: a few of them may be all" in sentence) == is_doubted
        assert "This test set tells them apart" in sentence


def test_what_it_would_take_is_said(make_run, tmp_path):
    run = disagree(make_run, tmp_path / "run", "a" * 10 + "b" * 5 + "." * 285, "ab")
    (sentence,) = lab.tell_pairs(lab.compare_ensembles([f"{run.path}:{key}" for key in run.keys]))
    assert "p = 0.302; bootstrap 95 % of the difference -2 to 1" in sentence
    assert "cannot tell them apart; with 15 discordant examples it would take 12 to 3." in sentence
    n = lab.examples_needed(5 / 300, 15 / 300)
    assert 1000 < n < 10_000
    assert f"About {-(-n // 100) * 100:,} such examples would show the difference seen" in sentence


def test_difference_that_is_asked_about_is_the_one_sized(call, pool):
    names = (f"{pool.path}:a-*", f"{pool.path}:b-0000")
    found = json.loads(call("significance", *names, "--difference", 7, "--format", "json").out)
    (pair,) = found["pairs"]
    n_discordant = pair["found"]["only_first"] + pair["found"]["only_second"]
    assert pair["n_needed"] == lab.examples_needed(7 / 200, n_discordant / 200)
    assert "such examples would show a difference of 7 in 200" in found["sentences"][0]
    # More than differ: all of them on one side.
    assert lab.compare_ensembles(names, difference=200).pairs[0].n_needed == (
        lab.examples_needed(1.0, 1.0)
    )


def test_difference_that_cannot_be_costs_no_look(call, pool):
    answer = call("significance", pool.path, f"{pool.path}:a-*", "--difference", 201)
    assert answer.code == 1
    assert "from 1 to the 200 examples; got 201" in answer.err
    assert lab.load_ledger(pool) == []


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        (["--rule", "mean-probability"], "--rule"),
        (["--ties", "lowest"], "--ties"),
        (["--interval", "clopper-pearson"], "--interval"),
        (["--cluster", "writer"], "--cluster"),
        (["--difference", "5"], "--difference"),
    ],
)
def test_members_one_by_one_have_no_vote_to_decide(call, pool, typed, option):
    answer = call("significance", f"{pool.path}:a-*", f"{pool.path}:b-*", "--by", "member", *typed)
    assert answer.code == 2
    assert f"{option} is about votes" in answer.err


def test_votes_alone_are_compared_too(make_run):
    from ensemble_lab.store.predictions import save_votes

    run = make_run(n_examples=40)
    before = lab.compare_ensembles([f"{run.path}:{key}" for key in run.keys])
    for key, votes in zip(run.keys, lab.load_predictions(run).votes, strict=True):
        path = run.member_folder(key) / "predictions-test.h5"
        path.unlink()
        weights = lab.load_member(run, key).weights_sha256
        save_votes(run, key, "test", votes, np.arange(40), parent=weights)
    after = lab.compare_ensembles([f"{run.path}:{key}" for key in run.keys])
    assert after.pairs == before.pairs
    with pytest.raises(lab.EnsembleLabError, match="only votes are known"):
        lab.compare_ensembles((run, f"{run.path}:a-0001"), "test", lab.Decision(rule="median"))


def test_two_runs_of_one_name_are_told_apart(make_run, tmp_path):
    runs = [make_run(tmp_path / folder / "toy", seed=1) for folder in ("x", "y")]
    titles = [each.title for each in lab.compare_ensembles([run.path for run in runs]).ensembles]
    assert titles == ["x/toy", "y/toy"]
    same = lab.compare_ensembles((runs[0], f"{runs[0].path}:a-*", f"{runs[0].path}:a-*"))
    assert [each.title for each in same.ensembles] == ["toy", "toy:a-*", "toy:a-*"]


def test_several_patterns_make_one_ensemble(pool):
    names = (pool, f"{pool.path}:a-0000,b-*", f"{pool.path}:b-*,a-0000")
    first, second, third = lab.compare_ensembles(names).ensembles
    assert second.decision.members == third.decision.members == ("a-0000", "b-0000", "b-0001")
    assert (first.title, second.title) == ("toy", "toy:a-0000,b-*")
    with pytest.raises(lab.EnsembleLabError, match="got ''"):
        lab.compare_ensembles((pool, f"{pool.path}:a-*,"))


def test_run_whose_folder_has_a_colon_is_a_run(make_run, tmp_path):
    path = make_run().path.rename(tmp_path / "seeds:1-3")
    names = (str(path), f"{path}:a-0000")
    assert [each.n_members for each in lab.compare_ensembles(names).ensembles] == [3, 1]


def test_long_names_fit_the_table(call, make_run, tmp_path):
    run = make_run(tmp_path / ("long-" * 10 + "name"))
    lines = call("significance", *(f"{run.path}:{key}" for key in run.keys)).out.splitlines()
    table = [line for line in lines if line.startswith(("A ", "B ", "C "))]
    assert max(map(len, table)) <= 80
    assert "name:a-0000 " in table[0]


def test_validation_needs_no_look(call, pool):
    names = (f"{pool.path}:a-*", f"{pool.path}:b-*")
    answer = call("significance", *names, "--split", "validation")
    assert (answer.code, answer.err) == (0, "")
    assert lab.load_ledger(pool) == []


def test_unkept_look_of_any_run_is_said(call, make_run, tmp_path, monkeypatch):
    """The last of several runs may be written to, and one before it not."""
    from ensemble_lab.workflows import scoring

    runs = [make_run(tmp_path / name, seed=1) for name in ("x", "y")]
    real = scoring.load_labels

    def lose(run, *args, **named):
        labels = real(run, *args, **named)
        is_first = run.path == runs[0].path
        return replace(labels, look=replace(labels.look, kept="nowhere")) if is_first else labels

    monkeypatch.setattr(scoring, "load_labels", lose)
    assert "not recorded" in call("significance", *(run.path for run in runs)).err


def test_comparing_votes_loads_nothing_heavy(pool):
    script = (
        "import sys\n"
        "from ensemble_lab.cli import main\n"
        "try:\n"
        f"    main(['significance', *({str(pool.path)!r} + ':' + key for key in {pool.keys!r})])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'pandas', 'sklearn', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    root = Path(lab.__file__).parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root
    )
    assert answer.returncode == 0, answer.stderr


def test_runs_of_other_examples_are_refused_without_a_look(call, pool, make_run, tmp_path):
    other = make_run(tmp_path / "other", n_examples=30)
    answer = call("significance", pool.path, other.path)
    assert answer.code == 1
    assert str(pool.path) in answer.err
    assert str(other.path) in answer.err
    assert lab.load_ledger(pool) == lab.load_ledger(other) == []


def test_one_ensemble_is_not_compared(call, pool):
    answer = call("significance", pool.path)
    assert (answer.code, "two or more" in answer.err) == (1, True)


def test_unknown_member_and_run_are_named(call, pool, tmp_path):
    answer = call("significance", pool.path, f"{pool.path}:c-*")
    assert (answer.code, "c-*" in answer.err) == (1, True)
    answer = call("significance", pool.path, tmp_path / "none")
    assert (answer.code, "none" in answer.err) == (1, True)
    (pool.member_folder("b-0001") / "predictions-test.h5").unlink()
    answer = call("significance", f"{pool.path}:a-*", f"{pool.path}:b-*")
    assert (answer.code, "b-0001" in answer.err) == (1, True)
    assert lab.load_ledger(pool) == []  # What cannot be compared costs no look.


def test_clusters_that_nobody_knows_are_refused_when_asked_for(call, pool):
    answer = call("significance", f"{pool.path}:a-*", f"{pool.path}:b-*", "--cluster", "writer")
    assert answer.code == 1
    assert "got 'writer', and known: nothing" in answer.err
    assert lab.load_ledger(pool) == []


def test_unknown_interval_names_the_closest(pool):
    with pytest.raises(lab.EnsembleLabError, match="did you mean 'wilson'"):
        lab.compare_ensembles((str(pool.path),) * 2, interval="wilsen")


@pytest.mark.mnist
def test_writers_of_mnist_are_drawn_as_a_whole(call, make_run, monkeypatch):
    """A run that says it is about MNIST's test images finds their writers."""
    from ensemble_lab.store import splits
    from ensemble_lab.workflows import ensembles, metadata

    folder = find_mnist()
    run = make_run(n_members=2, n_examples=300)
    real = splits.load_record

    def of_mnist(run, name):
        record = real(run, name)
        return replace(record, source={"data": {"name": "mnist"}, "split": "test"})

    for module in (ensembles, metadata):
        monkeypatch.setattr(module, "load_record", of_mnist)
    names = (f"{run.path}:a-0000", f"{run.path}:a-0001")
    report = lab.compare_ensembles(names, data_dir=folder)
    assert (report.cluster, report.cluster_note) == ("writer", "")
    assert 10 < report.n_clusters < 300
    assert report.pairs[0].cluster_interval is not None
    beside = lab.compare_ensembles((*names, str(run.path)), data_dir=folder)
    assert beside.pairs[0].cluster_interval == report.pairs[0].cluster_interval
    text = call("significance", *names, "--data-dir", folder).out
    assert "by writer" in text
    assert max(map(len, text.splitlines())) <= 80
    other = lab.compare_ensembles(names, cluster="writer_digit", data_dir=folder)
    assert other.cluster == "writer_digit"
    looks = lab.load_ledger(run)
    for column, facts in (("writr", "did you mean 'writer'"), ("series", "all examples have one")):
        answer = call("significance", *names, "--data-dir", folder, "--cluster", column)
        assert (answer.code, facts in answer.err) == (1, True), answer.err
    assert lab.load_ledger(run) == looks
