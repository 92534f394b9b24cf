"""The numbers of a data set against NumPy's own, and what is odd about it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab.data.dataset import Dataset, Split, build_split
from ensemble_lab.data.loading import load_metadata, load_published
from ensemble_lab.data.metadata import Column, build_metadata
from ensemble_lab.data.summary import SharedWriters, build_summary
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Mnist

PIXELS = hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 4)] * 4))


def build(images: np.ndarray, labels: list[int] | None = None, **wishes: object) -> Split:
    index = np.asarray(wishes.get("index", np.arange(len(images))))
    given = None if labels is None else np.array(labels)
    return build_split(str(wishes.get("name", "train")), "none", index, images, given)


def summarise(*splits: Split, n_classes: int = 3):
    return build_summary(Dataset("made", tuple("abcdefgh"[:n_classes]), splits))


@given(PIXELS)
def test_pixels_are_summed_up_as_numpy_does(images):
    (split,) = summarise(build(images)).splits
    assert (split.lowest, split.highest) == (images.min(), images.max())
    assert split.mean == pytest.approx(images.mean() / 255)
    assert split.sd == pytest.approx(images.std() / 255, abs=1e-9)
    assert (split.image_shape, split.dtype) == (images.shape[1:], "uint8")


@given(PIXELS)
def test_constant_images_are_those_of_one_value(images):
    (split,) = summarise(build(images, index=np.arange(len(images)) + 7)).splits
    expected = [7 + row for row, image in enumerate(images) if len(np.unique(image)) == 1]
    assert list(split.constant) == expected


def test_pixels_of_many_blocks_are_all_counted(monkeypatch):
    from ensemble_lab.data import summary

    images = np.random.default_rng(0).integers(0, 256, (50, 3, 3, 1), dtype=np.uint8)
    images[[17, 49]] = 4
    whole = summarise(build(images))
    monkeypatch.setattr(summary, "_BLOCK_VALUES", 20)
    assert summarise(build(images)) == whole
    assert whole.splits[0].constant == (17, 49)


def test_labels_are_counted_and_absent_classes_named():
    images = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1)
    (split,) = summarise(build(images, [0, 0, 0, 2, 0]), n_classes=4).splits
    assert split.label_counts == (4, 0, 1, 0)
    assert split.missing == (1, 3)
    assert split.imbalance == 4


def test_unlabelled_split_has_no_counts_and_misses_no_class():
    (split,) = summarise(build(np.zeros((2, 2, 2, 1), np.uint8))).splits
    assert (split.label_counts, split.missing, split.labels_sha256) == (None, (), None)
    assert split.imbalance is None


def test_writers_are_counted_and_those_of_two_splits():
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    dataset = Dataset(
        "made", ("a", "b"), (build(images), build(images[:2] + 9, name="test", index=[4, 1]))
    )
    known = {
        "train": build_metadata(
            np.arange(6),
            [Column("writer", np.array([7, 7, 8, 9, 9, 9])), Column("series", np.arange(6) // 4)],
        ),
        # Rows of examples that the split does not hold are passed over.
        "test": build_metadata(np.arange(5), [Column("writer", np.array([7, 9, 7, 7, 2]))]),
    }
    found = build_summary(dataset, known)
    assert [split.n_writers for split in found.splits] == [3, 2]
    assert [split.series for split in found.splits] == [((0, 4), (1, 2)), None]
    assert found.shared_writers == (SharedWriters(("train", "test"), 1),)
    assert build_summary(dataset).shared_writers == ()


def test_metadata_of_other_examples_is_refused():
    dataset = Dataset("made", ("a", "b"), (build(np.zeros((3, 1, 1, 1), np.uint8)),))
    short = build_metadata(np.arange(2), [Column("writer", np.arange(2))])
    with pytest.raises(DataError, match=r"got 2"):
        build_summary(dataset, {"train": short})


@pytest.mark.mnist
def test_mnist_repeats_no_image_and_its_splits_share_no_writer(mnist_dir):
    spec = Mnist(name="mnist")
    known = {name: load_metadata(spec, name, mnist_dir) for name in ("train", "test")}
    found = build_summary(load_published(spec, mnist_dir), known)
    train, test = found.splits
    assert found.repeats == ()
    assert train.constant == test.constant == train.missing == test.missing == ()
    assert (round(train.mean, 4), round(train.sd, 4)) == (0.1307, 0.3081)
    assert train.label_counts[:3] == (5923, 6742, 5958)
    assert found.shared_writers == (SharedWriters(("train", "test"), 0),)
    assert (train.n_writers, test.n_writers) == (539, 297)
    assert test.series == ((0, 4999), (4, 5001))
