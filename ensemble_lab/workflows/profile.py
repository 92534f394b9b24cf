"""Where the time of a run's training went."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.timings import Timings, add_timings, load_sittings

__all__ = ["PartOfTime", "Profile", "profile_run"]


class PartOfTime(NamedTuple):
    """Seconds, and their share of all; None where nobody measured them."""

    name: str
    seconds: float | None
    share: float | None


@dataclass(frozen=True)
class Profile:
    """What workers spent on members, of all sittings.

    Attributes
    ----------
    timings : Timings
        Sums over the members.
    members : tuple of str
        Keys of those that were timed.
    unknown : tuple of str
        Keys of those that were not: trained by an earlier version, imported, or not at all.
    """

    timings: Timings
    members: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def parts(self) -> tuple[PartOfTime, ...]:
        """The fields of `Timings` in their order, augmentation right after the steps."""
        names = [field.name for field in fields(Timings) if field.name != "augmentation"]
        names.insert(names.index("steps") + 1, "augmentation")
        total = self.timings.total
        seconds = ((name, getattr(self.timings, name)) for name in names)
        return tuple(
            PartOfTime(name, each, None if each is None or total == 0 else each / total)
            for name, each in seconds
        )


def profile_run(run: Run | Path | str, *, members: Sequence[str] = ()) -> Profile:
    """Return where the time of training went: start-up, compiling, input, steps, …, files.

    Workers run side by side, so that the sum is longer than the wall time of a training.

    Parameters
    ----------
    run : Run or path
    members : sequence of str
        Patterns of keys; all unless given.

    Raises
    ------
    MissingError
        No such member.
    DamagedError
        The file of a member's timings is damaged.
    """
    run = open_run(run)
    keys = [entry.key for entry in run.matching(tuple(members))]
    sittings = {key: load_sittings(run, key) for key in keys}
    return Profile(
        timings=add_timings([each for key in keys for each in sittings[key]]),
        members=tuple(key for key in keys if sittings[key]),
        unknown=tuple(key for key in keys if not sittings[key]),
    )
