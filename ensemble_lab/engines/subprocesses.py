"""Worker processes side by side: start, listen, stop.

Plain subprocesses, not a process pool: one killed worker of a spawn pool fails all
its unfinished jobs, and a user's script without a main guard would run again in each.
"""

import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ensemble_lab.engines.events import Event, Outcome, parse_event
from ensemble_lab.exceptions import StoreError

__all__ = ["Job", "run_jobs", "stop_signals"]

_GRACE_S = 20.0
"""How long a worker may take to reach the end of its block (about two seconds) and leave."""


@dataclass(frozen=True)
class Job:
    """One worker to run.

    Attributes
    ----------
    run : Path
        Folder of the run.
    key : str
        The member.
    options : tuple of str
        What follows ``python -m ensemble_lab.training.worker RUN KEY``.
    log : Path
        Takes the worker's stderr, appended.
    threads : int
        That it computes with.
    """

    run: Path
    key: str
    options: tuple[str, ...]
    log: Path
    threads: int = 1

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows ``python -m ensemble_lab.training.worker``."""
        return (str(self.run), self.key, *self.options)


class _Worker:
    """A running process and the thread that listens to it."""

    def __init__(self, job: Job, events: "queue.Queue[tuple[_Worker, Event | None]]") -> None:
        self.job = job
        self.last: Event | None = None
        command = [sys.executable, "-m", "ensemble_lab.training.worker", *job.arguments]
        try:
            job.log.parent.mkdir(parents=True, exist_ok=True)
            with job.log.open("ab") as log:
                # A session of its own: Ctrl-C reaches the parent alone, which asks the workers.
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
        except OSError as error:
            raise StoreError(
                f"a worker for {job.key} must start; got {error.strerror}: {error.filename}."
            ) from error
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def _listen(self, events: "queue.Queue[tuple[_Worker, Event | None]]") -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                event = parse_event(line)
                if event is not None:
                    events.put((self, event))
        events.put((self, None))

    def outcome(self) -> Outcome:
        """Wait for the end and say how it ended."""
        code = self.process.wait()
        last = self.last.event if self.last else "start"
        key = self.job.key
        if code == 0 and self.last and last == "done":
            return Outcome(key, "complete" if self.last.status == "complete" else "trained")
        if last in ("locked", "interrupted"):
            return Outcome(key, "locked" if last == "locked" else "interrupted")
        if last == "failed" and self.last:
            return Outcome(key, "failed", self.last.error or "Exception", self.last.cause or "")
        return Outcome(key, "failed", "WorkerDied", f"{_describe_exit(code)}; see {self.job.log}")


def run_jobs(
    jobs: Sequence[Job], n_workers: int, report: Callable[[Event], None]
) -> tuple[Outcome, ...]:
    """Run jobs, at most `n_workers` at a time, and return one outcome a job in their order.

    A job that fails or is killed leaves the others alone. On SIGINT or SIGTERM every
    worker stops at the end of its block; it and those that never started are
    ``interrupted``.
    """
    waiting, running = deque(jobs), set[_Worker]()
    events: queue.Queue[tuple[_Worker, Event | None]] = queue.Queue()
    outcomes = {job.key: Outcome(job.key, "interrupted") for job in jobs}
    with stop_signals() as stop:
        try:
            while (waiting or running) and not stop.is_set():
                while waiting and len(running) < n_workers:
                    running.add(_Worker(waiting.popleft(), events))
                for worker, event in _next_events(events, running):
                    if event is None:
                        running.discard(worker)
                        outcomes[worker.job.key] = worker.outcome()
                    else:
                        worker.last = event
                        report(event)
        finally:
            _stop(running)
    return tuple(outcomes[job.key] for job in jobs)


def _next_events(
    events: "queue.Queue[tuple[_Worker, Event | None]]", running: set[_Worker]
) -> list[tuple[_Worker, Event | None]]:
    """Return the next event, or the end (None) of workers that left without a last word.

    A child that a worker leaves behind may hold its output open for ever.
    """
    try:
        return [events.get(timeout=0.2)]
    except queue.Empty:
        return [(worker, None) for worker in running if worker.process.poll() is not None]


def _stop(running: set[_Worker]) -> None:
    for worker in running:
        worker.process.terminate()
    for worker in running:
        try:
            worker.process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Turn SIGINT and SIGTERM into an event while workers run; only the main thread may."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"the worker ended with exit code {code} and no word"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = " (out of memory?)" if -code == signal.SIGKILL else ""
    return f"the worker was killed by {name}{hint}"
