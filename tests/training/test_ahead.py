"""What is drawn ahead is what would be drawn when it is needed."""

import threading

import numpy as np
import pytest

from ensemble_lab.training.ahead import DrawAhead
from ensemble_lab.training.epoch import draw_epoch
from ensemble_lab.training.states import set_rates
from tests.training.members import WARP, build_member

ONE, OTHER, THIRD = (
    build_member("jax", seed=seed, epochs=3, augmentation=[WARP]).model_copy(
        update={"key": f"toy-{seed:04d}"}
    )
    for seed in range(3)
)


def draw(member, epoch, rates=None):
    zeros = np.zeros(3, np.float32)
    rates = zeros if rates is None else rates
    return draw_epoch(member, epoch, rates, n_examples=40, image_shape=(8, 8, 1), n_dropout=2)


def check_equal(ours, theirs):
    for left, right in zip(ours, theirs, strict=True):
        for one, other in zip(left, right, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.fixture
def asked():
    """Draws that are noted, with the thread that made them."""
    calls = []

    def note(member, epoch):
        calls.append((member.key, epoch, threading.current_thread() is threading.main_thread()))
        return draw(member, epoch)

    return note, calls


def test_next_epoch_is_drawn_meanwhile_and_no_further_than_the_last(asked):
    note, calls = asked
    with DrawAhead(note) as draws:
        for epoch in range(3):
            for member, drawn in zip((ONE, OTHER), draws.take((ONE, OTHER), epoch), strict=True):
                check_equal(drawn, draw(member, epoch))
    assert calls == [
        ("toy-0000", 0, True), ("toy-0001", 0, True),
        ("toy-0000", 1, False), ("toy-0001", 1, False),
        ("toy-0000", 2, False), ("toy-0001", 2, False),
    ]  # fmt: skip


def test_members_that_come_and_go_get_their_own_draws(asked):
    note, _ = asked
    with DrawAhead(note) as draws:
        for members, epoch in (((OTHER,), 0), ((ONE, OTHER, THIRD), 1), ((ONE, THIRD), 2)):
            for member, drawn in zip(members, draws.take(members, epoch), strict=True):
                check_equal(drawn, draw(member, epoch))


def test_draw_that_fails_meanwhile_fails_when_it_is_needed():
    def refuse(_member, epoch):
        return 1 // (1 - epoch)

    with DrawAhead(refuse) as draws:
        assert draws.take((ONE,), 0) == [1]
        with pytest.raises(ZeroDivisionError):
            draws.take((ONE,), 1)


def test_rates_that_are_set_afterwards_are_those_that_are_drawn_with():
    rates = np.array([0.1, 0.2, 0.3], np.float32)
    check_equal(set_rates(draw(ONE, 1), rates), draw(ONE, 1, rates))
