"""A page of the gallery: title, key and tiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Images
from ensemble_lab.figures.axes import FAINT
from ensemble_lab.figures.layout import POINT, Layout
from ensemble_lab.figures.lettering import fit_class, measure, wrap
from ensemble_lab.figures.sheet import (
    MARGIN,
    NOTE,
    TITLE,
    Letters,
    draw_boxes,
    draw_pictures,
    open_sheet,
)
from ensemble_lab.figures.tiles import BOX, Tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Heading", "draw_page"]

_SMALL = 7.0
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
    letters = list(_write_heading(heading, layout.width, has_key=bool(tiles)))
    top = int(letters[-1].y) + 36
    width = layout.width + 2 * MARGIN
    height = top + layout.height(len(tiles)) + MARGIN * bool(tiles)
    figure, axes = open_sheet(width, height)
    corners = [layout.corner(position) for position in range(len(tiles))]
    places = [(MARGIN + left, top + down) for left, down in corners]
    for tile, (left, down) in zip(tiles, places, strict=True):
        letters += _write_tile(tile, left, down, layout)
    for letter in letters:
        letter.draw(axes)
    if tiles:
        height, width = layout.picture
        across = (BOX - width) // 2
        draw_pictures(
            axes, pictures, [(left + across, down + layout.picture_top) for left, down in places]
        )
        _draw_bars(axes, tiles, [(left, down + layout.bar) for left, down in places], layout)
    return figure


def _write_heading(heading: Heading, width: int, *, has_key: bool) -> Iterator[Letters]:
    """Yield page number, title, note and key, from top to bottom."""
    y = MARGIN + 24
    yield Letters(MARGIN + width, y, heading.page, NOTE, FAINT, align="right")
    room = width / POINT - measure(heading.page, NOTE) - 12
    for row, line in enumerate(wrap(heading.title, room, TITLE, "bold")):
        y += 34 * (row > 0)
        yield Letters(MARGIN, y, line, TITLE, weight="bold")
    y += 8
    for line in wrap(heading.note, width / POINT, NOTE):
        y += 24
        yield Letters(MARGIN, y, line, NOTE, FAINT)
    key = _KEY if has_key else ()
    yield from _write_key((*key, ("", heading.remark)), y + 30, width)


def _write_key(key: tuple[tuple[str, str], ...], y: int, width: int) -> Iterator[Letters]:
    """Yield pairs of colour and text one after another, on a new line where needed."""
    x = 0.0
    for patch, text in key:
        indent, needed = (17 if patch else 0), measure(text, _SMALL) * POINT
        if x + indent + needed > width:
            x, y = 0.0, y + 22
        yield Letters(MARGIN + x + indent, y, text, _SMALL, FAINT, patch=patch)
        x += indent + needed + 24


def _write_tile(tile: Tile, left: int, top: int, layout: Layout) -> Iterator[Letters]:
    header, middle = top + layout.header, left + BOX / 2
    yield Letters(left, header, tile.index, layout.index_size, weight="bold")
    yield Letters(left + BOX, header, tile.gap, layout.gap_size, FAINT, align="right")
    if layout.has_long_pairs:
        size, room = layout.long_pair_size, layout.text_width
        room_after_arrow = room - measure("→ ", size, "bold")
        lines = [
            fit_class(tile.numbers[0], tile.label, room, size, "bold"),
            "→ " + fit_class(tile.numbers[1], tile.predicted, room_after_arrow, size, "bold"),
        ]
    else:
        size, lines = layout.pair_size, [tile.pair]
    for row, line in enumerate(lines):
        y = top + layout.pair + row * layout.line
        yield Letters(middle, y, line, size, weight="bold", align="center")
    yield Letters(middle, top + layout.votes, tile.votes, layout.votes_size, FAINT, align="center")


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
    draw_boxes(axes, boxes, facecolors=colours)
    n_members = sum(tiles[0].counts)
    if 1 < n_members <= _MOST_SEPARATED:
        cuts = np.rint(BOX * np.arange(1, n_members) / n_members).tolist()
        lines = [(x + cut - 1, y, 2, layout.bar_height) for x, y in places for cut in cuts]
        draw_boxes(axes, lines, facecolors="white")
