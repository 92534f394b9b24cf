"""Runs whose members err, more often than those of `write_run`."""

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
