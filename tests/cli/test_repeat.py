"""The command that repeats a member, with training left out."""

import json
import shutil

import pytest

import ensemble_lab as lab
from ensemble_lab.workflows import repeat as module

GROUPS = {"a": 1, "a-all": 5, "a-init": 5, "a-order": 5}


@pytest.fixture
def runs(make_run, tmp_path):
    """What training would leave, and the first member once more, the same to the bit."""
    run = make_run(tmp_path / "toy-repeat", groups=GROUPS, n_examples=30, seed=1)
    shutil.copytree(run.path, tmp_path / "toy-repeat-again")
    return run, lab.open_run(tmp_path / "toy-repeat-again")


@pytest.fixture
def trained(runs, monkeypatch):
    """The command with training left out: the runs are there."""
    asked = []

    def train(experiment, *, run, **named):
        asked.append((experiment, run))
        return runs[len(asked) - 1]

    monkeypatch.setattr(module, "train", train)
    return asked


def call_repeat(call, tmp_path, *more):
    path = tmp_path / "e.toml"
    path.write_text(
        'name = "toy"\n[data]\nname = "digits"\n[[members]]\ngroup = "a"\nseeds = [0]\n'
        'architecture = { name = "mlp", hidden = [4] }\nepochs = 2\n'
    )
    return call("repeat", path, *more)


def test_command_trains_two_runs_and_prints_a_table(call, trained, tmp_path):
    answer = call_repeat(call, tmp_path, "--run", tmp_path / "r")
    assert answer.code == 0, answer.err
    (first, path), (second, other) = trained
    assert (path.name, other.name) == ("r", "r-again")
    assert [len(each.expand()) for each in (first, second)] == [16, 1]
    assert second.expand()[0] == first.expand()[0]
    lines = answer.out.splitlines()
    assert lines[0].startswith("a-0000 trained twice: equal digests (weights ")
    assert [line.split()[0] for line in lines[1:5]] == ["varies", "all", "init", "order"]
    text = " ".join(answer.out.split())
    assert "no shares of the first and need not sum to it" in text
    assert "draws nothing from augment and dropout" in text
    assert max(map(len, lines)) <= 80


def test_json_and_csv_of_the_command(call, trained, tmp_path):
    values = json.loads(call_repeat(call, tmp_path, "--format", "json").out)
    assert values["twice"]["is_equal"] is True
    assert [row["varies"] for row in values["varied"]] == ["all", "init", "order"]
    trained.clear()
    text = call_repeat(call, tmp_path, "--format", "csv").out
    assert text.splitlines()[0] == "varies,members,mean,sd,churn,errors"
    trained.clear()
    answer = call_repeat(call, tmp_path, "--split", "test")
    assert answer.err.endswith("look 1 on this test set\n")


def test_fewer_than_five_times_are_no_spread(call, tmp_path):
    answer = call_repeat(call, tmp_path, "--times", 4)
    assert answer.code == 2


def test_flips_are_listed_and_differences_told(call, runs, trained, tmp_path, monkeypatch):
    from dataclasses import replace

    import numpy as np

    real = module.compare_repeats

    def differ(*given):
        report = real(*given)
        twice = module.Twice(("1" * 64, "2" * 64), np.arange(12), 0.25)
        return replace(report, twice=twice)

    monkeypatch.setattr(module, "compare_repeats", differ)
    text = " ".join(call_repeat(call, tmp_path).out.split())
    assert "other weights; 12 choices flip (0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more)" in text
    assert "probabilities differ by up to 0.25" in text
