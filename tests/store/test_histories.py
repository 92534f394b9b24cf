"""Histories of members in every state, and which epoch was best."""

import dataclasses

import pytest

from ensemble_lab.exceptions import DamagedError
from ensemble_lab.store.histories import MemberHistory, load_history
from ensemble_lab.store.members import EpochRecord, load_member, member_path
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.training_state import remove_state, save_state
from tests.store.conftest import KEY
from tests.store.test_training_state import STATE


def change_entry(run, **values):
    entry = dataclasses.replace(run.members[0], **values)
    save_run(dataclasses.replace(run, members=(entry, *run.members[1:])))
    return open_run(run.path)


def test_finished_member_has_the_history_of_its_file(run):
    found, member = load_history(run, KEY), load_member(run, KEY)
    assert (found.key, found.group, found.progress) == (KEY, "a", "finished")
    assert found.records == member.history
    assert found.kept_epoch == member.kept_epoch == 2


def test_unfinished_member_has_the_history_of_its_state(run):
    member_path(run, KEY).unlink()
    save_state(run, KEY, STATE)
    found = load_history(run, KEY)
    assert (found.progress, found.records, found.kept_epoch) == ("unfinished", STATE.history, 2)


def test_member_without_a_file_has_no_history(run):
    member_path(run, KEY).unlink()
    remove_state(run, KEY)
    assert load_history(run, KEY) == MemberHistory(KEY, "a", "no file")


def test_imported_member_has_no_history(run):
    changed = change_entry(run, kind="imported", spec=None)
    assert load_history(changed, KEY) == MemberHistory(KEY, "a", "imported")


def test_member_of_scikit_learn_had_no_epochs(run):
    spec = {**run.members[0].spec, "backend": "scikit-learn"}
    assert load_history(change_entry(run, spec=spec), KEY).progress == "fitted at once"


def test_damaged_file_is_said_to_be(run):
    member_path(run, KEY).write_bytes(b"nonsense")
    with pytest.raises(DamagedError):
        load_history(run, KEY)


@pytest.mark.parametrize(
    ("accuracies", "epoch"),
    [
        ([0.5, 0.9, 0.9], 2),
        ([0.9], 1),
        ([0.0, 0.0], 1),
        ([None, 0.1], 2),
        ([None], None),
        ([], None),
    ],
)
def test_best_is_the_first_of_the_greatest_on_validation(accuracies, epoch):
    records = tuple(
        EpochRecord(n, 0.5, 0.99, None, accuracy, 0.1, 1.0)
        for n, accuracy in enumerate(accuracies, start=1)
    )
    best = MemberHistory(KEY, "a", "finished", records).best
    assert (best and best.epoch) == epoch
