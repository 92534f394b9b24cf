"""Other processes, as tests look at them and stop them where they are."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["freeze", "list_processes", "make_environment", "start_module", "wait_until"]

_ROOT = Path(__file__).parents[1]


def make_environment(**more: str) -> dict[str, str]:
    """Return what another process must know to import this checkout, and more."""
    return os.environ | {"PYTHONPATH": str(_ROOT)} | more


def start_module(name: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a module of this checkout, to be listened to and stopped."""
    return subprocess.Popen(
        [sys.executable, "-m", name, *map(str, arguments)],
        env=make_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def freeze(process: int) -> None:
    """Stop a process where it is, so that what it has written stays as it is."""
    os.kill(process, signal.SIGSTOP)
    wait_until(lambda: Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] == "T")


def wait_until(holds: Callable[[], object], *, within_s: float = 60) -> None:
    """Return as soon as something holds; it must within a minute, or as long as is said."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def list_processes(*words: str) -> list[int]:
    """Processes whose command line holds all these words."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if all(word.encode() in command for word in words):
                found.append(int(entry.name))
    return found
