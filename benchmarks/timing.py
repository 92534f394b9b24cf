"""What the benchmarks share: ratios of medians, and one table of them."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Ratio", "measure", "render_ratios"]


@dataclass(frozen=True)
class Ratio:
    """How long something takes beside a peer.

    Attributes
    ----------
    name, peer : str
    seconds, peer_seconds : float
        Medians.
    goal : str
        ``<= 2`` or ``>= 20``, for the figure that is printed; empty where there is none.
    """

    name: str
    peer: str
    seconds: float
    peer_seconds: float
    goal: str

    @property
    def figure(self) -> float:
        """Time as a multiple of the peer's, or its inverse where the goal is a speed-up."""
        ratio = self.seconds / self.peer_seconds
        return 1 / ratio if self.goal.startswith(">=") else ratio

    @property
    def verdict(self) -> str:
        """Whether the figure reaches the goal."""
        if not self.goal:
            return ""
        limit = float(self.goal[2:])
        is_met = self.figure >= limit if self.goal.startswith(">=") else self.figure <= limit
        return "yes" if is_met else "NO"


def measure(
    name: str,
    ours: Callable[[], object],
    peer_name: str,
    peer: Callable[[], object],
    *,
    goal: str = "",
    n_repeats: int = 9,
) -> Ratio:
    """Return the ratio of two medians.

    The two take turns, so that a machine that slows down slows both; the first turn warms
    up and is not counted.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(n_repeats + 1):
        for function, seconds in zip((ours, peer), times, strict=True):
            start = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - start)
    ours_s, peer_s = (statistics.median(seconds[1:]) for seconds in times)
    return Ratio(name, peer_name, ours_s, peer_s, goal)


def render_ratios(ratios: list[Ratio]) -> str:
    """Return an aligned table, a line for each ratio."""
    header = ("what", "ms", "peer", "ms", "ratio", "goal", "met")
    rows = [header] + [
        (
            ratio.name,
            f"{ratio.seconds * 1e3:.1f}",
            ratio.peer,
            f"{ratio.peer_seconds * 1e3:.1f}",
            f"{ratio.figure:.2f}",
            ratio.goal,
            ratio.verdict,
        )
        for ratio in ratios
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_text = (True, False, True, False, False, True, True)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(row, widths, is_text, strict=True)
        ).rstrip()
        for row in rows
    )
