"""Calling the command line in this process."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from ensemble_lab.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def call(capsys, monkeypatch) -> Callable[..., Answer]:
    """Run a command on a terminal of 80 columns; return exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments) -> Answer:
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Answer(stop.value.code, out, err)

    return run


@pytest.fixture
def pool(make_run):
    """Six members: four of group a, right more often than two of group b."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    given = rng.dirichlet(np.ones(3), (6, 200)) + 0.6 * np.eye(3)[labels]
    given[4:] = rng.dirichlet(np.ones(3), (2, 200)) + 0.15 * np.eye(3)[labels]
    probabilities = given / given.sum(axis=-1, keepdims=True)
    return make_run(probabilities=probabilities, labels=labels, groups={"a": 4, "b": 2})
