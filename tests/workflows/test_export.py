"""What goes out for other programs is what the run says, whole or not at all."""

import csv
import importlib.util
import json
import sqlite3
from contextlib import closing

import numpy as np
import pandas
import pytest

from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import MissingError, MissingExtraError, PredictionError, StoreError
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.workflows import export_files
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.export import export_run
from ensemble_lab.workflows.export_files import FORMATS
from ensemble_lab.workflows.import_ import import_predictions
from ensemble_lab.workflows.question import Question
from tests.conftest import need
from tests.toy import toy_labels, toy_predictions

LONG = ["csv", "json", "parquet"]
VOTES = np.array([0, 1, 2, 1, 2, 0])


@pytest.fixture
def run(make_run):
    """The toy ensemble; see `tests.toy`."""
    probabilities = toy_predictions().probabilities
    return make_run(probabilities=probabilities, labels=toy_labels().values)


def read_rows(path):
    """The long form as a table, read by pandas."""
    match path.suffix:
        case ".csv":
            return pandas.read_csv(path)
        case ".json":
            return pandas.DataFrame(json.loads(path.read_text()))
        case ".parquet":
            need("pyarrow")
            return pandas.read_parquet(path)


def ask(path, question):
    with closing(sqlite3.connect(path)) as base:
        return base.execute(question).fetchall()


@pytest.mark.parametrize("ending", LONG)
@pytest.mark.parametrize("labels", [False, True])
def test_long_form_has_a_row_for_each_example_and_member(run, tmp_path, ending, labels):
    path = tmp_path / f"a.{ending}"
    report = export_run(run, path, labels=labels)
    found, wanted = read_rows(path), load_predictions(run)
    names = ["index", *(["label"] if labels else []), "member", "vote", "p0", "p1", "p2"]
    assert list(found.columns) == names
    assert len(found) == 18
    assert found["member"].tolist() == list(wanted.members) * 6
    assert found["index"].tolist() == np.repeat(wanted.index, 3).tolist()
    assert found["vote"].tolist() == wanted.votes.T.reshape(-1).tolist()
    rows = wanted.probabilities.transpose(1, 0, 2).reshape(-1, 3)
    np.testing.assert_array_equal(found[["p0", "p1", "p2"]].to_numpy(np.float32), rows)
    if labels:
        assert found["label"].tolist() == np.repeat(load_labels(run).values, 3).tolist()
    assert (report.n_examples, report.n_members, report.n_errors) == (6, 3, None)


@pytest.mark.parametrize("ending", LONG)
def test_blocks_change_nothing(run, tmp_path, ending, monkeypatch):
    whole, parts = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    export_run(run, whole, labels=True)
    monkeypatch.setattr(export_files, "_BLOCK_NUMBERS", 9)
    export_run(run, parts, labels=True)
    pandas.testing.assert_frame_equal(read_rows(whole), read_rows(parts))


def test_npz_holds_the_arrays(run, tmp_path):
    export_run(run, tmp_path / "a.npz", labels=True)
    wanted = load_predictions(run)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert sorted(file) == ["index", "labels", "members", "probabilities", "votes"]
        assert file["members"].tolist() == list(wanted.members)
        for name in ("index", "votes", "probabilities"):
            np.testing.assert_array_equal(file[name], getattr(wanted, name))
        assert file["labels"].tolist() == load_labels(run).values.tolist()


@pytest.mark.parametrize("ending", FORMATS)
def test_votes_alone_have_no_probabilities(run, tmp_path, ending):
    run = import_predictions(run, {"hard": VOTES}).run
    path = tmp_path / f"a.{ending}"
    export_run(run, path)
    if ending in LONG:
        assert list(read_rows(path).columns) == ["index", "member", "vote"]
    elif ending == "npz":
        with np.load(path) as file:
            assert sorted(file) == ["index", "members", "votes"]
    else:
        assert set(ask(path, "SELECT gap, margin, p_label FROM errors")) == {(None, None, None)}


@pytest.mark.parametrize("ending", ["sqlite", "db"])
def test_sqlite_has_a_row_an_error_with_every_column_of_the_query(run, tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    decision = Decision(rule="mean-probability")
    report = export_run(run, path, decision=decision)
    wanted = find_errors(run, Question(decision=decision)).catalogue.sort("index").to_rows()
    with closing(sqlite3.connect(path)) as base:
        base.row_factory = sqlite3.Row
        found = [dict(row) for row in base.execute('SELECT * FROM errors ORDER BY "index"')]
    for row in found:
        row["wrong_members"] = json.loads(row["wrong_members"])
    assert found == wanted
    assert report.n_errors == len(wanted) > 0
    assert dict(ask(path, "SELECT * FROM about"))["decision"].startswith("mean-probability")
    assert dict(ask(path, "SELECT * FROM about"))["errors"] == str(len(wanted))


def test_sqlite_has_the_votes_of_members(run, tmp_path):
    export_run(run, tmp_path / "a.db")
    found = ask(tmp_path / "a.db", 'SELECT vote FROM votes ORDER BY member, "index"')
    assert [vote for (vote,) in found] == load_predictions(run).votes.reshape(-1).tolist()
    # Each error is one of the examples that members voted on.
    joined = ask(
        tmp_path / "a.db",
        'SELECT sum(vote = predicted) - votes_for_predicted FROM errors JOIN votes USING ("index") '
        'GROUP BY "index"',
    )
    assert set(joined) == {(0,)}


def test_sqlite_has_all_labels_only_if_asked(run, tmp_path):
    for labels, path in ((False, tmp_path / "a.db"), (True, tmp_path / "b.db")):
        export_run(run, path, labels=labels)
        names = {name for (name,) in ask(path, "SELECT name FROM sqlite_master")}
        assert ("labels" in names) is labels
    found = ask(tmp_path / "b.db", 'SELECT label FROM labels ORDER BY "index"')
    assert [label for (label,) in found] == load_labels(run).values.tolist()


def test_sqlite_replaces_what_was_there(run, tmp_path):
    path = tmp_path / "a.db"
    path.write_text("something else")
    export_run(run, path)
    export_run(run, path)
    assert ask(path, "SELECT count(*) FROM errors") == [(3,)]
    assert [each.name for each in tmp_path.glob("*a.db*")] == ["a.db"]


@pytest.mark.parametrize("ending", ["npz", *LONG])
def test_predictions_alone_are_no_look_and_labels_are(run, tmp_path, ending):
    assert export_run(run, tmp_path / f"a.{ending}").look is None
    assert load_ledger(run) == []
    assert export_run(run, tmp_path / f"a.{ending}", labels=True).look.number == 1
    (row,) = load_ledger(run)
    assert (row["command"], row["purpose"], row["words"]) == ("export", "report", "labels exported")
    assert export_run(run, tmp_path / f"a.{ending}", "validation", labels=True).look is None


def test_catalogue_is_the_look_of_its_decision(run, tmp_path):
    find_errors(run)
    assert export_run(run, tmp_path / "a.db").look.is_repeat


def test_members_are_those_asked_for(run, tmp_path):
    export_run(run, tmp_path / "a.csv", members=("*-0001",))
    with (tmp_path / "a.csv").open() as file:
        assert {row["member"] for row in csv.DictReader(file)} == {"a-0001"}


@pytest.mark.parametrize("ending", FORMATS)
def test_full_disk_keeps_what_was_there(run, tmp_path, ending, monkeypatch):
    path = tmp_path / f"a.{ending}"
    path.write_text("before")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StoreError, match="No space left"):
        export_run(run, path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.glob("*a.*")] == [path.name]


def test_sqlites_own_failure_is_told_and_keeps_what_was_there(run, tmp_path, monkeypatch):
    path = tmp_path / "a.db"
    path.write_text("before")

    def fail(*_, **__):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", fail)
    with pytest.raises(StoreError, match="disk is full"):
        export_run(run, path)
    assert path.read_text() == "before"


@pytest.mark.parametrize(
    ("name", "wishes", "error", "fact"),
    [
        ("a.xlsx", {}, PredictionError, "npz, csv, parquet, json, sqlite, db"),
        ("a.sqlit", {}, PredictionError, "did you mean 'sqlite'?"),
        ("a", {}, PredictionError, "must end in"),
        ("a.csv", {"decision": Decision(rule="median")}, PredictionError, "sqlite or db"),
        ("a.db", {"split": "tets"}, MissingError, "did you mean 'test'?"),
        ("a.db", {"members": ("b-*",)}, MissingError, "b-*"),
    ],
)
def test_what_cannot_be_written_costs_no_look(run, tmp_path, name, wishes, error, fact):
    with pytest.raises(error) as caught:
        export_run(run, tmp_path / name, labels=True, **wishes)
    assert fact in str(caught.value)
    assert load_ledger(run) == []
    assert not (tmp_path / name).exists()


def test_parquet_without_pyarrow_costs_no_look(run, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ensemble-lab\[parquet\]"):
        export_run(run, tmp_path / "a.parquet", labels=True)
    assert load_ledger(run) == []


@pytest.mark.parametrize("folds", [None, 2])
def test_validation_goes_out_as_well(make_run, tmp_path, folds):
    run = make_run(folds=folds)
    split = run.validation_split
    export_run(run, tmp_path / "a.csv", split, labels=True)
    found = read_rows(tmp_path / "a.csv")
    assert found["label"].tolist() == np.repeat(load_labels(run, split).values, 3).tolist()


def test_report_says_whether_probabilities_went_out(run, tmp_path):
    from tests.workflows.test_why import keep_votes_only

    assert export_run(run, tmp_path / "a.npz").has_probabilities
    keep_votes_only(run)
    assert not export_run(run, tmp_path / "b.npz").has_probabilities


def test_manifest_of_a_run_is_left_alone(run):
    before = (run.path / "run.json").read_bytes()
    with pytest.raises(StoreError, match="manifest"):
        export_run(run, run.path / "run.json")
    assert (run.path / "run.json").read_bytes() == before
