"""Engines: one worker's end is its own, and all of them end when the parent is asked to stop."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from ensemble_lab import engines
from ensemble_lab.engines import (
    ENGINES,
    Cluster,
    Job,
    Outcome,
    find_engine,
    run_engine,
    worker_process,
)
from ensemble_lab.engines import subprocesses as engine
from ensemble_lab.engines.events import parse_event
from ensemble_lab.engines.worker_process import WorkerProcess
from ensemble_lab.exceptions import (
    InterruptedTraining,
    MissingExtraError,
    SpecError,
    StoreError,
)
from tests.engines.conftest import lay_interpreter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, stand_in):
    """Run jobs of the given modes; return outcomes and events."""

    def run_modes(*modes, name="process", n_workers=2, report=None):
        events = []
        jobs = [
            Job(tmp_path, key, (mode,), tmp_path / f"{number}.log")
            for number, mode in enumerate(modes)
            for key in [f"{mode}-{number:04d}"]
        ]
        outcomes = run_engine(name, jobs, n_workers=n_workers, report=report or events.append)
        return outcomes, events

    return run_modes


def test_outcomes_are_in_the_order_of_the_jobs(run):
    outcomes, _ = run("pause", "trained", "complete", "locked", "pause", "trained", n_workers=3)
    assert [outcome.status for outcome in outcomes] == [
        "trained",
        "trained",
        "complete",
        "locked",
        "trained",
        "trained",
    ]
    assert [outcome.key[-4:] for outcome in outcomes] == [
        "0000",
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
    ]


def test_one_that_fails_or_dies_leaves_the_others_alone(run):
    outcomes, _ = run("failed", "trained", "killed", "trained", "exit-3", "silent", "trained")
    by_mode = {outcome.key[:-5]: outcome for outcome in outcomes}
    assert by_mode["failed"] == Outcome(
        "failed-0000", "failed", "TrainingError", "loss must be finite; got nan."
    )
    assert [o.status for o in outcomes if o.key.startswith("trained")] == ["trained"] * 3
    assert by_mode["killed"].error == "WorkerDied"
    assert "SIGKILL" in by_mode["killed"].cause
    assert "exit code 3" in by_mode["exit-3"].cause
    assert "exit code 0" in by_mode["silent"].cause
    assert all("\n" not in outcome.cause for outcome in outcomes)


def test_dead_workers_cause_names_its_log(run, tmp_path):
    (outcome, *_), _ = run("aborted")
    assert "SIGABRT" in outcome.cause
    assert str(tmp_path / "0.log") in outcome.cause
    for _ in range(2):
        (outcome, *_), _ = run("exit-3")
    assert (tmp_path / "0.log").read_text().endswith("the last words\n" * 2)


def test_done_is_not_believed_of_a_worker_that_then_fails(run):
    (outcome,), _ = run("stumble")
    assert (outcome.status, outcome.error) == ("failed", "WorkerDied")
    assert "exit code 4" in outcome.cause


def test_workers_are_in_sessions_of_their_own(run, tmp_path):
    """A Ctrl-C at the terminal reaches the parent alone."""
    run("session")
    assert (tmp_path / "0.log").read_text() == "leads its session: True\n"


def test_lines_that_are_no_events_are_ignored(run):
    (outcome,), events = run("noise")
    assert outcome.status == "trained"
    assert [event.event for event in events] == ["start", "epoch", "epoch", "epoch", "done"]
    assert [event.epoch for event in events] == [0, 1, 2, 3, 0]
    assert events[2].loss == 0.5
    assert events[2].validation_loss is None


def test_last_word_that_was_cut_off_is_a_death(run):
    (outcome,), _ = run("cut")
    assert outcome.status == "failed"
    assert outcome.error == "WorkerDied"


@pytest.mark.parametrize("line", ["", "{}", "3", '"x"', "[]", "null", "{", "NaN", '{"key": "a"}'])
def test_other_lines_are_no_events(line):
    assert parse_event(line) is None


def test_line_of_brackets_is_no_event():
    """It would end the thread that listens, and the engine would wait for ever."""
    assert parse_event("[" * 200_000) is None


def test_child_that_outlives_its_worker_holds_nothing_up(run, tmp_path):
    (outcome,), _ = run("orphan")
    assert outcome.status == "trained"
    (child,) = living(tmp_path)
    os.kill(child, signal.SIGKILL)


def test_serial_engine_runs_one_after_another(run):
    seen = []
    run("trained", "trained", "trained", name="serial", n_workers=None, report=seen.append)
    assert [event.key for event in seen] == sorted(event.key for event in seen)


def test_process_engine_runs_side_by_side(run):
    outcomes, _ = run("meet", "meet")
    assert [outcome.status for outcome in outcomes] == ["trained"] * 2


def test_no_more_than_n_workers_run_at_once(run):
    running, most = set(), []

    def watch(event):
        running.add(event.key) if event.event == "start" else None
        running.discard(event.key) if event.event == "done" else None
        most.append(len(running))

    run(*["meet"] * 3, report=watch)
    assert max(most) == 2


@pytest.mark.parametrize(("cores", "threads", "places"), [(8, 3, 2), (8, 1, 8), (2, 4, 1)])
def test_workers_are_as_many_as_the_cores_have_room_for(monkeypatch, cores, threads, places):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(cores)), raising=False)
    assert count_places(monkeypatch, threads) == places


@pytest.mark.parametrize(("cores", "places"), [(4, 4), (None, 1)])
def test_all_cores_count_where_none_are_set_apart(monkeypatch, cores, places):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert count_places(monkeypatch, 1) == places


def count_places(monkeypatch, threads: int) -> int:
    """How many workers would run side by side if nobody said."""
    told = []
    monkeypatch.setattr(engines, "run_jobs", lambda _jobs, n_workers, _: told.append(n_workers))
    jobs = [
        Job(Path("run"), key, (), Path(f"{key}.log"), n) for key, n in (("a", 1), ("b", threads))
    ]
    run_engine("process", jobs, n_workers=None, report=told.append)
    return told[0]


def test_no_jobs_are_no_outcomes(run):
    assert run() == ((), [])


def test_engine_and_workers_are_checked(run):
    with pytest.raises(SpecError, match=r"serial, process.*'proces'.*did you mean 'process'"):
        run("trained", name="proces")
    with pytest.raises(SpecError, match="must be 1; got 2"):
        run("trained", name="serial", n_workers=2)
    assert set(ENGINES) == {"serial", "process", "ray", "stacked"}


@pytest.mark.parametrize(
    "cluster", [Cluster(address="auto"), Cluster(fetch=True), Cluster(gpus=0.5)], ids=repr
)
@pytest.mark.parametrize("name", ["serial", "process", "stacked"])
def test_engine_of_one_machine_takes_no_cluster(name, cluster):
    with pytest.raises(SpecError, match=rf"ray to take an address, fetch or gpus; got {name}\."):
        run_engine(name, [], n_workers=None, cluster=cluster, report=lambda _: None)


@pytest.mark.parametrize("gpus", [-0.5, 1.5, float("nan"), float("inf")])
def test_share_of_a_gpu_that_nobody_could_give_is_refused(gpus):
    with pytest.raises(SpecError, match="whole number; got"):
        Cluster(gpus=gpus)
    assert [Cluster(gpus=share).gpus for share in (0, 0.25, 1, 2)] == [0, 0.25, 1, 2]


def test_engine_without_its_extra_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ray must be installed.*ensemble-lab\[ray\]"):
        find_engine("ray")
    assert find_engine("process").extra is None


def test_worker_that_cannot_start_is_one_line_and_stops_the_others(run, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(StoreError) as caught:
        run("trained")
    assert "trained-0000" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_report_that_raises_stops_the_workers(run, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_GRACE_S", 250.0)
    heard = set()

    def refuse(event):
        heard.add(event.key)
        if len(heard) == 2:
            assert len(living(tmp_path)) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run("slow", "slow", report=refuse)
    assert not living(tmp_path)
    for number in (0, 1):
        assert (tmp_path / f"{number}.log").read_text() == "asked to stop, and leaves\n"


def test_worker_that_does_not_stop_is_killed(run, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_GRACE_S", 1.0)
    asked = []

    def refuse(event):
        if event.event == "epoch":
            asked.append(time.monotonic())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run("deaf", report=refuse)
    assert time.monotonic() - asked[0] >= 1.0
    assert not living(tmp_path)
    assert (tmp_path / "0.log").read_text() == "asked to stop, and stays\n"


def test_workers_that_do_not_stop_share_one_grace(run, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_GRACE_S", 4.0)
    heard, asked = set(), []

    def refuse(event):
        heard.add(event.key)
        if len(heard) == 3:
            asked.append(time.monotonic())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run("deaf", "deaf", "deaf", n_workers=3, report=refuse)
    assert time.monotonic() - asked[0] < 2 * 4.0  # one after another they take three times that
    assert not living(tmp_path)


def test_worker_that_is_done_and_does_not_leave_is_sent_away(run, monkeypatch, tmp_path):
    monkeypatch.setattr(worker_process, "_LEAVING_S", 0.5)
    outcomes, _ = run("lingering", "trained")
    assert [outcome.status for outcome in outcomes] == ["trained"] * 2
    assert not living(tmp_path)


def test_worker_that_closes_its_output_without_a_word_has_failed(run, monkeypatch, tmp_path):
    monkeypatch.setattr(worker_process, "_LEAVING_S", 0.5)
    (outcome,), _ = run("mute")
    assert (outcome.status, outcome.error) == ("failed", "WorkerDied")
    assert "SIGKILL" in outcome.cause
    assert not living(tmp_path)


def test_last_words_are_waited_for_where_the_listener_is_late(run, monkeypatch):
    """As after Ctrl-Z and fg: the worker is gone, and nobody has read what it said."""
    listen = WorkerProcess._listen

    def listen_late(worker, events):
        worker.process.wait()
        time.sleep(0.6)
        listen(worker, events)

    monkeypatch.setattr(WorkerProcess, "_listen", listen_late)
    outcomes, events = run("trained", "failed")
    assert [outcome.error for outcome in outcomes] == ["", "TrainingError"]
    assert [event.event for event in events if event.key == "trained-0000"][-1] == "done"


@pytest.mark.parametrize("n_workers", [0, -1])
@pytest.mark.parametrize("name", ["process", "serial", "ray"])
def test_fewer_than_one_worker_is_refused(run, name, n_workers):
    with pytest.raises(SpecError, match=f"1 or more; got {n_workers}"):
        run("trained", name=name, n_workers=n_workers)


def test_engine_may_run_outside_the_main_thread(run):
    found = []
    thread = threading.Thread(target=lambda: found.append(run("trained")))
    thread.start()
    thread.join(20)
    assert found[0][0][0].status == "trained"


def test_signal_handlers_are_put_back(run):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run("trained")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


PARENT = """
import pathlib, sys
from ensemble_lab.engines import Job, run_engine
sys.executable = sys.argv[1]
folder = pathlib.Path(sys.argv[2])
keys = [f"slow-{name}" for name in sys.argv[3:]]
jobs = [Job(folder, key, ("slow",), folder / "log.txt") for key in keys]
def report(event):
    sys.stdout.write(event.event + "\\n")
    sys.stdout.flush()
outcomes = run_engine("process", jobs, n_workers=2, report=report)
sys.stdout.write(f"stopped: {[outcome.status for outcome in outcomes]}\\n")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_parent_that_is_asked_to_stop_stops_all_within_seconds(tmp_path, number):
    arguments = [str(lay_interpreter(tmp_path)), str(tmp_path), *"abc"]
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with parent:
        heard = [parent.stdout.readline() for _ in range(4)]
        assert sorted(heard) == ["epoch\n", "epoch\n", "start\n", "start\n"]
        started = time.monotonic()
        parent.send_signal(number)
        out, err = parent.communicate(timeout=60)
    assert time.monotonic() - started < engine._GRACE_S / 2
    assert f"stopped: {['interrupted'] * 3}" in out
    assert err == ""
    assert parent.returncode == 0
    assert not living(tmp_path)


def test_interruption_is_a_training_error():
    assert InterruptedTraining.__mro__[1].__name__ == "TrainingError"


def living(folder: Path) -> list[int]:
    """Stand-ins of the test with that folder, and their children; zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and "stand_in" in line:
            found.append(int(entry.name))
    return found
