"""The largest cells of a matrix whose cells are too small for numbers: marked, and listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensemble_lab.figures.axes import INK
from ensemble_lab.figures.confusion_plan import Plan
from ensemble_lab.figures.lettering import fit_class, measure, write
from ensemble_lab.figures.placement import Box, place_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST_LISTED", "Largest", "mark_largest", "write_largest"]

MOST_LISTED = 12

_HEAD, _SMALL, _RANK = 8.5, 7.5, 7.0
_LINE_HEIGHT = 11.0
_LEAST_MARK = 6.0


@dataclass(frozen=True)
class Largest:
    """One of the largest cells.

    Attributes
    ----------
    label, predicted : int
    names : (str, str)
        Of both.
    number : str
        What the cell would say.
    """

    label: int
    predicted: int
    names: tuple[str, str]
    number: str


def mark_largest(figure: "Figure", largest: Sequence[Largest], plan: Plan) -> None:
    """Frame the cells, and write their rank beside them where there is room."""
    from matplotlib.patches import Rectangle

    half = max(_LEAST_MARK, plan.cell + 2) / 2
    points = [plan.middle_of(each.label, each.predicted) for each in largest]
    frames = [Box(x - half, y - half, x + half, y + half) for x, y in points]
    for box in frames:
        figure.add_artist(
            Rectangle(
                (box.left / plan.width, box.bottom / plan.height),
                2 * half / plan.width,
                2 * half / plan.height,
                fill=False,
                edgecolor=INK,
                linewidth=0.8,
            )
        )
    room = Box(plan.left, plan.bottom, plan.left + plan.side, plan.bottom + plan.side)
    ranks = [str(rank) for rank in range(1, len(points) + 1)]
    sizes = [(measure(rank, _RANK, "bold") * 1.05, _RANK) for rank in ranks]
    for rank, place in zip(ranks, place_labels(points, sizes, frames, room), strict=True):
        if place is not None:
            x, y = place.box.left, place.box.bottom + 0.15 * _RANK
            write(figure, x, y, rank, _RANK, INK, weight="bold")


def write_largest(figure: "Figure", largest: Sequence[Largest], n_pairs: int, plan: Plan) -> None:
    """Write the cells by name, largest first, under how many there are in all."""
    top = plan.bottom + plan.side
    head = f"largest {len(largest)} of {n_pairs:,} pairs" if largest else "no error"
    write(figure, plan.list, top + 6, head, _HEAD, INK)
    for row, each in enumerate(largest, start=1):
        y = top - row * _LINE_HEIGHT
        room = plan.list_width - 22 - measure(each.number, _SMALL)
        write(figure, plan.list, y, str(row), _RANK, INK, weight="bold")
        write(figure, plan.list + 16, y, _fit(each, room), _SMALL, INK)
        end = plan.list + plan.list_width
        write(figure, end, y, each.number, _SMALL, INK, align="right")


def _fit(cell: Largest, room: float) -> str:
    """Return two names in the room, both shortened where they must be."""
    pair = " → ".join(cell.names)
    if measure(pair, _SMALL) * 1.02 <= room:
        return pair
    half = (room - measure(" → ", _SMALL)) / 2.05
    named = zip((cell.label, cell.predicted), cell.names, strict=True)
    return " → ".join(fit_class(number, name, half, _SMALL) for number, name in named)
