"""Loading and summing up data sets: which splits, whose names, and what may be missing."""

from pathlib import Path

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import CanvasSpec, Npz
from ensemble_lab.workflows import data as module
from ensemble_lab.workflows.data import name_data, render_example


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    path = tmp_path / "mine.npz"
    images = np.arange(10 * 6, dtype=np.uint8).reshape(10, 2, 3)
    np.savez(
        path,
        x_train=images[:6],
        y_train=np.array([0, 1, 2, 0, 1, 2]),
        x_test=images[[6, 7, 0]],
        y_test=np.array([1, 1, 2]),
        class_names=np.array(["cat", "dog", "ape"]),
    )
    return path


def test_all_published_splits_are_loaded_or_the_one_that_is_named(npz):
    assert [split.name for split in lab.load_data(str(npz)).splits] == ["train", "test"]
    assert [split.name for split in lab.load_data(f"{npz}:test").splits] == ["test"]
    assert lab.load_data(f"{npz}:test").class_names == ("cat", "dog", "ape")


def test_file_with_one_unlabelled_split_is_enough(tmp_path):
    path = tmp_path / "bare.npz"
    np.savez(path, x_test=np.zeros((2, 4, 4), np.uint8))
    dataset = lab.load_data(str(path))
    assert [(split.name, split.labels) for split in dataset.splits] == [("test", None)]
    with pytest.raises(DataError, match="x_train is missing"):
        lab.load_data(f"{path}:train")


@pytest.mark.parametrize(("labels", "names"), [([0, 4], "01234"), ([0, 0], "01")])
def test_classes_without_names_are_as_many_as_the_labels_say(tmp_path, labels, names):
    path = tmp_path / "plain.npz"
    np.savez(path, x_test=np.zeros((2, 4, 4), np.uint8), y_test=np.array(labels))
    assert lab.load_data(str(path)).class_names == tuple(names)


def test_data_of_an_experiment_come_on_its_canvas(npz):
    spec = Npz(name="npz", path=str(npz), canvas=CanvasSpec(size=9))
    assert lab.load_data(spec).image_shape == (9, 9, 1)
    assert name_data(spec) == "mine.npz"


def test_summary_is_of_the_splits_that_are_meant(npz):
    summary = lab.summarise_data(str(npz))
    assert summary.name == "mine.npz"
    assert [split.label_counts for split in summary.splits] == [(2, 2, 2), (0, 2, 1)]
    (repeats,) = summary.repeats
    assert (repeats.of, repeats.split, repeats.pairs) == ("train", "test", ((0, 2),))
    assert repeats.n_relabelled == 1
    assert lab.summarise_data(f"{npz}:test").repeats == ()


def test_writers_that_cannot_be_had_are_no_failure(npz, monkeypatch):
    def refuse(*_):
        raise DataError("extended labels must be downloaded; that failed.")

    monkeypatch.setattr(module, "load_metadata", refuse)
    summary = lab.summarise_data(str(npz))
    assert summary.unknown == "extended labels must be downloaded; that failed."
    assert summary.splits[0].n_writers is None


def test_numbers_of_an_example_are_those_of_the_first_split(npz):
    text = render_example(str(npz), 1)
    assert text == "mine.npz train 1: label dog, 2×3×1\n 6  7  8\n 9 10 11"
    assert render_example(f"{npz}:test", 1).endswith("42 43 44\n45 46 47")
    with pytest.raises(DataError, match="from 0 to 5; got 6"):
        render_example(str(npz), 6)


def test_folder_of_kaggles_files_is_seen_whole_or_by_file(tmp_path):
    header = ",".join(f"pixel{n}" for n in range(784))
    row = ",".join(["7"] * 784)
    (tmp_path / "train.csv").write_text(f"label,{header}\n3,{row}\n")
    (tmp_path / "test.csv").write_text(f"{header}\n{row}\n")
    summary = lab.summarise_data(f"{tmp_path}/train.csv")
    assert [split.name for split in summary.splits] == ["train"]
    summary = lab.summarise_data(lab.load_experiment(_write_kaggle(tmp_path)).data)
    assert [split.label_counts is None for split in summary.splits] == [False, True]
    assert summary.repeats[0].n_relabelled is None
    (tmp_path / "train.csv").unlink()
    summary = lab.summarise_data(lab.load_experiment(_write_kaggle(tmp_path)).data)
    assert [split.name for split in summary.splits] == ["test"]


def _write_kaggle(folder: Path) -> Path:
    path = folder / "mine.toml"
    path.write_text(
        f'name = "mine"\ndata = {{ name = "kaggle", path = "{folder.as_posix()}" }}\n'
        '[[members]]\ngroup = "a"\narchitecture = { name = "mlp" }\nseeds = [0]\n'
    )
    return path
