"""Confusion pairs as bars: which classes are taken for which, and which way round more often."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.errors.pairs import Pair
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, measure, name_class, shorten, write
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_pairs"]

_MORE, _LESS = "#0072B2", "#E69F00"
_TITLE, _NOTE, _SMALL = 12.0, 8.5, 7.5
_MARGIN, _HEADING, _KEY, _NOTE_LINE = 20.0, 54.0, 22.0, 12.0
_WIDTH, _LONGEST_NAME, _NAME = 460.0, 90.0, 8.0
_BAR, _GAP, _BETWEEN = 11.0, 1.0, 6.0
_PATCH = 8.0
_MOST_GROUPS = 24


class _Bar(NamedTuple):
    """One direction of two classes.

    Attributes
    ----------
    pair : (int, int)
    n_errors : int
    is_less : bool
        Whether the other direction comes first: more often, or as often from a smaller label.
    top : float
        Points from the top of the bars.
    """

    pair: Pair
    n_errors: int
    is_less: bool
    top: float


@house_figure
def draw_pairs(
    catalogue: Catalogue,
    *,
    class_names: Sequence[str] | None = None,
    limit: int | None = None,
    path: Path | str | None = None,
    title: str | None = None,
) -> "Figure":
    """Return a picture of the confusion pairs, and write it to `path`.

    A bar a direction; the two directions of two classes stand together, the more frequent first
    and plain, the other hatched. Two classes with more errors between them come first. The same
    input gives the same bytes.

    Parameters
    ----------
    catalogue : Catalogue
        Right examples among its rows make no pair. Without errors, the picture says so.
    class_names : sequence of str, optional
        One for each class; numbers unless given. A name with letters that the font lacks is
        replaced by its number.
    limit : int, optional
        At most so many pairs of classes, whichever way round; 24 unless given.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.
    title : str, optional
        Says what the rows are; the split and the number of rows and errors unless given.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        A class without a name, a negative limit, or a path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    from matplotlib.figure import Figure

    if limit is not None and limit < 0:
        raise PredictionError(f"limit must be 0 or more; got {limit}.")
    counts = catalogue.pair_counts()
    groups = _group(counts)
    drawn = groups[: _MOST_GROUPS if limit is None else limit]
    bars = _stack(drawn)
    names = [_write_pair(bar.pair, class_names) for bar in bars]
    depth = bars[-1].top + _BAR if bars else 0.0
    below = _MARGIN + _KEY * bool(bars) + _NOTE_LINE * (len(drawn) < len(groups))
    height = _HEADING + depth + below
    figure = Figure(figsize=(_WIDTH / 72, height / 72), dpi=DPI, facecolor="white")
    _write_heading(figure, catalogue, counts, title, height)
    if not bars:
        write(figure, _MARGIN, below, "There is nothing to show.", _NOTE, INK)
        return figure
    left = _MARGIN + max(measure(name, _NAME) for name in names) * 1.02 + 6
    axes = figure.add_axes(
        (
            left / _WIDTH,
            below / height,
            (_WIDTH - _MARGIN - left) / _WIDTH,
            depth / height,
        )
    )
    _draw_bars(axes, bars, names, _WIDTH - _MARGIN - left, depth)
    _write_key(figure, bars, below - 16)
    _write_left_out(figure, groups[len(drawn) :])
    return figure


def _group(counts: Sequence[tuple[Pair, int]]) -> list[list[tuple[Pair, int]]]:
    """Return the directions of each two classes, two classes with most errors first.

    Examples
    --------
    >>> _group([((4, 9), 3), ((5, 3), 2), ((3, 5), 2), ((9, 8), 1)])
    [[((3, 5), 2), ((5, 3), 2)], [((4, 9), 3)], [((9, 8), 1)]]
    """
    groups: dict[Pair, list[tuple[Pair, int]]] = {}
    for (label, predicted), count in counts:
        two = (min(label, predicted), max(label, predicted))
        groups.setdefault(two, []).append(((label, predicted), count))
    ordered = sorted(groups.items(), key=lambda item: (-sum(n for _, n in item[1]), item[0]))
    return [sorted(group, key=lambda row: (-row[1], row[0])) for _, group in ordered]


def _stack(groups: Sequence[Sequence[tuple[Pair, int]]]) -> list[_Bar]:
    """Return the bars from above, the two of a group close together."""
    bars, top = [], 0.0
    for group in groups:
        for place, (pair, count) in enumerate(group):
            bars.append(_Bar(pair, count, is_less=place > 0, top=top))
            top += _BAR + _GAP
        top += _BETWEEN - _GAP
    return bars


def _write_pair(pair: Pair, class_names: Sequence[str] | None) -> str:
    return " → ".join(_name(number, class_names) for number in pair)


def _name(number: int, class_names: Sequence[str] | None) -> str:
    """Return a class's name; one that is too long begins with its number, and is cut."""
    if class_names is None:
        return str(number)
    if number >= len(class_names):
        raise PredictionError(
            f"class_names must name every class; got {len(class_names)} names and class {number}."
        )
    name = name_class(number, class_names[number], "normal")
    if measure(name, _NAME) <= _LONGEST_NAME:
        return name
    return shorten(f"{number} {name}", _LONGEST_NAME, _NAME)


def _draw_bars(
    axes: "Axes", bars: Sequence[_Bar], names: Sequence[str], width: float, depth: float
) -> None:
    middles = [bar.top + _BAR / 2 for bar in bars]
    longest = max(bar.n_errors for bar in bars)
    room = measure(f"{longest:,}", _SMALL) + 8
    axes.set(xlim=(0, longest * width / (width - room)), ylim=(depth + 2, -2))
    for bar, middle in zip(bars, middles, strict=True):
        axes.barh(middle, bar.n_errors, height=_BAR, zorder=2, **_style(is_less=bar.is_less))
        axes.annotate(
            f"{bar.n_errors:,}",
            (bar.n_errors, middle),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=_SMALL,
            fontfamily=FAMILY,
            color=INK,
            verticalalignment="center_baseline",
        )
    axes.set_yticks(middles, names, fontsize=_NAME, fontfamily=FAMILY, color=INK, parse_math=False)
    axes.set_xticks([])
    axes.tick_params(length=0, pad=4)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set(color=FAINT, linewidth=0.8)


def _style(*, is_less: bool) -> dict[str, Any]:
    """Plain, or hatched: told apart without colour too."""
    if not is_less:
        return {"facecolor": _MORE, "linewidth": 0}
    return {"facecolor": _LESS, "edgecolor": "white", "hatch": "////", "linewidth": 0}


def _write_heading(
    figure: "Figure",
    catalogue: Catalogue,
    counts: Sequence[tuple[Pair, int]],
    title: str | None,
    height: float,
) -> None:
    n_errors = sum(count for _, count in counts)
    parts = [render_count(n_errors, "error")]
    if n_errors < len(catalogue):
        parts.insert(0, render_count(len(catalogue), "example"))
    width = _WIDTH - 2 * _MARGIN
    text = shorten(title or f"{catalogue.split}: {', '.join(parts)}", width, _TITLE, "bold")
    write(figure, _MARGIN, height - 22, text, _TITLE, INK, weight="bold")
    members = render_count(len(catalogue.members), "member")
    pairs = render_count(len(counts), "confusion pair")
    note = f"{pairs}; vote of {members}: {catalogue.decision.text}"
    write(figure, _MARGIN, height - 36, shorten(note, width, _NOTE), _NOTE, FAINT)


def _write_key(figure: "Figure", bars: Sequence[_Bar], y: float) -> None:
    from matplotlib.patches import Rectangle

    key = [(False, "label → predicted")]
    if any(bar.is_less for bar in bars):
        key.append((True, "the other way round"))
    width, height = 72 * figure.get_size_inches()
    x = _MARGIN
    for is_less, text in key:
        corner = (x / width, (y - 1) / height)
        size = (_PATCH / width, _PATCH / height)
        figure.add_artist(Rectangle(corner, *size, **_style(is_less=is_less)))
        write(figure, x + _PATCH + 4, y, text, _SMALL, INK)
        x += _PATCH + measure(text, _SMALL) + 20


def _write_left_out(figure: "Figure", groups: Sequence[Sequence[tuple[Pair, int]]]) -> None:
    if not groups:
        return
    sums = [sum(count for _, count in group) for group in groups]
    note = (
        f"Not drawn: {len(sums):,} more pair{'' if len(sums) == 1 else 's'} of classes, "
        f"{render_count(sum(sums), 'error')}, at most {max(sums):,} each."
    )
    write(figure, _MARGIN, _MARGIN, shorten(note, _WIDTH - 2 * _MARGIN, _SMALL), _SMALL, FAINT)
