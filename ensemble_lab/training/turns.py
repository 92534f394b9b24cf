"""Members that take turns in one worker: which comes next, and when a worker has done enough."""

import importlib.util
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.exceptions import InterruptedTraining
from ensemble_lab.training.reporter import Reporter, log_to

__all__ = ["Wear", "measure_peak", "wait_for_turn"]

_LONGEST_S = 600.0
"""Beside ten minutes of work, the ten seconds that a fresh process takes to start are nothing."""

_LARGEST_GROWTH = 256 << 20
"""Bytes. Members of one recipe add nothing after the first; each other recipe adds what it
compiles, about 70 MB of the light net on MNIST, and TensorFlow frees none (keras#17458)."""


@dataclass(frozen=True)
class Wear:
    """How long a worker has worked, and how much its memory has grown.

    Attributes
    ----------
    since : float
        When it began, by `time.monotonic`.
    peak : int or None
        Most bytes of memory that it had held when its first member was done.
    """

    since: float
    peak: int | None

    @property
    def is_enough(self) -> bool:
        """Whether a fresh process should take the next member; so where none can tell."""
        peak = measure_peak()
        is_old = time.monotonic() - self.since > _LONGEST_S
        return is_old or peak is None or self.peak is None or peak - self.peak > _LARGEST_GROWTH


def measure_peak() -> int | None:
    """Return the most bytes of memory that this process has held, where the system tells."""
    if importlib.util.find_spec("resource") is None:
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def wait_for_turn(reporter: Reporter) -> str | None:
    """Return the key of the member that the parent hands over next, or None if it has no more.

    It comes as a line of JSON on standard input, ``{"key", "log"}``; what libraries print
    goes to that log from then on.
    """
    try:
        reporter.say("ready")
    except InterruptedTraining:
        return None
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return None
    turn = json.loads(line)
    log_to(Path(turn["log"]))
    return str(turn["key"])
