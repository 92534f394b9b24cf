"""Predictions from anywhere become members: of a new run, or of one that is there; all or none."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256, digest_of
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import (
    DataError,
    EnsembleLabError,
    LabelAccessError,
    MismatchError,
    MissingError,
    PredictionError,
    StoreError,
)
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.store import hdf5
from ensemble_lab.store.labels import load_labels, load_validation_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.errors import find_errors, keep_errors
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.import_ import import_predictions
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.train import prepare_run
from ensemble_lab.workflows.vote import score_vote
from tests.conftest import describe
from tests.toy import LABELS, toy_predictions

PROBABILITIES = toy_predictions().probabilities
VOTES = np.array([0, 1, 2, 1, 2, 0])
IMAGES = np.arange(6 * 5 * 4, dtype=np.uint8).reshape(6, 5, 4)


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "theirs"


def snapshot(path):
    """Every file of a folder but locks, with its bytes."""
    return {
        each.relative_to(path): each.read_bytes()
        for each in sorted(path.rglob("*"))
        if each.is_file() and each.name != ".lock"
    }


def give(path, *, keys="abc", **wishes):
    """Import the toy ensemble with its labels."""
    members = dict(zip(keys, PROBABILITIES, strict=True))
    return import_predictions(path, members, **{"labels": LABELS} | wishes)


def test_run_that_was_imported_votes_as_its_arrays_do(path):
    report = give(path)
    assert report.run == open_run(path)
    assert [(m.key, m.given, m.has_probabilities) for m in report.members] == [
        ("a", "a", True), ("b", "b", True), ("c", "c", True),
    ]  # fmt: skip
    found, wanted = load_predictions(report.run), toy_predictions()
    np.testing.assert_array_equal(found.probabilities, wanted.probabilities)
    np.testing.assert_array_equal(found.votes, wanted.votes)
    assert found.index.tolist() == [0, 1, 2, 3, 4, 5]
    assert load_labels(report.run).values.tolist() == list(LABELS)
    assert score_vote(report.run).errors == 3


def test_run_from_labels_alone_knows_neither_source_nor_images(path):
    run = give(path).run
    assert (run.name, run.data, run.image_shape) == ("theirs", {}, ())
    assert run.class_names == ("0", "1", "2")
    record = load_record(run, "test")
    assert (record.role, record.images_sha256, record.source) == ("report", None, {})
    assert record.labels_sha256 == array_sha256(np.array(LABELS, np.int64))
    assert not (path / "experiment.toml").exists()
    with pytest.raises(MissingError, match="--images FILE"):
        load_images(run)
    with pytest.raises(MissingError, match="--images FILE"):
        keep_errors(run, find_errors(run).catalogue, "all")


def test_manifest_says_imported_with_a_digest_of_the_predictions(path):
    give(path)
    row = json.loads((path / "run.json").read_text())["members"][0]
    parent = array_sha256(PROBABILITIES[0])
    assert row == {
        "key": "a",
        "group": "a",
        "kind": "imported",
        "digest": digest_of({"imported": {"test": parent}}),
        "spec": None,
    }


def test_importing_is_no_look(path):
    assert load_ledger(give(path).run) == []


def test_images_are_kept_in_the_run(path):
    run = give(path, images=IMAGES).run
    assert run.image_shape == (5, 4, 1)
    np.testing.assert_array_equal(load_images(run).images[..., 0], IMAGES)
    assert keep_errors(run, find_errors(run).catalogue, "all").exists()


def test_images_may_come_later_and_alone(path):
    give(path)
    report = import_predictions(path, [], images=IMAGES)
    assert report.members == ()
    assert report.run.image_shape == (5, 4, 1)
    np.testing.assert_array_equal(load_images(path).images[..., 0], IMAGES)
    assert score_vote(path).errors == 3


def test_more_members_need_neither_labels_nor_source(path):
    give(path)
    before = load_predictions(open_run(path)).digests
    run = import_predictions(path, {"hard": VOTES}).run
    assert run.keys == ("a", "b", "c", "hard")
    found = load_predictions(run)
    assert found.probabilities is None
    assert found.digests[:3] == before
    assert load_predictions(run, members=("?",)).probabilities is not None


def test_another_split_may_follow_with_its_own_role(path):
    first = give(path).run
    run = give(path, split="validation", labels=LABELS[::-1]).run
    assert run.splits == ("test", "validation")
    assert load_validation_labels(run).values.tolist() == list(LABELS[::-1])
    assert load_predictions(run).digests == load_predictions(first).digests
    assert [e.digest for e in run.members] != [e.digest for e in first.members]
    assert run.keys == first.keys


def test_class_names_are_kept(path):
    run = give(path, class_names=["cat", "dog", "emu"]).run
    assert run.class_names == ("cat", "dog", "emu")


def test_votes_alone_have_as_many_classes_as_they_or_the_labels_name(path):
    run = import_predictions(path, {"a": np.zeros(3, int)}, labels=[0, 0, 0]).run
    assert run.n_classes == 2
    run = import_predictions(path.with_name("b"), {"a": VOTES}, labels=[0, 0, 9, 0, 0, 0]).run
    assert run.n_classes == 10


def test_votes_alone_tie_to_the_lowest_class_and_know_no_gap(path):
    run = import_predictions(path, {"a": VOTES, "b": VOTES[::-1]}, labels=LABELS).run
    found = find_errors(run)
    assert found.catalogue.decision.ties == "lowest"
    assert {row["gap"] for row in found.catalogue.to_rows()} == {None}
    with pytest.raises(PredictionError, match="where only votes are known"):
        find_errors(run, Question(decision=Decision(rule="mean-probability")))


def test_logits_are_given_their_softmax(path):
    with np.errstate(divide="ignore"):
        logits = np.log(np.maximum(PROBABILITIES, 1e-30))
    run = import_predictions(path, {"a": logits[0]}, labels=LABELS, logits=True).run
    np.testing.assert_allclose(load_predictions(run).probabilities[0], PROBABILITIES[0], atol=1e-7)


def test_members_join_a_trained_run(make_run, tmp_path):
    run = make_run()
    record, before = load_record(run, "test"), load_predictions(run)
    rows = np.eye(3)[load_labels(run).values]
    grown = import_predictions(run, {"oracle": rows}, labels=load_labels(run).values).run
    assert grown.keys == (*run.keys, "oracle")
    assert (grown.data, grown.image_shape) == (run.data, run.image_shape)
    assert load_record(grown, "test").images_sha256 == record.images_sha256
    assert load_predictions(grown).digests[:3] == before.digests
    data = f"{run.path}.npz"
    assert import_predictions(run, {"again": rows}, data=data).run.keys[-1] == "again"


def test_source_brings_index_labels_images_and_names(tmp_path, path, make_run):
    data = f"{make_run().path}.npz"
    with np.load(data) as file:
        labels, images = file["y_test"], file["x_test"]
    run = import_predictions(path, {"a": np.eye(3)[labels]}, data=data).run
    assert run.data == {"name": "npz", "path": data}
    assert load_record(run, "test").source == {"data": run.data, "split": "test"}
    np.testing.assert_array_equal(load_images(run).images[..., 0], images)
    assert score_vote(run).errors == 0
    assert not list(path.rglob("*.images.h5"))
    import_predictions(path, {"b": np.eye(3)[labels]}, data=data, labels=labels)
    with pytest.raises(MismatchError, match="labels must be the same in --labels and"):
        import_predictions(path, {"c": labels}, data=data, labels=labels[::-1])


def test_validation_of_a_source_is_what_training_cuts_or_all_of_train(path, make_run):
    made = make_run()
    data = f"{made.path}.npz"
    with np.load(data) as file:
        train = file["y_train"]
    whole = import_predictions(path, {"a": train}, data=f"{data}:train", split="validation").run
    record = load_record(whole, "validation")
    assert (record.role, record.index.tolist()) == ("choose", list(range(24)))
    part = import_predictions(
        path.with_name("b"), {"a": np.zeros(2, int)}, data=data, split="validation"
    ).run
    index = load_record(part, "validation").index
    assert load_validation_labels(part).values.tolist() == train[index].tolist()
    assert load_images(part, "validation").n_examples == 2


def test_test_examples_are_never_for_choosing(path, make_run):
    data = f"{make_run().path}.npz"
    with pytest.raises(LabelAccessError, match="--split test"):
        import_predictions(path, {"a": VOTES}, data=f"{data}:test", split="validation")
    assert not path.exists()


def test_a_run_that_knew_labels_alone_learns_its_source(path, make_run):
    data = f"{make_run().path}.npz"
    with np.load(data) as file:
        labels = file["y_test"]
    import_predictions(path, {"a": labels}, labels=labels)
    run = import_predictions(path, {"b": labels}, data=data).run
    assert (run.data["name"], run.image_shape) == ("npz", (5, 4, 1))
    assert load_images(run).n_examples == 6


def fail_on(monkeypatch, word):
    """Let the disk be full when a file whose path holds a word is written."""
    real = hdf5.seal

    def seal(path, digest):
        if word in str(path):
            raise OSError(28, "No space left on device")
        real(path, digest)

    monkeypatch.setattr(hdf5, "seal", seal)


@pytest.mark.parametrize("word", ["predictions-validation", "validation.images", "validation.h5"])
def test_full_disk_leaves_nothing_of_an_import(path, monkeypatch, word):
    give(path)
    before = snapshot(path)
    with monkeypatch.context() as patch:
        fail_on(patch, word)
        with pytest.raises(StoreError, match="No space left"):
            give(path, keys="dbc", split="validation", images=IMAGES)
    assert snapshot(path) == before
    assert not (path / "members" / "d").exists()
    give(path, keys="dbc", split="validation", images=IMAGES)


def test_full_disk_leaves_nothing_of_a_new_run(path, monkeypatch):
    fail_on(monkeypatch, "members/c/")
    with pytest.raises(StoreError):
        give(path)
    assert list(path.parent.iterdir()) == []


REFUSALS = {
    "key that is there": ({"keys": "axy"}, MismatchError, "'a', a member with predictions"),
    "other labels": ({"keys": "xyz", "labels": LABELS[::-1]}, MismatchError, "labels must be the"),
    "fewer labels": ({"keys": "xyz", "labels": LABELS[:5]}, MismatchError, "labels must be the"),
    "other classes": (
        {"keys": "xyz", "class_names": ["a", "b", "c"]},
        MismatchError,
        "0, 1, 2 and a, b, c",
    ),
    "fewer images": ({"keys": "xyz", "images": IMAGES[:5]}, MismatchError, "got 5"),
    "key that is none": ({"keys": ("A", "y", "z")}, StoreError, "'A'"),
    "unknown split": ({"keys": "xyz", "split": "tets"}, DataError, "did you mean 'test'?"),
    "no labels": ({"split": "validation", "labels": None}, MissingError, "--data SOURCE"),
    "no such source": ({"keys": "xyz", "data": "mnits"}, DataError, "did you mean 'mnist'?"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_fit_is_refused_before_anything_is_written(path, name):
    wishes, error, fact = REFUSALS[name]
    give(path)
    before = snapshot(path)
    with pytest.raises(error) as caught:
        give(path, **wishes)
    assert fact in str(caught.value)
    assert "\n" not in str(caught.value)
    assert snapshot(path) == before


@pytest.mark.parametrize(
    ("member", "fact"),
    [
        (VOTES[:5], "6 examples of test; got 5, in m"),
        (np.full((6, 4), 0.25), "predictions must have the 3 classes of a; got 4, in m"),
        (np.array([0, 1, 3, 0, 0, 0]), "classes must be from 0 to 2; got 3, in m"),
        (PROBABILITIES[0] * 2, "row 0, in m"),
    ],
    ids=["fewer examples", "other classes", "vote for no class", "no probabilities"],
)
def test_member_that_does_not_fit_is_named(path, member, fact):
    with pytest.raises(EnsembleLabError) as caught:
        import_predictions(path, {"a": PROBABILITIES[0], "m": member}, labels=LABELS)
    assert fact in str(caught.value)
    assert not path.exists()


def test_label_of_no_class_is_refused(path):
    with pytest.raises(MismatchError, match="got 3, in labels"):
        import_predictions(path, {"a": PROBABILITIES[0]}, labels=[0, 1, 2, 3, 0, 0])


def test_key_of_a_trained_member_is_refused(make_run):
    run = make_run()
    with pytest.raises(MismatchError, match="'a-0000', a trained member"):
        import_predictions(run, {"a-0000": VOTES})


def test_split_in_folds_takes_no_imported_member(make_run):
    run = make_run(folds=2)
    with pytest.raises(MismatchError, match="in folds"):
        import_predictions(run, {"x": np.zeros(24, int)}, split="train-oof")


def test_images_of_another_shape_than_the_runs_are_refused(path):
    give(path, images=IMAGES)
    with pytest.raises(MismatchError, match="images must be 5×4×1 as the run's; got 4×5×1"):
        give(path, split="validation", images=IMAGES.reshape(6, 4, 5))


def test_other_images_than_the_split_is_known_by_are_refused(path):
    give(path, images=IMAGES)
    import_predictions(path, {"same": VOTES}, images=IMAGES)
    with pytest.raises(MismatchError, match="is known by"):
        import_predictions(path, {"x": VOTES}, images=IMAGES[::-1])


def test_folder_that_is_no_run_is_left_alone(path):
    path.mkdir()
    with pytest.raises(StoreError, match="must not exist yet"):
        give(path)
    assert list(path.iterdir()) == []


def test_nothing_to_import_is_refused(path):
    with pytest.raises(MissingError, match="got none"):
        import_predictions(path, [], labels=LABELS)


def plan_in(path, npz):
    """What training would make of the folder: one net that learns the images of an npz file."""
    text = describe(path.name, npz, {"net": 1}, "share = 0.25")
    experiment = parse_experiment(text)
    return prepare_run(plan_experiment(experiment), path, experiment)


def test_training_may_grow_an_imported_run_of_the_same_source(path, make_run):
    npz = Path(f"{make_run().path}.npz")
    with np.load(npz) as file:
        labels = file["y_test"]
    import_predictions(path, {"theirs": labels}, data=str(npz))
    grown = plan_in(path, npz)
    assert grown.keys == ("theirs", "net-0000")
    assert set(grown.splits) == {"test", "train", "validation"}
    assert load_predictions(grown, members=("theirs",)).votes[0].tolist() == labels.tolist()


def test_training_into_a_run_of_labels_alone_is_refused(path, make_run):
    give(path)
    before = snapshot(path)
    with pytest.raises(MismatchError, match="image_shape of the run must stay"):
        plan_in(path, Path(f"{make_run().path}.npz"))
    assert snapshot(path) == before
