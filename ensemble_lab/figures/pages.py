"""A page of the gallery: title, key and tiles.

One axes covers the page, its unit the pixel, with one picture made of all images: a page of
sixty tiles costs no more than its letters, and each pixel of an image falls on whole pixels.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ensemble_lab.arrays import Images
from ensemble_lab.figures.files import DPI
from ensemble_lab.figures.layout import POINT, Layout
from ensemble_lab.figures.lettering import FAMILY, Weight, measure, shorten, wrap
from ensemble_lab.figures.tiles import BOX, Tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Heading", "draw_page"]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height."""

_MARGIN = 40
_TITLE, _NOTE, _SMALL = 13.0, 8.5, 7.0
_INK, _FAINT, _FRAME = "#1A1A1A", "#595959", 0xCC
# Okabe and Ito's palette for all kinds of colour vision, and its grey.
_FOR_PREDICTED, _FOR_OTHER, _FOR_LABEL = "#D55E00", "#999999", "#0072B2"
_KEY = (
    (_FOR_PREDICTED, "votes for predicted"),
    (_FOR_OTHER, "for another class"),
    (_FOR_LABEL, "for label"),
)
# With more members the white lines between votes would leave little colour.
_MOST_SEPARATED = 24


@dataclass(frozen=True)
class Heading:
    """What stands over the tiles.

    Attributes
    ----------
    title, note : str
        Wrapped where they are long.
    page : str
        Such as ``page 1 of 7``; empty where there is one.
    remark : str
        Stands after the key to the colours; alone where there is no tile.
    """

    title: str
    note: str
    page: str
    remark: str


def draw_page(
    tiles: tuple[Tile, ...], pictures: Images, heading: Heading, layout: Layout
) -> "Figure":
    """Return a page.

    Parameters
    ----------
    tiles : tuple of Tile
        Without any, the page is its heading.
    pictures : uint8 (examples, height, width) or (examples, height, width, 3)
        As `ensemble_lab.figures.tiles.build_pictures` gives them.
    heading : Heading
    layout : Layout
    """
    from matplotlib.figure import Figure

    letters = list(_write_heading(heading, layout.width, has_key=bool(tiles)))
    top = int(letters[-1].y) + 36
    width = layout.width + 2 * _MARGIN
    height = top + layout.height(len(tiles)) + _MARGIN * bool(tiles)
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    corners = [layout.corner(position) for position in range(len(tiles))]
    places = [(_MARGIN + left, top + down) for left, down in corners]
    for tile, (left, down) in zip(tiles, places, strict=True):
        letters += _write_tile(tile, left, down, layout)
    for letter in letters:
        letter.draw(axes)
    if tiles:
        _draw_pictures(axes, pictures, places, layout)
        _draw_bars(axes, tiles, [(left, down + layout.bar) for left, down in places], layout)
    return figure


@dataclass(frozen=True)
class _Letters:
    """A line of text, `y` its baseline; a `patch` of colour stands before it in the key."""

    x: float
    y: float
    text: str
    size: float
    colour: str = _INK
    weight: Weight = "normal"
    align: str = "left"
    patch: str = ""

    def draw(self, axes: "Axes") -> None:
        if self.patch:
            _draw_boxes(axes, [(self.x - 17, self.y - 11, 11, 11)], facecolors=self.patch)
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


def _write_heading(heading: Heading, width: int, *, has_key: bool) -> Iterator[_Letters]:
    """Yield page number, title, note and key, from top to bottom."""
    y = _MARGIN + 24
    yield _Letters(_MARGIN + width, y, heading.page, _NOTE, _FAINT, align="right")
    room = width / POINT - measure(heading.page, _NOTE) - 12
    for row, line in enumerate(wrap(heading.title, room, _TITLE, "bold")):
        y += 34 * (row > 0)
        yield _Letters(_MARGIN, y, line, _TITLE, weight="bold")
    y += 8
    for line in wrap(heading.note, width / POINT, _NOTE):
        y += 24
        yield _Letters(_MARGIN, y, line, _NOTE, _FAINT)
    key = _KEY if has_key else ()
    yield from _write_key((*key, ("", heading.remark)), y + 30, width)


def _write_key(key: tuple[tuple[str, str], ...], y: int, width: int) -> Iterator[_Letters]:
    """Yield pairs of colour and text one after another, on a new line where needed."""
    x = 0.0
    for patch, text in key:
        indent, needed = (17 if patch else 0), measure(text, _SMALL) * POINT
        if x + indent + needed > width:
            x, y = 0.0, y + 22
        yield _Letters(_MARGIN + x + indent, y, text, _SMALL, _FAINT, patch=patch)
        x += indent + needed + 24


def _write_tile(tile: Tile, left: int, top: int, layout: Layout) -> Iterator[_Letters]:
    header, middle = top + layout.header, left + BOX / 2
    yield _Letters(left, header, tile.index, layout.index_size, weight="bold")
    yield _Letters(left + BOX, header, tile.gap, layout.gap_size, _FAINT, align="right")
    if layout.has_long_pairs:
        size, room = layout.long_pair_size, layout.text_width
        room_after_arrow = room - measure("→ ", size, "bold")
        lines = [
            shorten(tile.label, room, size, "bold"),
            "→ " + shorten(tile.predicted, room_after_arrow, size, "bold"),
        ]
    else:
        size, lines = layout.pair_size, [tile.pair]
    for row, line in enumerate(lines):
        y = top + layout.pair + row * layout.line
        yield _Letters(middle, y, line, size, weight="bold", align="center")
    yield _Letters(
        middle, top + layout.votes, tile.votes, layout.votes_size, _FAINT, align="center"
    )


def _draw_pictures(
    axes: "Axes", pictures: Images, places: list[tuple[int, int]], layout: Layout
) -> None:
    """Draw all pictures as one, on white, each in a frame of one pixel."""
    height, width = layout.picture
    first_x, first_y = _MARGIN - 1, places[0][1]
    shape = (layout.height(len(pictures)), layout.width + 2, *pictures.shape[3:])
    page = np.full(shape, 255, np.uint8)
    for picture, (left, top) in zip(pictures, places, strict=True):
        x = left - first_x + (BOX - width) // 2
        y = top - first_y + layout.picture_top
        page[y - 1 : y + height + 1, x - 1 : x + width + 1] = _FRAME
        page[y : y + height, x : x + width] = picture
    axes.imshow(
        page,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="none",
        aspect="auto",
        extent=(first_x, first_x + page.shape[1], first_y + len(page), first_y),
    )


def _draw_bars(
    axes: "Axes", tiles: tuple[Tile, ...], places: list[tuple[int, int]], layout: Layout
) -> None:
    """Draw the votes of each tile: from the left for the predicted class, others, the label."""
    boxes, colours = [], []
    for tile, (left, top) in zip(tiles, places, strict=True):
        edges = np.rint(BOX * np.cumsum((0, *tile.counts)) / sum(tile.counts)).tolist()
        for start, end, colour in zip(
            edges, edges[1:], (_FOR_PREDICTED, _FOR_OTHER, _FOR_LABEL), strict=False
        ):
            # A PDF shows a box without width as a hair.
            if end > start:
                boxes.append((left + start, top, end - start, layout.bar_height))
                colours.append(colour)
    _draw_boxes(axes, boxes, facecolors=colours)
    n_members = sum(tiles[0].counts)
    if 1 < n_members <= _MOST_SEPARATED:
        cuts = np.rint(BOX * np.arange(1, n_members) / n_members).tolist()
        lines = [(x + cut - 1, y, 2, layout.bar_height) for x, y in places for cut in cuts]
        _draw_boxes(axes, lines, facecolors="white")


def _draw_boxes(axes: "Axes", boxes: Iterable[Box], **style: Any) -> None:
    """Draw rectangles in one style, or in a list of colours."""
    from matplotlib.collections import PolyCollection

    corners = [
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        for x, y, width, height in boxes
    ]
    axes.add_collection(PolyCollection(corners, **{"linewidths": 0} | style), autolim=False)
