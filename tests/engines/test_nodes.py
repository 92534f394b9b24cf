"""What a machine of a cluster does for a job, without a cluster: stand-ins are its workers."""

import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ensemble_lab.engines import Event, Job, Outcome, nodes
from ensemble_lab.engines.nodes import Task, work
from ensemble_lab.store.parcels import NOTHING, Parcel

KEY = "a-0000"
RUN = Parcel((("run.json", b"{}"), ("splits/test.h5", b"split")))
STATE = ("resume.weights.h5", b"an older state")

pytestmark = pytest.mark.usefixtures("stand_in")


def task_of(run: Path, mode: str, **named) -> Task:
    return Task(Job(run, KEY, (mode,), run / "members" / KEY / "log.txt"), **named)


@pytest.fixture
def shared(tmp_path):
    """A run folder, and a task of it that carries the name of the file in it."""
    run = tmp_path / "run"
    run.mkdir()
    (run / ".shared-1").touch()
    return lambda mode: task_of(run, mode, token=".shared-1")


def test_shared_run_is_written_in_place_and_nothing_is_sent(shared):
    told = []
    task = shared("made")
    answer = work(task, None, told.append)
    assert answer == nodes.Answer(Outcome(KEY, "trained"))
    assert [event.event for event in told] == ["start", "epoch", "epoch", "epoch", "done"]
    assert (task.job.run / "members" / KEY / "member.weights.h5").read_bytes() == b"weights"


def test_machine_that_does_not_share_the_folder_says_so_and_starts_nothing(shared):
    task = shared("made")
    (task.job.run / task.token).unlink()
    outcome = work(task, None, pytest.fail).outcome
    assert (outcome.key, outcome.status, outcome.error) == (KEY, "failed", "StoreError")
    assert str(task.job.run) in outcome.cause
    assert "--fetch" in outcome.cause
    assert "\n" not in outcome.cause
    assert not (task.job.run / "members").exists()


def test_machine_of_another_version_says_so_and_starts_nothing(shared):
    outcome = work(replace(shared("made"), version="0.0.1"), None, pytest.fail).outcome
    assert (outcome.status, outcome.error) == ("failed", "MismatchError")
    assert "must be 0.0.1 on every machine" in outcome.cause


def test_copy_leaves_the_run_alone_and_sends_what_was_made(tmp_path):
    away = tmp_path / "nowhere"
    answer = work(task_of(away, "made", member=Parcel((STATE,))), RUN, lambda _: None)
    assert answer.outcome == Outcome(KEY, "trained")
    assert answer.parcel == Parcel((("member.weights.h5", b"weights"),), ("resume.weights.h5",))
    assert not away.exists()
    pickle.dumps(answer)


def test_what_was_sent_there_is_not_sent_back(tmp_path):
    answer = work(task_of(tmp_path / "x", "trained", member=Parcel((STATE,))), RUN, lambda _: None)
    assert answer.parcel == NOTHING


def test_worker_that_dies_on_a_copy_leaves_its_state_and_its_words(tmp_path):
    away = tmp_path / "nowhere"
    answer = work(task_of(away, "begun"), RUN, lambda _: None)
    assert answer.outcome.error == "WorkerDied"
    assert answer.outcome.cause.endswith(f"see {away}/members/{KEY}/log.txt")
    assert answer.parcel.files == (("resume.weights.h5", b"a state"),)
    assert answer.log == b"the last words\n"


def test_state_is_sent_on_the_way_but_not_too_often(tmp_path, monkeypatch):
    def sent(every_s: float) -> list[Parcel]:
        told: list[Event | Parcel] = []
        monkeypatch.setattr(nodes, "SEND_EVERY_S", every_s)
        work(task_of(tmp_path / "nowhere", "going"), RUN, told.append)
        return [each for each in told if isinstance(each, Parcel)]

    assert sent(0)[-1] == Parcel((("resume.weights.h5", b"a state"),))
    assert sent(60) == []


@pytest.mark.parametrize(("mode", "is_left"), [("whole", False), ("going", True)])
def test_state_that_was_sent_on_the_way_is_told_of_at_the_end(tmp_path, monkeypatch, mode, is_left):
    """Where it is gone, it must go there too: a member with a state is not complete."""
    monkeypatch.setattr(nodes, "SEND_EVERY_S", 0)
    answer = work(task_of(tmp_path / "nowhere", mode), RUN, lambda _: None)
    assert ("resume.weights.h5", b"a state") in answer.parcel.files or not is_left
    assert answer.parcel.gone == (() if is_left else ("resume.weights.h5",))


def test_nothing_is_left_on_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(nodes, "TemporaryDirectory", partial(TemporaryDirectory, dir=tmp_path))
    seen = []

    def look(_event):
        seen.extend(tmp_path.glob("*/splits"))

    work(task_of(tmp_path / "nowhere", "going"), RUN, look)
    assert seen
    assert not list(tmp_path.glob("ensemble-lab-*"))
