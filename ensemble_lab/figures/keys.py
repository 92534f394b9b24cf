"""Keys of members beside the rows of a matrix: which are written, how large, and how cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_lab.figures.lettering import measure, spell

__all__ = ["Keys", "choose_keys"]

_LONGEST = 110.0
_LARGEST, _SMALLEST, _SPARSE = 8.0, 6.0, 7.0
_MOST = 25


@dataclass(frozen=True)
class Keys:
    """What is written beside which rows.

    Attributes
    ----------
    shown : tuple of int
        Members whose keys are written.
    names : tuple of str
    size : float
    """

    shown: tuple[int, ...]
    names: tuple[str, ...]
    size: float

    @property
    def width(self) -> float:
        """Width of the longest, in points."""
        return max((measure(name, self.size) for name in self.names), default=0.0) * 1.02

    @property
    def step(self) -> int:
        """How many rows there are from one key to the next."""
        return self.shown[1] - self.shown[0] if len(self.shown) > 1 else 1


def choose_keys(members: Sequence[str], cell: float) -> Keys:
    """Return all keys where rows of `cell` points have room for letters; else every so many.

    Examples
    --------
    >>> choose_keys(("a-0000", "a-0001"), 12).names
    ('a-0000', 'a-0001')
    >>> choose_keys([f"a-{seed:04d}" for seed in range(100)], 4).shown[:3]
    (0, 5, 10)
    """
    size, step = min(_LARGEST, 0.85 * cell), 1
    if size < _SMALLEST:
        size = _SPARSE
        steps = (n * 10**power for power in range(6) for n in (1, 2, 5))
        step = next(step for step in steps if len(members) / step <= _MOST)
    shown = tuple(range(0, len(members), step))
    return Keys(shown, tuple(_fit(spell(members[place]), size) for place in shown), size)


def _fit(key: str, size: float) -> str:
    """Return the key, or as much of its end as fits: that is where the seed stands."""
    starts = (f"…{key[start:]}" for start in range(1, len(key)))
    return next((text for text in (key, *starts) if measure(text, size) <= _LONGEST), "…")
