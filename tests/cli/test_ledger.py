"""The ledgers of all runs of a folder, told as one story."""

import csv
import errno
import io
import json
import os

import pytest

import ensemble_lab as lab


@pytest.fixture
def folder(call, make_run, tmp_path):
    """Two runs on one test set: three looks, one of them in both runs and asked three times."""
    for name in ("one", "two"):
        call("vote", make_run(tmp_path / name).path)
    call("errors", tmp_path / "one")
    call("vote", tmp_path / "one", "--rule", "mean-probability")
    call("vote", tmp_path / "two", "--members", "a-0001", "--ties", "lowest")
    call("vote", tmp_path / "two", "--split", "validation")
    return tmp_path


def test_looks_are_joined_over_runs(call, folder):
    (found,) = json.loads(call("ledger", folder, "--format", "json").out)
    looks = found["looks"]
    assert [look["number"] for look in looks] == [1, 2, 3]
    assert [look["n_asked"] for look in looks] == [3, 1, 1]
    assert [len(look["runs"]) for look in looks] == [2, 1, 1]
    assert looks[0]["commands"] == ["vote", "errors"]
    assert [look["words"] for look in looks] == [
        "3 members, majority, ties by mean-probability",
        "3 members, mean-probability, ties to the smaller class",
        "a-0001, majority, ties by lowest",
    ]
    assert {look["purpose"] for look in looks} == {"report"}
    assert found["n_other"] == 0


def test_table_says_how_often_and_by_which_decision(call, folder):
    lines = call("ledger", folder).out.splitlines()
    assert lines[0].endswith("3 looks, asked 5 times")
    assert "npz test (labels" in lines[0]
    assert lines[1].split() == ["look", "first", "asked", "run", "decision"]
    assert lines[2].split()[0] == "1"
    assert lines[2].endswith("one, two  3 members, majority")
    assert max(map(len, lines)) <= 80


def test_csv_has_a_row_a_look(call, folder):
    rows = list(csv.DictReader(io.StringIO(call("ledger", folder, "--format", "csv").out)))
    assert [row["n_asked"] for row in rows] == ["3", "1", "1"]
    assert len({row["labels_sha256"] for row in rows}) == 1


def test_looks_at_a_read_only_run_are_shown_apart(call, folder, monkeypatch):
    real = os.open

    def read_only(path, flags, *rest, **named):
        if str(path).startswith(str(folder / "two")) and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", read_only)
    told = call("vote", folder / "two", "--ties", "random:1").err
    assert told.startswith("look 4 on this test set")
    text = call("ledger", folder).out
    assert "4 looks, asked 6 times" in text
    _, apart = text.split("of read-only runs, kept by the user:\n")
    assert apart.splitlines()[1].split()[0] == "4"
    assert "of read-only runs" not in call("ledger", folder / "one").out


def test_reading_labels_without_a_decision_is_told(call, make_run):
    run = make_run()
    lab.load_labels(run, "test")
    text = call("ledger", run.path).out
    assert "0 looks" in text.splitlines()[0]
    assert "also read once without a decision" in text


def test_folder_without_looks_says_so(call, make_run, tmp_path):
    make_run(tmp_path / "one")
    assert call("ledger", tmp_path).out == f"no test set was looked at in {tmp_path}\n"
    assert call("ledger", tmp_path, "--format", "json").out == "[]\n"


def test_ledger_writes_nothing(call, folder):
    before = {path: path.read_bytes() for path in folder.glob("*/test-access.jsonl")}
    call("ledger", folder)
    assert {path: path.read_bytes() for path in folder.glob("*/test-access.jsonl")} == before


def test_damaged_ledger_is_named(call, folder):
    (folder / "two" / "test-access.jsonl").write_text("{}\n[]\n")
    answer = call("ledger", folder)
    assert answer.code == 1
    assert "test-access.jsonl:2" in answer.err


def test_no_such_folder(call, tmp_path):
    answer = call("ledger", tmp_path / "none")
    assert answer.code == 1
    assert "a folder of runs must exist" in answer.err
