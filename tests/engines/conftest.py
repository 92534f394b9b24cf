"""Workers that are stand-ins, in the place of the interpreter's."""

import sys
from pathlib import Path

import pytest

STAND_IN = Path(__file__).parent / "stand_in.py"


def lay_interpreter(folder: Path) -> Path:
    """An "interpreter" that drops ``-m ensemble_lab.training.worker`` and runs the stand-in."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nshift 2\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let workers of this process be stand-ins; return what runs them."""
    script = lay_interpreter(tmp_path)
    monkeypatch.setattr(sys, "executable", str(script))
    return script
