import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import miss
from tests.processes import make_environment

pytestmark = [pytest.mark.keras, pytest.mark.slow]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The same training on both backends, each in its own process."""
    for name in ("tensorflow", "jax"):
        if importlib.util.find_spec(name) is None:
            miss(f"{name} is not installed")
    folder = tmp_path_factory.mktemp("peers")
    environment = make_environment()
    workers = {
        name: subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peer.py")), name, folder / name],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("tensorflow", "jax")
    }
    for name, worker in workers.items():
        _, log = worker.communicate(timeout=120)
        assert worker.returncode == 0, f"{name}: {log}"
    return [np.load(folder / f"{name}.npz") for name in workers]


@pytest.mark.parametrize("fill", ["nearest", "constant"])
def test_warps_agree_to_five_decimals(results, fill):
    ours, theirs = results
    np.testing.assert_allclose(ours[fill], theirs[fill], atol=1e-5)


def test_losses_agree_after_training_from_the_same_draws(results):
    ours, theirs = results
    np.testing.assert_allclose(ours["losses"], theirs["losses"], rtol=1e-4)
    np.testing.assert_allclose(ours["validation"], theirs["validation"], rtol=1e-3)
    np.testing.assert_allclose(ours["probabilities"], theirs["probabilities"], atol=1e-3)


def test_weights_and_averages_come_in_the_same_order(results):
    ours, theirs = results
    names = [name for name in ours.files if name.startswith(("weights", "averages"))]
    assert len(names) == 20
    for name in names:
        np.testing.assert_allclose(ours[name], theirs[name], atol=5e-3, err_msg=name)


def test_capsules_agree_and_so_does_their_loop_for_gpus(results):
    ours, theirs = results
    np.testing.assert_allclose(ours["capsules"], theirs["capsules"], atol=1e-3)
    np.testing.assert_allclose(theirs["capsules_looped"], theirs["capsules"], atol=1e-3)


def test_stopping_and_going_on_changes_no_bit_on_either(results):
    for result in results:
        np.testing.assert_array_equal(result["fitted"], result["resumed"])


def test_loop_for_gpus_takes_the_steps_that_a_cpu_takes_one_by_one(results):
    _, jax = results
    np.testing.assert_allclose(jax["looped"], jax["fitted"], atol=1e-4)
    np.testing.assert_array_equal(jax["looped"], jax["looped_singly"])
