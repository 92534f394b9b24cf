"""How much memory is free, where the system tells, and how many members it is enough for."""

from pathlib import Path

__all__ = ["count_places", "find_free_bytes"]

_LARGEST_SHARE = 0.8
"""Of the free memory. Other programs (an epoch's last batch, validation) come besides."""

_MEMINFO = Path("/proc/meminfo")
_LIMIT = Path("/sys/fs/cgroup/memory.max")
_USED = Path("/sys/fs/cgroup/memory.current")


def find_free_bytes() -> int | None:
    """Return the bytes that are available, in the machine and in its container; None if untold.

    What only caches files counts as available in the machine, and as used in a container.
    """
    found = [value for value in (_read_available(), _read_left()) if value is not None]
    return min(found, default=None)


def _read_available() -> int | None:
    if not _MEMINFO.exists():
        return None
    for line in _MEMINFO.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) << 10
    return None


def _read_left() -> int | None:
    """Return what is left of a container's limit; None where it has none."""
    if not (_LIMIT.exists() and _USED.exists()):
        return None
    limit = _LIMIT.read_text(encoding="utf-8").strip()
    return max(0, int(limit) - int(_USED.read_text(encoding="utf-8"))) if limit != "max" else None


def count_places(n_places: int, n_bytes: int | None, free: int | None) -> int:
    """Return how many of a program's places fit in memory, at least one.

    Parameters
    ----------
    n_places : int
        Of the program; each takes as much memory as the next.
    n_bytes : int or None
        That the program takes; None if it does not say, and then all places do.
    free : int or None
        Bytes; None if not known, and then all places do.

    Examples
    --------
    >>> count_places(32, 1000, 1000), count_places(32, 1000, 2000), count_places(8, 900, 9)
    (25, 32, 1)
    """
    if n_bytes is None or free is None or n_bytes <= _LARGEST_SHARE * free:
        return n_places
    return max(1, int(n_places * _LARGEST_SHARE * free / n_bytes))
