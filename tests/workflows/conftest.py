"""Runs whose members err, more often than those of `write_run`, and files of results."""

import json

import numpy as np
import pytest

import tests.conftest as made


@pytest.fixture
def make_erring_run(make_run, monkeypatch):
    """Make a run whose members guess, on validation and on test."""

    def guess(rng: np.random.Generator, labels: np.ndarray, n_classes: int, lead: float):
        return rng.dirichlet(np.ones(n_classes), len(labels)).astype(np.float32)

    monkeypatch.setattr(made, "draw_probabilities", guess)
    return make_run


@pytest.fixture
def write(tmp_path):
    """Write experiments by name; return the folder of them all."""

    def write(**experiments):
        for name, values in experiments.items():
            path = tmp_path / "experiments" / name / "results.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")
        return tmp_path / "experiments"

    return write
