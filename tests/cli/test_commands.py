"""Every command but the query: what it prints, and what it refuses in one line."""

import errno
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.cli import COMMANDS
from ensemble_lab.store.members import load_member
from ensemble_lab.store.run import save_run
from ensemble_lab.workflows.new import read_template

ROOT = Path(__file__).parents[2]


def test_vote_json_has_the_documented_keys(call, make_run):
    run = make_run(groups={"a": 2, "b": 1}, n_examples=40)
    report = json.loads(call("vote", run.path, "--by", "group", "--format", "json").out)
    groups = report.pop("groups")
    assert list(report) == [
        "n_examples", "n_members", "split", "rule", "tie_policy", "errors", "accuracy",
        "interval", "interval_method", "n_ties", "tie_band", "members",
    ]  # fmt: skip
    assert report["n_examples"] == 40
    assert report["accuracy"] == 1 - report["errors"] / 40
    assert report["interval"]["low"] <= report["errors"] <= report["interval"]["high"]
    assert [m["key"] for m in report["members"]] == ["a-0000", "a-0001", "b-0000"]
    assert [m["seed"] for m in report["members"]] == [0, 1, 0]
    assert [(g["group"], g["n_members"]) for g in groups] == [("a", 2), ("b", 1)]
    alone = groups[1]
    assert alone["errors"] == report["members"][2]["errors"]


def test_vote_counts_what_numpy_counts(call, make_run):
    import ensemble_lab as lab

    run = make_run(probabilities=np.random.default_rng(0).dirichlet(np.ones(3), (5, 60)))
    labels = lab.load_labels(run).values
    report = json.loads(call("vote", run.path, "--format", "json", "--ties", "lowest").out)
    votes = lab.load_predictions(run).votes
    predicted = [np.bincount(column, minlength=3).argmax() for column in votes.T]
    assert 0 < report["errors"] == int((np.array(predicted) != labels).sum())
    assert [m["errors"] for m in report["members"]] == (votes != labels).sum(1).tolist()


def test_vote_table_fits_a_terminal_and_names_the_decision(call, make_run):
    answer = call("vote", make_run(n_examples=20).path, "--ties", "random:7")
    assert "majority, ties by random:7" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_every_access_of_test_labels_is_in_the_ledger(call, make_run):
    import ensemble_lab as lab

    run = make_run()
    for _ in range(2):
        call("vote", run.path)
        call("errors", run.path)
        call("errors", run.path, "--rule", "mean-probability")
        call("vote", run.path, "--split", "validation")
    rows = lab.load_ledger(run)
    assert [(row["command"], row["split"]) for row in rows] == [
        ("vote", "test"), ("errors", "test"), ("errors", "test"),
    ] * 2  # fmt: skip
    assert len({row["decision"] for row in rows}) == 2


def test_inspect_says_what_is_missing(call, make_run):
    run = make_run()
    (run.member_folder("a-0001") / "predictions-test.h5").unlink()
    (run.member_folder("a-0002") / "member.weights.h5").write_bytes(b"nonsense")
    answer = call("inspect", run.path)
    assert "1 of 3 members complete" in answer.out
    assert "no predictions on test" in answer.out
    assert "damaged" in answer.out
    members = json.loads(call("inspect", run.path, "--format", "json").out)["members"]
    assert [m["status"] for m in members] == ["complete", "no predictions", "damaged"]


def test_inspect_tells_seconds_of_a_minute_and_nothing_of_weights_that_are_gone(call, make_run):
    run = make_run()
    (run.member_folder("a-0001") / "member.weights.h5").unlink()
    lines = call("inspect", run.path).out.splitlines()[3:6]
    rows = {line.split()[0]: line.split() for line in lines}
    minutes = sum(record.seconds for record in load_member(run, "a-0000").history) / 60
    assert 0 < minutes < 0.5
    assert rows["a-0000"][-1] == f"{minutes:.2f}" != "0.00"
    assert rows["a-0001"][2:] == ["no", "weights", "–", "–", "–"]


def test_runs_lists_runs_and_says_why_one_cannot_be_opened(call, make_run, tmp_path):
    make_run()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    rows = json.loads(call("runs", tmp_path, "--format", "json").out)
    assert [(Path(row["run"]).name, row["trained"]) for row in rows] == [("broken", 0), ("toy", 3)]
    assert "JSON" in rows[0]["note"]
    assert call("runs", tmp_path / "nowhere").code == 1


def test_runs_with_many_splits_name_the_first(call, make_run, tmp_path):
    run = make_run()
    names = tuple(f"test-blur{number}" for number in range(1, 5))
    save_run(replace(run, splits=run.splits + names))
    (line,) = call("runs", tmp_path).out.splitlines()[1:]
    assert line.endswith("train validation test test-blur1 +3")
    (row,) = json.loads(call("runs", tmp_path, "--format", "json").out)
    assert row["splits"].split() == [*run.splits, *names]


def test_gallery_writes_what_it_prints(call, make_run, tmp_path):
    run = make_run(probabilities=np.random.default_rng(0).dirichlet(np.ones(3), (3, 30)))
    answer = call("gallery", run.path, "-o", tmp_path / "errors.png", "--limit", "3")
    assert answer.code == 0
    assert Path(answer.out.strip()).read_bytes().startswith(b"\x89PNG")
    refused = call("gallery", run.path, "-o", tmp_path / "errors.doc")
    assert refused.code == 1
    assert "png" in refused.err


def test_results_of_an_incomplete_run_are_refused(call, make_run, tmp_path):
    run = make_run()
    (run.member_folder("a-0001") / "member.weights.h5").unlink()
    answer = call("results", run.path, "-o", tmp_path / "results.json")
    assert answer.code == 1
    assert "a-0001" in answer.err
    assert not (tmp_path / "results.json").exists()


def test_results_name_what_was_trained_at_what_cost(call, make_run, tmp_path):
    run = make_run(n_examples=25)
    assert call("results", run.path, "-o", tmp_path / "results.json").code == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert list(results) == [
        "experiment", "spec_digest", "commit", "command", "versions", "hardware", "minutes",
        "tflop", "data", "splits", "members", "groups", "votes", "chosen_on", "published",
    ]  # fmt: skip
    assert list(results["members"][0]) == [
        "key", "group", "seed", "epochs", "parameters", "minutes", "validation_errors",
        "test_errors",
    ]  # fmt: skip
    assert list(results["groups"][0]) == [
        "group", "preset", "architecture", "parameters", "trainable", "macs", "epochs",
        "n_members", "seeds", "tflop", "minutes", "validation_errors", "test_errors",
    ]  # fmt: skip
    # 12 multiply-adds, 3 members, 2 epochs, 18 images, forward and backward.
    assert results["tflop"] == pytest.approx(12 * 3 * 2 * 18 * 6 / 1e12)


def test_summarise_writes_what_it_prints(call, make_run, tmp_path):
    run, folder = make_run(n_examples=25), tmp_path / "experiments"
    call("results", run.path, "-o", folder / "toy/results.json")
    files = [tmp_path / "RESULTS.md", tmp_path / "frontier.png"]
    answer = call("summarise", folder, "-o", files[0], "--figure", files[1])
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [str(path) for path in files]
    text = files[0].read_text(encoding="utf-8")
    assert "[toy: a](experiments/toy)" in text
    assert "](frontier.png)" in text
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert call("summarise", folder, "-o", files[0]).out.splitlines() == [str(files[0])]
    assert "frontier.png" not in files[0].read_text(encoding="utf-8")


def test_new_writes_a_template_that_plans(call, tmp_path):
    path = tmp_path / "mine.toml"
    assert call("new", path).code == 0
    assert path.read_text() == read_template("experiment").replace("my-experiment", "mine")
    answer = call("train", path, "--dry-run")
    assert answer.code == 0, answer.err
    assert "4 members" in answer.out
    assert not (tmp_path / "checkpoints").exists()
    assert call("new", path).code == 1


@pytest.mark.parametrize(
    ("typed", "fact"),
    [
        (("--engine", "stacked"), "jax"),
        (("--gpus", "0.5"), "--engine ray"),
    ],
)
def test_dry_run_promises_nothing_that_train_refuses(call, tmp_path, monkeypatch, typed, fact):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "one.toml"
    path.write_text(
        'name = "one"\n[data]\nname = "digits"\n[[members]]\ngroup = "g"\n'
        'architecture = { name = "mlp" }\nseeds = [0]\n'
    )
    answer = call("train", path, "--dry-run", *typed)
    assert (answer.code, answer.out) == (1, "")
    assert fact in answer.err
    assert call("train", path, *typed).err == answer.err
    # What is refused leaves no run behind.
    assert list(tmp_path.iterdir()) == [path]


def test_dry_run_tells_what_only_has_to_predict(call, make_run):
    run = make_run()
    (run.member_folder("a-0001") / "predictions-test.h5").unlink()
    answer = call("train", run.path / "experiment.toml", "--dry-run", "--run", run.path)
    assert [line.split()[-1] for line in answer.out.splitlines()[1:4]] == [
        "complete", "predict", "complete",
    ]  # fmt: skip
    assert "0 members to train, 0 TFLOP\n1 member to predict only\n" in answer.out


def test_dry_run_counts_without_training(call, tmp_path):
    path = tmp_path / "one.toml"
    path.write_text(
        'name = "one"\n[data]\nname = "digits"\nvalidation = { share = 0.1 }\n'
        '[[members]]\ngroup = "g"\narchitecture = { name = "bn_elu" }\nseeds = [0, 1]\nepochs = 2\n'
    )
    answer = call("train", path, "--dry-run", "--shard", "2/2")
    line = answer.out.splitlines()[1].split()
    assert line[0] == "g-0001"
    assert line[3] == "1245322"
    # 86,543,872 multiply-adds, 808 images, 2 epochs, two operations, three passes.
    assert line[-1] == "train"
    assert float(line[-2]) == pytest.approx(86_543_872 * 808 * 2 * 6 / 1e12, abs=5e-5)


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (["train", "{tmp}/none.toml"], ["none.toml", "ensemble-lab new"]),
        (["train", "{tmp}/bad.toml"], ["bad.toml", "epochs"]),
        (["train", "{tmp}/good.toml", "--members", "x-*", "--dry-run"], ["x-*"]),
        (["train", "{tmp}/good.toml", "--shard", "3/2", "--dry-run"], ["3/2", "1/4"]),
        (["vote", "{tmp}"], ["run.json", "ensemble-lab runs"]),
        (["summarise", "{tmp}/none", "-o", "{tmp}/x.md"], ["none", "experiments"]),
        (["summarise", "{tmp}", "-o", "{tmp}/x.md"], ["results.json", "ensemble-lab results"]),
        (["predict", "{run}", "--data", "minst", "--as", "x"], ["minst", "mnist"]),
        (["predict", "{run}", "--data", "{tmp}/no.npz", "--as", "x"], ["no.npz"]),
        (["predict", "{run}", "--data", "digits", "--as", "x"], ["5×4×1", "28×28×1"]),
        (["predict", "{run}", "--data", "digits", "--as", "A b"], ["lower-case", "A b"]),
        (
            ["predict", "{run}", "--data", "digits", "--as", "x", "--transform", "nois:3"],
            ["nois", "did you mean 'noise'"],
        ),
        (
            ["predict", "{run}", "--data", "digits", "--as", "x", "--transform", "noise:9"],
            ["1 to 5", "got 9"],
        ),
    ],
)
def test_refusals_are_one_line_and_exit_1(call, make_run, tmp_path, arguments, facts):
    run = make_run().path
    (tmp_path / "bad.toml").write_text("epoch = 3\nname = 'x'\n[data]\nname = 'digits'\n")
    (tmp_path / "good.toml").write_text(read_template("experiment"))
    if "bad" in arguments[1]:
        (tmp_path / "bad.toml").write_text(
            read_template("experiment").replace("epochs = 10", "epoch = 10")
        )
    answer = call(*(word.format(tmp=tmp_path, run=run) for word in arguments))
    assert answer.code == 1
    assert answer.out == ""
    assert len(answer.err.strip().splitlines()) == 1
    for fact in facts:
        assert fact in answer.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_fits_and_names_it(call, command):
    answer = call(command, "--help")
    assert answer.code == 0
    assert COMMANDS[command] in " ".join(answer.out.split())
    assert max(map(len, answer.out.splitlines())) <= 80


def test_help_lists_every_command_with_its_whole_sentence(call):
    listed = call("--help").out
    for command, sentence in COMMANDS.items():
        assert re.search(rf"^  {command} +{re.escape(sentence)}$", listed, re.MULTILINE)


def test_no_command_shows_the_commands(call):
    answer = call()
    assert answer.code == 0
    assert "Commands:" in answer.out


def test_terminal_without_the_letters_gets_no_traceback(make_run):
    run = make_run()
    (run.member_folder("a-0001") / "member.weights.h5").unlink()
    answer = subprocess.run(
        [sys.executable, "-m", "ensemble_lab", "inspect", run.path],
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        cwd=ROOT,
    )
    assert answer.returncode == 0
    assert answer.stderr == b""
    assert b"2 of 3 members complete" in answer.stdout


def test_unknown_command_names_the_closest(call):
    answer = call("vot")
    assert answer.code == 2
    assert "did you mean 'vote'" in answer.err


def test_version(call):
    import ensemble_lab

    assert call("--version").out.strip() == f"ensemble-lab {ensemble_lab.__version__}"


def test_reader_that_goes_away_is_no_error(make_run):
    run = make_run(n_members=3, n_examples=4000)
    command = f"{sys.executable} -m ensemble_lab errors {run.path} --format json | head -n 1"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert answer.stderr in ("", "look 1 on this test set\n")


@pytest.mark.parametrize("words", ["presets", "--help", "--version"])
def test_output_that_is_full_is_one_line(words):
    command = f"{sys.executable} -m ensemble_lab {words} > /dev/full"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 1
    assert answer.stderr == (
        "ensemble-lab: output must have room where it goes; got No space left on device.\n"
    )


def test_output_that_is_closed_is_no_error():
    command = f"{sys.executable} -m ensemble_lab presets >&-"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("command", ["vote", "runs", "ledger"])
def test_folder_that_may_not_be_read_is_one_line(call, make_run, monkeypatch, command):
    """Root may read everywhere: the system's word is what counts."""
    run = make_run()
    closed, look = run.path / "members" / "a-0001", os.stat

    def refuse(path, *more, **named):
        if str(path).startswith(str(closed if command == "vote" else run.path)):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, *more, **named)

    monkeypatch.setattr(os, "stat", refuse)
    answer = call(command, run.path if command == "vote" else run.path.parent)
    assert (answer.code, answer.out) == (1, "")
    assert "Permission denied" in answer.err
    assert len(answer.err.splitlines()) == 1


QUERIES = [
    "history", "confusion", "errors", "vote", "inspect", "runs", "ledger", "curve",
    "select", "audit", "diversity", "calibration",
]  # fmt: skip


LAZY = {
    "errors": {
        "numpy.random",
        "shutil",
        "difflib",
        "csv",
        "sqlite3",
        "statistics",
        "tomllib",
        "ensemble_lab.analysis.selection",
    },
    "vote": {"numpy.random", "shutil", "difflib", "csv", "sqlite3", "statistics", "tomllib"},
    "inspect": {"numpy.random", "ensemble_lab.errors", "ensemble_lab.analysis"},
    "ledger": {"h5py", "ensemble_lab.analysis"},
}
"""What the quickest commands leave alone beside; `benchmarks/startup.py` times them."""


@pytest.mark.parametrize("command", QUERIES)
def test_a_query_loads_nothing_heavy(make_run, command):
    target = make_run().path if command != "runs" else make_run().path.parent
    script = (
        "import sys\n"
        "from ensemble_lab.cli import main\n"
        "try:\n"
        f"    main([{command!r}, {str(target)!r}])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'matplotlib', 'seaborn', 'pandas', 'sklearn'}\n"
        "heavy |= {'scipy', 'rich', 'pydantic'}\n"
        f"heavy |= {LAZY.get(command, set())!r}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.splitlines()[-1] == "[]"
