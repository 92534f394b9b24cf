"""What is known of a split's examples, joined by their published index."""

import numpy as np
import pytest

from ensemble_lab.exceptions import DataError
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.metadata import join_metadata


def write(folder, text, name="who.csv"):
    path = folder / name
    path.write_text(text)
    return path


def texts(joined) -> dict:
    return {column.name: column.texts for column in joined.metadata.columns}


def test_columns_are_joined_by_index_and_absent_examples_are_counted(make_run, tmp_path):
    run = make_run()
    joined = join_metadata(run, "test", [write(tmp_path, "index,hand\n4,l\n0,r\n77,l\n")])
    assert texts(joined) == {"hand": ("r", "(none)", "(none)", "(none)", "l", "(none)")}
    (note,) = joined.notes
    assert "does not name 4 of the 6 examples of test" in note


def test_validation_examples_keep_their_place_in_train(make_run, tmp_path):
    """Their published index counts in train, whose rows a table without an index has."""
    run = make_run()
    index = load_record(run, "validation").index
    assert index.tolist() != list(range(len(index)))
    rows = "\n".join(f"w{number}" for number in range(24))
    joined = join_metadata(run, "validation", [write(tmp_path, f"who\n{rows}\n")])
    assert texts(joined)["who"] == tuple(f"w{number}" for number in index)
    assert "rows are taken as examples 0 to 23" in joined.notes[0]
    with pytest.raises(DataError, match="each of the 24 examples as published; got 6 rows"):
        join_metadata(run, "validation", [write(tmp_path, "who\n" + "x\n" * 6)])


def test_folds_are_all_of_train(make_run, tmp_path):
    run = make_run(folds=2)
    rows = "\n".join(f"w{number}" for number in range(24))
    joined = join_metadata(run, "train-oof", [write(tmp_path, f"who\n{rows}\n")])
    assert len(joined.metadata.index) == 24


def test_several_files_bring_columns_of_different_names(make_run, tmp_path):
    run = make_run()
    one = write(tmp_path, "index,hand\n0,l\n", "one.csv")
    two = write(tmp_path, "index,age\n1,31\n", "two.csv")
    assert join_metadata(run, "test", [one, two]).names == ("hand", "age")
    with pytest.raises(DataError, match=r"got 'hand' in .*one\.csv and in .*three\.csv"):
        join_metadata(run, "test", [one, write(tmp_path, "index,hand\n0,r\n", "three.csv")])


def test_labels_of_a_file_are_compared_and_left_out(make_run, tmp_path):
    run = make_run()
    labels = load_labels(run, "test").values
    ledger = load_ledger(run)
    rows = "".join(f"{i},{label},x\n" for i, label in enumerate(labels))
    joined = join_metadata(run, "test", [write(tmp_path, f"index,label,kind\n{rows}")])
    assert joined.names == ("kind",)
    other = np.roll(labels, 1)
    for cells in (other, ["cat"] * 6, [*labels[:5], ""]):
        rows = "".join(f"{i},{cell},x\n" for i, cell in enumerate(cells))
        with pytest.raises(DataError, match=r"'label' must hold the labels of all of split 'test'"):
            join_metadata(run, "test", [write(tmp_path, f"index,label,kind\n{rows}")])
    assert load_ledger(run) == ledger


def test_file_about_other_examples_is_refused(make_run, tmp_path):
    with pytest.raises(DataError, match=r"indices from 0 to 5; got none of them, in .*who\.csv"):
        join_metadata(make_run(), "test", [write(tmp_path, "index,hand\n6,l\n")])


def test_nothing_known_is_none(make_run):
    joined = join_metadata(make_run())
    assert joined.metadata is None
    assert (joined.names, joined.notes, joined.source_note) == ((), (), "")


def test_rows_of_single_examples_are_taken_from_it(make_run, tmp_path):
    joined = join_metadata(make_run(), "test", [write(tmp_path, "index,hand\n4,l\n0,r\n")])
    taken = joined.metadata.take_index(np.array([4, 1]))
    assert taken.columns[0].texts == ("l", "(none)")


@pytest.mark.mnist
def test_file_stands_in_the_place_of_the_source(make_run, monkeypatch, tmp_path, mnist_dir):
    from dataclasses import replace

    from ensemble_lab.workflows import metadata

    run = make_run(n_examples=300)
    real = metadata.load_record

    def of_mnist(run, name):
        record = real(run, name)
        return replace(record, source={"data": {"name": "mnist"}, "split": "test"})

    monkeypatch.setattr(metadata, "load_record", of_mnist)
    known = join_metadata(run, "test", data_dir=mnist_dir)
    assert known.names[:2] == ("series", "writer")
    assert set(known.metadata.column("series")) == {4}
    file = write(tmp_path, "index,series\n0,seven\n")
    joined = join_metadata(run, "test", [file], data_dir=mnist_dir)
    assert joined.metadata.columns[0].texts[:2] == ("seven", "(none)")
    assert joined.metadata.column("writer").tolist() == known.metadata.column("writer").tolist()


def test_source_that_lacks_its_files_is_told_of(make_run, monkeypatch, tmp_path):
    from ensemble_lab.workflows import metadata

    def lack(*_):
        raise DataError("labels must lie somewhere; got none.")

    monkeypatch.setattr(metadata, "load_metadata", lack)
    joined = join_metadata(make_run(), "test", [write(tmp_path, "index,hand\n0,l\n")])
    assert joined.source_note == "labels must lie somewhere; got none."
    assert joined.names == ("hand",)
