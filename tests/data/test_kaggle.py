"""Kaggle's files: a folder with train.csv and test.csv, or one file of that form."""

import time
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.loading import load_dataset, load_split
from ensemble_lab.data.sources import parse_source
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Kaggle
from tests.data.test_pixel_csv import IMAGES, LABELS, csv_text


def lay(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = np.tile(IMAGES, (10, 1)), np.tile(LABELS, 10)
    (folder / "train.csv").write_text(csv_text(images, labels))
    (folder / "test.csv").write_text(csv_text(labels=None))
    return folder


def spec(path: Path) -> Kaggle:
    return Kaggle(name="kaggle", path=str(path))


def test_folder_is_a_data_set_whose_test_split_has_no_labels(tmp_path: Path) -> None:
    data = load_dataset(spec(lay(tmp_path / "digits")))
    assert [(s.name, s.role, s.n_examples, s.labels is None) for s in data.splits] == [
        ("train", "none", 54, False), ("validation", "choose", 6, False), ("test", "none", 6, True),
    ]  # fmt: skip
    assert data.class_names == tuple("0123456789")


@pytest.mark.parametrize(
    ("text", "path", "split"),
    [
        ("test.csv", ".", "test"),
        ("train.csv", ".", "train"),
        ("a/b/train.csv:train", "a/b/", "train"),
        (r"C:\digits\test.csv", "C:\\digits\\", "test"),
        ("mine.csv", "mine.csv", "test"),
        ("mine.csv:train", "mine.csv", "train"),
        ("folder.csv:test", "folder.csv", "test"),
        ("my-test.csv", "my-test.csv", "test"),
        ("Train.CSV", "Train.CSV", "test"),
    ],
)
def test_file_names_its_folder_and_its_split(text: str, path: str, split: str) -> None:
    assert parse_source(text) == (Kaggle(name="kaggle", path=path), split)


def test_split_against_the_files_name_is_refused() -> None:
    with pytest.raises(DataError, match=r"split of train\.csv must be train.*got 'test'"):
        parse_source("train.csv:test")
    with pytest.raises(DataError, match=r"train, test; got 'tset', of mine\.csv"):
        parse_source("mine.csv:tset")


@pytest.mark.parametrize("labels", [LABELS, None])
def test_file_of_another_name_is_a_split_alone(tmp_path: Path, labels) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(csv_text(labels=labels))
    split = load_split(spec(path), "test")
    assert split.role == ("none" if labels is None else "report")
    assert split.index.tolist() == list(range(6))
    with pytest.raises(DataError, match=r"folder with train\.csv and test\.csv.*got a file"):
        load_dataset(spec(path))


def test_what_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"to train on; got nothing there, .*none"):
        load_dataset(spec(tmp_path / "none"))
    with pytest.raises(DataError, match=r"CSV file must exist; got .*none\.csv"):
        load_split(spec(tmp_path / "none.csv"), "test")
    (lay(tmp_path) / "test.csv").unlink()
    with pytest.raises(DataError, match=r"must exist; got .*test\.csv"):
        load_dataset(spec(tmp_path))
    (tmp_path / "train.csv").write_text(csv_text(labels=None))
    (tmp_path / "test.csv").write_text(csv_text(labels=None))
    with pytest.raises(DataError, match=r"train\.csv must be labelled"):
        load_dataset(spec(tmp_path))


@pytest.mark.mnist
def test_files_of_kaggles_size_come_back_whole_and_soon(mnist_dir: Path, tmp_path: Path) -> None:
    """MNIST's training images in the place of Kaggle's 42,000, which are nobody's to ship."""
    with np.load(mnist_dir / "mnist.npz") as arrays:
        images, labels = arrays["x_train"][:42_000].reshape(42_000, -1), arrays["y_train"][:42_000]
    path = tmp_path / "train.csv"
    header = ",".join(["label", *(f"pixel{at}" for at in range(784))])
    rows = np.column_stack([labels, images])
    words = np.array([str(number) for number in range(256)], object)
    path.write_text("\n".join([header, *map(",".join, words[rows])]) + "\n")
    started = time.process_time()
    split = load_split(spec(tmp_path), "train")
    assert time.process_time() - started < 2
    assert np.array_equal(split.images.reshape(42_000, -1), images)
    assert np.array_equal(split.labels, labels)
