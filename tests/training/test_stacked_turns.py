"""Members of a stack in turns, beside a stand-in for what trains them; no Keras."""

import io
import json
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training import stacked_worker as module
from ensemble_lab.training.blocks import Pace
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.reporter import Reporter
from tests.training.test_stacked_worker import build_run


@pytest.fixture
def steps():
    """Places for three members, of which memory has room for two."""

    def halve_places():
        steps.n_places -= 1

    steps = SimpleNamespace(n_places=3, n_places_a_device=3, halve_places=halve_places)
    return steps


@pytest.fixture
def said(tmp_path, monkeypatch, steps):
    """What a worker says of four members that train in turns, and who was in which turn."""
    run = build_run(tmp_path, epochs=3)
    lines = io.StringIO()
    clock = Clock()
    waiting = {key: Reporter(key, lines, clock=clock) for key in run.keys}

    def fit_stack(members, _machine, *_examples, callbacks, **_options):
        keys = [member.key for member in members]
        print(json.dumps({"event": "turn", "keys": keys}), file=lines)
        if len(keys) > 2:
            raise MemoryError("no room")
        errors = tuple(TrainingError(f"loss of {key} must be finite.") for key in keys)
        for key, error in zip(keys, errors, strict=True):
            callbacks.on_failure(key, error)
        return errors

    pace = Pace(compiled={16})
    machine = SimpleNamespace(steps=steps, pace=pace)
    monkeypatch.setattr(module, "build_stack", lambda *_: machine)
    monkeypatch.setattr(module, "fit_stack", fit_stack)
    monkeypatch.setattr(module.nets, "open_libraries", lambda _spec: nullcontext())
    module.train_stack(run, waiting, None, clock)
    # Half the places are another program: its first step compiles.
    assert pace.compiled == set()
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_member_starts_with_its_turn(said):
    """What a member has left is told from its start: the turns before it are not its own."""
    words = [(each["event"], each.get("key", each.get("keys"))) for each in said]
    first, second = (words.index(("turn", [f"toy-000{n}" for n in pair])) for pair in ("01", "23"))
    starts = {
        key: [place for place, word in enumerate(words) if word == ("start", key)]
        for key in ("toy-0000", "toy-0002", "toy-0003")
    }
    assert starts["toy-0000"][-1] < first
    assert first < starts["toy-0003"][-1] < second
    assert len(starts["toy-0003"]) == 1
    # It was in the turn that memory was too little for, and begins anew.
    assert len(starts["toy-0002"]) == 2
