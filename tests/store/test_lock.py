"""Locks: refused at once, and let go of by the dead."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ensemble_lab.exceptions import LockedError, StoreError
from ensemble_lab.store.lock import is_locked, lock_member, lock_run
from tests.store.conftest import KEY

HOLD = """
import pathlib, sys, time
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.run import open_run
with lock_member(open_run(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(run):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path), KEY],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_process_is_refused_at_once_and_a_dead_ones_lock_is_free(run, holder, refusal):
    started = time.monotonic()
    error = refusal(lambda: lock_member(run, KEY).__enter__())
    assert isinstance(error, LockedError)
    assert KEY in str(error)
    assert time.monotonic() - started < 2
    with lock_member(run, "a-0001"):
        pass
    assert is_locked(run, KEY)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert not is_locked(run, KEY)
    with lock_member(run, KEY):
        pass


def test_lock_is_let_go_after_an_exception(run):
    def fail():
        with lock_member(run, KEY):
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail()


def test_lock_is_held_against_the_same_process_too(run, refusal):
    with lock_member(run, KEY):
        assert isinstance(refusal(lambda: lock_member(run, KEY).__enter__()), LockedError)


def test_asking_who_holds_a_member_writes_nothing(run):
    assert not is_locked(run, "none-0000")
    assert not run.member_folder("none-0000").exists()


def test_holder_sweeps_what_a_killed_one_left(run):
    folder = run.member_folder(KEY)
    (folder / ".partial-1-member.weights.h5").write_bytes(b"half")
    (folder / ".partial-2-resume.weights.h5").symlink_to("nowhere")
    (folder / ".partial-2-timings.json").write_bytes(b"{")
    (folder / ".partial-3-failure.json").write_bytes(b"the parent's")
    with lock_member(run, KEY):
        names = {path.name for path in folder.iterdir()}
    assert {name for name in names if name.startswith(".partial")} == {".partial-3-failure.json"}
    assert {"member.weights.h5", "resume.weights.h5"} <= names


def test_folder_in_the_place_of_a_lock_is_one_line(run, refusal):
    (run.path / ".lock").mkdir()
    error = refusal(lambda: lock_run(run.path).__enter__())
    assert isinstance(error, StoreError)
