"""What the benchmarks share: ratios of medians, and one table of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Ratio", "Unmeasured", "measure", "render_quantity", "render_ratios", "render_rows"]


@dataclass(frozen=True)
class Ratio:
    """How much something takes beside a peer.

    Attributes
    ----------
    name, peer : str
    value, peer_value : float
        Medians; or one measurement each, of what cannot be repeated.
    goal : str
        ``<= 2`` or ``>= 20``, for the figure that is printed; empty where there is none.
    unit : str
        Of both values.
    """

    name: str
    peer: str
    value: float
    peer_value: float
    goal: str
    unit: str = "s"

    @property
    def figure(self) -> float:
        """Ours as a multiple of the peer's, or its inverse where the goal is a speed-up."""
        ratio = self.value / self.peer_value
        return 1 / ratio if self.goal.startswith(">=") else ratio

    @property
    def is_met(self) -> bool | None:
        """Whether the figure reaches the goal; None where there is none."""
        if not self.goal:
            return None
        limit = float(self.goal[2:])
        return self.figure >= limit if self.goal.startswith(">=") else self.figure <= limit

    @property
    def verdict(self) -> str:
        """Whether the figure reaches the goal, in a word."""
        return {True: "yes", False: "NO", None: ""}[self.is_met]


@dataclass(frozen=True)
class Unmeasured:
    """A claim that cannot be measured here.

    Attributes
    ----------
    name, peer, goal : str
        As of its `Ratio`.
    why : str
        What is missing, such as ``no GPU``.
    """

    name: str
    peer: str
    goal: str
    why: str


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


def render_quantity(value: float, unit: str) -> str:
    """Return a value with its unit in three digits; seconds below one in milliseconds."""
    if unit == "s" and value < 0.9995:
        value, unit = value * 1e3, "ms"
    return f"{value:,.0f} {unit}" if value >= 999.5 else f"{value:.3g} {unit}"


def render_ratios(ratios: Sequence[Ratio | Unmeasured]) -> str:
    """Return an aligned table, a line for each ratio."""
    rows = [("what", "ours", "peer", "theirs", "ratio", "goal", "met")]
    for each in ratios:
        if isinstance(each, Unmeasured):
            rows.append(
                (each.name, "–", each.peer, "–", "–", each.goal, f"not measured: {each.why}")
            )
            continue
        ours, theirs = (render_quantity(v, each.unit) for v in (each.value, each.peer_value))
        figure = f"{each.figure:.2f}"
        rows.append((each.name, ours, each.peer, theirs, figure, each.goal, each.verdict))
    return render_rows(rows, to_right=(1, 3, 4))


def render_rows(rows: Sequence[tuple[str, ...]], *, to_right: Sequence[int] = ()) -> str:
    """Return rows as aligned columns, those of the numbers in `to_right` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in to_right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
