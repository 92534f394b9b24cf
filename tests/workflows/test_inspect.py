"""What inspect says of a run that is not whole; nothing that is wrong ends it."""

import pytest

from ensemble_lab.store.members import Failure, load_member, member_path, save_failure
from ensemble_lab.store.training_state import TrainingState, save_state
from ensemble_lab.workflows.errors import find_errors, keep_errors
from ensemble_lab.workflows.inspect import summarise_run


def forget(run, key, *, predictions=True):
    member_path(run, key).unlink()
    for path in run.member_folder(key).glob("predictions-*.h5") if predictions else ():
        path.unlink()


def stop_after(run, key, epoch):
    history = load_member(run, "a-0000").history * 2
    save_state(run, key, TrainingState(epoch, (), (), (), 1, history[:epoch]))


def status(run, key):
    return next(member for member in summarise_run(run).members if member.key == key)


def test_whole_run_has_nothing_to_note(make_run):
    run = make_run(n_members=2)
    summary = summarise_run(run)
    assert summary.n_complete == 2
    for member in summary.members:
        assert (member.status, member.note, member.epochs) == ("complete", "", 2)
        assert member.validation_accuracy == 0.75
        assert member.minutes == pytest.approx(2 * 1.5 / 60)
    assert [
        (s.name, s.role, s.n_examples, s.has_labels, s.n_predicted) for s in summary.splits
    ] == [
        ("train", "none", 18, True, 0),
        ("validation", "choose", 6, True, 2),
        ("test", "report", 6, True, 2),
    ]
    assert (summary.catalogues, summary.n_accesses, summary.notes) == ((), 0, ())


def test_failed_member_says_why(make_run):
    run = make_run()
    forget(run, "a-0001")
    save_failure(run, "a-0001", Failure("DataError", "no images.", "2025-01-01T00:00:00+00:00"))
    found = status(run, "a-0001")
    assert (found.status, found.note, found.epochs) == ("failed", "DataError: no images.", 0)
    stop_after(run, "a-0001", 3)
    found = status(run, "a-0001")
    assert (found.status, found.note, found.epochs) == ("failed", "DataError: no images.", 3)


def test_unfinished_member_says_how_far_it_is(make_run):
    run = make_run()
    forget(run, "a-0002")
    stop_after(run, "a-0002", 1)
    found = status(run, "a-0002")
    assert (found.status, found.note) == ("unfinished", "stopped after epoch 1")
    assert found.epochs == 1
    assert found.minutes == pytest.approx(1.5 / 60)


def test_member_whose_weights_are_gone(make_run):
    run = make_run()
    forget(run, "a-0000", predictions=False)
    found = status(run, "a-0000")
    assert (found.status, found.note) == ("no weights", "predictions are here, weights are not")
    assert (found.epochs, found.minutes) == (None, None)
    assert summarise_run(run).n_complete == 2


def test_member_that_is_not_started(make_run):
    run = make_run()
    forget(run, "a-0000")
    found = status(run, "a-0000")
    assert (found.status, found.note, found.validation_accuracy) == ("not started", "", None)
    assert (found.epochs, found.minutes) == (0, None)


@pytest.mark.parametrize("name", ["resume.weights.h5", "failure.json"])
def test_damaged_trace_of_an_unfinished_member(make_run, name):
    run = make_run()
    forget(run, "a-0000")
    path = run.member_folder("a-0000") / name
    path.write_bytes(b"nonsense")
    found = status(run, "a-0000")
    assert found.status == "damaged"
    assert str(path) in found.note


def test_damaged_predictions_are_the_members_damage(make_run):
    run = make_run()
    path = run.member_folder("a-0001") / "predictions-test.h5"
    path.write_bytes(path.read_bytes()[:-1])
    found = status(run, "a-0001")
    assert (found.status, found.epochs) == ("damaged", 2)
    assert str(path) in found.note


def test_damaged_catalogue_is_noted(make_erring_run):
    run = make_erring_run()
    path = keep_errors(run, find_errors(run).catalogue, "hard")
    assert summarise_run(run).notes == ()
    path.write_bytes(path.read_bytes()[:-1])
    summary = summarise_run(run)
    assert summary.catalogues == (path.stem,)
    (note,) = summary.notes
    assert str(path) in note
    assert summary.n_complete == 3


def test_missing_split_file_is_noted(make_run):
    run = make_run()
    path = run.path / "splits" / "test.h5"
    path.unlink()
    split = summarise_run(run).splits[-1]
    assert (split.name, split.role, split.n_examples, split.has_labels, split.n_predicted) == (
        "test", "unknown", 0, False, 3,
    )  # fmt: skip
    assert str(path) in split.note


def test_damaged_ledger_line_is_noted(make_run):
    run = make_run()
    find_errors(run)
    assert summarise_run(run).n_accesses == 1
    with (run.path / "test-access.jsonl").open("ab") as ledger:
        ledger.write(b"nonsense\n")
    summary = summarise_run(run)
    (note,) = summary.notes
    assert "test-access.jsonl:2" in note
    assert summary.n_accesses == 0
