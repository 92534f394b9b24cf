"""The ledger: a line for each use of test labels, and which number of look it was."""

import errno
import json
import os
from dataclasses import replace

import pytest

from ensemble_lab.exceptions import DamagedError, LockedError, StoreError
from ensemble_lab.store import ledger as ledgers
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import (
    Access,
    Look,
    find_user_ledger,
    load_ledger,
    read_ledger,
    record_access,
    tell_look,
)
from ensemble_lab.store.lock import lock_run

ACCESS = Access(
    command="vote", split="test", labels_sha256="1" * 64, decision="2" * 64, members="7" * 64
)
OTHER = replace(ACCESS, decision="3" * 64)


@pytest.fixture
def ledger(run):
    return run.path / "test-access.jsonl"


def test_equal_access_is_a_line_more_and_no_look_more(run, ledger):
    assert record_access(run, ACCESS) == Look(1, 1, is_repeat=False, kept="run")
    assert record_access(run, ACCESS) == Look(1, 1, is_repeat=True, kept="run")
    first, second = load_ledger(run)
    assert tell_look(first) == tell_look(second)


def test_looks_are_numbered_by_labels_members_and_decision(run):
    same = [ACCESS, replace(ACCESS, command="errors"), replace(ACCESS, split="other")]
    new = [
        OTHER,
        replace(ACCESS, members="4" * 64),
        replace(OTHER, members="4" * 64),
    ]
    assert [record_access(run, each).number for each in same] == [1, 1, 1]
    assert [record_access(run, each).number for each in new] == [2, 3, 4]
    assert record_access(run, ACCESS) == Look(1, 4, is_repeat=True, kept="run")
    assert record_access(run, replace(ACCESS, labels_sha256="5" * 64)).number == 1


def test_reading_labels_without_a_decision_is_no_look(run):
    assert record_access(run, replace(ACCESS, decision=None)).number is None
    assert record_access(run, ACCESS).number == 1


def test_runs_beside_it_count(run, make_run, ledger):
    other = make_run(run.path.parent / "beside")
    record_access(other, OTHER)
    assert record_access(run, ACCESS) == Look(2, 2, is_repeat=False, kept="run")
    assert record_access(run, OTHER) == Look(1, 2, is_repeat=True, kept="run")
    (other.path / "test-access.jsonl").write_bytes(b"no ledger\n")
    assert record_access(run, ACCESS).number == 1


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "3" * 64},
        {"decision": None},
        {"members": "4" * 64},
        {"command": "errors"},
        {"split": "other"},
        {"labels_sha256": "5" * 64},
        {"purpose": "choose"},
        {"n_candidates": 2},
    ],
)
def test_different_access_adds_a_line(run, change):
    record_access(run, ACCESS)
    assert not record_access(run, replace(ACCESS, **change)).is_repeat or "decision" not in change
    assert len(load_ledger(run)) == 2


def test_line_says_when_by_what_and_which(run, ledger):
    record_access(run, ACCESS)
    (row,) = load_ledger(run)
    assert row["time"].endswith("+00:00")
    assert row["version"]
    assert {name: row[name] for name in ("command", "split", "purpose", "n_candidates")} == {
        "command": "vote",
        "split": "test",
        "purpose": "report",
        "n_candidates": 1,
    }
    assert ledger.read_text().endswith("}\n")


@pytest.mark.parametrize("cut", [1, 2, 30, -1])
def test_line_that_was_cut_off_is_passed_over_and_swallows_none(run, ledger, cut):
    record_access(run, ACCESS)
    whole = ledger.read_bytes()
    tail = whole[:cut] if cut > 0 else "é".encode()[:1]
    ledger.write_bytes(whole + tail)
    assert len(load_ledger(run)) == 1
    assert record_access(run, OTHER).number == 2
    assert [row["decision"][0] for row in load_ledger(run)] == ["2", "3"]
    assert ledger.read_bytes().startswith(whole)


def test_whole_line_without_an_end_is_written_anew(run, ledger):
    record_access(run, ACCESS)
    ledger.write_bytes(ledger.read_bytes()[:-1])
    assert load_ledger(run) == []
    record_access(run, ACCESS)
    assert len(load_ledger(run)) == 1


@pytest.mark.parametrize("bad", [b"{", b"[]", b"3", b"\xff", b"", b"[" * 100_000])
def test_damaged_line_is_named_by_its_number(run, ledger, refusal, bad):
    for access in (ACCESS, OTHER):
        record_access(run, access)
    first, second = ledger.read_bytes().splitlines()
    ledger.write_bytes(b"\n".join([first, bad, second, b""]))
    before = ledger.read_bytes()
    for ask in (lambda: load_ledger(run), lambda: record_access(run, ACCESS)):
        error = refusal(ask)
        assert isinstance(error, DamagedError)
        assert "test-access.jsonl:2" in str(error)
    refusal(lambda: load_labels(run, "test"))
    assert ledger.read_bytes() == before


def test_folder_for_a_ledger_is_refused(run, ledger, refusal):
    ledger.mkdir()
    refusal(lambda: load_labels(run, "test"))


@pytest.fixture
def close_for_writing(monkeypatch):
    """Let files below a folder be read only, and give what the system says."""

    def close(folder, number=errno.EROFS, name=""):
        real = os.open

        def read_only(path, flags, *rest, **named):
            is_there = str(path).startswith(str(folder)) and str(path).endswith(name)
            if is_there and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                raise OSError(number, os.strerror(number), str(path))
            return real(path, flags, *rest, **named)

        monkeypatch.setattr(os, "open", read_only)

    return close


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
@pytest.mark.parametrize("name", ["test-access.jsonl", ".lock"])
def test_look_at_a_read_only_run_is_kept_by_the_user(run, close_for_writing, number, name):
    close_for_writing(run.path, number, name)
    assert record_access(run, ACCESS) == Look(1, 1, is_repeat=False, kept="user")
    assert record_access(run, ACCESS) == Look(1, 1, is_repeat=True, kept="user")
    assert record_access(run, OTHER) == Look(2, 2, is_repeat=False, kept="user")
    assert load_ledger(run) == []
    rows = read_ledger(find_user_ledger())
    assert {row["run"] for row in rows} == {str(run.path.resolve())}
    labels = load_labels(run, "test")
    assert labels.values.shape == (4,)


def test_where_nothing_can_be_written_it_is_said(run, close_for_writing):
    close_for_writing("/")
    assert record_access(run, ACCESS) == Look(1, 1, is_repeat=False, kept="nowhere")
    assert load_labels(run, "test").look.kept == "nowhere"


def test_user_ledger_lies_in_the_state_folder(user_state, monkeypatch, tmp_path):
    assert find_user_ledger() == user_state / "ensemble-lab" / "test-access.jsonl"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_user_ledger().parents[2] == tmp_path / ".local"


@pytest.mark.parametrize("written", [0, 10])
def test_full_disk_gives_no_labels_and_damages_nothing(run, ledger, monkeypatch, refusal, written):
    record_access(run, ACCESS)
    real = os.write

    def full(descriptor, content):
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, content[:written])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        error = refusal(lambda: load_labels(run, "test"))
    assert type(error) is StoreError
    assert "No space left" in str(error)
    assert load_ledger(run)[0]["decision"] == "2" * 64
    assert load_labels(run, "test").look.kept == "run"
    assert len(load_ledger(run)) == 2


def test_ledger_held_by_another_is_waited_for(run, monkeypatch, refusal):
    real = ledgers.lock_run
    with real(run.path):
        monkeypatch.setattr("ensemble_lab.store.lock._RUN_TIMEOUT_S", 0.2)
        assert isinstance(refusal(lambda: record_access(run, ACCESS)), LockedError)
    with lock_run(run.path):
        pass
    assert record_access(run, ACCESS).number == 1


def test_other_programs_may_add_keys(run, ledger):
    record_access(run, ACCESS)
    (row,) = load_ledger(run)
    ledger.write_text(json.dumps(row | {"note": "x"}) + "\n")
    assert record_access(run, ACCESS).is_repeat
