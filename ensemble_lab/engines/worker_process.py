"""One worker process: the jobs that it holds, and what its words and its end say of them."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from ensemble_lab.engines.events import Event, Outcome, parse_event
from ensemble_lab.engines.jobs import Job
from ensemble_lab.exceptions import StoreError

__all__ = ["Events", "WorkerProcess"]

_HEARING_S = 1.0
"""How long the words of a process that is gone may take to be read."""

_LEAVING_S = 20.0
"""How long a worker that closed its output may take to be gone: drivers may hang at the end."""

_LAST_WORDS = ("done", "locked", "failed", "interrupted")


class WorkerProcess:
    """A running process and the thread that listens to it.

    Attributes
    ----------
    process : subprocess.Popen
    held : dict of str to Job
        Jobs that it was given and that are not settled, by key.
    """

    def __init__(self, jobs: Sequence[Job], events: "Events") -> None:
        first, *others = jobs
        self.held = {job.key: job for job in jobs}
        self._kind, self._is_stack = first.kind, bool(first.stack)
        self._log = first.log
        self._last: dict[str, Event] = {}
        self._turn = first.key
        options = ["--with", *(job.key for job in others)] if others else []
        if first.sharing != "alone":
            options.append("--in-turn")
        command = [sys.executable, "-m", first.module, *first.arguments, *options]
        try:
            first.log.parent.mkdir(parents=True, exist_ok=True)
            with first.log.open("ab") as log:
                # A session of its own: Ctrl-C reaches the parent alone, which asks the workers.
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL if first.sharing == "alone" else subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
        except OSError as error:
            raise StoreError(
                f"a worker for {first.key} must start; got {error.strerror}: {error.filename}."
            ) from error
        self._listener = threading.Thread(target=self._listen, args=(events,), daemon=True)
        self._listener.start()

    def _listen(self, events: "Events") -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                event = parse_event(line)
                if event is not None:
                    events.put((self, event))
        events.put((self, None))

    def hear_out(self) -> None:
        """Put all that a process said that is gone among the events; it takes a moment at most."""
        self._listener.join(_HEARING_S)

    def hear(self, event: Event) -> list[Outcome]:
        """Take an event of a member, at which the worker is now; return what it settles.

        The last word on a member of a stack does, whatever becomes of the process and of the
        others: its files were in place before. Elsewhere the process is to end well, too.
        """
        self._last[event.key] = event
        self._turn = event.key
        if self._is_stack and event.event in _LAST_WORDS and event.key in self.held:
            return [self._judge(self.held.pop(event.key), 0)]
        return []

    def takes(self, job: Job) -> bool:
        """Whether a job may follow those that are settled."""
        return job.sharing == "in-turn" and job.kind == self._kind

    def hand(self, job: Job) -> bool:
        """Give a worker that is ready its next job; False if it is not there any more."""
        assert self.process.stdin is not None
        try:
            print(
                json.dumps({"key": job.key, "log": str(job.log.absolute())}),
                file=self.process.stdin,
                flush=True,
            )
        except OSError:
            return False
        self.held[job.key], self._turn, self._log = job, job.key, job.log
        return True

    def dismiss(self) -> None:
        """Let a worker that is ready leave: there is no more for it."""
        if self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except OSError:
                return

    def settle(self) -> list[Outcome]:
        """Return the outcomes of all jobs that it holds, for it says that it is ready."""
        outcomes = [self._judge(job, 0) for job in self.held.values()]
        self.held = {}
        return outcomes

    def end(self) -> tuple[list[Outcome], list[Job]]:
        """Wait for the end; return outcomes, and the jobs that it had not come to.

        One that is killed takes with it the job that it was at, or all that are left of a
        stack; jobs before that ended as their last words say.
        """
        code = self._see_off()
        self.dismiss()
        is_over = {key for key, event in self._last.items() if event.event in _LAST_WORDS} - {
            self._turn
        }
        turn = self._turn if self._turn in self.held else next(iter(self.held), None)
        at = set(self.held) if self._is_stack else {turn}
        outcomes = [
            self._judge(job, 0 if key in is_over else code)
            for key, job in self.held.items()
            if key in is_over or key in at
        ]
        settled = {outcome.key for outcome in outcomes}
        return outcomes, [job for key, job in self.held.items() if key not in settled]

    def _see_off(self) -> int:
        """Wait for the end, and bring it about where it does not come; return the exit code.

        The last word on a member comes when its files are in place: one that had said it and is
        killed here is as good as gone by itself.
        """
        try:
            return self.process.wait(_LEAVING_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        last = self._last.get(self._turn)
        return 0 if last is not None and last.event in _LAST_WORDS else code

    def _judge(self, job: Job, code: int) -> Outcome:
        last = self._last.get(job.key) or Event(event="start", key=job.key)
        if code == 0 and last.event == "done":
            return Outcome(job.key, "complete" if last.status == "complete" else "trained")
        if last.event == "locked":
            return Outcome(job.key, "locked")
        if last.event == "interrupted":
            return Outcome(job.key, "interrupted")
        if last.event == "failed":
            return Outcome(job.key, "failed", last.error or "Exception", last.cause or "")
        cause = f"{_describe_exit(code)}; see {self._log}"
        return Outcome(job.key, "failed", "WorkerDied", cause)


Events = queue.Queue[tuple[WorkerProcess, Event | None]]
"""What workers say, and None at the end of each."""


def _describe_exit(code: int) -> str:
    if code >= 0:
        return f"the worker ended with exit code {code} and no word"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = " (out of memory?)" if -code == signal.SIGKILL else ""
    return f"the worker was killed by {name}{hint}"
