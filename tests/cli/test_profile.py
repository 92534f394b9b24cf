"""``train --profile``: what it asks of the workers, and the table after them."""

import pytest

from ensemble_lab.engines import Event
from ensemble_lab.store.members import member_path
from ensemble_lab.store.timings import Timings, add_sitting
from ensemble_lab.workflows import train

SPENT = Timings(start_up=8.0, compiling=2.0, input=0.1, steps=9.0, evaluation=0.5, files=0.4)


@pytest.fixture
def asked(monkeypatch):
    """Workers that spend time on members and train nothing."""
    calls = []

    def spend(run, keys, arguments, *, report, **_named):
        calls.append((keys, arguments))
        for key in keys:
            augmentation = 0.9 if "--profile" in arguments else None
            add_sitting(run, key, Timings(**vars(SPENT) | {"augmentation": augmentation}))
            report(Event(event="done", key=key, status="trained"))

    monkeypatch.setattr(train, "run_members", spend)
    return calls


def test_profile_tells_where_the_time_of_the_trained_members_went(call, make_run, asked):
    run = make_run()
    add_sitting(run, "a-0000", Timings(steps=1000.0))
    for key in ("a-0001", "a-0002"):
        member_path(run, key).unlink()
    answer = call("train", run.path / "experiment.toml", "--run", run.path, "--profile")
    assert answer.code == 0
    assert asked == [(("a-0001", "a-0002"), ("--profile",))]
    first, *lines, last = answer.out.splitlines()
    assert first == str(run.path)
    assert last == "40.0 s of workers for 2 members; augmentation is part of steps"
    assert [line.split() for line in lines] == [
        ["part", "seconds", "share"],
        ["start-up", "16.0", "40.0%"],
        ["compiling", "4.0", "10.0%"],
        ["input", "0.2", "0.5%"],
        ["steps", "18.0", "45.0%"],
        ["augmentation", "1.8", "4.5%"],
        ["evaluation", "1.0", "2.5%"],
        ["files", "0.8", "2.0%"],
    ]


def test_profile_of_a_complete_run_tells_what_is_kept(call, make_run, asked):
    run = make_run()
    add_sitting(run, "a-0000", SPENT)
    answer = call("train", run.path / "experiment.toml", "--run", run.path, "--profile")
    assert "20.0 s of workers for 1 member;" in answer.out
    assert "not measured" in answer.out
    assert "nobody timed a-0001, a-0002" in answer.err


def test_without_it_nothing_is_timed_alone_or_printed(call, make_run, asked):
    run = make_run()
    member_path(run, "a-0001").unlink()
    answer = call("train", run.path / "experiment.toml", "--run", run.path)
    assert asked == [(("a-0001",), ())]
    assert answer.out == f"{run.path}\n"
