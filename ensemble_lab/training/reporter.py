"""What a worker says: JSON lines on standard output that nothing else writes to."""

import contextlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TextIO

from ensemble_lab.exceptions import InterruptedTraining, LockedError
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.clock import Clock

__all__ = ["Reporter", "log_to", "own_stdout"]


class Reporter:
    """Writes the events of a worker's member, and finds out between blocks whether to stop.

    Parameters
    ----------
    key : str
        The member.
    lines : TextIO
        Takes the events.
    stop : threading.Event or None
        Set when the worker is asked to stop; the reporters of one worker share it.
    clock : Clock or None
        Counts where the member's time goes.
    """

    def __init__(
        self,
        key: str,
        lines: TextIO,
        stop: threading.Event | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.key, self._lines = key, lines
        self.clock = clock or Clock()
        self._parent = os.getppid()
        self._stop = stop or threading.Event()
        self._began = self._told = time.monotonic()
        self._first = self.epoch = 0.0
        self._epochs = 1
        self._unit: Literal["epoch", "split"] = "epoch"

    def say(self, event: str, **values: Any) -> None:
        """Write an event as one JSON line."""
        line = json.dumps({"event": event, "key": self.key} | values, allow_nan=False)
        try:
            print(line, file=self._lines, flush=True)
        except BrokenPipeError:
            raise InterruptedTraining(f"{self.key} has nobody left to tell.") from None

    def tell_exception(self, error: Exception) -> int:
        """Say how the member ended with an exception; return the exit code: 0, 1 or 130."""
        if isinstance(error, InterruptedTraining):
            with contextlib.suppress(InterruptedTraining):
                self.say("interrupted", epoch=self.epoch)
            return 130
        if isinstance(error, LockedError):
            self.say("locked")
            return 0
        # The parent needs a cause whatever happened; the log gets all of it.
        traceback.print_exception(error)
        cause = " ".join(str(error).split()) or "no message"
        self.say("failed", error=type(error).__name__, cause=cause)
        return 1

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
        if self._stop.is_set() or os.getppid() != self._parent:
            raise InterruptedTraining(f"{self.key} was stopped; the same command continues it.")
        if time.monotonic() - self._told >= 1:
            self.tell_progress()

    def tell_progress(self) -> None:
        """Say how many epochs are done, or which member a worker has turned to."""
        self._told = time.monotonic()
        self.say(
            "progress",
            epoch=self.epoch,
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


def log_to(path: Path) -> None:
    """Append to a file what is printed from now on, inside `own_stdout`."""
    sys.stdout.flush()
    sys.stderr.flush()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
