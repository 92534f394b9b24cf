"""How differently members err: the command and its twin."""

import csv
import io
import json
from typing import get_args

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.analysis.diversity.ensemble import measure_diversity
from ensemble_lab.analysis.diversity.pair_measures import PAIR_MEASURES
from ensemble_lab.cli.diversity import MeasureName
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_votes
from ensemble_lab.store.splits import load_record
from tests.conftest import need

COLUMNS = [
    "first",
    "second",
    "disagreement",
    "class_disagreement",
    "double_fault",
    "error_correlation",
]


def draw_probabilities(n_members=4, n_examples=60, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n_examples)
    rows = rng.dirichlet(np.ones(3), (n_members, n_examples)) + 0.5 * np.eye(3)[labels]
    return rows / rows.sum(axis=-1, keepdims=True), labels


@pytest.fixture
def pool(make_run):
    """Four members that err on test in a third of the cases."""
    probabilities, labels = draw_probabilities()
    return make_run(probabilities=probabilities, labels=labels)


def ask(call, run, *words):
    answer = call("diversity", run.path, "--split", "test", *words)
    assert answer.code == 0
    return answer.out


def test_json_holds_measures_losses_and_matrices(call, pool):
    found = json.loads(ask(call, pool, "--format", "json"))
    report = lab.build_diversity(pool, "test")
    votes, labels = lab.load_predictions(pool).votes, lab.load_labels(pool).values
    errors = (votes != labels).sum(axis=1)
    assert (found["split"], found["n_examples"]) == ("test", 60)
    assert found["members"] == list(pool.keys)
    assert found["errors"] == errors.tolist()
    assert list(found["measures"]) == [
        *COLUMNS[2:],
        "interrater_kappa",
        "kohavi_wolpert_variance",
        "entropy",
        "oracle_errors",
        "errors_alike",
    ]
    by_hand = measure_diversity(votes, labels)
    for name, matrix in by_hand.pairs.items():
        field = name.replace("-", "_")
        assert found["pairs"][field] == matrix.tolist() == report.diversity.pairs[name].tolist()
        assert found["measures"][field] == by_hand.means[name]
    assert found["measures"]["oracle_errors"] == (votes != labels).all(axis=0).sum()
    parts = found["log_loss"]
    assert parts["ensemble"] == pytest.approx(parts["members"] - parts["diversity"])
    assert parts["ensemble"] == pytest.approx(
        parts["bias"] + parts["variance"] - parts["diversity"]
    )
    assert parts["n_floored"] == 0


def test_csv_has_a_row_a_pair(call, pool):
    rows = list(csv.DictReader(io.StringIO(ask(call, pool, "--format", "csv"))))
    assert list(rows[0]) == COLUMNS
    keys = pool.keys
    assert [(row["first"], row["second"]) for row in rows] == [
        (keys[i], keys[j]) for i in range(4) for j in range(i + 1, 4)
    ]
    pairs = lab.build_diversity(pool, "test").diversity.pairs
    assert float(rows[-1]["error_correlation"]) == pairs["error-correlation"][2, 3]


def test_table_has_a_line_a_measure_and_fits(call, make_run):
    run = make_run(n_members=20, n_examples=2000)
    lines = ask(call, run).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["measure", "value", "range", "more", "diverse"]
    assert len(lines) == 1 + 14 + 2
    assert "190 pairs of 20 members, mean " in lines[-2]
    assert "members = bias + variance, geometric" in lines[-1]
    values = lab.build_diversity(run, "test").diversity
    (line,) = [line for line in lines if line.startswith("error correlation")]
    assert f" {values.means['error-correlation']:.4f} " in line
    assert line.endswith("−1 to 1      lower")
    (line,) = [line for line in lines if line.startswith("oracle errors")]
    assert line.split()[4] == str(values.oracle_errors)


def test_small_shares_keep_their_digits(call, make_run):
    labels = np.zeros(3000, np.int64)
    probabilities = np.tile([0.8, 0.1, 0.1], (2, 3000, 1))
    probabilities[0, 0] = probabilities[1, :2] = [0.1, 0.8, 0.1]
    lines = ask(call, make_run(probabilities=probabilities, labels=labels)).splitlines()
    (line,) = [line for line in lines if line.startswith("double fault")]
    assert line.split()[2] == "0.0003333"


def test_validation_is_asked_unless_told_otherwise_and_test_is_recorded(call, pool):
    assert "6 examples of validation; 6 pairs of 4 members" in call("diversity", pool.path).out
    assert lab.load_ledger(pool) == []
    ask(call, pool)
    ask(call, pool, "--format", "csv")
    row, again = lab.load_ledger(pool)
    assert again["members"] == row["members"]
    digest = lab.load_predictions(pool).digest
    assert (row["command"], row["split"], row["members"]) == ("diversity", "test", digest)
    assert row["decision"] == again["decision"] is not None
    assert row["words"] == "diversity of 4 members"


def test_folds_are_asked_out_of_fold(call, make_run):
    run = make_run(groups={"a": 2, "b": 2}, folds=2)
    answer = call("diversity", run.path)
    assert "of train-oof; 6 pairs of 4 members" in answer.out
    assert "bias + variance" in answer.out


def test_members_are_chosen_by_pattern(call, pool):
    out = ask(call, pool, "--members", "a-000[01]")
    assert "1 pair of 2 members" in out
    found = json.loads(ask(call, pool, "--members", "a-000[01]", "--format", "json"))
    assert found["members"] == ["a-0000", "a-0001"]


def test_groups_of_one_have_no_bias_and_variance(call, make_run):
    run = make_run(groups={"a": 2, "b": 1}, n_examples=60)
    out = ask(call, run)
    assert "no bias and variance: a group has one member" in out
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("  bias")] == ["–"]
    parts = json.loads(ask(call, run, "--format", "json"))["log_loss"]
    assert parts["bias"] is parts["variance"] is None
    assert parts["diversity"] > 0


def test_votes_alone_have_no_log_loss(call, pool):
    votes, record = lab.load_predictions(pool).votes, load_record(pool, "test")
    parent = load_member(pool, "a-0001").weights_sha256
    save_votes(pool, "a-0001", "test", votes[1], record.index, parent=parent)
    out = ask(call, pool)
    assert "no log loss: a member has votes only" in out
    assert "geometric" not in out
    assert json.loads(ask(call, pool, "--format", "json"))["log_loss"] is None


def test_member_without_errors_has_no_correlation(call, make_run):
    probabilities, labels = draw_probabilities()
    probabilities[2] = 0.8 * np.eye(3)[labels] + 0.2 / 3
    run = make_run(probabilities=probabilities, labels=labels)
    assert "error correlation leaves out 1 member, always right" in ask(call, run)
    found = json.loads(ask(call, run, "--format", "json"))
    assert found["pairs"]["error_correlation"][2] == [None] * 4
    assert found["measures"]["error_correlation"] is not None
    rows = list(csv.DictReader(io.StringIO(ask(call, run, "--format", "csv"))))
    assert [row["error_correlation"] for row in rows if "a-0002" in row.values()] == [""] * 3


def test_no_errors_at_all_are_no_failure(call, make_run):
    labels = np.arange(6) % 3
    run = make_run(probabilities=np.tile(np.eye(3)[labels], (2, 1, 1)), labels=labels)
    out = ask(call, run)
    assert "error correlation leaves out 2 members" in out
    assert "probabilities that count as 1.2e-38, being less: 24" in out
    assert json.loads(ask(call, run, "--format", "json"))["measures"]["interrater_kappa"] is None


@pytest.mark.parametrize("words", [[], ["--format", "json"], ["-o", "{folder}/pairs.png"]])
def test_one_member_is_refused_before_labels_are_read(call, pool, tmp_path, words):
    words = [word.format(folder=tmp_path) for word in words]
    answer = call("diversity", pool.path, "--split", "test", "--members", "a-0000", *words)
    assert (answer.code, answer.out) == (1, "")
    assert "members must be at least two" in answer.err
    assert "got 1" in answer.err
    assert len(answer.err.splitlines()) == 1
    assert lab.load_ledger(pool) == []


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_pairs_are_drawn(call, pool, tmp_path, ending):
    need("matplotlib")
    path = tmp_path / "new" / f"pairs.{ending}"
    assert ask(call, pool, "-o", path) == f"{path}\n"
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_measure_chooses_what_is_drawn(call, pool, tmp_path):
    need("matplotlib")
    assert get_args(MeasureName) == tuple(PAIR_MEASURES)
    drawn = {}
    for name in PAIR_MEASURES:
        ask(call, pool, "--measure", name, "-o", tmp_path / f"{name}.svg")
        drawn[name] = (tmp_path / f"{name}.svg").read_bytes()
    assert len(set(drawn.values())) == len(PAIR_MEASURES)
    ask(call, pool, "-o", tmp_path / "usual.svg")
    assert (tmp_path / "usual.svg").read_bytes() == drawn["error-correlation"]


@pytest.mark.parametrize(
    ("words", "code", "facts"),
    [
        (["-o", "pairs.png", "--format", "json"], 2, "leave out --format or -o"),
        (["--measure", "double-fault"], 2, "add -o FILE"),
        (["-o", "pairs.png", "--measure", "rho"], 2, "got 'rho'"),
        (["-o", "pairs.jpg"], 1, ".png, .svg, .pdf"),
        (["--members", "b-*"], 1, "'b-*'"),
    ],
)
def test_what_cannot_be_answered_costs_no_look(call, pool, words, code, facts):
    answer = call("diversity", pool.path, "--split", "test", *words)
    assert (answer.code, answer.out) == (code, "")
    assert facts in answer.err
    assert lab.load_ledger(pool) == []


def test_twin_refuses_an_unknown_measure_before_labels_are_read(pool, tmp_path):
    with pytest.raises(PredictionError, match="did you mean 'double-fault'"):
        lab.save_diversity(pool, tmp_path / "pairs.png", "test", measure="double-faults")
    assert lab.load_ledger(pool) == []


def test_twin_says_whose_and_of_what(pool):
    report = lab.build_diversity(pool.path)
    assert (report.run, report.split, report.look) == (pool.name, "validation", None)
    assert report.members == pool.keys
    assert repr(report.diversity) == "Diversity(4 members on 6 examples)"
