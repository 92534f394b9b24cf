"""The state between two epochs: everything needed to go on comes back as it was."""

import dataclasses

import numpy as np
import pytest

from ensemble_lab.exceptions import DamagedError, MismatchError, StoreError
from ensemble_lab.store.hdf5 import open_sealed
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.training_state import (
    TrainingState,
    load_state,
    remove_state,
    resume_state,
    save_state,
    state_path,
)
from tests.store.conftest import KEY
from tests.store.test_members import RECORD

STATE = TrainingState(
    epoch=3,
    weights=tuple(np.full((2, n), n, np.float32) for n in range(12)),
    optimizer=(np.array(7, np.int64), np.float32(0.001), np.arange(3.0)),
    kept=(np.ones(2, np.float32),),
    kept_epoch=2,
    history=(RECORD,),
    epoch_votes=(("test", np.ones((3, 4), np.uint8)), ("validation", np.zeros((3, 6), np.uint8))),
)


def same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == other.dtype


def test_state_comes_back_in_order(run):
    save_state(run, KEY, STATE)
    found = load_state(run, KEY)
    same(STATE.weights, found.weights)
    same(STATE.optimizer, found.optimizer)
    same(STATE.kept, found.kept)
    assert (found.epoch, found.kept_epoch, found.history) == (3, 2, (RECORD,))
    assert [split for split, _ in found.epoch_votes] == ["test", "validation"]
    same([votes for _, votes in STATE.epoch_votes], [votes for _, votes in found.epoch_votes])


def test_optimizer_step_is_a_scalar_that_comes_back(run):
    """Every Keras optimizer counts its steps in one, and h5py slices no scalar."""
    save_state(run, KEY, STATE)
    assert load_state(run, KEY).optimizer[0] == 7


def test_state_without_averages_is_empty_there(run):
    save_state(run, KEY, dataclasses.replace(STATE, kept=(), epoch_votes=(), history=()))
    found = load_state(run, KEY)
    assert found.kept == found.epoch_votes == found.history == ()


def test_absent_state_is_none(run):
    remove_state(run, KEY)
    remove_state(run, KEY)
    assert load_state(run, KEY) is None


def test_state_of_another_spec_is_refused(run, refusal):
    save_state(run, KEY, STATE)
    entries = (dataclasses.replace(run.members[0], digest="e" * 64), run.members[1])
    save_run(dataclasses.replace(run, members=entries))
    error = refusal(lambda: load_state(open_run(run.path), KEY))
    assert isinstance(error, MismatchError)
    assert "Remove that file" in str(error)


@pytest.mark.parametrize(
    ("began", "engine", "hint"),
    [("stacked", "single", "--engine stacked"), ("single", "stacked", "another --engine")],
)
def test_state_of_other_numerics_is_not_gone_on_with(run, refusal, began, engine, hint):
    save_state(run, KEY, dataclasses.replace(STATE, numerics=began))
    assert resume_state(run, KEY, began).epoch == 3
    error = refusal(lambda: resume_state(run, KEY, engine))
    assert isinstance(error, MismatchError)
    assert f"must be {engine!r} for this engine to go on with it; got {began!r}" in str(error)
    assert f"Go on with {hint}, or remove that file" in str(error)


def test_state_of_a_single_member_is_written_as_before_there_were_numerics(run):
    save_state(run, KEY, STATE)
    with open_sealed(state_path(run, KEY), "training-state") as file:
        assert "numerics" not in file.header
    assert load_state(run, KEY).numerics == "single"


def test_numerics_that_this_version_does_not_know_are_refused(run, refusal):
    save_state(run, KEY, dataclasses.replace(STATE, numerics="quantum"))
    error = refusal(lambda: load_state(run, KEY))
    assert isinstance(error, DamagedError)
    assert "numerics must be 'single' or 'stacked'; got 'quantum', in" in str(error)


def test_state_that_is_not_finite_is_refused_and_keeps_the_last(run, refusal):
    save_state(run, KEY, STATE)
    before = state_path(run, KEY).read_bytes()
    bad = dataclasses.replace(STATE, history=(dataclasses.replace(RECORD, loss=np.nan),))
    assert isinstance(refusal(lambda: save_state(run, KEY, bad)), StoreError)
    assert state_path(run, KEY).read_bytes() == before


@pytest.mark.parametrize("n_arrays", [0, 1, 11, 120])
def test_order_of_many_arrays_is_kept(run, n_arrays):
    arrays = tuple(np.array([n]) for n in range(n_arrays))
    save_state(run, KEY, dataclasses.replace(STATE, weights=arrays))
    assert [int(array[0]) for array in load_state(run, KEY).weights] == list(range(n_arrays))
