"""Members in turn in one worker: each is what a process of its own would have made of it."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import load_predictions, predictions_path
from ensemble_lab.store.timings import load_sittings
from ensemble_lab.training import turns
from ensemble_lab.training.turns import Wear, measure_peak
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.train import prepare_run
from tests.conftest import train_in_name
from tests.processes import make_environment
from tests.training.test_worker import add_split, write_data

EXPERIMENT = """
name = "turns"
[data]
name = "npz"
path = "data.npz"
validation = {{ share = 0.2 }}
[defaults]
backend = "{backend}"
epochs = 3
batch_size = 16
[[members]]
group = "elu"
seeds = [0, 1]
architecture = {{ name = "bn_elu", momentum = 0.9, dropout = 0.3 }}
keep = "average"
augmentation = [{{ name = "affine", rotation_degrees = 10, shift = 0.1 }}]
[[members]]
group = "mlp"
seeds = [0]
architecture = {{ name = "mlp", hidden = [8], dropout = 0.5 }}
"""
KEYS = ("elu-0000", "elu-0001", "mlp-0000")


def build_run(folder, backend):
    folder.mkdir(exist_ok=True)
    write_data(folder / "data.npz")
    path = folder / "experiment.toml"
    path.write_text(EXPERIMENT.format(backend=backend))
    return prepare_run(plan_experiment(path), folder / "run", path)


def work(run, key, *options, turns=()):
    """Run a worker that is handed `turns`, (key, log) each; return exit code and events."""
    lines = [json.dumps({"key": key, "log": str(log)}) + "\n" for key, log in turns]
    done = subprocess.run(
        [sys.executable, "-m", "ensemble_lab.training.worker", run.path, key, *options],
        env=make_environment(),
        input="".join(lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    try:
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError:
        pytest.fail(f"no JSON in {done.stdout!r}; log: {done.stderr}")


def ends(events):
    """What was said last of each member, in order."""
    return {event["key"]: event["event"] for event in events if event["event"] != "ready"}


@pytest.mark.slow
@pytest.mark.keras
def test_members_in_turn_are_those_of_a_process_each(backend, tmp_path):
    shared = build_run(tmp_path / "shared", backend)
    rest = [(key, tmp_path / f"{key}.txt") for key in KEYS[1:]]
    code, events = work(shared, KEYS[0], "--in-turn", "--profile", turns=rest)
    assert (code, ends(events)) == (0, dict.fromkeys(KEYS, "done"))
    assert [event["key"] for event in events if event["event"] == "ready"] == list(KEYS)
    assert all(log.exists() for _, log in rest)
    alone = build_run(tmp_path / "alone", backend)
    for key in KEYS[1:]:
        assert work(alone, key)[0] == 0
        fresh, later = (load_member(run, key) for run in (alone, shared))
        assert later.weights_sha256 == fresh.weights_sha256
        assert [r.loss for r in later.history] == [r.loss for r in fresh.history]
        for split in ("validation", "test"):
            answers = [load_predictions(run, split, members=(key,)) for run in (alone, shared)]
            assert answers[0].digests == answers[1].digests
    assert len({load_member(shared, key).weights_sha256 for key in KEYS}) == 3
    check_timings(shared)
    # All members, asked of two splits in one pass, say what each said alone.
    before = load_predictions(shared, "test")
    for key in KEYS:
        predictions_path(shared, key, "test").unlink()
    shared = add_split(shared, "blurred", "blur")
    options = ("--predict", "blurred", "test", "--with", *KEYS[1:], "--in-turn")
    with lock_member(shared, "mlp-0000"):
        code, events = work(shared, KEYS[0], *options)
    assert code == 0
    assert ends(events) == {"elu-0000": "done", "elu-0001": "done", "mlp-0000": "locked"}
    assert events[-1]["event"] == "ready"
    code, events = work(shared, KEYS[0], *options)
    assert [(e["key"], e["status"]) for e in events if e["event"] == "done"] == [
        ("elu-0000", "complete"), ("elu-0001", "complete"), ("mlp-0000", "trained"),
    ]  # fmt: skip
    again = load_predictions(shared, "test")
    assert again.digests == before.digests
    blurred = load_predictions(shared, "blurred")
    assert not np.array_equal(blurred.probabilities, again.probabilities)


def check_timings(run):
    """The first member starts the process, the second uses what it compiled; the third has no
    augmentation.
    """
    first, second, third = (load_sittings(run, key)[0] for key in KEYS)
    assert first.start_up > 1 > second.start_up
    assert first.compiling > 0
    assert second.compiling == 0
    assert third.compiling > 0
    assert all(each.steps > 0 and each.evaluation > 0 for each in (first, second, third))
    assert second.augmentation > third.augmentation == 0


@pytest.mark.keras
def test_member_that_fails_ends_its_turns_but_not_those_that_are_asked_with_it(backend, tmp_path):
    run = build_run(tmp_path, backend)
    for key in KEYS[:2]:
        train_in_name(run, key, np.random.default_rng(0), architecture_sha256="b" * 64)
    code, events = work(run, KEYS[0], "--in-turn", turns=[(KEYS[1], tmp_path / "log.txt")])
    assert (code, ends(events)) == (1, {KEYS[0]: "failed"})
    code, events = work(run, KEYS[0], "--predict", "test", "--with", KEYS[1], "--in-turn")
    assert (code, ends(events)) == (1, dict.fromkeys(KEYS[:2], "failed"))
    assert events[-1]["event"] == "ready"


def test_worker_is_worn_by_age_or_growth(monkeypatch):
    peak = measure_peak()
    assert peak > 1 << 20
    now = time.monotonic()
    assert not Wear(now, peak).is_enough
    assert Wear(now - 601, peak).is_enough
    assert Wear(now, peak - (300 << 20)).is_enough
    assert Wear(now, None).is_enough
    monkeypatch.setattr(turns.importlib.util, "find_spec", lambda _name: None)
    assert measure_peak() is None
    assert Wear(now, peak).is_enough
