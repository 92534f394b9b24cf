"""The registry of sources, and how a source is written in one word."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ensemble_lab.data.loading import load_published, load_split
from ensemble_lab.data.sources import SOURCES, divide_source, list_splits, locate, parse_source
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import DataSpec, Digits, Kaggle, Mnist, Npz, Qmnist, resolve_path


def test_every_data_spec_has_a_row() -> None:
    union, _ = get_args(DataSpec)
    names = {get_args(spec.model_fields["name"].annotation)[0] for spec in get_args(union)}
    assert names == set(SOURCES)


@pytest.mark.parametrize(
    ("text", "spec", "split"),
    [
        ("mnist", Mnist(name="mnist"), "test"),
        ("mnist:test", Mnist(name="mnist"), "test"),
        ("digits:train", Digits(name="digits"), "train"),
        ("mine.npz", Npz(name="npz", path="mine.npz"), "test"),
        ("a/mine.npz:train", Npz(name="npz", path="a/mine.npz"), "train"),
        (r"C:\data\mine.npz", Npz(name="npz", path=r"C:\data\mine.npz"), "test"),
        (r"C:\data\MINE.NPZ:train", Npz(name="npz", path=r"C:\data\MINE.NPZ"), "train"),
        ("mnist.npz", Npz(name="npz", path="mnist.npz"), "test"),
    ],
)
def test_source_and_split_are_parsed(text: str, spec: DataSpec, split: str) -> None:
    assert parse_source(text) == (spec, split)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "minst",
            r"digits, mnist, .*kmnist or .*\.npz or \.csv; got 'minst'; did you mean 'mnist'",
        ),
        ("", r"got ''\."),
        (":test", r"got ':test'\."),
        ("mine.txt", r"got 'mine\.txt'"),
        ("npz", r"one of digits, .*ends in \.npz or \.csv; got 'npz'"),
        ("mnist:tset", r"train, test; got 'tset', of mnist; did you mean 'test'"),
        ("mnist:", r"train, test; got ''"),
        ("mine.npz:validation", r"train, test; got 'validation', of mine\.npz"),
    ],
)
def test_unknown_source_or_split_lists_the_choices(text: str, facts: str) -> None:
    with pytest.raises(DataError, match=facts):
        parse_source(text)


@pytest.mark.parametrize("name", [name for name, row in SOURCES.items() if row.ending is None])
def test_every_source_without_a_path_is_named_alone(name: str) -> None:
    for split in SOURCES[name].splits:
        spec, parsed = parse_source(f"{name}:{split}")
        assert (spec.name, parsed) == (name, split)


def test_absent_npz_is_refused_when_it_is_read() -> None:
    spec, split = parse_source(r"C:\nowhere\mine.npz")
    with pytest.raises(DataError, match=r"must exist; got C:\\nowhere\\mine\.npz"):
        load_split(spec, split)
    with pytest.raises(DataError, match="must exist"):
        load_published(spec)


def test_a_split_that_is_not_named_is_none() -> None:
    assert [divide_source(text)[1] for text in ("mnist", "mnist:test", "mine.npz")] == [
        None, "test", None,
    ]  # fmt: skip


def test_splits_are_those_that_a_file_holds(tmp_path: Path) -> None:
    assert list_splits(Digits(name="digits")) == ("train", "test")
    assert list_splits(Qmnist(name="qmnist")) == ("train", "test", "test50k")
    path = tmp_path / "mine.npz"
    spec = Npz(name="npz", path=str(path))
    # What cannot be read is refused by reading it.
    assert list_splits(spec) == ("train", "test")
    np.savez(path, y_train=np.zeros(2), x_test=np.zeros((2, 2, 2)))
    assert list_splits(spec) == ("test",)
    path.write_bytes(b"nonsense")
    assert list_splits(spec) == ("train", "test")


def test_unknown_split_is_refused_before_reading() -> None:
    with pytest.raises(DataError, match="train, test; got 'validation'"):
        load_split(Npz(name="npz", path="none.npz"), "validation")


def test_sources_without_a_folder_hand_on_what_was_given(tmp_path: Path) -> None:
    assert locate(Digits(name="digits")) is None
    assert locate(Digits(name="digits"), tmp_path) == tmp_path


@pytest.mark.parametrize("module", ["sources", "loading"])
def test_importing_sources_or_loading_imports_nothing_heavy(module: str) -> None:
    heavy = "{'sklearn', 'pooch', 'requests', 'scipy', 'h5py', 'keras', 'tensorflow', 'pandas'}"
    code = f"import sys, ensemble_lab.data.{module}; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize("kind", [Npz, Kaggle])
def test_relative_path_begins_at_the_folder_named(tmp_path: Path, kind: type) -> None:
    name = kind.__name__.lower()
    for path, whole in (("a/b", tmp_path / "a" / "b"), (str(tmp_path / "c"), tmp_path / "c")):
        assert resolve_path(kind(name=name, path=path), tmp_path).path == str(whole)
    assert resolve_path(Mnist(name="mnist"), tmp_path) == Mnist(name="mnist")
