"""How far probabilities can be believed: the command, its rows, and what it refuses."""

import csv
import io
import json

import numpy as np
import pytest

import ensemble_lab as lab
from tests.conftest import need


@pytest.fixture
def pool(make_run):
    """Three members that are right in most cases and half as sure as they might be."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 400)
    given = rng.dirichlet(np.ones(3), (3, 400)) + 0.5 * np.eye(3)[labels]
    return make_run(probabilities=given / given.sum(axis=-1, keepdims=True), labels=labels)


def measure(call, pool, *more):
    return json.loads(call("calibration", pool.path, "--format", "json", *more).out)


def test_rows_are_what_scikit_learn_counts(call, pool):
    metrics = need("sklearn.metrics")
    found = measure(call, pool, "--split", "test")
    predictions, labels = lab.load_predictions(pool), lab.load_labels(pool).values
    rows = {row["name"]: row for row in found["rows"]}
    for key, given in zip(predictions.members, predictions.probabilities, strict=True):
        wanted = given.astype(np.float64)
        wanted /= wanted.sum(axis=1, keepdims=True)
        assert rows[key]["nll"] == pytest.approx(metrics.log_loss(labels, wanted))
        brier = ((wanted - np.eye(3)[labels]) ** 2).sum(axis=1).mean()
        assert rows[key]["brier"] == pytest.approx(brier)
        assert rows[key]["errors"] == (given.argmax(axis=1) != labels).sum()
    mean = predictions.probabilities.astype(np.float64).mean(axis=0)
    mean /= mean.sum(axis=1, keepdims=True)
    assert rows["ensemble"]["nll"] == pytest.approx(metrics.log_loss(labels, mean), rel=1e-6)


def test_temperature_is_fitted_on_validation_and_changes_no_error(call, pool):
    found = measure(call, pool, "--split", "test")
    validation = lab.load_predictions(pool, "validation")
    labels = lab.load_validation_labels(pool)
    mean = validation.probabilities.astype(np.float64).mean(axis=0)
    assert found["temperature"]["value"] == pytest.approx(
        lab.fit_temperature(mean, labels).value, rel=1e-6
    )
    assert found["temperature"]["fitted_on"] == "validation"
    *_, plain, cooled = found["rows"]
    assert (plain["name"], cooled["name"]) == ("ensemble", "ensemble at T")
    assert plain["errors"] == cooled["errors"]
    assert plain["nll"] != cooled["nll"]
    optimize = need("scipy.optimize")

    def loss(log_t):
        logs = np.log(mean) / np.exp(log_t)
        shares = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
        return -np.log(shares[np.arange(len(mean)), labels.values]).mean()

    best = optimize.minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    assert loss(np.log(found["temperature"]["value"])) <= best.fun + 1e-9


def test_validation_is_asked_unless_told_otherwise_and_says_that_it_was_fitted_there(call, pool):
    text = " ".join(call("calibration", pool.path).out.split())
    assert "examples of validation" in text
    assert "T was fitted on these very examples" in text
    assert lab.load_ledger(pool) == []
    answer = call("calibration", pool.path, "--split", "test")
    assert "T was fitted on validation" in " ".join(answer.out.split())
    assert answer.err == "look 1 on this test set\n"
    assert max(map(len, answer.out.splitlines())) <= 80


def test_the_least_sure_go_to_a_person(call, pool):
    found = measure(call, pool, "--split", "test", "--refer", 10)
    assert found["n_referred"] == 40
    row = next(row for row in found["rows"] if row["name"] == "ensemble")
    mean = lab.load_predictions(pool).probabilities.astype(np.float64).mean(axis=0)
    kept = np.argsort(-mean.max(axis=1))[:360]
    labels = lab.load_labels(pool).values
    assert row["errors_left"] == pytest.approx((mean.argmax(axis=1) != labels)[kept].sum(), abs=1)
    points = found["risk_coverage"]
    assert points[0] == {"coverage": 1.0, "errors": row["errors"]}
    assert points[-1]["coverage"] == 0.5
    everything = measure(call, pool, "--refer", 0)
    assert everything["rows"][0]["errors_left"] == everything["rows"][0]["errors"]


def test_calibrated_answers_stay_below_what_chance_allows(call, make_run):
    rng = np.random.default_rng(1)
    given = rng.dirichlet(np.ones(3), 3000)
    labels = (rng.random(3000)[:, np.newaxis] > given.cumsum(axis=1)).sum(axis=1)
    run = make_run(probabilities=given[np.newaxis], labels=labels)
    found = measure(call, run, "--split", "test")
    assert found["rows"][0]["ece"] < 1.3 * found["chance_ece"] < 0.06
    assert sum(each["count"] for each in found["bins"]) == 3000


def test_entropy_is_larger_where_the_ensemble_is_wrong(call, pool):
    found = measure(call, pool, "--split", "test")
    assert found["predictive_entropy"]["wrong"] > found["predictive_entropy"]["right"] > 0
    one = measure(call, pool, "--split", "test", "--members", "a-0000")
    assert one["mutual_information"] == {"right": 0.0, "wrong": 0.0}


def test_without_an_error_there_is_nothing_wrong_to_average(call, make_run):
    given = np.tile([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], (2, 1, 1))
    run = make_run(probabilities=given, labels=np.array([0, 1]))
    found = measure(call, run, "--split", "test")
    assert found["predictive_entropy"]["wrong"] is None
    assert "where wrong" not in call("calibration", run.path, "--split", "test").out


def test_members_in_folds_have_a_temperature_out_of_fold_only(call, make_run):
    run = make_run(groups={"a": 2}, folds=2)
    assert measure(call, run)["temperature"]["fitted_on"] == "train-oof"
    found = measure(call, run, "--split", "test")
    assert found["temperature"] is None
    assert [row["name"] for row in found["rows"]][-1] == "ensemble"
    text = " ".join(call("calibration", run.path, "--split", "test").out.split())
    assert "the members share no validation examples" in text


def test_csv_has_a_row_a_member_and_two_of_the_ensemble(call, pool):
    text = call("calibration", pool.path, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert list(rows[0])[:3] == ["name", "errors", "nll"]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_calibration_is_drawn(call, pool, tmp_path, ending):
    need("matplotlib")
    path = tmp_path / f"calibration.{ending}"
    assert call("calibration", pool.path, "-o", path).out == f"{path}\n"
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_what_cannot_be_drawn_or_referred_costs_no_look(call, pool, tmp_path):
    for words in (["-o", tmp_path / "x.jpg"], ["--refer", 101], ["--refer", -1]):
        answer = call("calibration", pool.path, "--split", "test", *words)
        assert answer.code == 1
        assert len(answer.err.splitlines()) == 1
    assert lab.load_ledger(pool) == []


def test_votes_alone_cannot_be_calibrated(call, pool, monkeypatch):
    from dataclasses import replace

    from ensemble_lab.workflows import calibration

    real = calibration.load_predictions

    def votes_only(*given, **named):
        return replace(real(*given, **named), probabilities=None)

    monkeypatch.setattr(calibration, "load_predictions", votes_only)
    answer = call("calibration", pool.path)
    assert answer.code == 1
    assert "votes only" in answer.err
    assert "--members" in answer.err
