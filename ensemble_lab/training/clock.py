"""A clock that is always in one part of the work, so that the parts add up to the whole."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ensemble_lab.store.timings import Timings

__all__ = ["Clock", "Part"]

Part = Literal["start_up", "compiling", "input", "steps", "evaluation", "files", "profiling"]


class Clock:
    """Adds up the wall time that a worker spends on each part of a member.

    Parameters
    ----------
    spent : float
        Seconds of start-up that went before.
    times_augmentation : bool
        Whether augmentation is to be timed alone, which takes some seconds.

    Attributes
    ----------
    augmentation : float or None
        Seconds of `steps` that augmentation took, once it was timed.
    """

    def __init__(self, spent: float = 0.0, *, times_augmentation: bool = False) -> None:
        self.times_augmentation = times_augmentation
        self._part: Part = "start_up"
        self._since = time.perf_counter()
        self._seconds: dict[Part, float] = {"start_up": spent}
        self.augmentation: float | None = None

    @contextmanager
    def on(self, part: Part) -> Iterator[None]:
        """Count time for a part; where parts are nested, for the innermost."""
        before = self._turn_to(part)
        try:
            yield
        finally:
            self._turn_to(before)

    def _turn_to(self, part: Part) -> Part:
        now, before = time.perf_counter(), self._part
        self._seconds[before] = self._seconds.get(before, 0.0) + now - self._since
        self._part, self._since = part, now
        return before

    def read(self) -> Timings:
        """Return what was counted so far. Time for ``profiling`` is left out."""
        self._turn_to(self._part)
        seconds = {str(part): s for part, s in self._seconds.items() if part != "profiling"}
        return Timings(**seconds, augmentation=self.augmentation)
