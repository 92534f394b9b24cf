"""How far probabilities can be believed, as it is asked and answered on the command line."""

import csv
import io
import json

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.store.predictions import predictions_path, save_votes
from tests.conftest import need

FIGURES = [
    "member",
    "split",
    "temperature",
    "fitted_on",
    "is_at_bound",
    "errors",
    "errors_left",
    "n_referred",
    "accuracy",
    "mean_confidence",
    "nll",
    "n_floored",
    "brier",
    "ece",
    "adaptive_ece",
    "aurc",
    "excess_aurc",
]


@pytest.fixture
def run(make_run):
    """Three members, two of a group, on 40 test and 6 validation examples."""
    return make_run(groups={"a": 2, "b": 1}, n_examples=40, lead=0.3)


def ask(call, *words):
    answer = call("calibration", *words)
    assert answer.code == 0, answer.err
    return answer


def test_table_has_members_ensemble_and_ensemble_at_its_temperature(call, run):
    lines = ask(call, run.path, "--split", "test").out.splitlines()
    assert lines[0].split() == [
        *("member", "errors", "left", "NLL", "Brier", "ECE", "adapt.", "AURC", "‰", "T"),
    ]
    assert [line.split("  ")[0] for line in lines[1:5]] == [
        "a-0000",
        "a-0001",
        "b-0000",
        "ensemble",
    ]
    assert lines[5].startswith("ensemble, T ")
    words = "\n".join(lines[6:])
    assert "40 examples of test; ensemble: mean probability of 3 members" in words
    assert "if the least sure 0.5 % (0 examples) go to a person" in words
    assert "T: fitted on validation; all rows but the last are as stored" in words
    assert "mutual information" in words
    assert max(map(len, lines)) <= 80


def test_table_of_twenty_members_fits_a_terminal(call, make_run):
    run = make_run(groups={"cdeotte": 20}, n_examples=60)
    assert max(map(len, ask(call, run.path).out.splitlines())) <= 80


def test_validation_is_asked_by_default_and_says_what_it_was_fitted_on(call, run):
    answer = ask(call, run.path)
    assert "6 examples of validation" in answer.out
    assert "fitted on these validation labels, so the last row is no fair test" in answer.out
    assert lab.load_ledger(run) == []
    found = json.loads(ask(call, run.path, "--format", "json").out)
    assert found["temperature"]["is_fitted_on_these"] is True


def test_ledger_names_the_mean_and_the_members(call, run):
    ask(call, run.path, "--split", "test", "--members", "a-*")
    (row,) = lab.load_ledger(run)
    predictions = lab.load_predictions(run, members=("a-*",))
    decision = lab.Decision(rule="mean-probability", members=predictions.members)
    assert (row["command"], row["split"]) == ("calibration", "test")
    assert (row["decision"], row["members"]) == (decision.digest, predictions.digest)


def test_json_has_figures_bins_curves_and_doubts(call, run):
    words = (run.path, "--split", "test", "--refer", 10, "--bins", 5, "--format", "json")
    found = json.loads(ask(call, *words).out)
    assert [list(row) for row in found["rows"]] == [FIGURES] * 8
    assert [row["member"] for row in found["rows"][-2:]] == ["ensemble"] * 2
    plain, calibrated = found["rows"][-2:]
    assert plain["temperature"] is None
    assert calibrated["temperature"] == found["temperature"]["ensemble"]
    assert calibrated["fitted_on"] == "validation"
    assert (plain["n_referred"], plain["errors"]) == (4, calibrated["errors"])

    mean = lab.combine(lab.load_predictions(run), lab.Decision(rule="mean-probability"))
    labels = lab.load_labels(run).values
    assert plain["errors"] == (mean.predicted != labels).sum()
    rows = mean.mean_probabilities
    own = rows[np.arange(40), labels] / rows.sum(axis=1)
    assert plain["nll"] == pytest.approx(-np.log(own).mean())
    for kind in ("as_stored", "at_temperature"):
        even = found["bins"][kind]["even"]
        assert sum(each["count"] for each in even) == 40
        assert len(even) == 5
        assert all((each["accuracy"] is None) == (each["count"] == 0) for each in even)
        points = found["risk_coverage"][kind]["points"]
        assert points[0]["errors_left"] == plain["errors"]
        (point,) = (each for each in points if each["referred_percent"] == 10)
        row = plain if kind == "as_stored" else calibrated
        assert point["errors_left"] == row["errors_left"]
        assert point["risk"] == pytest.approx(row["errors_left"] / 36)
    assert set(found["ece_by_chance"]) == {"as_stored", "at_temperature"}
    doubts = found["uncertainty"]
    assert doubts["all"]["mutual_information"] == pytest.approx(
        doubts["all"]["predictive_entropy"] - doubts["all"]["expected_entropy"]
    )


def test_where_nothing_is_wrong_there_is_null_and_no_nan(call, make_run):
    run = make_run(lead=1)
    found = json.loads(ask(call, run.path, "--format", "json").out)
    assert found["uncertainty"]["wrong"]["predictive_entropy"] is None
    answer = ask(call, run.path)
    assert "ensemble, T ≤ 0.05" in answer.out
    assert "colder is better" in answer.out
    assert "nan" not in answer.out


def test_csv_has_the_rows(call, run):
    text = ask(call, run.path, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == FIGURES
    assert [row["temperature"] == "" for row in rows] == [True, False] * 4


def test_one_member_is_its_own_ensemble(call, run):
    words = (run.path, "--members", "b-0000", "--split", "test", "--format", "json")
    rows = json.loads(ask(call, *words).out)["rows"]
    for own, ensemble in zip(rows[:2], rows[2:], strict=True):
        assert own | {"member": ""} == pytest.approx(ensemble | {"member": ""})
    assert "mean probability of 1 member\n" in ask(call, run.path, "--members", "b-0000").out


def test_order_of_members_changes_nothing(call, run):
    values = json.loads((run.path / "run.json").read_text())
    words = (run.path, "--split", "test", "--format", "json")
    one = json.loads(ask(call, *words).out)
    values["members"].reverse()
    (run.path / "run.json").write_text(json.dumps(values))
    other = json.loads(ask(call, *words).out)
    assert sorted(one.pop("rows"), key=str) == sorted(other.pop("rows"), key=str)
    assert one == other


def test_members_with_votes_only_are_refused_by_name_before_a_look(call, run):
    predictions = lab.load_predictions(run)
    for row in (0, 2):
        key = predictions.members[row]
        predictions_path(run, key, "test").unlink()
        parent = lab.load_member(run, key).weights_sha256
        save_votes(run, key, "test", predictions.votes[row], predictions.index, parent=parent)
    answer = call("calibration", run.path, "--split", "test")
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 1
    assert "of a-0000, b-0000 only votes are known" in answer.err
    assert lab.load_ledger(run) == []
    ask(call, run.path, "--split", "test", "--members", "a-0001")


def test_run_without_validation_has_no_temperature_and_says_so(call, run):
    values = json.loads((run.path / "run.json").read_text())
    values["splits"] = ["train", "test"]
    (run.path / "run.json").write_text(json.dumps(values))
    answer = ask(call, run.path, "--split", "test")
    assert "T: none, for the run has no validation split" in answer.out
    assert "ensemble, T" not in answer.out
    words = (run.path, "--split", "test", "--format", "json")
    found = json.loads(ask(call, *words).out)
    assert found["temperature"] is None
    assert len(found["rows"]) == 4
    assert set(found["bins"]) == {"as_stored"}
    refused = call("calibration", run.path)
    assert refused.code == 1
    assert "--split" in refused.err


def test_folds_are_asked_out_of_fold_and_lend_their_temperature_to_test(call, make_run):
    run = make_run(groups={"a": 2}, folds=2, lead=0.3)
    answer = ask(call, run.path)
    assert "of train-oof; ensemble: mean probability of 2 members" in answer.out
    answer = ask(call, run.path, "--split", "test")
    assert "T: fitted on train-oof" in answer.out
    assert "there 2 members answer each example, here 4" in answer.out
    refused = call("calibration", run.path, "--split", "test", "--members", "a-0000-fold-1")
    assert refused.code == 1
    assert "all folds of a seed" in refused.err


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_calibration_is_drawn(call, run, tmp_path, ending):
    need("matplotlib")
    path = tmp_path / "new" / f"calibration.{ending}"
    assert ask(call, run.path, "-o", path).out == f"{path}\n"
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (["--format", "json"], "leave out --format or -o"),
        (["--bins", "5"], "leave out --bins or -o"),
    ],
)
def test_what_a_figure_does_not_obey_is_wrong_usage(call, run, tmp_path, words, facts):
    path = tmp_path / "calibration.png"
    answer = call("calibration", run.path, "-o", path, *words)
    assert answer.code == 2
    assert facts in answer.err
    assert not path.exists()


@pytest.mark.parametrize("words", [["--refer", "101"], ["--refer", "-1"], ["--bins", "0"]])
def test_numbers_outside_their_range_are_wrong_usage(call, run, words):
    assert call("calibration", run.path, *words).code == 2


def test_figure_that_cannot_be_written_costs_no_look(call, run, tmp_path):
    answer = call("calibration", run.path, "--split", "test", "-o", tmp_path / "c.jpg")
    assert answer.code == 1
    assert ".png, .svg, .pdf" in answer.err
    assert lab.load_ledger(run) == []
