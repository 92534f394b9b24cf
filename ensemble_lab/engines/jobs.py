"""What there is to do, a job a member, and which jobs a process may be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Job", "Sharing", "plan_batches"]

Sharing = Literal["alone", "in-turn", "together"]


@dataclass(frozen=True)
class Job:
    """What is to be done for one member.

    Attributes
    ----------
    run : Path
        Folder of the run.
    key : str
        The member.
    options : tuple of str
        What follows ``python -m ensemble_lab.training.worker RUN KEY`` in a process of its own.
        Jobs that share a process differ in the key alone.
    log : Path
        Takes what libraries print, appended.
    threads : int
        That it computes with.
    backend : str
        That it computes on.
    sharing : {"alone", "in-turn", "together"}
        Whether a process of the same backend and threads may do it after others, or is given
        several at once because they ask for the same: predictions on the same splits.
    stack : str
        Jobs with the same one are one process's, which trains their members in one program;
        empty for a member that trains alone.
    """

    run: Path
    key: str
    options: tuple[str, ...]
    log: Path
    threads: int = 1
    backend: str = ""
    sharing: Sharing = "alone"
    stack: str = ""

    @property
    def module(self) -> str:
        """What runs as the worker: ``python -m MODULE``."""
        return f"ensemble_lab.training.{'stacked_worker' if self.stack else 'worker'}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows ``python -m MODULE``."""
        return (str(self.run), self.key, *self.options)

    @property
    def kind(self) -> tuple[str, int]:
        """What a process cannot change once it is set up."""
        return self.backend, self.threads


def plan_batches(jobs: Sequence[Job], n_workers: int) -> list[tuple[Job, ...]]:
    """Return what is given to a process at once: one job, a stack, or a share of those together.

    Jobs of one kind that are done together are dealt out to `n_workers` processes like cards,
    so that groups that take longer than others are spread over all of them.

    Examples
    --------
    >>> jobs = [Job(Path(), key, (), Path(), sharing="together") for key in "abc"]
    >>> [[job.key for job in batch] for batch in plan_batches(jobs, 2)]
    [['a', 'c'], ['b']]
    >>> jobs = [Job(Path(), key, (), Path(), stack=key.upper()) for key in "aba"]
    >>> [[job.key for job in batch] for batch in plan_batches(jobs, 1)]
    [['a', 'a'], ['b']]
    """
    batches: list[tuple[Job, ...]] = []
    dealt: set[object] = set()
    for first in jobs:
        if first.stack:
            if first.stack not in dealt:
                dealt.add(first.stack)
                batches.append(tuple(job for job in jobs if job.stack == first.stack))
        elif first.sharing != "together":
            batches.append((first,))
        elif first.kind not in dealt:
            dealt.add(first.kind)
            alike = [job for job in jobs if (job.sharing, job.kind) == ("together", first.kind)]
            n_batches = min(n_workers, len(alike))
            batches += [tuple(alike[start::n_batches]) for start in range(n_batches)]
    return batches
