"""States of members that train together, written seldom; states here are numbers."""

import time

import pytest

from ensemble_lab.training.state_writer import StateWriter, writing


class Disk:
    """Takes a second for each state."""

    def __init__(self):
        self.now = 100.0
        self.states = {}
        self.n_saved = 0

    def save(self, key, state):
        self.now += 1
        self.n_saved += 1
        self.states[key] = state

    def read_clock(self):
        return self.now


def test_first_state_is_written_at_once_and_the_next_after_a_pause():
    disk = Disk()
    writer = StateWriter(disk.save, disk.read_clock)
    writer.keep("a", 1)
    assert disk.states == {"a": 1}
    for epoch in range(2, 12):
        disk.now += 1.9
        writer.keep("a", epoch)
        writer.keep("b", epoch)
        assert disk.states == {"a": 1}
    disk.now += 1.0
    writer.keep("a", 12)
    assert disk.states == {"a": 12, "b": 11}


def test_writing_takes_a_twentieth_of_the_time_at_most():
    disk = Disk()
    writer = StateWriter(disk.save, disk.read_clock)
    for epoch in range(20_000):
        for key in "abc":
            writer.keep(key, epoch)
        disk.now += 0.05
    assert 0 < disk.n_saved <= (disk.now - 100.0) / 20


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, MemoryError])
def test_last_states_are_written_whatever_ends_the_training(error):
    states = {}

    def save(key, state):
        time.sleep(0.05)
        states[key] = state

    def train():
        with writing(save) as writer:
            writer.keep("a", 1)
            writer.keep("a", 2)
            assert states == {"a": 1}
            if error is not None:
                raise error

    if error is None:
        train()
    else:
        with pytest.raises(error):
            train()
    assert states == {"a": 2}


def test_state_that_could_not_be_written_is_tried_again():
    saved, full = {}, True

    def save(key, state):
        if full:
            raise OSError("disk full")
        saved[key] = state

    writer = StateWriter(save)
    with pytest.raises(OSError, match="disk full"):
        writer.keep("a", 1)
    full = False
    writer.write()
    assert saved == {"a": 1}
