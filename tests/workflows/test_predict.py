"""A further data set becomes a split of the run: for reporting, if it has labels."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.data.corruptions import corrupt_images
from ensemble_lab.engines import Cluster
from ensemble_lab.exceptions import DataError, MismatchError, MissingError, SpecError
from ensemble_lab.spec.data import Corruption
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows import predict as module
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.predict import NewSplit, find_source, predict, predict_splits
from ensemble_lab.workflows.vote import score_vote

LABELS = np.array([0, 2, 1, 1])


@pytest.fixture
def asked(monkeypatch):
    """What the workers would be asked; none is started."""
    calls = []
    monkeypatch.setattr(module, "run_members", lambda *args, **named: calls.append((args, named)))
    return calls


@pytest.fixture
def write(tmp_path):
    """Write images of the members' shape; return the file."""

    def write(name="more.npz", *, labels=LABELS, shape=(4, 5, 4), seed=7):
        images = (np.random.default_rng(seed).random(shape) * 256).astype(np.uint8)
        arrays = {"x_test": images} | ({} if labels is None else {"y_test": np.array(labels)})
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write


def test_labelled_split_is_for_reporting(make_run, write, asked):
    run = predict(make_run(), str(write()), "more")
    record = load_record(run, "more")
    assert record.role == "report"
    assert record.labels_sha256 is not None
    assert open_run(run.path).splits == ("train", "validation", "test", "more")
    assert load_ledger(run) == []


def test_use_of_a_further_splits_labels_is_in_the_ledger(make_run, write, asked):
    run = predict(make_run(n_members=1), str(write()), "more")
    parent = load_member(run, "a-0000").weights_sha256
    rows = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
    save_predictions(run, "a-0000", "more", rows, np.arange(4), parent=parent)
    report = score_vote(run, "more")
    assert report.look.number == 1
    assert report.errors == 1
    (row,) = load_ledger(run)
    assert (row["split"], row["purpose"]) == ("more", "report")
    assert row["labels_sha256"] == load_record(run, "more").labels_sha256
    assert row["decision"] == report.decision.digest
    assert row["members"]


def test_unlabelled_split_is_for_neither(make_run, write, asked):
    run = predict(make_run(), str(write(labels=None)), "more")
    record = load_record(run, "more")
    assert (record.role, record.labels_sha256) == ("none", None)
    with pytest.raises(MissingError, match="'more' must have labels"):
        load_labels(run, "more")


def test_workers_are_asked_for_trained_members_only(make_run, write, asked, tmp_path):
    run = make_run()
    (run.member_folder("a-0001") / "member.weights.h5").unlink()
    events = []
    predict(
        run,
        str(write()),
        "more",
        engine="ray",
        workers=2,
        cluster=Cluster(gpus=0.5),
        data_dir=tmp_path,
        report=events.append,
    )
    (((ran, keys, arguments), named),) = asked
    assert ran.path == run.path
    assert keys == ("a-0000", "a-0002")
    assert arguments == ("--predict", "more")
    assert (named["engine"], named["workers"], named["data_dir"]) == ("ray", 2, tmp_path)
    assert named["cluster"] == Cluster(gpus=0.5)
    assert named["data"].path == str(tmp_path / "more.npz")
    assert [(event.event, event.key) for event in events] == [
        ("waiting", "a-0000"), ("waiting", "a-0002"),
    ]  # fmt: skip


def test_transforms_are_recorded_in_order_and_done_again(make_run, write, asked):
    run, path = make_run(), str(write(shape=(4, 5, 4)))
    noise = Corruption(name="noise", strength=1, seed=3)
    run = predict(run, path, "harmed", transforms=("shift:2", noise))
    record = load_record(run, "harmed")
    assert record.source["data"]["transforms"] == [
        {"name": "shift", "strength": 2},
        {"name": "noise", "strength": 1, "seed": 3},
    ]
    with np.load(path) as file:
        images = file["x_test"][..., np.newaxis]
    expected = corrupt_images(corrupt_images(images, "shift", 2), "noise", 1, seed=3)
    found = load_images(run, "harmed")
    np.testing.assert_array_equal(found.images, expected)
    assert found.images_sha256 == record.images_sha256
    assert load_record(predict(run, path, "plain"), "plain").images_sha256 != record.images_sha256
    with pytest.raises(MismatchError, match="images_sha256 of split 'harmed' must stay"):
        predict(run, path, "harmed", transforms=(noise, "shift:2"))


def test_mistyped_transform_is_refused_before_anything_is_done(make_run, write, asked):
    run = make_run()
    with pytest.raises(DataError, match="did you mean 'blur'"):
        predict(run, str(write()), "more", transforms=("blurr:3",))
    unchanged(run, asked)


def test_run_of_corrupted_images_predicts_others_as_they_are(make_run, write, asked):
    run = make_run()
    harmed = replace(run, data=run.data | {"transforms": [{"name": "shift", "strength": 1}]})
    assert (
        "transforms"
        not in load_record(predict(harmed, str(write()), "more"), "more").source["data"]
    )


def test_members_that_have_predicted_all_of_several_splits_are_not_asked(make_run, write, asked):
    run, path = make_run(), str(write())
    source, published = find_source(run, path)
    splits = [NewSplit(name, source, published) for name in ("one", "two")]
    for key, names in (("a-0000", ["one", "two"]), ("a-0001", ["two"])):
        run = predict_splits(run, splits)
        parent = load_member(run, key).weights_sha256
        rows = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
        for name in names:
            save_predictions(run, key, name, rows, np.arange(4), parent=parent)
    asked.clear()
    predict_splits(run, splits, members=("a-0000", "a-0001"))
    (((_, keys, arguments), _),) = asked
    assert keys == ("a-0001",)
    assert arguments == ("--predict", "one", "two")


def test_relative_source_is_recorded_whole(make_run, write, asked, tmp_path, monkeypatch):
    write()
    monkeypatch.chdir(tmp_path)
    run = predict(make_run(), "more.npz", "more")
    assert load_record(run, "more").source["data"]["path"] == str(tmp_path / "more.npz")


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"labels": [0, 1, 2, 3]}, "labels must be from 0 to 2.*got 3"),
        ({"shape": (4, 4, 5)}, "images must be 5×4×1.*got 4×5×1"),
        ({"shape": (4, 5, 4, 3)}, "images must be 5×4×1.*got 5×4×3"),
    ],
)
def test_data_that_do_not_fit_are_refused(make_run, write, asked, wishes, words):
    run = make_run()
    with pytest.raises(DataError, match=words):
        predict(run, str(write(**wishes)), "more")
    unchanged(run, asked)


def test_other_class_names_are_refused(make_run, write, asked, monkeypatch):
    run = make_run()
    monkeypatch.setattr(module, "load_class_names", lambda source: ("ape", "bear", "cat"))
    with pytest.raises(DataError, match=r"class names must be .*'0'.*got .*'ape'"):
        predict(run, str(write()), "more")
    unchanged(run, asked)


def unchanged(run, asked):
    assert asked == []
    assert "more" not in open_run(run.path).splits
    assert not (run.path / "splits" / "more.h5").exists()


def test_name_of_other_data_is_refused(make_run, write, asked):
    run = make_run()
    predict(run, str(write()), "more")
    manifest = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    with pytest.raises(MismatchError, match="images_sha256 of split 'more' must stay"):
        predict(run, str(write(seed=8)), "more")
    with pytest.raises(MismatchError, match="labels_sha256 of split 'more' must stay"):
        predict(run, str(write(labels=[0, 1, 2, 0])), "more")
    with pytest.raises(MismatchError, match="of split 'test' must stay"):
        predict(run, str(write()), "test")
    assert json.loads((run.path / "run.json").read_text(encoding="utf-8")) == manifest
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["validation", "train-oof", "test", "train"])
def test_name_that_training_uses_is_refused(make_run, write, asked, name):
    run = make_run(n_members=1)
    save_run(replace(run, splits=()))
    with pytest.raises(SpecError, match=f"got '{name}'. Use another name"):
        predict(run.path, str(write()), name)
    assert not asked


def test_same_data_under_their_name_are_taken_again(make_run, write, asked):
    run = make_run()
    for _ in range(2):
        again = predict(run, str(write()), "more")
    assert again.splits == ("train", "validation", "test", "more")


def test_run_without_a_trained_member_cannot_predict(make_run, write, asked):
    run = make_run(n_members=1)
    (run.member_folder("a-0000") / "member.weights.h5").unlink()
    with pytest.raises(MissingError, match="a member must be trained"):
        predict(run, str(write()), "more")
    unchanged(run, asked)
