"""The parts of a member's time: every second in one of them, none in two."""

import pytest

from ensemble_lab.store.timings import Timings
from ensemble_lab.training import clock as module
from ensemble_lab.training.clock import Clock


@pytest.fixture
def wait(monkeypatch):
    """Let seconds pass, for the clock alone."""
    now = [100.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])

    def pass_by(seconds):
        now[0] += seconds

    return pass_by


def test_time_is_start_up_until_something_else_begins(wait):
    clock = Clock(spent=2.0)
    wait(1.5)
    with clock.on("steps"):
        wait(4.0)
    assert clock.read() == Timings(start_up=3.5, steps=4.0)


def test_nested_parts_count_for_the_innermost_also_when_it_fails(wait):
    clock = Clock()

    def fail():
        with clock.on("evaluation"):
            wait(1.0)
            with clock.on("files"):
                wait(0.25)
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    wait(8.0)
    assert clock.read() == Timings(start_up=8.0, evaluation=1.0, files=0.25)
    assert clock.read().total == 9.25


def test_what_profiling_takes_is_no_part_of_training(wait):
    clock = Clock(times_augmentation=True)
    with clock.on("profiling"):
        wait(5.0)
    clock.augmentation = 0.5
    with clock.on("steps"):
        wait(1.0)
    assert clock.read() == Timings(steps=1.0, augmentation=0.5)
