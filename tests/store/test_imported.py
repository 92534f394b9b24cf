"""A member that was imported: predictions alone, beside trained ones or in a run of its own."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256, digest_of
from ensemble_lab.exceptions import MismatchError, MissingError
from ensemble_lab.store.histories import load_history
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import load_predictions, save_predictions, save_votes
from ensemble_lab.store.run import Entry, open_run, save_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.inspect import summarise_run
from ensemble_lab.workflows.runs import list_runs

ROWS = np.array([[0.5, 0.25, 0.25], [0, 1, 0], [0.25, 0.25, 0.5], [1, 0, 0]], np.float32)


@pytest.fixture
def mixed(run):
    """Two trained members and one that was imported, with predictions on test alone."""
    parent = array_sha256(ROWS)
    entry = Entry("theirs", "theirs", "imported", digest_of({"imported": {"test": parent}}), None)
    mixed = replace(run, members=(*run.members, entry))
    save_run(mixed)
    save_predictions(mixed, "theirs", "test", ROWS, load_record(run, "test").index, parent=parent)
    return open_run(run.path)


def test_imported_member_votes_beside_trained_ones(mixed):
    found = load_predictions(mixed, "test")
    assert found.members == ("a-0000", "a-0001", "theirs")
    np.testing.assert_array_equal(found.probabilities[2], ROWS)
    assert found.votes[2].tolist() == [0, 1, 2, 0]


def test_votes_of_one_member_leave_no_probabilities_for_all(mixed):
    votes = np.array([0, 1, 2, 0], np.uint8)
    index = load_record(mixed, "test").index
    save_votes(mixed, "theirs", "test", votes, index, parent=array_sha256(votes))
    assert load_predictions(mixed, "test").probabilities is None


def test_imported_member_has_neither_seed_fold_nor_weights(mixed, refusal):
    entry = mixed.member("theirs")
    assert (entry.seed, entry.fold, entry.spec) == (None, None, None)
    error = refusal(lambda: load_member(mixed, "theirs"))
    assert isinstance(error, MissingError)
    assert "imported and has predictions alone" in str(error)
    assert load_history(mixed, "theirs").progress == "imported"


def test_predictions_that_an_imported_member_lacks_are_to_be_imported(mixed, refusal):
    error = refusal(lambda: load_predictions(mixed, "validation"))
    assert isinstance(error, MissingError)
    assert "theirs" in str(error)
    assert "ensemble-lab import --split validation" in str(error)


def test_run_is_complete_with_imported_members(mixed):
    summary = summarise_run(mixed)
    theirs = summary.members[-1]
    assert (theirs.kind, theirs.status, theirs.origin) == ("imported", "imported", None)
    assert theirs.note == "no predictions on validation"
    (row,) = list_runs(mixed.path)
    assert row.n_trained == 3


def test_imported_member_without_files_is_not_complete(mixed):
    (mixed.member_folder("theirs") / "predictions-test.h5").unlink()
    theirs = summarise_run(mixed).members[-1]
    assert (theirs.status, theirs.note) == ("no predictions", "no predictions on any split")


def test_damaged_predictions_are_told(mixed):
    path = mixed.member_folder("theirs") / "predictions-test.h5"
    path.write_bytes(path.read_bytes()[:-1])
    assert summarise_run(mixed).members[-1].status == "damaged"


def test_training_never_takes_the_key_of_an_imported_member(run):
    from ensemble_lab.workflows import train

    first = run.members[0]
    known = replace(run, members=(replace(first, kind="imported", spec=None),))
    with pytest.raises(MismatchError, match="a-0000, which was imported"):
        train._grow(known, run, ("a-0000",))
