"""Saves the states of members that train together, so seldom that it costs little."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ensemble_lab.store.training_state import TrainingState

__all__ = ["StateWriter", "writing"]

_SHARE = 20
"""A pause is as many times as long as the writing before it took: that takes 5 % at most."""


class StateWriter:
    """Keeps the last state of each member, and writes what is new when enough time has gone by.

    A state takes some milliseconds until the disk has it, which is as long as an epoch where
    many small nets share a GPU. Whoever is killed loses what was kept since the last pause.

    Parameters
    ----------
    save : function (key, state)
        Writes one state, whole or not at all.
    read_clock : function () -> seconds, optional
    """

    def __init__(
        self,
        save: Callable[[str, TrainingState], None],
        read_clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._save = save
        self._read_clock = read_clock
        self._unsaved: dict[str, TrainingState] = {}
        self._due = read_clock()

    def keep(self, key: str, state: TrainingState) -> None:
        """Take a member's newest state; write all that are new if it is time."""
        self._unsaved[key] = state
        if self._read_clock() >= self._due:
            self.write()

    def write(self) -> None:
        """Write all states that are new."""
        began = self._read_clock()
        for key in tuple(self._unsaved):
            self._save(key, self._unsaved[key])
            del self._unsaved[key]
        ended = self._read_clock()
        self._due = ended + _SHARE * (ended - began)


@contextmanager
def writing(save: Callable[[str, TrainingState], None]) -> Iterator[StateWriter]:
    """Give a writer whose last states are written in the end, also where training is stopped."""
    writer = StateWriter(save)
    try:
        yield writer
    finally:
        writer.write()
