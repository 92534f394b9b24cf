"""The worker of a stack as a process, on a run of 60 images and four members."""

import dataclasses
import importlib.util
import json
import signal
import time
from contextlib import ExitStack

import numpy as np
import pytest

from ensemble_lab.data.loading import load_dataset
from ensemble_lab.exceptions import MismatchError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.spec.member import parse_member
from ensemble_lab.store.epoch_votes import load_epoch_votes
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import load_predictions, predictions_path
from ensemble_lab.store.timings import load_sittings
from ensemble_lab.store.training_state import load_state, save_state, state_path
from ensemble_lab.training import nets
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.train import prepare_run
from tests.conftest import miss
from tests.processes import start_module
from tests.store.test_training_state import STATE
from tests.training.test_worker import write_data

TRAINED = ("toy-0000", "toy-0001", "toy-0002")
LOCKED = "toy-0003"
EXPERIMENT = """
name = "toy"
probabilities = "float16"
[data]
name = "npz"
path = "{path}"
validation = {{ share = 0.2 }}
[[members]]
group = "toy"
seeds = [0, 1, 2, 3]
backend = "jax"
architecture = {{ name = "mlp", hidden = [8], dropout = 0.5 }}
epochs = {epochs}
batch_size = 16
keep = "average"
epoch_votes = true
augmentation = [{{ name = "affine", rotation_degrees = 10, shift = 0.1 }}]
"""


def build_run(folder, *, epochs):
    """Write data and a run of members that are not trained yet."""
    folder.mkdir(exist_ok=True)
    write_data(folder / "data.npz")
    experiment = parse_experiment(EXPERIMENT.format(path=folder / "data.npz", epochs=epochs))
    return prepare_run(plan_experiment(experiment), folder / "run", experiment)


def start(run, *options):
    first, *others = run.keys
    module = "ensemble_lab.training.stacked_worker"
    return start_module(module, run.path, first, "--with", *others, *options)


def finish(worker):
    """Return exit code, the events that were not read yet by member, and the log."""
    out, log = worker.communicate(timeout=250)
    events = [json.loads(line) for line in out.splitlines()]
    by_key = {}
    for event in events:
        by_key.setdefault(event["key"], []).append(event)
    return worker.returncode, by_key, log


def wait_for(worker, *words):
    for line in worker.stdout:
        event = json.loads(line)
        if (event["event"], event["key"]) == words:
            return
    pytest.fail(f"{words} never came; log: {worker.stderr.read()}")


@pytest.fixture
def runs(tmp_path):
    """Two equal runs, of each of which another process holds a member."""
    if importlib.util.find_spec("jax") is None:
        miss("jax is not installed")
    with ExitStack() as locks:
        made = [build_run(tmp_path / name, epochs=20) for name in ("whole", "broken")]
        for run in made:
            locks.enter_context(lock_member(run, LOCKED))
        yield made


@pytest.mark.keras
@pytest.mark.slow
def test_stopped_and_killed_stack_ends_as_an_uninterrupted_one(runs):
    whole, broken = runs
    began = time.monotonic()
    code, events, log = finish(start(whole, "--profile"))
    seconds = time.monotonic() - began
    assert code == 0, log
    assert "3 members of 3 at once" in log
    for key in TRAINED:
        assert [each["event"] for each in events[key] if each["event"] != "progress"] == [
            "start", *["epoch"] * 20, "done",
        ]  # fmt: skip
        assert events[key][-1] == {"event": "done", "key": key, "status": "trained"}
        environment = load_member(whole, key).environment
        assert (environment["numerics"], environment["stack"]) == ("stacked", 3)
        # Together they were at it for some seconds, and each says a third of them.
        (sitting,) = load_sittings(whole, key)
        assert sitting == load_sittings(whole, TRAINED[0])[0]
        assert 3 * sitting.total < seconds
        assert min(sitting.start_up, sitting.compiling, sitting.steps, sitting.files) > 0
        assert sitting.augmentation > 0
        assert not state_path(whole, key).exists()
    assert load_sittings(whole, LOCKED) == ()
    assert events[LOCKED] == [{"event": "locked", "key": LOCKED}]

    worker = start(broken)
    wait_for(worker, "epoch", TRAINED[-1])
    worker.send_signal(signal.SIGTERM)
    code, events, log = finish(worker)
    assert code == 130, log
    assert [events[key][-1]["event"] for key in TRAINED] == ["interrupted"] * 3
    assert {load_state(broken, key).numerics for key in TRAINED} == {"stacked"}

    worker = start(broken)
    wait_for(worker, "epoch", TRAINED[-1])
    worker.kill()
    worker.communicate()

    code, events, log = finish(start(broken))
    assert code == 0, log
    assert events[TRAINED[0]][0]["epoch"] > 1
    # What was killed tells nothing of its time.
    assert [len(load_sittings(broken, key)) for key in TRAINED] == [2, 2, 2]
    for key in TRAINED:
        ours, theirs = load_member(broken, key), load_member(whole, key)
        assert ours.weights_sha256 == theirs.weights_sha256
        votes = [load_epoch_votes(run, key, "test") for run in (broken, whole)]
        assert votes[0].shape == (20, 9)
        np.testing.assert_array_equal(*votes)
    predictions = load_predictions(whole, "test", members=TRAINED)
    rounded = predictions.probabilities.astype(np.float16)
    np.testing.assert_array_equal(rounded, predictions.probabilities)
    digests = predictions.digests
    assert load_predictions(broken, "test", members=TRAINED).digests == digests

    predictions_path(broken, TRAINED[1], "test").unlink()
    member_path(broken, TRAINED[2]).unlink()
    code, events, log = finish(start(broken))
    assert code == 0, log
    assert [events[key][-1]["status"] for key in TRAINED] == ["complete", "trained", "trained"]
    # In a program for one it may have other bits: its predictions are of those.
    assert load_member(broken, TRAINED[2]).environment["stack"] == 1
    again = load_predictions(broken, "test", members=TRAINED).digests
    assert list(again)[:2] == list(digests)[:2]


def test_member_that_was_begun_in_a_stack_is_not_continued_alone(tmp_path):
    run = build_run(tmp_path, epochs=3)
    save_state(run, "toy-0000", dataclasses.replace(STATE, numerics="stacked"))
    spec = parse_member(run.member("toy-0000").spec)
    with pytest.raises(MismatchError, match=r"must be 'single' .* got 'stacked'"):
        nets.train(run, spec, load_dataset(parse_data(run.data)), None)
