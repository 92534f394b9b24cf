"""Calling the command line in this process."""

from collections.abc import Callable
from dataclasses import dataclass

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
