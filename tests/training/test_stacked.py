"""Members that train together, beside the same members one by one."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import miss
from tests.processes import make_environment

pytestmark = [pytest.mark.keras, pytest.mark.slow]

PEER = Path(__file__).with_name("stacked_peer.py")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What all modes of the peer gave, each in its own process."""
    folder = tmp_path_factory.mktemp("stacked")
    if importlib.util.find_spec("jax") is None:
        miss("jax is not installed")
    environment = make_environment()
    peers = {
        mode: subprocess.Popen(
            [sys.executable, str(PEER), mode, folder / mode],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for mode in ("single", "double", "seeds")
    }
    for mode, peer in peers.items():
        _, log = peer.communicate(timeout=280)
        assert peer.returncode == 0, f"{mode}: {log}"
    return {mode: np.load(folder / f"{mode}.npz") for mode in peers}


@pytest.mark.parametrize("what", ["weights", "optimizer", "kept", "losses"])
def test_two_epochs_in_float64_on_two_devices_are_those_of_members_one_by_one(results, what):
    double = results["double"]
    assert (double["devices"], double["places"]) == (2, 4)
    assert double["weights_stacked"].dtype == np.float64
    serial, stacked = double[f"{what}_serial"], double[f"{what}_stacked"]
    assert serial.shape == stacked.shape
    np.testing.assert_allclose(stacked, serial, rtol=0, atol=1e-6)
    moved = np.abs(double["weights_stacked"] - double["first"]).max(axis=1)
    assert (moved > 1e-3).all()
    assert len({row.tobytes() for row in stacked}) == 3


def test_stacked_member_begins_where_it_would_alone(results):
    single = results["single"]
    np.testing.assert_array_equal(single["step_own_first"], single["step_first"])


@pytest.mark.parametrize("what", ["weights", "optimizer", "kept", "losses"])
def test_one_step_in_float32_is_that_of_members_one_by_one(results, what):
    single = results["single"]
    serial, stacked = single[f"step_{what}_serial"], single[f"step_{what}_stacked"]
    np.testing.assert_allclose(stacked, serial, rtol=0, atol=1e-5)
    assert (np.abs(single["step_weights_stacked"] - single["step_first"]) > 1e-3).any()


def test_members_that_were_stopped_at_different_epochs_end_with_the_same_bits(results):
    single = results["single"]
    np.testing.assert_array_equal(single["resumed"], single["whole"])


def test_member_has_the_same_bits_whoever_else_is_in_the_program(results):
    single = results["single"]
    np.testing.assert_array_equal(single["alone"][0], single["whole"][1])


def test_each_member_has_its_own_schedule_and_best_epoch(results):
    single = results["single"]
    for rates, accuracies, kept in zip(
        single["rates"], single["accuracies"], single["kept_epochs"], strict=True
    ):
        np.testing.assert_allclose(rates, plateau_rates(accuracies), rtol=1e-6)
        assert kept == np.argmax(accuracies) + 1


def plateau_rates(accuracies):
    """Half the rate after each epoch that was not better than all before."""
    rates, best = [0.001], -1.0
    for accuracy in accuracies[:-1]:
        rates.append(rates[-1] if accuracy > best else rates[-1] / 2)
        best = max(best, accuracy)
    return rates


def test_member_whose_loss_is_no_number_fails_alone(results):
    single = results["single"]
    assert single["is_failed"].tolist() == [False, True, False]
    ((key, message),) = single["failures"].tolist()
    assert key == "toy-0001"
    assert message.startswith("loss of toy-0001 in epoch 1 must be finite; got nan at rate 0.001")
    np.testing.assert_array_equal(single["others"], single["others_alone"])


def test_loop_for_gpus_takes_the_steps_that_a_cpu_takes_one_by_one(results):
    single = results["single"]
    np.testing.assert_allclose(single["looped"], single["whole"], atol=1e-4)
    np.testing.assert_array_equal(single["looped"], single["looped_singly"])


def test_all_members_have_places_where_memory_is_free(results):
    assert results["single"]["places"] == 3


def test_as_many_members_have_places_as_memory_is_free_for(results):
    single = results["single"]
    assert single["fitting"].tolist() == [2, 2, 1, 1, 1]
    assert "memory for one member at a time must be free" in str(single["refusal"])


def test_members_are_asked_no_more_images_at_once_than_they_learn_from(results):
    assert results["single"]["asked"].tolist() == [15]


def test_votes_after_every_epoch_are_each_members_own(results):
    votes = results["single"]["votes"]
    assert votes.shape == (3, 3, 30)
    assert votes.dtype == np.uint8


def test_errors_over_twenty_seeds_are_those_of_members_one_by_one(results):
    """Were the ways of training the same, signs of the differences would be tossed coins."""
    from scipy.stats import permutation_test

    found = results["seeds"]
    serial, stacked = found["serial"], found["stacked"]
    assert found["n_test"] == 899
    assert len(set(serial.tolist())) > 5
    assert 10 < serial.mean() < 200
    answer = permutation_test(
        (stacked - serial,), np.mean, permutation_type="samples", n_resamples=9999, rng=0
    )
    assert answer.pvalue > 0.05
