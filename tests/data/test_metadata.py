"""Columns about examples, by published index; and who wrote MNIST's."""

from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.loading import load_metadata, load_split
from ensemble_lab.data.metadata import Column, build_metadata
from ensemble_lab.data.sources import SOURCES, extended_labels
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Digits, Mnist, Npz, Qmnist
from tests.conftest import miss

INDEX = np.array([9, 4, 7])
COLUMNS = [Column("writer", np.array([1, 1, 2])), Column("hand", np.array(["l", "r", "l"]))]
MNIST = Mnist(name="mnist")


def test_columns_keep_their_order_and_values():
    known = build_metadata(INDEX, COLUMNS)
    assert known.names == ("writer", "hand")
    assert known.column("hand").tolist() == ["l", "r", "l"]
    assert known.index.dtype == np.int64
    assert repr(known) == "Metadata(3 examples: writer, hand)"


def test_rows_are_taken_by_index_in_the_order_wanted():
    taken = build_metadata(INDEX, COLUMNS).take_index(np.array([7, 9]))
    assert taken.index.tolist() == [7, 9]
    assert taken.column("writer").tolist() == [2, 1]
    assert taken.column("hand").tolist() == ["l", "l"]


def test_nothing_can_be_written_through():
    known = build_metadata(INDEX, COLUMNS)
    for array in (known.index, known.column("writer")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert COLUMNS[0].values.flags.writeable


@pytest.mark.parametrize(
    ("index", "columns", "facts"),
    [
        ([9, 4, 9], COLUMNS, "index of metadata must name each example once"),
        ([9, 4, -1], COLUMNS, "from 0 to .*got -1"),
        ([9.0, 4.0, 7.0], COLUMNS, "whole numbers; got float64"),
        ([], COLUMNS, "whole numbers; got none"),
        ([[9, 4, 7]], COLUMNS, r"got shape \(1, 3\)"),
        ([9, 4], COLUMNS, "column writer must have 2 examples; got 3"),
        ([9, 4, 7], [], "columns must be there and differ"),
        ([9, 4, 7], [COLUMNS[0], COLUMNS[0]], "differ in name; got 'writer, writer'"),
        ([9, 4, 7], [Column("x", np.zeros((3, 2)))], r"column x must have the axes \(examples\)"),
    ],
)
def test_malformed_metadata_are_refused(index, columns, facts):
    with pytest.raises(DataError, match=facts):
        build_metadata(np.array(index), columns)


def test_unknown_column_and_index_are_named():
    known = build_metadata(INDEX, COLUMNS)
    with pytest.raises(DataError, match="one of writer, hand; got 'write'; did you mean 'writer'"):
        known.column("write")
    with pytest.raises(DataError, match="of split 'metadata', from 4 to 9; got 5"):
        known.take_index(np.array([9, 5]))


def test_sources_that_know_nothing_say_none():
    assert load_metadata(Digits(name="digits"), "train") is None
    assert load_metadata(Npz(name="npz", path="none.npz"), "test") is None


def test_metadata_are_of_published_splits_only():
    with pytest.raises(DataError, match="train, test; got 'validation', of mnist"):
        load_metadata(MNIST, "validation")
    with pytest.raises(DataError, match="train, test, test50k; got 'test5'"):
        load_metadata(Qmnist(name="qmnist"), "test5")


@pytest.mark.mnist
def test_mnists_writers_are_those_that_are_known(mnist_dir: Path) -> None:
    need_extended_labels(mnist_dir)
    train, test = (load_metadata(MNIST, split, mnist_dir) for split in ("train", "test"))
    assert train is not None
    assert test is not None
    assert train.names == ("series", "writer", "writer_digit", "nist_class", "nist_index")
    writers = [set(known.column("writer").tolist()) for known in (train, test)]
    assert [len(each) for each in writers] == [539, 297]
    assert not writers[0] & writers[1]
    assert set(test.column("series")[:5000].tolist()) == {4}
    assert np.array_equal(test.index, np.arange(10_000))


@pytest.mark.mnist
def test_nists_codes_of_the_classes_agree_with_the_labels(mnist_dir: Path) -> None:
    need_extended_labels(mnist_dir)
    for split in SOURCES["mnist"].splits:
        known = load_metadata(MNIST, split, mnist_dir)
        assert known is not None
        assert np.array_equal(
            known.column("nist_class") - 30, load_split(MNIST, split, mnist_dir).labels
        )
        assert len(np.unique(known.column("nist_index"))) == len(known.index)


@pytest.mark.mnist
def test_metadata_about_other_examples_are_refused(
    mnist_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_extended_labels(mnist_dir)
    load_table = extended_labels.load_table
    monkeypatch.setattr(
        extended_labels, "load_table", lambda folder, file: load_table(folder, file)[::-1]
    )
    with pytest.raises(DataError, match=r"the labels of MNIST's test .SHA-256 0dc9364260fa"):
        load_metadata(MNIST, "test", mnist_dir)


def need_extended_labels(folder: Path) -> None:
    if not (folder / "qmnist-train-labels-idx2-int.gz").exists():
        miss(f"no extended labels in {folder}")


def test_indices_that_are_not_there_are_unknown_in_every_column():
    whole = build_metadata(INDEX, COLUMNS)
    aligned = whole.align(np.array([7, 5, 9, 6]))
    assert aligned.index.tolist() == [7, 5, 9, 6]
    assert [column.texts for column in aligned.columns] == [
        ("2", "(none)", "1", "(none)"),
        ("l", "(none)", "l", "(none)"),
    ]
    assert whole.align(INDEX[::-1]).columns[0].is_known is None


def test_unknown_values_stay_unknown_wherever_rows_go():
    known = build_metadata(INDEX, [Column("age", np.array([3, 0, 5]), np.array([1, 0, 1], bool))])
    assert known.take_index(np.array([4, 7])).columns[0].texts == ("(none)", "5")
    assert known.align(np.array([4, 9, 1])).columns[0].texts == ("(none)", "3", "(none)")
    with pytest.raises(ValueError, match="read-only"):
        known.columns[0].is_known[0] = False


def test_what_is_known_is_as_long_as_the_values():
    with pytest.raises(DataError, match="column age must have 3 examples; got 2"):
        build_metadata(INDEX, [Column("age", np.arange(3), np.ones(2, bool))])
