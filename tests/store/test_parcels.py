"""Parcels: files travel whole, are put in place whole, and have names of the format alone."""

import pytest

from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store import parcels
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.parcels import (
    Parcel,
    list_versions,
    pack_changes,
    pack_member,
    pack_run,
    pack_state,
    place,
    unpack,
)
from ensemble_lab.store.predictions import check_predictions, load_predictions
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.timings import Timings, add_sitting, load_sittings
from ensemble_lab.store.training_state import load_state, state_path
from tests.store.conftest import KEY


def names(parcel: Parcel) -> list[str]:
    return [name for name, _ in parcel.files]


def carry(run, folder):
    """What a machine makes of the parcels it gets."""
    unpack(pack_run(run), folder)
    unpack(pack_member(run, KEY), folder / "members" / KEY)
    return open_run(folder)


def test_member_is_the_same_on_another_disk(run, tmp_path):
    (run.member_folder(KEY) / "failure.json").write_text("{}")
    (run.member_folder(KEY) / "log.txt").write_text("words")
    add_sitting(run, KEY, Timings(steps=2.0))
    there = carry(run, tmp_path / "there")
    assert load_sittings(there, KEY) == (Timings(steps=2.0),)
    assert load_member(there, KEY) == load_member(run, KEY)
    assert load_state(there, KEY).epoch == load_state(run, KEY).epoch
    for split in run.splits:
        assert load_record(there, split).images_sha256 == load_record(run, split).images_sha256
    for split in run.own_splits:
        check_predictions(there, KEY, split)
    assert {path.name for path in (tmp_path / "there").iterdir()} == {
        "run.json", "splits", "members",
    }  # fmt: skip
    assert not (there.member_folder(KEY) / "failure.json").exists()
    assert [path.name for path in (there.path / "members").iterdir()] == [KEY]


def test_changes_are_what_is_new_other_or_gone(run):
    folder = run.member_folder(KEY)
    known = list_versions(folder)
    assert pack_changes(folder, known) == parcels.NOTHING
    content = member_path(run, KEY).read_bytes()
    other = folder / "other"
    other.write_bytes(content)
    other.replace(member_path(run, KEY))
    (folder / "predictions-more.h5").write_bytes(b"more")
    (folder / ".partial-1-member.weights.h5").write_bytes(b"half")
    state_path(run, KEY).unlink()
    changes = pack_changes(folder, known)
    assert names(changes) == ["member.weights.h5", "predictions-more.h5"]
    assert changes.gone == ("resume.weights.h5",)


def test_folder_that_is_not_there_holds_nothing(run):
    folder = run.path / "members" / "none"
    assert (list_versions(folder), pack_changes(folder, {})) == ({}, parcels.NOTHING)
    assert pack_state(folder) == parcels.NOTHING


def test_state_travels_alone(run):
    packed = pack_state(run.member_folder(KEY))
    assert packed.files == (("resume.weights.h5", state_path(run, KEY).read_bytes()),)


def test_what_comes_back_is_put_in_place(run, tmp_path):
    add_sitting(run, KEY, Timings(steps=2.0))
    parcel = pack_member(run, KEY)
    home = tmp_path / "home"
    unpack(pack_run(run), home)
    home = open_run(home)
    place(home, KEY, parcel)
    assert load_member(home, KEY) == load_member(run, KEY)
    assert load_predictions(home, "test", members=(KEY,)).members == (KEY,)
    assert load_state(home, KEY) is not None
    assert load_sittings(home, KEY) == (Timings(steps=2.0),)
    place(home, KEY, Parcel(gone=("resume.weights.h5", "predictions-none.h5")))
    assert load_state(home, KEY) is None


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"x" + b[1:], lambda b: b""])
def test_damaged_file_is_not_put_in_place_and_what_was_there_stays(run, refusal, damage):
    before = member_path(run, KEY).read_bytes()
    state = state_path(run, KEY).read_bytes()
    parcel = Parcel((("member.weights.h5", damage(before)),), ("resume.weights.h5",))
    error = refusal(lambda: place(run, KEY, parcel))
    assert isinstance(error, DamagedError)
    assert "member.weights.h5" in str(error)
    assert KEY in str(error)
    assert member_path(run, KEY).read_bytes() == before
    assert state_path(run, KEY).read_bytes() == state
    assert not list(run.member_folder(KEY).glob(".partial-*"))


def test_timings_come_back_whole_too(run, refusal):
    add_sitting(run, KEY, Timings(steps=2.0))
    error = refusal(lambda: place(run, KEY, Parcel((("timings.json", b'{"sittings": [{}]}'),))))
    assert isinstance(error, DamagedError)
    assert "timings.json of" in str(error)
    assert load_sittings(run, KEY) == (Timings(steps=2.0),)


@pytest.mark.parametrize(
    "name",
    [
        "../member.weights.h5", "/member.weights.h5", "run.json", ".lock", "log.txt",
        "predictions-../../x.h5", "predictions-Test.h5", "member.weights.h5\n", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("gone", [True, False])
def test_other_names_are_refused_before_anything_is_written(run, refusal, name, gone):
    good = ("predictions-new.h5", b"")
    parcel = Parcel((good,), (name,)) if gone else Parcel((good, (name, b"")))
    error = refusal(lambda: place(run, KEY, parcel))
    assert isinstance(error, StoreError)
    assert repr(name)[1:-1] in str(error)
    assert not (run.member_folder(KEY) / "predictions-new.h5").exists()


def test_run_that_is_gone_is_one_line(run, refusal):
    (run.path / "run.json").unlink()
    error = refusal(lambda: pack_run(run))
    assert isinstance(error, StoreError)
    assert "run.json" in str(error)
