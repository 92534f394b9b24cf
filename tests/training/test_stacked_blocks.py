"""Loops over many members give what loops over one give, member by member; no Keras."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training.blocks import Pace, run_epoch, run_stacked_epoch
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.infer import infer, infer_stack


class Steps:
    """Losses and numbers right as they are laid down, for one member or, stacked, for many."""

    def __init__(self, losses, right):
        self.losses, self.right = losses, right
        self.asked = []

    def place(self, arrays):
        is_stack = not isinstance(arrays, StepArrays)
        rates = arrays[0].rates if is_stack else arrays.rates
        return np.round(rates * 1000).astype(int)

    def run(self, numbers, start, stop):
        steps = numbers[start:stop]
        return self.losses[..., steps], self.right[..., steps]


def lay_parts(n_full, rest):
    """Steps of an epoch; the rate tells which step it is."""
    rates = (np.arange(n_full + (rest > 0)) / 1000).astype(np.float32)
    sizes = ((n_full, 4), (1, rest))
    starts = (0, n_full)
    return tuple(
        StepArrays(np.zeros(size, np.int32), None, None, rates[start : start + size[0]])
        for start, size in zip(starts, sizes, strict=True)
        if all(size)
    )


def take_alone(steps, parts, name):
    """What `run_epoch` returns, or what it says."""
    pace = Pace(n_steps=1, block_s=0)
    try:
        return run_epoch(
            steps, parts, pace, name=name, on_progress=lambda _done: None, clock=Clock()
        )
    except TrainingError as error:
        return str(error)


@given(st.data())
def test_stacked_epoch_is_the_epoch_of_each_member(data):
    n_members, n_full, rest = (
        data.draw(st.integers(*bounds)) for bounds in ((1, 4), (1, 7), (0, 3))
    )
    parts = lay_parts(n_full, rest)
    n_steps = n_full + (rest > 0)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    losses = rng.random((n_members, n_steps)).astype(np.float32)
    losses[rng.random(losses.shape) < data.draw(st.sampled_from((0, 0.1, 0.5)))] = np.nan
    right = rng.integers(0, 4, (n_members, n_steps))
    names = [f"m-{number}" for number in range(n_members)]
    seen = []
    ends = run_stacked_epoch(
        Steps(losses, right), [parts] * n_members, Pace(n_steps=2, block_s=1e9),
        names=names, on_progress=seen.append, clock=Clock(),
    )  # fmt: skip
    for number, end in enumerate(ends):
        alone = take_alone(Steps(losses[number], right[number]), parts, names[number])
        assert (end if isinstance(end, tuple) else str(end)) == alone
    assert not seen or seen[-1] <= 1.0
    assert all(isinstance(end, TrainingError) for end in ends) or seen[-1] == 1.0


def test_epoch_in_which_all_fail_is_not_gone_on_with():
    steps = Steps(np.full((2, 5), np.inf, np.float32), np.zeros((2, 5), int))
    seen = []
    ends = run_stacked_epoch(
        steps,
        [lay_parts(5, 0)] * 2,
        Pace(n_steps=1, block_s=0),
        names="ab",
        on_progress=seen.append,
        clock=Clock(),
    )
    assert [str(end).split(";")[0] for end in ends] == [
        "loss of a must be finite", "loss of b must be finite",
    ]  # fmt: skip
    assert seen == []


@pytest.mark.parametrize("n_examples", [1, 255, 256, 257, 600])
def test_stacked_inference_is_the_inference_of_each_member(n_examples):
    rng = np.random.default_rng(n_examples)
    images = rng.integers(0, 255, (n_examples, 2, 2, 1), dtype=np.uint8)
    kernels = rng.random((3, 4, 5)).astype(np.float32)

    def predict(kernel):
        return lambda batch: batch.reshape(len(batch), 4) @ kernel

    batches = []
    stacked = infer_stack(
        lambda batch: lambda: np.stack([predict(kernel)(batch) for kernel in kernels]),
        images, names="abc", on_batch=lambda: batches.append(1),
    )  # fmt: skip
    assert len(batches) == 2 * -(-n_examples // 256)
    for row, kernel in zip(stacked, kernels, strict=True):
        np.testing.assert_array_equal(row, infer(predict(kernel), images, name="one"))


def test_stack_is_asked_of_all_batches_before_the_first_answer_is_waited_for():
    """A device that is waited for batch by batch is idle between them."""
    told = []

    def predict(batch):
        told.append("asked")

        def wait():
            told.append("answered")
            return np.ones((1, len(batch), 2), np.float32)

        return wait

    infer_stack(predict, np.zeros((600, 2, 2, 1), np.uint8), names="a")
    assert told == ["asked"] * 3 + ["answered"] * 3


@pytest.mark.parametrize(("largest", "sizes"), [(15, {15}), (16, {16}), (1000, {200})])
def test_stack_is_asked_no_more_images_at_once_than_it_learns_from(largest, sizes):
    """Memory was found to be enough for a step of all members, not for more images of all."""
    seen = []

    def predict(batch):
        seen.append(len(batch))
        return lambda: np.zeros((2, len(batch), 3), np.float32)

    images = np.zeros((400, 2, 2, 1), np.uint8)
    answers = infer_stack(predict, images, names="ab", largest_batch=largest)
    assert set(seen) == sizes
    assert [each.shape for each in answers] == [(400, 3)] * 2


def test_probabilities_that_are_no_numbers_are_of_one_member():
    stacked = np.ones((2, 3, 4), np.float32)
    stacked[1, 2, 0] = np.nan
    good, bad = infer_stack(
        lambda _batch: lambda: stacked,
        np.zeros((3, 2, 2, 1), np.uint8),
        names=["a on test", "b on test"],
    )
    np.testing.assert_array_equal(good, stacked[0])
    assert str(bad).startswith("probabilities of b on test must be finite; row 2 of 3 is not.")
