"""What a worker says: JSON lines on standard output that nothing else writes to."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, Literal, TextIO

from ensemble_lab.exceptions import InterruptedTraining
from ensemble_lab.store.training_state import TrainingState

__all__ = ["Reporter", "own_stdout"]


class Reporter:
    """Writes a worker's events, and finds out between blocks whether it must stop."""

    def __init__(self, key: str, lines: TextIO) -> None:
        self._key, self._lines = key, lines
        self._parent = os.getppid()
        self._is_asked = False
        self._began = self._told = time.monotonic()
        self._first = self.epoch = 0.0
        self._epochs = 1
        self._unit: Literal["epoch", "split"] = "epoch"

    def ask_to_stop(self, *_: object) -> None:
        """Stop at the end of the block; a signal's handler."""
        self._is_asked = True

    def say(self, event: str, **values: Any) -> None:
        """Write an event as one JSON line."""
        line = json.dumps({"event": event, "key": self._key} | values, allow_nan=False)
        try:
            print(line, file=self._lines, flush=True)
        except BrokenPipeError:
            raise InterruptedTraining(f"{self._key} has nobody left to tell.") from None

    def start(self, epoch: int, epochs: int, *, unit: Literal["epoch", "split"] = "epoch") -> None:
        """Say from which epoch training goes on, or how many splits are done, and of how many."""
        self._unit = unit
        self._first, self.epoch, self._epochs = float(epoch), float(epoch), epochs
        self._began = time.monotonic()
        self.say("start", epoch=epoch, epochs=epochs, **self._named_unit())

    def progress(self, epoch: float) -> None:
        """Say how many epochs are done, at most once a second.

        Raises
        ------
        InterruptedTraining
            A signal came, or the parent process is gone.
        """
        self.epoch = epoch
        if self._is_asked or os.getppid() != self._parent:
            raise InterruptedTraining(f"{self._key} was stopped; the same command continues it.")
        if time.monotonic() - self._told >= 1:
            self._told = time.monotonic()
            self.say(
                "progress",
                epoch=epoch,
                epochs=self._epochs,
                seconds_left=self._seconds_left(),
                **self._named_unit(),
            )

    def tell_epoch(self, state: TrainingState) -> None:
        """Say how an epoch went."""
        record = state.history[-1]
        self.epoch = float(record.epoch)
        self.say(
            "epoch",
            epoch=record.epoch,
            epochs=self._epochs,
            loss=record.loss,
            accuracy=record.accuracy,
            validation_loss=record.validation_loss,
            validation_accuracy=record.validation_accuracy,
            rate=record.rate,
            seconds_left=self._seconds_left(),
        )

    def _named_unit(self) -> dict[str, str]:
        return {} if self._unit == "epoch" else {"unit": self._unit}

    def _seconds_left(self) -> float | None:
        done = self.epoch - self._first
        if done <= 0:
            return None
        return (time.monotonic() - self._began) * (self._epochs - self.epoch) / done


@contextlib.contextmanager
def own_stdout() -> Iterator[TextIO]:
    """Keep standard output for events; what libraries print there goes to standard error."""
    sys.stdout.flush()
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        yield lines
    finally:
        with contextlib.suppress(BrokenPipeError):
            lines.close()
