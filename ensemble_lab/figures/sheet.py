"""A sheet in pixels: pictures and letters on one axes, each where it is put.

The axes covers the sheet, its unit the pixel, and all pictures are one: a sheet of sixty
costs no more than its letters, and each pixel of an image falls on whole pixels.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ensemble_lab.arrays import Images
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.files import DPI
from ensemble_lab.figures.layout import POINT
from ensemble_lab.figures.lettering import FAMILY, Weight, spell, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "MARGIN",
    "NOTE",
    "TITLE",
    "Letters",
    "draw_boxes",
    "draw_pictures",
    "open_sheet",
    "write_heading",
]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height."""

MARGIN = 40
TITLE, NOTE = 13.0, 8.5
_FRAME = 0xCC


@dataclass(frozen=True)
class Letters:
    """A line of text, `y` its baseline; a `patch` of colour stands before it in the key."""

    x: float
    y: float
    text: str
    size: float
    colour: str = INK
    weight: Weight = "normal"
    align: str = "left"
    patch: str = ""

    def draw(self, axes: "Axes") -> None:
        """Write it."""
        if self.patch:
            draw_boxes(axes, [(self.x - 17, self.y - 11, 11, 11)], facecolors=self.patch)
        axes.text(
            self.x,
            self.y,
            self.text,
            fontsize=self.size,
            fontfamily=FAMILY,
            fontweight=self.weight,
            color=self.colour,
            horizontalalignment=self.align,
            verticalalignment="baseline",
            # A class may be called "$5".
            parse_math=False,
        )


def open_sheet(width: int, height: int) -> tuple["Figure", "Axes"]:
    """Return a new white figure of that many pixels, and its axes; (0, 0) is the upper left."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return figure, axes


def write_heading(title: str, notes: Sequence[str], width: float) -> Iterator[Letters]:
    """Yield a title and notes below it, wrapped to `width` pixels, from the upper margin down."""
    y = MARGIN + 24
    for row, line in enumerate(wrap(spell(title, "bold"), width / POINT, TITLE, "bold")):
        y += 34 * (row > 0)
        yield Letters(MARGIN, y, line, TITLE, weight="bold")
    y += 8
    for note in notes:
        for line in wrap(note, width / POINT, NOTE):
            y += 24
            yield Letters(MARGIN, y, line, NOTE, FAINT)


def draw_pictures(axes: "Axes", pictures: Images, places: Sequence[tuple[int, int]]) -> None:
    """Draw all pictures as one, on white, each in a frame of one pixel.

    Parameters
    ----------
    axes : Axes
        Of `open_sheet`.
    pictures : uint8 (examples, height, width) or (examples, height, width, 3)
        As `ensemble_lab.figures.tiles.build_pictures` gives them.
    places : sequence of (int, int)
        Left and top of each.
    """
    height, width = pictures.shape[1:3]
    first_x, first_y = (min(place[side] for place in places) - 1 for side in (0, 1))
    last_x = max(left for left, _ in places) + width + 1
    last_y = max(top for _, top in places) + height + 1
    sheet = np.full((last_y - first_y, last_x - first_x, *pictures.shape[3:]), 255, np.uint8)
    for picture, (left, top) in zip(pictures, places, strict=True):
        x, y = left - first_x, top - first_y
        sheet[y - 1 : y + height + 1, x - 1 : x + width + 1] = _FRAME
        sheet[y : y + height, x : x + width] = picture
    axes.imshow(
        sheet,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="none",
        aspect="auto",
        extent=(first_x, last_x, last_y, first_y),
    )


def draw_boxes(axes: "Axes", boxes: Iterable[Box], **style: Any) -> None:
    """Draw rectangles in one style, or in a list of colours."""
    from matplotlib.collections import PolyCollection

    corners = [
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        for x, y, width, height in boxes
    ]
    axes.add_collection(PolyCollection(corners, **{"linewidths": 0} | style), autolim=False)
