"""What a worker says while it runs, and what became of it."""

import json
from dataclasses import dataclass, fields
from typing import Literal

__all__ = ["Event", "Outcome", "parse_event"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a worker's progress.

    Attributes
    ----------
    event : {"waiting", "start", "epoch", "progress", "done", "locked", "failed", "interrupted", \
"lost", "ready"}
        ``waiting`` comes from the parent, once a member that will get a worker; so does
        ``lost``, where its machine was lost, for a `cause`, and it will get another. ``ready``
        is for the parent alone: all that the worker was given is settled.
    key : str
        The member.
    epoch : float
        Epochs done, with a fraction inside an epoch.
    epochs : int
    unit : {"epoch", "split"}
        What `epoch` and `epochs` count: epochs of training, or splits that are predicted.
    loss, accuracy, validation_loss, validation_accuracy, rate : float or None
        Of the last whole epoch.
    seconds_left : float or None
        For this member.
    tflop : float or None
        The member's training, with ``waiting``.
    status, error, cause : str or None
        How it ended: ``trained`` or ``complete``; or an exception's name and sentence.
    """

    event: str
    key: str
    epoch: float = 0
    epochs: int = 0
    unit: str = "epoch"
    loss: float | None = None
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    rate: float | None = None
    seconds_left: float | None = None
    tflop: float | None = None
    status: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one job.

    Attributes
    ----------
    key : str
    status : {"trained", "complete", "locked", "failed", "interrupted"}
        ``complete``: nothing was left to do. ``locked``: another process is at it.
    error, cause : str
        Exception's name and one sentence; empty unless it failed.
    """

    key: str
    status: Literal["trained", "complete", "locked", "failed", "interrupted"]
    error: str = ""
    cause: str = ""


_FIELDS = {field.name for field in fields(Event)}


def parse_event(line: str) -> Event | None:
    """Return the event of a line, or None for a line that is none (a library's print).

    Examples
    --------
    >>> parse_event('{"event": "start", "key": "a-0000", "epochs": 3}').epochs
    3
    >>> parse_event("Epoch 1/3") is None
    True
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or not {"event", "key"} <= values.keys():
        return None
    return Event(**{name: value for name, value in values.items() if name in _FIELDS})
