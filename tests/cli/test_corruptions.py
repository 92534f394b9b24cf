"""The corruptions command: table, rows, figures, and what it refuses in one line."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.corruptions import CORRUPTIONS
from ensemble_lab.decision import Decision
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import open_run
from ensemble_lab.workflows import corruptions as workflow
from ensemble_lab.workflows import predict as predicting
from ensemble_lab.workflows.corruptions import CorruptionQuestion

PNG = b"\x89PNG"
COLUMNS = [
    "corruption", "strength", "split", "voter", "kind", "n_members", "errors", "sd",
    "n_examples", "low", "high",
]  # fmt: skip


@pytest.fixture
def make(make_run):
    """Make a run of two groups, two members and one, on 20 images."""
    return lambda: make_run(groups={"a": 2, "b": 1}, n_examples=20)


@pytest.fixture
def workers(monkeypatch):
    """Members that always choose class 0, or 1 for each second member."""

    def answer(run, keys, arguments, **named):
        for key in keys:
            parent = load_member(run, key).weights_sha256
            for name in arguments[1:]:
                rows = np.eye(3, dtype=np.float32)[[run.keys.index(key) % 2] * 20]
                save_predictions(run, key, name, rows, np.arange(20), parent=parent)

    monkeypatch.setattr(predicting, "run_members", answer)


def count_wrong(run, of_class: int) -> int:
    labels = np.load(f"{run.path}.npz")["y_test"]
    return int((labels != of_class).sum())


def test_table_has_a_line_a_voter_and_a_column_a_strength(call, make, workers):
    run = make()
    answer = call(
        "corruptions", run.path, "--only", "shift", "--only", "blur", "--strengths", "1,5"
    )
    assert answer.code == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= 80
    head, *lines = answer.out.splitlines()
    lines, last = lines[:6], " ".join(lines[6:])
    assert head.split() == ["corruption", "voter", "clean", "1", "5"]
    zero, one = count_wrong(run, 0), count_wrong(run, 1)
    # The first and the third member say 0, so the vote does.
    assert lines[0].split()[:2] == ["blur", "vote"]
    assert lines[0].split()[3:] == [str(zero)] * 2
    mean, sd = (zero + one) / 2, abs(zero - one) / 2**0.5
    assert lines[1].split()[-3:] == [f"{mean:.1f}", "±", f"{sd:.1f}"]
    assert lines[1].split()[0] == "a"
    assert lines[2].split()[0] == "b"
    assert lines[3].split()[:2] == ["shift", "vote"]
    assert last.startswith("errors in 20 examples")
    assert "20 examples of test" in last
    assert "3 members, majority, ties by mean-probability" in last
    assert "3 of 3 members done" not in answer.out


def test_table_of_members_has_a_line_each(call, make, workers):
    answer = call("corruptions", make().path, "--only", "blur", "--by", "member")
    lines = answer.out.splitlines()[1:5]
    assert [line.split()[-7] for line in lines] == ["vote", "a-0000", "a-0001", "b-0000"]
    assert "±" not in answer.out


def test_rows_as_json_and_csv(call, make, workers):
    words = ["corruptions", make().path, "--only", "noise", "--strengths", "2", "--format"]
    rows = json.loads(call(*words, "json").out)
    assert [list(row) for row in rows] == [COLUMNS] * 6
    assert [(row["corruption"], row["strength"], row["voter"]) for row in rows] == [
        ("clean", 0, "vote"), ("clean", 0, "a"), ("clean", 0, "b"),
        ("noise", 2, "vote"), ("noise", 2, "a"), ("noise", 2, "b"),
    ]  # fmt: skip
    assert all(row["low"] <= row["errors"] <= row["high"] for row in rows)
    assert [row["sd"] is None for row in rows] == [True, False, True] * 2
    listed = list(csv.DictReader(io.StringIO(call(*words, "csv").out)))
    assert [row["errors"] for row in listed] == [str(row["errors"]) for row in rows]
    assert list(listed[0]) == COLUMNS


def test_without_predicting_what_is_there_is_told_and_what_is_not_named(call, make, workers):
    run = make()
    call("corruptions", run.path, "--only", "thin", "--strengths", "1,2")
    answer = call("corruptions", run.path, "--only", "thin", "--strengths", "1,3", "--no-predict")
    assert answer.code == 0
    assert answer.out.splitlines()[0].split() == ["corruption", "voter", "clean", "1"]
    assert answer.err.splitlines()[0] == "not predicted by all members: test-thin3"
    assert "test-thin3" not in open_run(run.path).splits


def test_options_reach_the_workflow(call, make, monkeypatch):
    asked = []

    def predict(run, question, **named):
        asked.append((run, question, named))
        raise KeyboardInterrupt

    monkeypatch.setattr(workflow, "predict_corruptions", predict)
    typed = [
        "--data", "digits:train", "--as", "mine", "--only", "blur", "--only", "shift",
        "--strengths", "5,1", "--members", "a-*", "--rule", "mean-probability",
        "--ties", "random:7",
        "--engine", "serial", "--workers", "2", "--data-dir", "data",
    ]  # fmt: skip
    assert call("corruptions", "toy", *typed).code == 130
    ((run, question, named),) = asked
    assert run == Path("toy")
    assert question == CorruptionQuestion(
        data="digits:train",
        name="mine",
        only=("blur", "shift"),
        strengths=(5, 1),
        members=("a-*",),
        decision=Decision(rule="mean-probability", ties="random", tie_seed=7),
    )
    assert callable(named.pop("report"))
    assert named == {"engine": "serial", "workers": 2, "data_dir": Path("data")}


def test_curves_are_drawn_beside_the_table(call, make, workers, tmp_path):
    figure = tmp_path / "new" / "curves.png"
    answer = call("corruptions", make().path, "--only", "blur", "-o", figure)
    assert answer.code == 0
    assert f"drew {figure}" in answer.err.splitlines()
    assert "blur" in answer.out
    assert figure.read_bytes().startswith(PNG)


def test_what_cannot_be_drawn_costs_no_prediction_and_no_look(call, make, workers):
    run = make()
    answer = call("corruptions", run.path, "-o", "curves.bmp")
    assert (answer.code, answer.out) == (1, "")
    assert ".png" in answer.err
    assert open_run(run.path) == run
    assert load_ledger(run) == []


def test_list_says_what_each_does_and_whose_it_is(call):
    answer = call("corruptions")
    assert answer.code == 0
    told = " ".join(answer.out.split())
    for name, row in CORRUPTIONS.items():
        assert f"{name}: {row.description} " in told
        assert row.source in told
    assert max(map(len, answer.out.splitlines())) <= 80
    rows = json.loads(call("corruptions", "--format", "json").out)
    assert [row["corruption"] for row in rows] == list(CORRUPTIONS)
    assert rows[0]["parameters"] == list(CORRUPTIONS["noise"].parameters)
    assert call("corruptions", "--format", "csv").out.startswith("corruption,parameters,unit,")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_pictures_of_a_runs_own_images_or_of_any_source(call, make, tmp_path, ending):
    run, picture = make(), tmp_path / f"show.{ending}"
    answer = call("corruptions", run.path, "--show", picture, "--index", "3,0", "--only", "shear")
    assert (answer.code, answer.out, answer.err) == (0, f"{picture}\n", "")
    first = picture.read_bytes()
    words = ["--show", picture, "--index", "3,0", "--only", "shear"]
    assert call("corruptions", "--data", f"{run.path}.npz", *words).code == 0
    assert picture.read_bytes() == first
    assert call("corruptions", "--data", f"{run.path}.npz:train", *words).code == 0
    assert picture.read_bytes() != first
    assert load_ledger(run) == []


@pytest.mark.parametrize(
    ("typed", "code", "facts"),
    [
        (["{run}", "--only", "blurr"], 1, ["'blurr'", "did you mean 'blur'"]),
        (["{run}", "--strengths", "1,9"], 1, ["1 to 5", "got 9"]),
        (["{run}", "--strengths", "high"], 1, ["strength", "'high'"]),
        (["{run}", "--members", "c-*"], 1, ["c-*"]),
        (["{run}", "--data", "minst"], 1, ["minst", "mnist"]),
        (["{run}", "--data", "digits"], 1, ["5×4×1", "28×28×1", "digits:test"]),
        (["{run}", "--as", "A b"], 1, ["lower-case", "A b"]),
        (["{run}", "--no-predict"], 1, ["none of 45", "--no-predict"]),
        (["{run}x"], 1, ["run.json"]),
        (["{run}", "--show", "x.png", "--index", "20"], 1, ["index", "got 20"]),
        (["{run}", "--show", "x.png", "--index", "-1"], 1, ["index", "'-1'"]),
        (["{run}", "--show", "x.png", "--index", "0,0"], 1, ["each example once"]),
        (["{run}", "--show", "x.png", "--index", "0,1,2,3,4,5,6"], 1, ["1 to 6", "got 7"]),
        (["{run}", "--show", "x.png", "--only", "nois"], 1, ["did you mean 'noise'"]),
        (["{run}", "--show", "x.bmp"], 1, [".png"]),
        (["--data", "mnist"], 2, ["RUN", "--show"]),
        (["-o", "x.png"], 2, ["RUN", "--show"]),
        (["--only", "blur"], 2, ["RUN", "--show"]),
        (["--strengths", "1"], 2, ["RUN", "--show"]),
        (["{run}", "--index", "0"], 2, ["--index", "--show"]),
        (["{run}", "--by", "seed"], 2, ["group", "member"]),
    ],
)
def test_what_cannot_be_answered_is_one_line(call, make, typed, code, facts):
    run = make()
    answer = call("corruptions", *(word.format(run=run.path) for word in typed))
    assert (answer.code, answer.out) == (code, "")
    assert len(answer.err.strip().splitlines()) == 1
    for fact in facts:
        assert fact in answer.err
    assert open_run(run.path) == run
