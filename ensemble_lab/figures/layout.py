"""The plan of a gallery: how many tiles, how large, and where; in pixels from the top left."""

import math
from dataclasses import dataclass

from ensemble_lab.figures.files import DPI
from ensemble_lab.figures.lettering import measure
from ensemble_lab.figures.tiles import BOX, Tile

__all__ = ["POINT", "TILES_PER_PAGE", "Layout", "choose_columns", "plan"]

POINT = DPI / 72
"""Pixels in a point, the unit of letters."""

TILES_PER_PAGE = 60
_MOST_COLUMNS, _MOST_ROWS = 10, 6
_GAP_X, _GAP_Y = 20, 30
# Four tiles wide at least: a title over one tile would be cut.
_LEAST_WIDTH = 4 * (BOX + _GAP_X) - _GAP_X
# Letters of two neighbours stay this far apart, also where a raster makes them wider.
_AIR = 8


@dataclass(frozen=True)
class Layout:
    """What all pages of a gallery share.

    Heights inside a tile are counted from its top.

    Attributes
    ----------
    columns : int
    picture : (int, int)
        Height and width of a picture.
    has_long_pairs : bool
        Label and predicted class stand on a line each.
    index_size : float
        Size of the index in points.
    """

    columns: int
    picture: tuple[int, int]
    has_long_pairs: bool = False
    index_size: float = 7.5

    gap_size, votes_size, pair_size, long_pair_size = 7.0, 7.0, 9.0, 7.5
    header, picture_top, bar_height, line = 16, 24, 8, 18

    @property
    def text_width(self) -> float:
        """Width for a line of a tile, in points: the picture's."""
        return BOX / POINT

    @property
    def width(self) -> int:
        """Width of a page without margins."""
        return max(_LEAST_WIDTH, self.columns * (BOX + _GAP_X) - _GAP_X)

    @property
    def bar(self) -> int:
        """Top of the bar of votes."""
        return self.picture_top + self.picture[0] + 6

    @property
    def pair(self) -> int:
        """Baseline of the pair, of its first line where it has two."""
        return self.bar + self.bar_height + 24

    @property
    def votes(self) -> int:
        """Baseline of the number of votes."""
        return self.pair + (2 if self.has_long_pairs else 1) * self.line

    @property
    def tile_height(self) -> int:
        """Height of a tile."""
        return self.votes + 5

    def corner(self, position: int) -> tuple[int, int]:
        """Return left and top of a tile, from those of the first."""
        row, column = divmod(position, self.columns)
        return column * (BOX + _GAP_X), row * (self.tile_height + _GAP_Y)

    def height(self, n_tiles: int) -> int:
        """Return the height of that many tiles."""
        n_rows = math.ceil(n_tiles / self.columns)
        return max(0, n_rows * (self.tile_height + _GAP_Y) - _GAP_Y)


def plan(tiles: tuple[Tile, ...], picture: tuple[int, int]) -> Layout:
    """Return the layout in which all tiles of a gallery have one size and no text is too wide."""
    layout = Layout(choose_columns(len(tiles)), picture)
    pair = max((measure(tile.pair, layout.pair_size, "bold") for tile in tiles), default=0.0)
    gap = max((measure(tile.gap, layout.gap_size) for tile in tiles), default=0.0)
    index = max((measure(tile.index, layout.index_size, "bold") for tile in tiles), default=1.0)
    index_width = (BOX - _AIR) / POINT - gap
    return Layout(
        layout.columns,
        picture,
        has_long_pairs=pair > layout.text_width,
        index_size=layout.index_size * min(1, index_width / index),
    )


def choose_columns(n_tiles: int) -> int:
    """Return the number of columns: a page wider than high, its last row as full as can be.

    Examples
    --------
    >>> [choose_columns(n) for n in (1, 2, 7, 10, 20, 59, 60, 400)]
    [1, 2, 4, 5, 7, 10, 10, 10]
    """
    wanted = min(_MOST_COLUMNS, math.sqrt(2.2 * n_tiles))
    near = range(max(1, math.ceil(wanted) - 1), min(_MOST_COLUMNS, math.ceil(wanted) + 1) + 1)
    fitting = [columns for columns in near if math.ceil(n_tiles / columns) <= _MOST_ROWS]
    return min(
        fitting or [_MOST_COLUMNS],
        key=lambda columns: (-n_tiles % columns, abs(columns - wanted)),
    )
