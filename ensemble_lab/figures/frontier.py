"""The frontier: test errors against the cost of training, ours and what others state."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_lab.figures.axes import INK
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.frontier_axes import (
    STYLES,
    Dot,
    Kind,
    draw_axes,
    draw_dot,
    draw_legend,
)
from ensemble_lab.figures.lettering import is_drawable, measure, shorten, wrap, write
from ensemble_lab.figures.placement import Box, Place, place_labels
from ensemble_lab.figures.quoted import QUOTED, Quoted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FrontierPoint", "draw_frontier"]

_SIZE = _WIDTH, _HEIGHT = 720.0, 512.0
_AXES = Box(58, 94, 696, 448)
"""The figure and its axes in points."""
_NAME, _SMALL, _TITLE = 7.0, 7.5, 12.0
_LONGEST_NAME = 150.0
_FAINT = "#595959"
_MARKER_RADIUS = 4.0
_MOST_LISTED = 3


@dataclass(frozen=True)
class FrontierPoint:
    """Something of ours that was trained and tested.

    Attributes
    ----------
    label : str
    n_members : int
        Members that vote; 1 for a single net.
    errors : float
        Test errors, their mean over seeds.
    sd : float or None
        Their standard deviation; None where there is one seed or a vote.
    tflop : float
        Training, of all members of a vote together.
    """

    label: str
    n_members: int
    errors: float
    sd: float | None
    tflop: float


@house_figure
def draw_frontier(
    points: Sequence[FrontierPoint],
    quoted: Sequence[Quoted] = QUOTED,
    *,
    path: Path | str | None = None,
) -> "Figure":
    """Return a figure of test errors against TFLOP of training, and write it to `path`.

    Both axes are logarithmic, so a point without TFLOP or without errors has no place on
    them: a line below names it. Lower and further left is better. Bars reach one standard
    deviation up and down. The same input gives the same bytes.

    Parameters
    ----------
    points : sequence of FrontierPoint
        Ours, with filled markers; may be empty.
    quoted : sequence of Quoted
        What others state, with hollow grey markers.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    dots = [*_quoted_dots(quoted), *_own_dots(points)]
    drawn = [dot for dot in dots if dot.tflop > 0 and dot.errors > 0]
    return _draw(drawn, [dot.label for dot in dots if dot not in drawn])


def _own_dots(points: Sequence[FrontierPoint]) -> Iterator[Dot]:
    for point in points:
        kind: Kind = "member" if point.n_members == 1 else "vote"
        yield Dot(kind, point.label, point.tflop, point.errors, point.sd or 0.0)


def _quoted_dots(quoted: Sequence[Quoted]) -> Iterator[Dot]:
    for row in quoted:
        kind: Kind = "quoted member" if row.n_members == 1 else "quoted vote"
        yield Dot(kind, row.label, row.tflop, row.errors, row.sd or 0.0)


def _draw(dots: list[Dot], left_out: list[str]) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=DPI, facecolor="white")
    axes = figure.add_axes(
        (
            _AXES.left / _WIDTH,
            _AXES.bottom / _HEIGHT,
            (_AXES.right - _AXES.left) / _WIDTH,
            (_AXES.top - _AXES.bottom) / _HEIGHT,
        )
    )
    draw_axes(axes, dots)
    for dot in dots:
        draw_dot(axes, dot)
    nameless = _draw_names(figure, axes, dots)
    draw_legend(axes)
    write(figure, _AXES.left, _HEIGHT - 22, "MNIST: test errors against training", _TITLE, INK)
    _write_notes(figure, left_out, nameless)
    return figure


def _draw_names(figure: "Figure", axes: "Axes", dots: list[Dot]) -> list[str]:
    """Write the name of each point beside it; return those for which there is no room."""
    names = [_name(dot.label) for dot in dots]
    points = [_position(axes, dot.tflop, dot.errors) for dot in dots]
    obstacles = [box for dot in dots for box in _covered(axes, dot)]
    sizes = [(measure(name, _NAME) * 1.02, _NAME) for name in names]
    places = place_labels(points, sizes, obstacles, _AXES)
    for dot, name, point, place in zip(dots, names, points, places, strict=True):
        if place is not None:
            _draw_name(figure, dot, name, point, place)
    return [name for name, place in zip(names, places, strict=True) if place is None]


def _name(label: str) -> str:
    text = " ".join(label.split())
    return shorten(text if is_drawable(text) else "?", _LONGEST_NAME, _NAME)


def _position(axes: "Axes", tflop: float, errors: float) -> tuple[float, float]:
    x, y = axes.transData.transform((tflop, errors)) * 72 / axes.figure.dpi
    return float(x), float(y)


def _covered(axes: "Axes", dot: Dot) -> Iterator[Box]:
    """Yield what a point covers: its marker and its bar."""
    x, y = _position(axes, dot.tflop, dot.errors)
    r = _MARKER_RADIUS
    yield Box(x - r, y - r, x + r, y + r)
    if dot.sd:
        bottom = _position(axes, dot.tflop, dot.low)[1]
        top = _position(axes, dot.tflop, dot.high)[1]
        yield Box(x - 3, bottom - 1, x + 3, top + 1)


def _draw_name(
    figure: "Figure", dot: Dot, name: str, point: tuple[float, float], place: Place
) -> None:
    from matplotlib.lines import Line2D

    style = STYLES[dot.kind]
    colour = _FAINT if dot.kind.startswith("quoted") else INK
    if place.is_far:
        ends = zip(point, place.end, strict=True)
        xs, ys = ([value / full for value in pair] for pair, full in zip(ends, _SIZE, strict=True))
        figure.add_artist(Line2D(xs, ys, color=style.colour, linewidth=0.5, alpha=0.7))
    # Half the descent of a letter stands below the baseline.
    write(figure, place.box.left, place.box.bottom + 0.2 * _NAME, name, _NAME, colour)


def _write_notes(figure: "Figure", left_out: list[str], nameless: list[str]) -> None:
    notes = [
        "Bars: one standard deviation over seeds. TFLOP: 6 floating-point operations a "
        "multiply-add, image and epoch, of all nets of a vote together. Filled: measured here; "
        "hollow: stated by others, who chose nothing on test."
    ]
    if left_out:
        notes.append(f"Not drawn, without TFLOP or errors: {_list(map(_name, left_out))}.")
    if nameless:
        notes.append(f"Drawn without a name: {_list(nameless)}.")
    lines = [line for note in notes for line in wrap(note, _AXES.right - _AXES.left, _SMALL)]
    for row, line in enumerate(lines):
        write(figure, _AXES.left, 52 - 9.5 * row, line, _SMALL, _FAINT)


def _list(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - _MOST_LISTED
    return ", ".join(listed[:_MOST_LISTED]) + (f" and {rest} more" if rest > 0 else "")
