"""The vote on unlabelled examples as Kaggle wants it."""

import csv
from dataclasses import replace

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.exceptions import MissingError, PredictionError, StoreError
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.workflows.submission import save_submission

CHOSEN = [[0, 2, 1, 1], [0, 2, 2, 1], [1, 2, 2, 0]]
"""Classes of three members on four examples: the majority is 0, 2, 2, 1."""


@pytest.fixture
def submit(make_run, tmp_path):
    """A run that has predicted four unlabelled examples, trained on the data named."""

    def submit(source="kaggle", trained_on="npz"):
        run = make_run()
        run = replace(run, data={"name": trained_on}, splits=(*run.splits, "kg"))
        save_run(run)
        data = {"data": {"name": source, "path": "x"}, "split": "test"}
        save_split(run, SplitRecord("kg", "none", np.arange(4), "a" * 64, None, data), None)
        for key, classes in zip(run.keys, CHOSEN, strict=True):
            rows = (0.2 + 0.4 * np.eye(3)[classes]).astype(np.float32)
            parent = load_member(run, key).weights_sha256
            save_predictions(run, key, "kg", rows, np.arange(4), parent=parent)
        return run

    return submit


def test_file_holds_the_vote_with_ids_from_1(submit, tmp_path):
    path = tmp_path / "new" / "submission.csv"
    written = save_submission(submit(), "kg", path)
    assert path.read_text() == "ImageId,Label\n1,0\n2,2\n3,2\n4,1\n"
    assert (written.n_examples, written.n_members, written.path) == (4, 3, path)
    assert written.decision.text == "majority, ties by mean-probability"
    with path.open(newline="") as file:
        assert [row["ImageId"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]


def test_decision_and_members_are_the_users(submit, tmp_path):
    path = tmp_path / "submission.csv"
    decision = lab.Decision(rule="majority", ties="lowest")
    lab.save_submission(submit(), "kg", path, decision, members=("a-0000", "a-0002"))
    assert path.read_text() == "ImageId,Label\n1,0\n2,2\n3,1\n4,0\n"


def test_labelled_split_is_refused_with_what_to_do(submit, tmp_path):
    run = submit()
    with pytest.raises(PredictionError, match=r"'test' has labels.* vote .* --split test"):
        save_submission(run, "test", tmp_path / "submission.csv")
    assert not (tmp_path / "submission.csv").exists()
    assert load_ledger(run) == []


def test_labels_that_are_not_there_have_no_other_door(submit):
    with pytest.raises(MissingError, match="'kg' must have labels"):
        load_labels(submit(), "kg")


def test_file_that_is_there_stays_if_writing_fails(submit, tmp_path, monkeypatch):
    path = tmp_path / "submission.csv"
    path.write_text("before")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ensemble_lab.store.files.os.replace", fail)
    with pytest.raises(StoreError, match="No space left"):
        save_submission(submit(), "kg", path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.glob(".partial*")] == []


@pytest.mark.parametrize(
    ("source", "trained_on", "is_seen"),
    [
        ("kaggle", "mnist", True),
        ("kaggle", "qmnist", True),
        ("kaggle", "kaggle", False),
        ("kaggle", "digits", False),
        ("npz", "mnist", False),
    ],
)
def test_run_that_has_seen_kaggles_images_is_told(submit, tmp_path, source, trained_on, is_seen):
    written = save_submission(submit(source, trained_on), "kg", tmp_path / "submission.csv")
    assert written.is_seen is is_seen
