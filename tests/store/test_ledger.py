"""The ledger: a line for each way in which test labels were used, and none twice."""

import errno
import json
import os

import pytest

from ensemble_lab.exceptions import DamagedError, LockedError, StoreError
from ensemble_lab.store import ledger as ledgers
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import Access, load_ledger, record_access
from ensemble_lab.store.lock import lock_run

ACCESS = Access(command="vote", split="test", labels_sha256="1" * 64, decision="2" * 64)
OTHER = Access(command="vote", split="test", labels_sha256="1" * 64, decision="3" * 64)


@pytest.fixture
def ledger(run):
    return run.path / "test-access.jsonl"


def test_equal_access_adds_no_line(run, ledger):
    assert record_access(run, ACCESS) == "recorded"
    before = ledger.read_bytes()
    assert record_access(run, ACCESS) == "known"
    assert ledger.read_bytes() == before


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
    values = {name: getattr(ACCESS, name) for name in ACCESS.__dataclass_fields__}
    assert record_access(run, Access(**values | change)) == "recorded"
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
    assert record_access(run, ACCESS) == "known"
    assert ledger.read_bytes() == whole + tail
    assert record_access(run, OTHER) == "recorded"
    assert [row["decision"][0] for row in load_ledger(run)] == ["2", "3"]
    assert ledger.read_bytes().startswith(whole)


def test_whole_line_without_an_end_is_written_anew(run, ledger):
    record_access(run, ACCESS)
    ledger.write_bytes(ledger.read_bytes()[:-1])
    assert load_ledger(run) == []
    assert record_access(run, ACCESS) == "recorded"
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


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
@pytest.mark.parametrize("name", ["test-access.jsonl", ".lock"])
def test_read_only_run_is_readable_and_says_not_recorded(run, monkeypatch, number, name):
    real = os.open

    def read_only(path, flags, *rest, **named):
        if str(path).endswith(name) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", read_only)
    labels = load_labels(run, "test")
    assert labels.recorded == "not recorded"
    assert labels.values.shape == (4,)
    assert load_ledger(run) == []


def test_read_only_run_knows_what_was_recorded(run, monkeypatch):
    record_access(run, ACCESS)
    monkeypatch.setattr(ledgers, "_append", None)
    assert record_access(run, ACCESS) == "known"


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
    assert load_labels(run, "test").recorded == "recorded"
    assert len(load_ledger(run)) == 2


def test_ledger_held_by_another_is_waited_for(run, monkeypatch, refusal):
    real = ledgers.lock_run
    with real(run.path):
        monkeypatch.setattr("ensemble_lab.store.lock._RUN_TIMEOUT_S", 0.2)
        assert isinstance(refusal(lambda: record_access(run, ACCESS)), LockedError)
    with lock_run(run.path):
        pass
    assert record_access(run, ACCESS) == "recorded"


def test_other_programs_may_add_keys(run, ledger):
    record_access(run, ACCESS)
    (row,) = load_ledger(run)
    ledger.write_text(json.dumps(row | {"note": "x"}) + "\n")
    assert record_access(run, ACCESS) == "known"
