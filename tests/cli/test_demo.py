"""The demo: its five members, and what it prints when they are trained."""

from pathlib import Path

import numpy as np
import pytest

from ensemble_lab import parse_experiment
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.workflows import demo as module
from ensemble_lab.workflows.new import read_template


def test_demo_trains_five_members_two_of_them_the_augmented_net():
    members = parse_experiment(read_template("demo")).expand()
    assert [member.key for member in members] == [
        "bn-elu-0000", "bn-elu-0001", "cnn3-0000", "cnn3-0001", "cnn3-0002",
    ]  # fmt: skip
    augmented = [
        member.key
        for member in members
        if member.architecture.name == "bn_elu"
        and any(step.name == "affine" for step in member.training.augmentation)
    ]
    assert len(augmented) >= 2


def test_demo_is_on_embedded_data_with_validation_cut_by_example():
    data = parse_experiment(read_template("demo")).data
    assert data.name == "digits"
    assert (data.validation.share, data.validation.by, data.validation.seed) == (0.1, "example", 0)


@pytest.mark.parametrize("folder", [None, "elsewhere"])
def test_demo_shows_vote_errors_gallery_and_run(call, make_run, monkeypatch, tmp_path, folder):
    guesses = np.random.default_rng(0).dirichlet(np.ones(10), (5, 30))
    run = make_run(tmp_path / "made", probabilities=guesses)
    asked = []

    def train(experiment, **named):
        asked.append((parse_experiment(Path(experiment).read_text(encoding="utf-8")).name, named))
        return run

    monkeypatch.setattr(module, "train", train)
    answer = call("demo", *(["--run", folder] if folder else []))
    assert answer.code == 0, answer.err
    ((name, named),) = asked
    assert (name, named["run"]) == ("demo", Path(folder or "checkpoints/demo"))
    assert callable(named["report"])
    blocks = answer.out.rstrip("\n").split("\n\n")
    assert len(blocks) == 3
    assert blocks[0] + "\n" == call("vote", run.path).out
    assert blocks[1] + "\n" == call("errors", run.path).out
    assert len(blocks[1].splitlines()) > 10
    picture = run.path / "errors.png"
    assert blocks[2].splitlines() == [
        f"gallery: {picture}",
        f"run:     {run.path}",
        f"next:    ensemble-lab errors {run.path} --sort index --format json",
    ]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert answer.err == "look 1 on this test set\n"
    assert [row["command"] for row in load_ledger(run)][:3] == ["vote", "errors", "gallery"]
