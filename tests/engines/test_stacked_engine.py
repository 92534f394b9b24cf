"""The stacked engine: one process for the members of a stack, and an end of its own for each."""

import os
import signal
import sys
from pathlib import Path

import pytest

from ensemble_lab.engines import ENGINES, Job, Outcome, find_engine, run_engine
from ensemble_lab.exceptions import SpecError

STAND_IN = Path(__file__).parent / "stand_in_stack.py"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run members of named stacks, ``{"a": ["trained-1", …]}``; return outcomes and events."""
    script = tmp_path / "python"
    script.write_text(
        '#!/bin/sh\ntest "$2" = ensemble_lab.training.stacked_worker || exit 9\nshift 2\n'
        f'exec "{sys.executable}" "{STAND_IN}" "$@"\n'
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))

    def run_stacks(stacks, report=None, n_workers=None):
        events = []
        jobs = [
            Job(tmp_path, key, (), tmp_path / f"{key}.log", stack=stack)
            for stack, keys in stacks.items()
            for key in keys
        ]
        # As a run has its members: those of a stack need not follow one another.
        jobs.sort(key=lambda job: job.key.rpartition("-")[2])
        outcomes = run_engine("stacked", jobs, n_workers=n_workers, report=report or events.append)
        return {outcome.key: outcome for outcome in outcomes}, events

    return run_stacks


def processes_of(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in folder.glob("stack-*"))


def test_members_of_a_stack_share_a_process_and_others_do_not(run, tmp_path):
    outcomes, events = run(
        {"a": ["trained-1", "trained-3", "trained-5"], "b": ["complete-2"], "c": ["trained-4"]}
    )
    assert processes_of(tmp_path) == ["complete-2", "trained-1 trained-3 trained-5", "trained-4"]
    assert [outcome.status for outcome in outcomes.values()] == [
        "trained", "complete", "trained", "trained", "trained",
    ]  # fmt: skip
    assert list(outcomes) == ["trained-1", "complete-2", "trained-3", "trained-4", "trained-5"]
    assert {event.key for event in events} == set(outcomes)


def test_each_member_ends_as_its_last_word_says(run):
    outcomes, _ = run({"a": ["trained-1", "failed-2", "locked-3", "complete-4"]})
    assert [outcome.status for outcome in outcomes.values()] == [
        "trained", "failed", "locked", "complete",
    ]  # fmt: skip
    assert outcomes["failed-2"] == Outcome(
        "failed-2", "failed", "TrainingError", "loss must be finite; got nan."
    )


def test_killed_process_takes_those_with_it_that_were_not_done(run, tmp_path):
    outcomes, _ = run({"a": ["trained-1", "killed-2", "trained-3"], "b": ["trained-4"]})
    assert outcomes["trained-1"].status == outcomes["trained-4"].status == "trained"
    for key in ("killed-2", "trained-3"):
        assert (outcomes[key].status, outcomes[key].error) == ("failed", "WorkerDied")
        assert "SIGKILL" in outcomes[key].cause
        assert str(tmp_path / "trained-1.log") in outcomes[key].cause


def test_member_of_which_nothing_is_said_has_failed_though_the_process_ended_well(run):
    outcomes, _ = run({"a": ["silent-1", "trained-2", "failed-3"]})
    assert outcomes["trained-2"].status == "trained"
    assert (outcomes["silent-1"].status, outcomes["silent-1"].error) == ("failed", "WorkerDied")
    assert "finite" not in outcomes["silent-1"].cause


def test_one_stack_runs_after_another_and_never_beside_it(run):
    seen = []
    run({"a": ["trained-1", "trained-2"], "b": ["trained-3"]}, report=seen.append)
    assert [event.key for event in seen][-2:] == ["trained-3"] * 2


def test_stacks_run_side_by_side_where_the_user_says_so(run):
    """The second is done while the first is still at it."""

    def stop(event):
        if (event.key, event.event) == ("trained-2", "done"):
            os.kill(os.getpid(), signal.SIGINT)

    outcomes, _ = run({"a": ["slow-1"], "b": ["trained-2"]}, report=stop, n_workers=2)
    assert [outcome.status for outcome in outcomes.values()] == ["interrupted", "trained"]


def test_what_was_done_before_the_user_had_enough_is_done(run):
    def stop(event):
        if event.event == "epoch":
            os.kill(os.getpid(), signal.SIGINT)

    outcomes, _ = run({"a": ["trained-1", "slow-2", "slow-3"], "b": ["trained-4"]}, report=stop)
    assert [outcome.status for outcome in outcomes.values()] == [
        "trained", "interrupted", "interrupted", "interrupted",
    ]  # fmt: skip


def test_worker_that_was_stopped_by_another_leaves_what_can_be_continued(run, tmp_path):
    def stop(event):
        if event.event == "epoch":
            (mark,) = tmp_path.glob("stack-*")
            os.kill(int(mark.name.removeprefix("stack-")), signal.SIGTERM)

    outcomes, _ = run({"a": ["failed-1", "slow-2", "slow-3"]}, report=stop)
    assert [outcome.status for outcome in outcomes.values()] == [
        "failed", "interrupted", "interrupted",
    ]  # fmt: skip


def test_report_that_raises_stops_the_process(run):
    def refuse(event):
        if event.event == "epoch":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run({"a": ["slow-1", "slow-2"]}, report=refuse)


def test_engine_that_stacks_only_trains():
    assert [name for name, each in ENGINES.items() if each.numerics == "stacked"] == ["stacked"]
    with pytest.raises(SpecError, match="one of serial, process, ray to predict; got stacked"):
        find_engine("stacked", to="predict")
    assert find_engine("serial", to="predict") is ENGINES["serial"]
