"""Where the time of a member's training went: a line of seconds for each sitting."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import DamagedError, MissingError
from ensemble_lab.store.files import check_field, load_json, save_json
from ensemble_lab.store.run import Run

__all__ = [
    "Timings",
    "add_sitting",
    "add_timings",
    "load_sittings",
    "read_sittings",
    "share_timings",
    "timings_path",
]


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Seconds of wall time that a worker spent on a member, each in one part only.

    Of members that were trained together each has its share.

    Attributes
    ----------
    start_up : float
        Until training began: imports and examples, for the first member of a process, and
        the net without what is compiled of it.
    compiling : float
        First step of each batch size; for members that are trained together, their program.
    input : float
        Drawing what the steps of an epoch take, and placing it on the device.
    steps : float
        Training, augmentation within.
    evaluation : float
        Answers on validation, and on test in the end.
    files : float
        Writing of states, weights and predictions.
    augmentation : float or None
        The part of `steps` that reading and augmenting the images took, measured alone on
        some steps afterwards; 0 where a recipe has none, None where nobody measured.
    """

    start_up: float = 0.0
    compiling: float = 0.0
    input: float = 0.0
    steps: float = 0.0
    evaluation: float = 0.0
    files: float = 0.0
    augmentation: float | None = None

    @property
    def total(self) -> float:
        """All parts; augmentation is part of one of them."""
        return math.fsum(getattr(self, name) for name in _PARTS)


_PARTS = tuple(field.name for field in fields(Timings) if field.name != "augmentation")


def add_timings(timings: Sequence[Timings]) -> Timings:
    """Return the sum; that of augmentation is None if one with steps has none.

    Examples
    --------
    >>> two = add_timings([Timings(steps=2.0, augmentation=0.5), Timings(steps=1.0)])
    >>> two.steps, two.augmentation, two.total
    (3.0, None, 3.0)
    >>> add_timings([Timings(steps=2.0, augmentation=0.5), Timings(evaluation=1.0)]).augmentation
    0.5
    """
    measured = [each.augmentation if each.steps else 0.0 for each in timings]
    return Timings(
        **{name: math.fsum(getattr(each, name) for each in timings) for name in _PARTS},
        augmentation=None if None in measured else math.fsum(map(float, filter(None, measured))),
    )


def share_timings(timings: Timings, n_members: int) -> Timings:
    """Return each one's part of what a worker spent on members together.

    Examples
    --------
    >>> one = share_timings(Timings(steps=3.0, files=1.0), 2)
    >>> one.steps, one.files, one.augmentation
    (1.5, 0.5, None)
    """
    parts = {name: getattr(timings, name) / n_members for name in _PARTS}
    whole = timings.augmentation
    return Timings(**parts, augmentation=None if whole is None else whole / n_members)


def timings_path(run: Run, key: str) -> Path:
    """Return where a member's timings lie, or would."""
    return run.member_folder(key) / "timings.json"


def add_sitting(run: Run, key: str, timings: Timings) -> None:
    """Add what a worker spent on a member to what earlier ones did; it holds the member's lock.

    Timings that are damaged are replaced: nothing depends on them.
    """
    try:
        before = load_sittings(run, key)
    except DamagedError:
        before = ()
    rows = [_to_json(each) for each in (*before, timings)]
    save_json(timings_path(run, key), {"sittings": rows})


def load_sittings(run: Run, key: str) -> tuple[Timings, ...]:
    """Return what each worker spent on a member, the first one first; none if it is not known.

    Raises
    ------
    DamagedError
        The file is damaged.
    """
    try:
        return read_sittings(timings_path(run, key))
    except MissingError:
        return ()


def read_sittings(path: Path) -> tuple[Timings, ...]:
    """Return what a file of timings holds.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        The file is damaged.
    """
    values = load_json(path, what="timings.json")
    return tuple(_from_json(row, path) for row in check_field(values, "sittings", list, path))


def _to_json(timings: Timings) -> dict[str, float | None]:
    values = asdict(timings)
    return {name: None if value is None else round(value, 3) for name, value in values.items()}


def _from_json(row: Any, path: Path) -> Timings:
    values = row if isinstance(row, dict) else {}
    known: dict[str, Any] = {name: values.get(name) for name in (*_PARTS, "augmentation")}
    for name, value in known.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number and value >= 0) and not (value is None and name == "augmentation"):
            raise DamagedError(f"{name} of a sitting must be seconds; got {value!r}, in {path}.")
    return Timings(**known)
