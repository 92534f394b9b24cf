"""Images as points: principal components beside a t-SNE map."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Floats
from ensemble_lab.data.projection import Projection
from ensemble_lab.figures.axes import FAINT, INK
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import (
    FAMILY,
    fit_class,
    measure,
    name_class,
    shorten,
    spell,
    write,
)
from ensemble_lab.figures.placement import Box, place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_map", "draw_projection"]

_WIDTH, _HEIGHT = 864.0, 486.0
"""Points."""
_MARGIN = 24.0
_TOP = 98.0
_TITLE, _NOTE = 13.0, 8.5
# Okabe and Ito, but for black, which is the names', and yellow, which white swallows. Seven
# colours and five markers have no common divisor: 35 classes before two look the same.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#6A6A6A")
_MARKERS = ("o", "^", "s", "D", "v")
_FEW, _SEVERAL = 10, 30


@house_figure
def draw_projection(
    projection: Projection,
    *,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
    path: Path | str | None = None,
) -> "Figure":
    """Return a figure of both maps side by side, and write it to `path`.

    Each class has a colour and a marker, and its name stands beside the median of its points;
    where there are too many names for that, some are left out.

    Parameters
    ----------
    projection : Projection
        As `ensemble_lab.data.projection.build_projection` returns it.
    class_names : tuple of str, optional
        One for each class; numbers unless given.
    title : str, optional
        Stands over the maps; the split's name unless given.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    return _draw(projection, class_names, title or projection.split)


def draw_map(
    axes: "Axes",
    points: Floats,
    projection: Projection,
    *,
    class_names: tuple[str, ...] | None = None,
) -> "Figure":
    """Draw the points of one map on `axes`, with the names of the classes; return its figure.

    Parameters
    ----------
    axes : Axes
    points : float64 (examples, 2)
        ``projection.components`` or ``projection.neighbours``.
    projection : Projection
    class_names : tuple of str, optional
    """
    x, y = points[:, 0], points[:, 1]
    if projection.labels is None:
        axes.scatter(x, y, s=7, color=_COLOURS[-1], alpha=0.6, linewidths=0)
        return axes.figure.figure
    classes = np.unique(projection.labels).tolist()
    for number in classes:
        is_own = projection.labels == number
        axes.scatter(
            x[is_own],
            y[is_own],
            s=9,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            alpha=0.6,
            linewidths=0,
        )
    medians = np.array([np.median(points[projection.labels == each], axis=0) for each in classes])
    names = {each: name_class(each, class_names[each] if class_names else "") for each in classes}
    _write_names(axes, medians, names)
    return axes.figure.figure


def _write_names(axes: "Axes", medians: Floats, names: dict[int, str]) -> None:
    """Mark the median of each class, and write its name beside it where no other one is."""
    size = 11.0 if len(names) <= _FEW else 8.0 if len(names) <= _SEVERAL else 5.5
    texts = [fit_class(*each, 9 * size, size, "bold") for each in names.items()]
    axes.plot(
        medians[:, 0],
        medians[:, 1],
        linestyle="none",
        marker="o",
        markersize=size / 3,
        markerfacecolor=INK,
        markeredgecolor="white",
        markeredgewidth=size / 14,
        zorder=5,
    )
    scale = 72 / axes.figure.figure.dpi
    spots = axes.transData.transform(medians) * scale
    corners = axes.get_window_extent().get_points() * scale
    places = place_labels(
        [(float(x), float(y)) for x, y in spots],
        [(measure(text, size, "bold"), size) for text in texts],
        [Box(x - size / 6, y - size / 6, x + size / 6, y + size / 6) for x, y in spots],
        Box(*corners.ravel().tolist()),
    )
    for text, median, spot, place in zip(texts, medians, spots, places, strict=True):
        if place is not None:
            _write_name(axes, text, size, median, (place.box.left, place.box.bottom) - spot)
            if place.is_far:
                _draw_line(axes, median, place.end - spot)


def _write_name(axes: "Axes", text: str, size: float, median: Floats, way: Floats) -> None:
    from matplotlib.patheffects import withStroke

    axes.annotate(
        text,
        xy=(float(median[0]), float(median[1])),
        # The letters of a line stand a little above its lower edge.
        xytext=(float(way[0]), float(way[1]) + 0.15 * size),
        textcoords="offset points",
        fontsize=size,
        fontfamily=FAMILY,
        fontweight="bold",
        color=INK,
        verticalalignment="baseline",
        path_effects=[withStroke(linewidth=size / 4, foreground="white")],
        parse_math=False,
        zorder=6,
    )


def _draw_line(axes: "Axes", median: Floats, way: Floats) -> None:
    axes.annotate(
        "",
        xy=(float(median[0]), float(median[1])),
        xytext=(float(way[0]), float(way[1])),
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": INK, "shrinkA": 0, "shrinkB": 0},
        zorder=5,
    )


def _draw(projection: Projection, class_names: tuple[str, ...] | None, title: str) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=DPI, facecolor="white")
    n = len(projection.index)
    shown = f"all {n:,}" if n == projection.n_in_split else f"{n:,} of {projection.n_in_split:,}"
    first, second = (f"{share * 100:.1f} %" for share in projection.explained)
    heads = (
        (f"Principal components: {first} (across) and {second} (up) of the variance"),
        (
            f"t-SNE of the first {projection.n_components} of them: perplexity "
            f"{projection.perplexity:.4g}, divergence {projection.divergence:.2f}"
        ),
    )
    side = (_WIDTH - 3 * _MARGIN) / 2
    maps = (projection.components, projection.neighbours)
    for place, (head, points) in enumerate(zip(heads, maps, strict=True)):
        left = _MARGIN + place * (side + _MARGIN)
        axes = figure.add_axes(
            (left / _WIDTH, _MARGIN / _HEIGHT, side / _WIDTH, (_HEIGHT - _TOP) / _HEIGHT)
        )
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_color("#CCCCCC")
        draw_map(axes, points, projection, class_names=class_names)
        write(figure, left, _HEIGHT - _TOP + _MARGIN + 7, head, _NOTE, FAINT)
    name = shorten(spell(title, "bold"), _WIDTH - 2 * _MARGIN, _TITLE, "bold")
    write(figure, _MARGIN, _HEIGHT - 30, name, _TITLE, INK, weight="bold")
    note = f"{shown} examples, seed {projection.seed}; black dots: medians of the classes"
    if projection.labels is None:
        note = f"{shown} examples, seed {projection.seed}; no labels"
    write(figure, _MARGIN, _HEIGHT - 47, note, _NOTE, FAINT)
    return figure
