"""Images that a run keeps itself, and splits whose images nobody knows."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import DamagedError, MismatchError, MissingError, SpecError, StoreError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.store.copies import copy_split
from ensemble_lab.store.images import has_images, images_path, load_kept_images, save_images
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.splits import load_record, save_split
from ensemble_lab.training.inputs import load_checked_images
from tests.store.damage import SPOILERS, edit_header

IMAGES = np.arange(4 * 5 * 4, dtype=np.uint8).reshape(4, 5, 4, 1)


@pytest.fixture
def unknown(run):
    """The run with a test split of which only the labels are known, from no source."""
    record = load_record(run, "test")
    labels = load_labels(run, "test").values
    (run.path / "splits" / "test.h5").unlink()
    save_split(run, replace(record, images_sha256=None, source={}), labels)
    return run


@pytest.fixture
def kept(unknown):
    """The same run once its images were given."""
    record = load_record(unknown, "test")
    save_images(unknown, "test", IMAGES)
    save_split(unknown, replace(record, images_sha256=array_sha256(IMAGES)), None)
    return unknown


def test_unknown_images_come_back_as_none(unknown):
    record = load_record(unknown, "test")
    assert (record.images_sha256, record.source) == (None, {})


def test_unknown_images_are_refused_with_the_way_to_give_them(unknown, refusal):
    error = refusal(lambda: load_checked_images(unknown, "test", None))
    assert isinstance(error, MissingError)
    assert "images of split 'test' must be known; got none" in str(error)
    assert f"ensemble-lab import {unknown.path} --split test --images FILE" in str(error)


def test_kept_images_come_back_without_labels(kept):
    assert has_images(kept, "test")
    assert not has_images(kept, "validation")
    np.testing.assert_array_equal(load_kept_images(kept, load_record(kept, "test")), IMAGES)
    split = load_checked_images(kept, "test", None)
    np.testing.assert_array_equal(split.images, IMAGES)
    assert (split.role, split.labels, split.index.tolist()) == ("report", None, [0, 1, 2, 3])
    assert split.images_sha256 == load_record(kept, "test").images_sha256


def test_split_that_learns_its_images_keeps_its_labels(kept):
    labels = load_labels(kept, "test")
    assert array_sha256(labels.values) == load_record(kept, "test").labels_sha256


def test_known_images_stay_what_they_are(kept, refusal):
    labels = load_labels(kept, "test").values
    for other in ("0" * 64, None):
        record = replace(load_record(kept, "test"), images_sha256=other)
        error = refusal(lambda record=record: save_split(kept, record, labels))
        assert isinstance(error, MismatchError)
        assert "images_sha256 of split 'test' must stay" in str(error)


def test_other_images_than_recorded_are_refused(kept, refusal):
    save_images(kept, "test", IMAGES[::-1])
    error = refusal(lambda: load_checked_images(kept, "test", None))
    assert isinstance(error, MismatchError)
    assert "test.images.h5" in str(error)


def test_images_that_went_missing_are_named(kept, refusal):
    images_path(kept, "test").unlink()
    error = refusal(lambda: load_checked_images(kept, "test", None))
    assert isinstance(error, MissingError)
    assert "test.images.h5" in str(error)


@pytest.mark.parametrize("name", SPOILERS)
def test_spoilt_file_of_images_is_refused_in_one_line(kept, refusal, name):
    spoil, fact = SPOILERS[name]
    path = images_path(kept, "test")
    spoil(path)
    error = refusal(lambda: load_checked_images(kept, "test", None))
    assert fact in str(error)
    assert str(path) in str(error)


def test_images_of_another_split_are_refused(kept, refusal):
    edit_header(images_path(kept, "test"), lambda header: header.update(split="train"))
    error = refusal(lambda: load_checked_images(kept, "test", None))
    assert isinstance(error, DamagedError)


@pytest.mark.parametrize("images", [IMAGES[:3], IMAGES[..., 0]], ids=["fewer", "no channels"])
def test_images_of_another_shape_are_refused(kept, refusal, images):
    if images.ndim == 3:
        assert isinstance(refusal(lambda: save_images(kept, "test", images)), StoreError)
        return
    save_images(kept, "test", images)
    assert isinstance(refusal(lambda: load_checked_images(kept, "test", None)), DamagedError)


def test_images_must_be_uint8(kept, refusal):
    error = refusal(lambda: save_images(kept, "test", IMAGES.astype(np.float32)))
    assert "uint8" in str(error)


def test_kept_images_are_copied_with_their_split(kept, tmp_path):
    target = replace(kept, path=tmp_path / "copy")
    copy_split(kept, "test", target)
    copy_split(kept, "validation", target)
    np.testing.assert_array_equal(load_kept_images(target, load_record(kept, "test")), IMAGES)
    assert not has_images(target, "validation")


def test_run_without_images_or_source_comes_back(run):
    bare = replace(run, image_shape=(), data={})
    save_run(bare)
    assert open_run(run.path) == bare


def test_no_source_is_no_data_set(refusal):
    error = refusal(lambda: parse_data({}))
    assert isinstance(error, SpecError)
    assert "--data SOURCE" in str(error)
