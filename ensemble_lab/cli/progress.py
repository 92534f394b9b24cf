"""Progress of the workers on stderr: live on a terminal, else a line every 30 seconds at most."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from ensemble_lab.engines.events import Event

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

__all__ = ["Progress"]

_LINE_EVERY_S = 30.0
_MOST_IN_LINE, _MOST_IN_TABLE = 3, 12
"""Members that are shown one by one; a stack trains many more at once."""
_ENDED = ("done", "failed", "locked", "interrupted")


class Progress:
    """Listens to the events of a training and shows how far it is.

    Use as a context: on leaving, what is live on the terminal stays as it was last.
    """

    def __init__(self) -> None:
        self._latest: dict[str, Event] = {}
        self._tflop: dict[str, float] = {}
        self._validation: dict[str, float] = {}
        self._loss: dict[str, float] = {}
        self._started = self._last_line = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                console=Console(stderr=True), refresh_per_second=4, get_renderable=self._render
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def report(self, event: Event) -> None:
        """Take one event of a worker."""
        if event.event == "lost":
            print(f"{event.key} goes on elsewhere: {event.cause}", file=sys.stderr, flush=True)
        if event.event == "waiting":
            self._tflop[event.key] = event.tflop or 0.0
        if event.loss is not None:
            self._loss[event.key] = event.loss
        if event.validation_accuracy is not None:
            self._validation[event.key] = event.validation_accuracy
        self._latest[event.key] = event
        now = time.monotonic()
        if self._live is None and now - self._last_line >= _LINE_EVERY_S:
            self._last_line = now
            print(self._headline(), file=sys.stderr, flush=True)

    @property
    def keys(self) -> tuple[str, ...]:
        """Members that there was something to do for."""
        return tuple(self._latest)

    def summary(self) -> Iterator[str]:
        """Yield what to say at the end: how many members were trained, and in what time."""
        done = [event for event in self._latest.values() if event.event == "done"]
        locked = [event.key for event in self._latest.values() if event.event == "locked"]
        if not self._latest:
            yield "nothing to do: all members are complete"
            return
        seconds = time.monotonic() - self._started
        yield f"{len(done)} of {len(self._latest)} members done in {_clock(seconds)}"
        if locked:
            yield f"another process is training {', '.join(_shorten(locked, _MOST_IN_LINE))}"

    def _headline(self) -> str:
        ended = sum(event.event in _ENDED for event in self._latest.values())
        parts = [f"members {ended}/{len(self._latest)}"]
        left = self._seconds_left()
        if left is not None:
            parts.append(f"{_clock(left)} left")
        failed = [f"{event.key} failed" for event in self._failed()]
        running = [self._describe(event) for event in self._running()]
        parts += [*_shorten(failed, _MOST_IN_LINE), *_shorten(running, _MOST_IN_LINE)]
        return " · ".join(parts)

    def _failed(self) -> list[Event]:
        return [event for event in self._latest.values() if event.event == "failed"]

    def _running(self) -> list[Event]:
        return [e for e in self._latest.values() if e.event not in (*_ENDED, "waiting")]

    def _describe(self, event: Event) -> str:
        words = f"{event.key} {_epochs(event)}"
        if event.key in self._loss:
            words += f" loss {self._loss[event.key]:.4f}"
        if event.key in self._validation:
            words += f" validation {self._validation[event.key]:.2%}"
        return words

    def _seconds_left(self) -> float | None:
        """Return time left from the share of TFLOP done; None where too little is known.

        Where no TFLOP is known, as in predicting, one member counts as much as another.
        Before a thirtieth is done, compiling is most of what was timed. A member's own
        estimate counts where it is longer: small members take longer to start than to train.
        """
        weights = self._tflop if any(self._tflop.values()) else dict.fromkeys(self._latest, 1.0)
        total = sum(weights.values())
        done = sum(
            weights.get(key, 0.0) * self._share(event) for key, event in self._latest.items()
        )
        if total == 0 or done < total / 30:
            return None
        left = (time.monotonic() - self._started) * (total - done) / done
        left = max([left, *(event.seconds_left or 0.0 for event in self._running())])
        return left if left >= 1 else None

    def _share(self, event: Event) -> float:
        if event.event in _ENDED:
            return 1.0
        return event.epoch / event.epochs if event.epochs else 0.0

    def _render(self) -> "RenderableType":
        from rich.table import Table
        from rich.text import Text

        if not self._latest:
            return Text("")
        table = Table.grid(padding=(0, 2))
        ended = sum(event.event in _ENDED for event in self._latest.values())
        left = self._seconds_left()
        table.add_row(
            f"members {ended}/{len(self._latest)}", "" if left is None else f"{_clock(left)} left"
        )
        running = self._running()
        for event in running[:_MOST_IN_TABLE]:
            filled = round(20 * self._share(event))
            table.add_row(
                event.key,
                "█" * filled + "░" * (20 - filled),
                _epochs(event),
                f"loss {self._loss[event.key]:.4f}" if event.key in self._loss else "",
                f"validation {self._validation[event.key]:.2%}"
                if event.key in self._validation
                else "",
            )
        if len(running) > _MOST_IN_TABLE:
            table.add_row(f"{len(running) - _MOST_IN_TABLE} more")
        for words in _shorten([event.key for event in self._failed()], _MOST_IN_LINE):
            table.add_row(words, "failed")
        return table


def _shorten(words: list[str], most: int) -> list[str]:
    """Return the first, and how many more there are.

    Examples
    --------
    >>> _shorten(["a", "b", "c"], 1)
    ['a', '2 more']
    """
    return [*words[:most], *([f"{len(words) - most} more"] if len(words) > most else [])]


def _epochs(event: Event) -> str:
    if not event.epoch:
        return "starting"
    if event.unit == "split":
        return f"split {event.epoch:.0f}/{event.epochs}"
    return f"epoch {event.epoch:.1f}/{event.epochs}"


def _clock(seconds: float) -> str:
    """Return minutes and seconds, or hours.

    Examples
    --------
    >>> _clock(75), _clock(3700)
    ('1:15', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
