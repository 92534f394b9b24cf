"""The command that writes files for other programs."""

import sqlite3
from contextlib import closing

import pytest

from ensemble_lab.workflows.export_files import FORMATS
from tests.conftest import need


@pytest.mark.parametrize("ending", FORMATS)
def test_file_is_written_and_named(call, make_run, tmp_path, ending):
    if FORMATS[ending].package is not None:
        need(FORMATS[ending].package)
    path = tmp_path / f"a.{ending}"
    answer = call("export", make_run().path, "-o", path)
    assert (answer.code, answer.out) == (0, f"{path}\n")
    assert answer.err == ("look 1 on this test set\n" if FORMATS[ending].has_errors else "")
    assert path.stat().st_size > 0


def test_errors_go_out_by_the_rule_that_is_asked_for(call, make_run, tmp_path):
    run = make_run(n_examples=60, lead=0.2)
    counts = []
    for rule in ("majority", "maximum"):
        answer = call("export", run.path, "-o", tmp_path / "a.db", "--rule", rule)
        assert answer.code == 0, answer.err
        with closing(sqlite3.connect(tmp_path / "a.db")) as base:
            counts.append(base.execute("SELECT count(*) FROM errors").fetchone()[0])
        assert (
            call("errors", run.path, "--rule", rule, "--format", "indices").out.count("\n")
            == (counts[-1])
        )
    assert counts[0] != counts[1]


def test_labels_are_a_look(call, make_run, tmp_path):
    run = make_run()
    assert call("export", run.path, "-o", tmp_path / "a.csv").err == ""
    answer = call("export", run.path, "-o", tmp_path / "a.csv", "--labels")
    assert answer.err == "look 1 on this test set\n"
    assert "labels exported" in call("ledger", run.path).out


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (["-o", "a.txt"], 1, "must end in npz, csv, parquet, json, sqlite, db"),
        (["-o", "a.csv", "--rule", "median"], 1, "sqlite or db"),
        (["-o", "a.csv", "--split", "tset"], 1, "did you mean 'test'?"),
        ([], 2, "-o"),
    ],
)
def test_what_cannot_be_exported_is_one_line(
    call, make_run, monkeypatch, tmp_path, words, code, fact
):
    run = make_run()
    monkeypatch.chdir(tmp_path)
    answer = call("export", run.path, *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert fact in answer.err
