"""Members on disk: one identity whatever the clock and the machine say."""

import dataclasses

import numpy as np
import pytest

from ensemble_lab.exceptions import DamagedError, MismatchError, MissingError, StoreError
from ensemble_lab.store.hdf5 import content_sha256, open_sealed, write_sealed
from ensemble_lab.store.members import (
    EpochRecord,
    Failure,
    clear_failure,
    load_failure,
    load_member,
    member_path,
    save_failure,
)
from ensemble_lab.store.run import open_run, save_run
from tests.conftest import train_in_name
from tests.store.conftest import KEY

RECORD = EpochRecord(1, 0.5, 0.75, None, None, 0.001, 12.5)


def save(run, seed=0, **wishes):
    return train_in_name(run, KEY, np.random.default_rng(seed), **wishes)


def test_member_comes_back(run):
    member = load_member(run, KEY)
    assert member.key == KEY
    assert member.kind == "trained"
    assert member.spec == run.member(KEY).spec
    assert member.digest == run.member(KEY).digest
    assert [record.epoch for record in member.history] == [1, 2]
    assert member.history[0].seconds == 1.5
    assert member.environment == {"backend": "none", "threads": 1}
    assert member.weights_sha256 == content_sha256(member_path(run, KEY))


def test_identity_leaves_out_durations_and_environment(run):
    digests = {
        save(run, history=(RECORD,)),
        save(run, history=(dataclasses.replace(RECORD, seconds=99.0),)),
        save(run, history=(RECORD,), environment={"backend": "jax", "threads": 8}),
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "wishes",
    [
        {"seed": 1},
        {"history": (dataclasses.replace(RECORD, loss=0.25),)},
        {"history": (dataclasses.replace(RECORD, validation_loss=0.25),)},
        {"history": (RECORD, dataclasses.replace(RECORD, epoch=2))},
        {"kept_epoch": 1},
        {"architecture_sha256": "b" * 64},
    ],
)
def test_identity_depends_on_weights_and_history(run, wishes):
    assert save(run, **{"history": (RECORD,)} | wishes) != save(run, history=(RECORD,))


def test_floats_of_the_history_come_back_exactly(run):
    record = dataclasses.replace(RECORD, loss=0.1 + 0.2, accuracy=1 / 3, rate=5e-324)
    save(run, history=(record,))
    assert load_member(run, KEY).history == (record,)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_history_that_is_not_finite_is_refused_and_replaces_nothing(run, refusal, value):
    before = member_path(run, KEY).read_bytes()
    error = refusal(lambda: save(run, history=(dataclasses.replace(RECORD, loss=value),)))
    assert isinstance(error, StoreError)
    assert member_path(run, KEY).read_bytes() == before


def test_untrained_member_is_missing(run, refusal):
    member_path(run, KEY).unlink()
    error = refusal(lambda: load_member(run, KEY))
    assert isinstance(error, MissingError)
    assert KEY in str(error)


def test_unknown_member_names_the_closest(run, refusal):
    assert "did you mean" in str(refusal(lambda: load_member(run, "a-00")))


def test_member_of_another_spec_is_refused(run, refusal):
    entries = (dataclasses.replace(run.members[0], digest="e" * 64), run.members[1])
    save_run(dataclasses.replace(run, members=entries))
    error = refusal(lambda: load_member(open_run(run.path), KEY))
    assert isinstance(error, MismatchError)
    assert "eeeeeeeeeeee" in str(error)
    assert run.member(KEY).digest[:12] in str(error)


def test_another_members_file_is_refused(run, refusal):
    member_path(run, KEY).write_bytes(member_path(run, "a-0001").read_bytes())
    error = refusal(lambda: load_member(run, KEY))
    assert isinstance(error, DamagedError)
    assert "'a-0001'" in str(error)


def test_failure_is_kept_until_it_is_cleared(run):
    assert load_failure(run, KEY) is None
    failure = Failure("WorkerDied", "the worker was killed by SIGKILL", "2026-01-01")
    save_failure(run, KEY, failure)
    assert load_failure(run, KEY) == failure
    clear_failure(run, KEY)
    clear_failure(run, KEY)
    assert load_failure(run, KEY) is None


def test_damaged_failure_is_one_line(run, refusal):
    path = run.member_folder(KEY) / "failure.json"
    for content in (b"", b"[]", b"\xff", b'{"error": '):
        path.write_bytes(content)
        assert isinstance(refusal(lambda: load_failure(run, KEY)), DamagedError)
    path.write_text('{"error": 3, "more": []}')
    assert load_failure(run, KEY).error == "3"


def test_what_a_later_writer_adds_to_the_history_is_passed_over(make_run):
    run = make_run()
    path = member_path(run, "a-0000")
    known = load_member(run, "a-0000")
    with open_sealed(path, "member") as file:
        header, notes = file.header, file.notes
    header["history"] = [record | {"top_5": 0.9} for record in header["history"]]
    notes["durations"] = [duration | {"watts": 65} for duration in notes["durations"]]
    write_sealed(path, "member", header, {}, notes=notes)
    assert load_member(run, "a-0000").history == known.history
