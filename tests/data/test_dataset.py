"""Splits and data sets: what is checked, hashed and kept."""

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256
from ensemble_lab.data.dataset import Dataset, Split, build_split, missing_classes, take
from ensemble_lab.exceptions import DataError

IMAGES = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2, 1)
LABELS = np.array([0, 1, 2, 1])


def make_split(name: str = "train", labels: np.ndarray | None = LABELS) -> Split:
    return build_split(name, "none", np.array([5, 7, 6, 9]), IMAGES, labels)


def test_split_holds_hashes_of_canonical_arrays() -> None:
    split = make_split()
    assert split.images_sha256 == array_sha256(IMAGES)
    assert split.labels_sha256 == array_sha256(LABELS.astype(np.int64))
    assert (split.n_examples, split.image_shape) == (4, (3, 2, 1))


def test_hash_of_labels_does_not_depend_on_their_type() -> None:
    assert make_split(labels=LABELS.astype(np.uint8)).labels_sha256 == make_split().labels_sha256


def test_unlabelled_split_has_no_label_hash() -> None:
    split = make_split(labels=None)
    assert split.labels is None
    assert split.labels_sha256 is None


def test_arrays_of_a_split_cannot_be_written_and_the_callers_can() -> None:
    images = IMAGES.copy()
    split = build_split("test", "report", np.arange(4), images, LABELS)
    for array in (split.index, split.images, split.labels):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert images.flags.writeable


def test_take_keeps_the_published_index() -> None:
    part = take(make_split(), np.array([2, 0]), name="validation", role="choose")
    assert part.index.tolist() == [6, 5]
    assert part.labels is not None
    assert part.labels.tolist() == [2, 0]
    assert np.array_equal(part.images, IMAGES[[2, 0]])
    assert (part.name, part.role) == ("validation", "choose")


@pytest.mark.parametrize(
    ("positions", "facts"),
    [([4], "below 4; got 4"), ([-1], "from 0"), ([1, 1], "once"), ([], "at least one example")],
)
def test_take_refuses_positions_outside_twice_or_none(positions: list[int], facts: str) -> None:
    with pytest.raises(DataError, match=facts):
        take(make_split(), np.array(positions, dtype=np.int64))


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"name": "Test set"}, r"letters a-z.*'Test set'"),
        ({"role": "train"}, r"choose, report, none; got 'train'"),
        ({"images": IMAGES[..., 0]}, r"examples, height, width, channels.*\(4, 3, 2\)"),
        ({"images": IMAGES.astype(float)}, r"uint8.*float64"),
        ({"images": IMAGES[:0]}, r"no empty axis.*\(0, 3, 2, 1\)"),
        ({"index": np.arange(3)}, r"4 examples; got 3"),
        ({"index": np.array([0, 1, 1, 2])}, r"once"),
        ({"index": np.array([0, 1, -1, 2])}, r"from 0.*-1"),
        ({"labels": np.array([0, 1, 2])}, r"labels of train must have 4 examples; got 3"),
        ({"labels": np.array([0, 1, 2, -3])}, r"labels of train.*-3"),
        ({"labels": np.array([0, 1, 2, 2**63], np.uint64)}, r"9223372036854775808"),
        ({"labels": LABELS.astype(float)}, r"whole numbers; got float64"),
    ],
)
def test_split_refuses_what_does_not_fit(change: dict[str, object], facts: str) -> None:
    good = {"name": "train", "role": "none", "index": np.arange(4), "images": IMAGES}
    with pytest.raises(DataError, match=facts):
        build_split(**(good | {"labels": LABELS} | change))  # type: ignore[arg-type]


def test_missing_classes_are_those_without_an_example() -> None:
    assert missing_classes(make_split(), 5) == (3, 4)
    assert missing_classes(make_split(), 3) == ()
    assert missing_classes(make_split(labels=None), 2) == (0, 1)


def test_dataset_finds_splits_by_name() -> None:
    train = make_split()
    data = Dataset("toy", ("a", "b", "c"), (train,))
    assert data.split("train") is train
    assert (data.n_classes, data.image_shape) == (3, (3, 2, 1))
    with pytest.raises(DataError, match=r"one of train; got 'trian'.*did you mean 'train'"):
        data.split("trian")


@pytest.mark.parametrize(
    ("names", "splits", "facts"),
    [
        (("a", "b"), (make_split(),), r"labels must be below 2.*got 2 in train"),
        (("a",), (make_split(labels=None),), r"2 to 65,536; got 1"),
        (("a", "b", "c"), (make_split(), make_split()), r"differ in name"),
        (("a", "b", "c"), (), r"differ in name"),
        (
            ("a", "b", "c"),
            (make_split(), build_split("test", "report", np.arange(4), IMAGES[:, 1:], LABELS)),
            r"\(3, 2, 1\) in train and \(2, 2, 1\) in test",
        ),
    ],
)
def test_dataset_refuses_splits_that_do_not_fit_together(
    names: tuple[str, ...], splits: tuple[Split, ...], facts: str
) -> None:
    with pytest.raises(DataError, match=facts):
        Dataset("toy", names, splits)
