"""Workers on the machines of a Ray cluster, one task each, tried again where a machine is lost.

Ray would try a lost task again by itself, but with the arguments that it had: this engine asks
anew, with what came back of the member meanwhile, and tells the user.
"""

import dataclasses
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import (
    NodeDiedError,
    OutOfMemoryError,
    RayError,
    RayTaskError,
    TaskCancelledError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ensemble_lab.engines.clusters import Cluster
from ensemble_lab.engines.events import Event, Outcome
from ensemble_lab.engines.jobs import Job
from ensemble_lab.engines.nodes import Answer, Task, work
from ensemble_lab.engines.ray_connection import connected
from ensemble_lab.engines.subprocesses import stop_signals
from ensemble_lab.engines.transports import Transport, fetching, sharing
from ensemble_lab.exceptions import EnsembleLabError, LockedError, SpecError, TrainingError
from ensemble_lab.store.files import one_line
from ensemble_lab.store.parcels import Parcel

__all__ = ["run_on_ray"]

_TRIES = 3
_LOST = "WorkerDied"
_POLL_S = 0.2
_GRACE_S = 40.0
"""How long a task may take to stop: its worker's own time, and that of what it sends back."""
_LEASE_S = 150.0
"""How long the lock of a lost machine may be held: file servers wait 90 seconds for it."""
_ASK_AGAIN_S = 5.0

_Message = tuple[str, Event | Parcel]


class _Relay:
    """An actor on the machine that asks: what workers say meets here, whoever dies."""

    def __init__(self) -> None:
        self._messages: list[_Message] = []

    def tell(self, attempt: str, message: Event | Parcel) -> None:
        self._messages.append((attempt, message))

    def take(self) -> list[_Message]:
        messages, self._messages = self._messages, []
        return messages


def _do(attempt: str, task: Task, run: Parcel | None, relay: Any) -> Answer:
    """Do a task on the machine that Ray has chosen; the one function that runs there."""
    told: list[Any] = []
    if not ray.get_gpu_ids():
        # Ray hides GPUs from those who asked for none, or does not, by its version.
        os.environ["CUDA_VISIBLE_DEVICES"] = ""

    def tell(message: Event | Parcel) -> None:
        told[:] = [relay.tell.remote(attempt, message)]

    answer = work(task, run, tell)
    # Words of one speaker arrive in order: with the last one there, all are.
    ray.wait(told, timeout=_GRACE_S) if told else None
    return answer


@dataclasses.dataclass
class _Attempt:
    """A job that waits for a machine, or is on one."""

    job: Job
    n_sent: int = 0
    n_lost: int = 0
    not_before: float = 0.0
    lost_at: float = -_LEASE_S

    @property
    def name(self) -> str:
        return f"{self.job.key} {self.n_sent}"

    def may_find_own_lock(self) -> bool:
        """Whether the worker that was lost may be the one that holds the member."""
        return self.n_lost > 0 and time.monotonic() < self.lost_at + _LEASE_S


def run_on_ray(
    jobs: Sequence[Job], n_workers: int | None, cluster: Cluster, report: Callable[[Event], None]
) -> tuple[Outcome, ...]:
    """Run jobs on a Ray cluster and return one outcome a job in their order.

    Each is a task that takes the member's threads and its share of a GPU, and runs the same
    command as on one machine, in a process of its own. A job whose machine or worker is lost is
    tried again, three times in all; one that fails with a cause is not. On SIGINT or SIGTERM
    every worker stops at the end of its block.

    Raises
    ------
    SpecError
        No such cluster, or none of its machines has room for a member.
    StoreError
        The run cannot be read or written here.
    TrainingError
        The cluster as a whole was lost.
    """
    if not jobs:
        return ()
    jobs = [
        dataclasses.replace(job, run=job.run.absolute(), log=job.log.absolute()) for job in jobs
    ]
    with connected(cluster.address):
        share = _choose_share(cluster)
        _check_room(jobs, share)
        reaching = fetching if cluster.fetch else sharing
        with reaching(jobs[0].run) as transport:
            try:
                return _Board(jobs, n_workers, share, transport, report).run()
            except RayError as error:
                raise TrainingError(
                    "the Ray cluster must stay up while members train; got "
                    f"{type(error).__name__}. The same command continues what was not done."
                ) from error


def _choose_share(cluster: Cluster) -> float:
    if cluster.gpus is not None:
        return cluster.gpus
    return 1.0 if ray.cluster_resources().get("GPU", 0) else 0.0


def _check_room(jobs: Sequence[Job], share: float) -> None:
    """Refuse a member that no machine has room for: Ray would wait for one without a word."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    threads = max(job.threads for job in jobs)
    if not any(m.get("CPU", 0) >= threads and m.get("GPU", 0) >= share for m in machines):
        listed = ", ".join(f"{m.get('CPU', 0):g} and {m.get('GPU', 0):g}" for m in machines)
        raise SpecError(
            f"a machine must have {threads:g} CPUs and {share:g} GPUs for a member; got {listed}, "
            "in the cluster. Ask for fewer threads or --gpus, or add a machine."
        )


class _Board:
    """Which jobs wait, which are away, and what became of the others."""

    def __init__(
        self,
        jobs: Sequence[Job],
        n_workers: int | None,
        share: float,
        transport: Transport,
        report: Callable[[Event], None],
    ) -> None:
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._relay = ray.remote(_Relay).options(num_cpus=0, scheduling_strategy=here).remote()
        # No tries of Ray's own; see above.
        self._task = ray.remote(max_retries=0, num_gpus=share)(_do)
        self._run = None if transport.run is None else ray.put(transport.run)
        self._jobs, self._n_workers = jobs, n_workers
        self._transport, self._report = transport, report
        self._waiting = deque(_Attempt(job) for job in jobs)
        self._away: dict[Any, _Attempt] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._is_stopping = False

    def run(self) -> tuple[Outcome, ...]:
        """Run all of them, until they are done or the user has had enough."""
        with stop_signals() as stop:
            try:
                while (self._waiting or self._away) and not stop.is_set():
                    self._send_out()
                    self._listen()
            finally:
                self._stop()
        stopped = {job.key: Outcome(job.key, "interrupted") for job in self._jobs}
        return tuple((stopped | self._outcomes)[job.key] for job in self._jobs)

    def _send_out(self) -> None:
        """Give Ray as many as the cluster may have room for; it finds the machines."""
        if not self._waiting:
            return
        room = self._n_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        for _ in range(min(len(self._waiting), room - len(self._away))):
            attempt = self._waiting.popleft()
            if time.monotonic() < attempt.not_before:
                self._waiting.append(attempt)
                continue
            self._send(attempt)

    def _send(self, attempt: _Attempt) -> None:
        job = attempt.job
        try:
            task = self._transport.pack(job)
        except LockedError:
            self._report(Event(event="locked", key=job.key))
            self._outcomes[job.key] = Outcome(job.key, "locked")
            return
        attempt.n_sent += 1
        options = self._task.options(num_cpus=job.threads, name=f"ensemble-lab {job.key}")
        self._away[options.remote(attempt.name, task, self._run, self._relay)] = attempt

    def _listen(self) -> None:
        """Pass on what was said, and settle what has ended."""
        if not self._away:
            time.sleep(_POLL_S)
            return
        # In this order: what a worker has said is there by the time that its task has ended.
        ended, _ = ray.wait(list(self._away), timeout=_POLL_S)
        attempts = {attempt.name: attempt for attempt in self._away.values()}
        for name, message in ray.get(self._relay.take.remote()):
            # A machine that was given up may still be talking.
            if name in attempts:
                self._hear(attempts[name], message)
        for reference in ended:
            self._settle(self._away.pop(reference), reference)

    def _hear(self, attempt: _Attempt, message: Event | Parcel) -> None:
        if isinstance(message, Parcel):
            # A state that does not arrive whole costs nothing: the end brings all there is.
            with suppress(EnsembleLabError):
                self._transport.keep(attempt.job, message)
        elif not self._is_stopping and not (
            message.event == "locked" and attempt.may_find_own_lock()
        ):
            self._report(message)

    def _settle(self, attempt: _Attempt, reference: Any) -> None:
        job = attempt.job
        try:
            answer = ray.get(reference)
            self._transport.keep(job, answer.parcel, answer.log)
            outcome = answer.outcome
        except EnsembleLabError as error:
            outcome = Outcome(job.key, "failed", type(error).__name__, str(error))
        except TaskCancelledError:
            outcome = Outcome(job.key, "interrupted")
        except RayTaskError as error:
            cause = error.cause or error
            outcome = Outcome(job.key, "failed", type(cause).__name__, one_line(cause))
        except RayError as error:
            outcome = Outcome(job.key, "failed", _LOST, _describe_loss(error))
        if self._is_stopping or not self._try_again(attempt, outcome):
            self._transport.release(job.key)
            if attempt.n_lost == _TRIES and outcome.status == "failed":
                cause = f"lost {_TRIES} times, at last because {outcome.cause}"
                outcome = dataclasses.replace(outcome, cause=cause)
            self._outcomes[job.key] = outcome

    def _try_again(self, attempt: _Attempt, outcome: Outcome) -> bool:
        """Put a job back that was lost, or that finds what was lost still locked."""
        key = attempt.job.key
        if outcome.status == "locked" and attempt.may_find_own_lock():
            attempt.not_before = time.monotonic() + _ASK_AGAIN_S
            self._waiting.append(attempt)
            return True
        # Nobody here asked it to stop: its machine did, on its way down.
        is_lost = outcome.status == "interrupted" or outcome.error == _LOST
        attempt.n_lost += is_lost
        if not is_lost or attempt.n_lost == _TRIES:
            return False
        attempt.lost_at = time.monotonic()
        self._report(Event(event="lost", key=key, cause=outcome.cause or "its machine stopped it"))
        self._waiting.append(attempt)
        return True

    def _stop(self) -> None:
        """Ask all workers to stop, and wait for what they bring back."""
        self._is_stopping = True
        for reference in self._away:
            ray.cancel(reference, recursive=False)
        deadline = time.monotonic() + _GRACE_S
        while self._away and time.monotonic() < deadline:
            self._listen()
        for reference, attempt in self._away.items():
            ray.cancel(reference, force=True, recursive=False)
            self._transport.release(attempt.job.key)


def _describe_loss(error: RayError) -> str:
    if isinstance(error, NodeDiedError):
        return "its machine was lost"
    if isinstance(error, OutOfMemoryError):
        return "Ray stopped it, as its machine ran out of memory"
    return f"its worker was lost ({one_line(error)})"
