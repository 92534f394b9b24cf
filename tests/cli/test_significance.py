"""Ensembles and recipes compared, as a reviewer reads it."""

import csv
import io
import json

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.analysis.paired import count_discordant
from tests.conftest import find_mnist


@pytest.fixture
def pool(make_run):
    """Six members: four of group a, right more often than two of group b."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    given = rng.dirichlet(np.ones(3), (6, 200)) + 0.6 * np.eye(3)[labels]
    given[4:] = rng.dirichlet(np.ones(3), (2, 200)) + 0.15 * np.eye(3)[labels]
    probabilities = given / given.sum(axis=-1, keepdims=True)
    return make_run(probabilities=probabilities, labels=labels, groups={"a": 4, "b": 2})


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
    assert f"A makes {first.sum()} errors and B {second.sum()}" in sentence
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
    assert max(map(len, lines)) <= 80


def test_an_ensemble_and_itself_cannot_be_told_apart(call, pool):
    found = json.loads(call("significance", pool.path, pool.path, "--format", "json").out)
    (pair,) = found["pairs"]
    assert (pair["p"], pair["interval"], pair["n_needed"]) == (1.0, [0.0, 0.0], None)
    assert "cannot tell them apart: they differ on 0 examples" in found["sentences"][0]


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


def test_recipes_are_compared_by_their_members(call, pool):
    names = (f"{pool.path}:a-*", f"{pool.path}:b-*")
    found = json.loads(call("significance", *names, "--by", "member", "--format", "json").out)
    labels, votes = lab.load_labels(pool).values, lab.load_predictions(pool).votes
    errors = (votes != labels).sum(axis=1)
    assert found["recipes"][0]["errors"] == errors[:4].tolist()
    (pair,) = found["pairs"]
    assert pair["difference"] == pytest.approx(errors[:4].mean() - errors[4:].mean())
    assert (pair["n_permutations"], pair["permutation_p"]) == (15, pytest.approx(1 / 15))
    lines = call("significance", *names, "--by", "member").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["recipe", "members", "errors", "sd"]
    assert "whether another seed makes the difference" in " ".join(" ".join(lines).split())
    text = call("significance", *names, "--by", "member", "--format", "csv").out
    assert len(text.splitlines()) == 2


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


def test_clusters_that_nobody_knows_are_refused_when_asked_for(call, pool):
    answer = call("significance", f"{pool.path}:a-*", f"{pool.path}:b-*", "--cluster", "writer")
    assert answer.code == 1
    assert "npz knows nothing of the kind" in answer.err


def test_unknown_interval_names_the_closest(pool):
    with pytest.raises(lab.EnsembleLabError, match="did you mean 'wilson'"):
        lab.compare_ensembles((str(pool.path),) * 2, interval="wilsen")


@pytest.mark.mnist
def test_writers_of_mnist_are_drawn_as_a_whole(call, make_run, monkeypatch):
    """A run that says it is about MNIST's test images finds their writers."""
    from ensemble_lab.store import splits
    from ensemble_lab.workflows import significance

    folder = find_mnist()
    run = make_run(n_members=2, n_examples=300)
    real = splits.load_record

    def of_mnist(run, name):
        from dataclasses import replace

        record = real(run, name)
        return replace(record, source={"data": {"name": "mnist"}, "split": "test"})

    monkeypatch.setattr(significance, "load_record", of_mnist)
    names = (f"{run.path}:a-0000", f"{run.path}:a-0001")
    report = lab.compare_ensembles(names, data_dir=folder)
    assert (report.cluster, report.cluster_note) == ("writer", "")
    assert 10 < report.n_clusters < 300
    assert report.pairs[0].cluster_interval is not None
    text = call("significance", *names, "--data-dir", folder).out
    assert "by writer" in text
    by_series = lab.compare_ensembles(names, cluster="writer_digit", data_dir=folder)
    assert by_series.cluster == "writer_digit"
