"""The history of a run on the command line: letter by letter, number by number."""

import csv
import io
import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from ensemble_lab.store.members import EpochRecord, load_member, member_path
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.training_state import TrainingState, save_state
from tests.conftest import train_in_name

RECORDS = (
    EpochRecord(1, 1.25, 0.5, 0.75, 0.625, 0.001, 2.5),
    EpochRecord(2, 0.5, 0.75, 0.25, 0.9375, 1e-05, 2.25),
    EpochRecord(3, 0.25, 0.9, 0.3, 0.9375, 1e-05, 2.25),
)
MEASURED = """\
loss, accuracy: while learning, on augmented images, under dropout, with the
recipe's loss; val.: afterwards, on plain images, by cross-entropy
"""
TABLE = f"""\
member  epochs    loss  accuracy  val. loss  val. acc.  best     at
a-0000       3  0.2500  90.00 %      0.3000  93.75 %    93.75 %   2
b-0000       2  0.5000  66.67 %      0.5000  75.00 %    75.00 %   1
b-0001       2  0.5000  66.67 %      0.5000  75.00 %    75.00 %   1
last epoch; best: greatest val. acc., first reached in epoch at
{MEASURED}"""
EPOCHS = f"""\
a-0000
epoch    loss  accuracy  val. loss  val. acc.  rate   seconds
    1  1.2500  50.00 %      0.7500  62.50 %    0.001  2.5
    2  0.5000  75.00 %      0.2500  93.75 %    1e-05  2.2      best, kept
    3  0.2500  90.00 %      0.3000  93.75 %    1e-05  2.2

{MEASURED}"""
GROUPS = f"""\
group  members  epochs  accuracy  val. acc.  lowest   highest
a            1       3  90.00 %   93.75 %    93.75 %  93.75 %
b            2       2  66.67 %   75.00 %    75.00 %  75.00 %
last epoch; means over members; lowest, highest: val. acc.
{MEASURED}"""


@pytest.fixture
def run(make_run):
    """A run of three members, the first with a history of its own."""
    run = make_run(groups={"a": 1, "b": 2})
    train_in_name(run, "a-0000", np.random.default_rng(0), history=RECORDS, kept_epoch=2)
    return run


def leave_unfinished(run, key, n_epochs=1):
    member_path(run, key).unlink()
    save_state(run, key, TrainingState(n_epochs, (), (), (), 1, RECORDS[:n_epochs]))


def test_tables_as_they_are_printed(call, run):
    assert call("history", run.path).out == TABLE
    assert call("history", run.path, "--members", "a-*", "--epochs").out == EPOCHS
    assert call("history", run.path, "--by", "group").out == GROUPS


def test_many_epochs_are_a_line_for_each_member(call, run):
    for key in run.keys:
        many = tuple(replace(RECORDS[0], epoch=n) for n in range(1, 151))
        train_in_name(run, key, np.random.default_rng(0), history=many, kept_epoch=150)
    assert len(call("history", run.path).out.splitlines()) == 3 + 4
    assert len(call("history", run.path, "--by", "group").out.splitlines()) == 2 + 4
    every = call("history", run.path, "--members", "a-*", "--epochs").out.splitlines()
    assert len(every) == 150 + 5


@pytest.mark.parametrize(
    "more", [[], ["--epochs"], ["--by", "group"], ["--by", "group", "--epochs"]]
)
def test_tables_fit_a_terminal(call, make_run, more):
    run = make_run(groups={"bn-elu-again": 2, "cnn3-no-pool": 1})
    answer = call("history", run.path, *more)
    assert answer.code == 0
    assert max(map(len, answer.out.splitlines())) <= 80


def test_json_has_every_epoch_of_every_member_unrounded(call, run):
    rows = json.loads(call("history", run.path, "--format", "json").out)
    assert [row["member"] for row in rows] == ["a-0000"] * 3 + ["b-0000"] * 2 + ["b-0001"] * 2
    assert [row["epoch"] for row in rows] == [1, 2, 3, 1, 2, 1, 2]
    wanted = [
        {"member": key, "group": key[0], "progress": "finished"}
        | asdict(record)
        | {"is_kept": record.epoch == 2}
        for key in run.keys
        for record in load_member(run, key).history
    ]
    assert rows == wanted
    assert list(rows[0]) == list(wanted[0])
    assert rows[-1]["accuracy"] == 1 - 1 / 3


def test_csv_has_the_same_rows(call, run):
    rows = json.loads(call("history", run.path, "--format", "json").out)
    table = list(csv.DictReader(io.StringIO(call("history", run.path, "--format", "csv").out)))
    assert list(table[0]) == list(rows[0])
    assert [float(row["loss"]) for row in table] == [row["loss"] for row in rows]


def test_json_of_groups_has_means_and_bounds(call, run):
    train_in_name(run, "b-0001", np.random.default_rng(0), history=RECORDS)
    rows = json.loads(call("history", run.path, "--by", "group", "--format", "json").out)
    assert [(r["group"], r["epoch"], r["n_members"]) for r in rows] == [
        ("a", 1, 1), ("a", 2, 1), ("a", 3, 1), ("b", 1, 2), ("b", 2, 2), ("b", 3, 1),
    ]  # fmt: skip
    first = rows[3]
    assert (first["loss_least"], first["loss"], first["loss_greatest"]) == (1.0, 1.125, 1.25)
    assert (rows[5]["rate"], rows[5]["validation_loss"]) == (1e-05, 0.3)


def test_without_validation_nothing_is_made_up(call, run):
    bare = tuple(replace(r, validation_loss=None, validation_accuracy=None) for r in RECORDS)
    for key in run.keys:
        train_in_name(run, key, np.random.default_rng(0), history=bare)
    line = call("history", run.path).out.splitlines()[1]
    assert line.split() == ["a-0000", "3", "0.2500", "90.00", "%", *"––––"]
    rows = json.loads(call("history", run.path, "--by", "group", "--format", "json").out)
    assert {row["validation_loss"] for row in rows} == {None}
    table = csv.DictReader(io.StringIO(call("history", run.path, "--format", "csv").out))
    assert {row["validation_accuracy"] for row in table} == {""}


def test_unfinished_members_and_those_without_history_are_said_in_one_line(call, run):
    leave_unfinished(run, "b-0000", 2)
    member_path(run, "b-0001").unlink()
    answer = call("history", run.path)
    assert answer.code == 0
    assert [line.split()[:2] for line in answer.out.splitlines()[1:3]] == [
        ["a-0000", "3"], ["b-0000", "2"],
    ]  # fmt: skip
    assert answer.err == "unfinished: b-0000 (after epoch 2); no history: b-0001 (no file)\n"
    rows = json.loads(call("history", run.path, "--format", "json").out)
    assert {(r["member"], r["progress"]) for r in rows} == {
        ("a-0000", "finished"), ("b-0000", "unfinished"),
    }  # fmt: skip


def test_members_that_had_no_epochs_are_named(call, run):
    first, second, third = run.members
    spec = {**second.spec, "backend": "scikit-learn"}
    entries = (first, replace(second, spec=spec), replace(third, kind="imported", spec=None))
    save_run(replace(run, members=entries))
    answer = call("history", run.path)
    assert answer.err == "no history: b-0000 (fitted at once), b-0001 (imported)\n"
    assert len(answer.out.splitlines()) == 1 + 4


def test_run_without_any_history_is_one_line_and_exit_1(call, make_run):
    run = make_run(n_members=6)
    for key in run.keys:
        member_path(run, key).unlink()
    for words in ([], ["--format", "json"], ["-o", run.path / "curves.png"]):
        answer = call("history", run.path, *words)
        assert (answer.code, answer.out) == (1, "")
        assert len(answer.err.strip().splitlines()) == 1
        assert "at least one epoch" in answer.err
        assert "a-0003 (no file) and 2 more" in answer.err
    assert not (run.path / "curves.png").exists()


def test_figure_is_written_and_its_path_printed(call, run, tmp_path):
    leave_unfinished(run, "b-0000")
    for by in ([], ["--by", "group"]):
        path = tmp_path / "new" / f"curves{len(by)}.png"
        answer = call("history", run.path, "-o", path, *by)
        assert (answer.code, answer.out) == (0, f"{path}\n")
        assert answer.err == "unfinished: b-0000 (after epoch 1)\n"
        assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "code", "facts"),
    [
        (["-o", "curves.doc"], 1, [".png", "curves.doc"]),
        (["--members", "c-*"], 1, ["c-*"]),
        (["-o", "curves.png", "--format", "json"], 2, ["figure", "--format"]),
        (["-o", "curves.png", "--epochs"], 2, ["figure", "--epochs"]),
        (["--by", "seed"], 2, ["--by", "group"]),
        (["--format", "indices"], 2, ["--format"]),
    ],
)
def test_bad_input_is_one_line(call, run, words, code, facts):
    answer = call("history", run.path, *words)
    assert (answer.code, answer.out) == (code, "")
    assert len(answer.err.strip().splitlines()) == 1
    for fact in facts:
        assert fact in answer.err


def test_help_says_why_training_is_another_measure(call):
    text = " ".join(call("history", "--help").out.split())
    for fact in ("two measures", "augmented", "dropout", "recipe's loss"):
        assert fact in text


def test_python_gives_the_same_values(run):
    import ensemble_lab as lab

    histories = lab.load_histories(run.path, members=("a-*",))
    assert [each.records for each in histories] == [RECORDS]
    assert len(lab.draw_history(lab.load_histories(open_run(run.path))).axes) == 5
