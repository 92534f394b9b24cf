"""Labels come through one door, with their hash checked and their use recorded."""

import shutil

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import DamagedError, LabelAccessError, MismatchError, MissingError
from ensemble_lab.store.labels import (
    TestLabels,
    TestSelection,
    ValidationLabels,
    load_labels,
    load_validation_labels,
)
from ensemble_lab.store.ledger import Look, load_ledger
from ensemble_lab.store.splits import SplitRecord, load_record, save_split
from tests.store.damage import edit_header, replace_dataset


def split_file(run, split="test"):
    return run.path / "splits" / f"{split}.h5"


def record_of(run, **wishes):
    values = {
        "name": "more",
        "role": "report",
        "index": np.arange(3),
        "images_sha256": "1" * 64,
        "labels_sha256": None,
        "source": {},
    }
    return SplitRecord(**values | wishes)


def test_role_decides_the_class(run):
    assert type(load_labels(str(run.path), "test")) is TestLabels
    assert type(load_labels(run, "validation")) is ValidationLabels
    assert type(load_validation_labels(run)) is ValidationLabels


def test_labels_are_aligned_with_the_index(make_run):
    run = make_run(labels=np.array([2, 0, 1, 2]), n_members=1)
    found = load_labels(run, "test")
    assert found.values.tolist() == [2, 0, 1, 2]
    assert found.values.dtype == np.int64
    assert found.index.tolist() == [0, 1, 2, 3]
    assert found.sha256 == array_sha256(np.array([2, 0, 1, 2]))


@pytest.mark.parametrize("split", ["test", "train"])
def test_only_validation_labels_may_choose(run, split):
    with pytest.raises(LabelAccessError, match="'choose'"):
        load_validation_labels(run, split)
    assert load_ledger(run) == []


def test_only_a_reported_split_is_recorded(run):
    assert load_labels(run, "validation").look is None
    assert load_labels(run, "train").look is None
    assert load_ledger(run) == []
    assert load_labels(run, "test").look.kept == "run"
    assert len(load_ledger(run)) == 1


@pytest.mark.parametrize("name", ["more", "validation-2"])
def test_reported_split_of_any_name_is_recorded(run, name):
    labels = np.array([2, 0, 1])
    more = run.with_split(name)
    sha256 = array_sha256(labels)
    save_split(more, record_of(run, name=name, labels_sha256=sha256), labels)
    found = load_labels(more, name, command="vote", decision="1" * 64, members="2" * 64)
    assert type(found) is TestLabels
    assert found.look == Look(1, 1, is_repeat=False, kept="run")
    (row,) = load_ledger(run)
    del row["time"], row["version"], row["words"]
    assert row == {
        "command": "vote",
        "split": name,
        "labels_sha256": sha256,
        "purpose": "report",
        "decision": "1" * 64,
        "members": "2" * 64,
        "n_candidates": 1,
    }
    with pytest.raises(LabelAccessError, match="'choose'"):
        load_validation_labels(more, name)


def test_altered_labels_are_refused(run, refusal):
    values = load_labels(run, "test").values
    for altered in ((values + 1) % 3, values[:2], values[None], values.astype(np.float64) + 0.5):
        replace_dataset(split_file(run), "labels", altered)
        error = refusal(lambda: load_labels(run, "test"))
        assert isinstance(error, DamagedError)
        assert "SHA-256" in str(error)


def test_labels_outside_the_classes_are_refused(run, refusal):
    for bad in (np.array([0, 1, 2, 3]), np.array([0, 1, 2, -1])):
        replace_dataset(split_file(run), "labels", bad)
        edit_header(split_file(run), lambda v, bad=bad: v.update(labels_sha256=array_sha256(bad)))
        error = refusal(lambda: load_labels(run, "test"))
        assert isinstance(error, DamagedError)
        assert "from 0 to 2" in str(error)


def test_unlabelled_split_says_so(run, refusal):
    more = run.with_split("more")
    save_split(more, record_of(run), None)
    assert load_record(more, "more").labels_sha256 is None
    assert isinstance(refusal(lambda: load_labels(more, "more")), MissingError)


def test_split_that_is_there_must_agree(run):
    more = run.with_split("more")
    save_split(more, record_of(run), None)
    save_split(more, record_of(run), None)
    for change in (
        {"images_sha256": "2" * 64},
        {"labels_sha256": "2" * 64},
        {"role": "choose"},
    ):
        with pytest.raises(MismatchError, match=next(iter(change))):
            save_split(more, record_of(run, **change), None)


@pytest.mark.parametrize(
    "index",
    [np.array([]), np.array([[0]]), np.array([0.5]), np.array([-1]), np.int64(3)],
)
def test_index_that_is_none_is_refused(run, refusal, index):
    replace_dataset(split_file(run), "index", index)
    assert "index must be" in str(refusal(lambda: load_record(run, "test")))


def test_split_under_another_name_is_refused(run, refusal):
    shutil.copy(split_file(run, "validation"), split_file(run))
    assert "'validation'" in str(refusal(lambda: load_labels(run, "test")))


@pytest.mark.parametrize("name", ["../test", "..", "test/../test", "/etc/passwd", ""])
def test_name_that_is_a_path_is_no_split(run, refusal, name):
    refusal(lambda: load_record(run, name))
    refusal(lambda: save_split(run, record_of(run, name=name), None))


SELECTION = TestSelection(
    command="select", members="1" * 64, decision="2" * 64, words="best of 3", n_candidates=3
)


def test_choosing_on_test_is_said_in_the_labels_and_in_the_ledger(run):
    found = load_validation_labels(run, "test", test_selection=SELECTION)
    assert (type(found), found.chosen_on) == (ValidationLabels, "test")
    assert found.look == Look(1, 1, is_repeat=False, kept="run")
    (row,) = load_ledger(run)
    assert (row["purpose"], row["n_candidates"], row["words"]) == ("choose", 3, "best of 3")
    np.testing.assert_array_equal(found.values, load_labels(run, "test").values)


def test_choosing_on_validation_needs_no_leave_and_leaves_no_line(run):
    found = load_validation_labels(run, test_selection=SELECTION)
    assert (found.chosen_on, found.look) == ("validation", None)
    assert load_ledger(run) == []


def test_train_is_never_chosen_on(run):
    with pytest.raises(LabelAccessError, match="'none'"):
        load_validation_labels(run, "train", test_selection=SELECTION)
