"""Worker processes side by side: start, listen, stop.

Plain subprocesses, not a process pool: one killed worker of a spawn pool fails all
its unfinished jobs, and a user's script without a main guard would run again in each.
"""

import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from ensemble_lab.engines.events import Event, Outcome
from ensemble_lab.engines.jobs import Job, plan_batches
from ensemble_lab.engines.worker_process import Events, WorkerProcess

__all__ = ["run_jobs", "stop_signals"]

_GRACE_S = 20.0
"""How long workers may take to reach the end of their blocks (about two seconds) and leave."""


def run_jobs(
    jobs: Sequence[Job], n_workers: int, report: Callable[[Event], None]
) -> tuple[Outcome, ...]:
    """Run jobs, with at most `n_workers` at a time, and return one outcome a job in their order.

    A worker that is ready is handed the next job that may follow in its process. A job that
    fails or whose worker is killed leaves the others alone. On SIGINT or SIGTERM every worker
    stops at the end of its block; what it was at and what was never started is
    ``interrupted``.
    """
    waiting, running = plan_batches(jobs, n_workers), set[WorkerProcess]()
    events: Events = queue.Queue()
    outcomes = {job.key: Outcome(job.key, "interrupted") for job in jobs}
    with stop_signals() as stop:
        try:
            while (waiting or running) and not stop.is_set():
                while waiting and len(running) < n_workers:
                    running.add(WorkerProcess(waiting.pop(0), events))
                for worker, event in _next_events(events, running):
                    if worker not in running:
                        continue
                    settled: list[Outcome] = []
                    if event is None:
                        running.discard(worker)
                        settled, left = worker.end()
                        waiting[:0] = [tuple(left)] if left else []
                    elif event.event == "ready":
                        settled = worker.settle()
                        _hand_next(worker, waiting)
                    else:
                        settled = worker.hear(event)
                        report(event)
                    outcomes.update((outcome.key, outcome) for outcome in settled)
        finally:
            _stop(running)
    return tuple(outcomes[job.key] for job in jobs)


def _hand_next(worker: WorkerProcess, waiting: list[tuple[Job, ...]]) -> None:
    """Give a worker that is ready the first job that it takes, or let it leave."""
    following = next((batch for batch in waiting if worker.takes(batch[0])), None)
    if following is not None and worker.hand(following[0]):
        waiting.remove(following)
    else:
        worker.dismiss()


def _next_events(
    events: Events, running: set[WorkerProcess]
) -> list[tuple[WorkerProcess, Event | None]]:
    """Return the next event, or the end (None) of workers that left without a last word.

    A child that a worker leaves behind may hold its output open for ever. One that ended while
    this process was stopped (Ctrl-Z) said its last words, and nobody has heard them yet.
    """
    with suppress(queue.Empty):
        return [events.get(timeout=0.2)]
    ended = [worker for worker in running if worker.process.poll() is not None]
    for worker in ended:
        worker.hear_out()
    heard = []
    with suppress(queue.Empty):
        while True:
            heard.append(events.get_nowait())
    return heard or [(worker, None) for worker in ended]


def _stop(running: set[WorkerProcess]) -> None:
    for worker in running:
        worker.process.terminate()
        worker.dismiss()
    deadline = time.monotonic() + _GRACE_S
    for worker in running:
        try:
            worker.process.wait(max(deadline - time.monotonic(), 0))
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
