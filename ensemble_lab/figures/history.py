"""The history: loss, error rate and learning rate over the epochs of training."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ensemble_lab.analysis.curves import Band
from ensemble_lab.arrays import Floats
from ensemble_lab.figures.axes import FAINT, INK, set_scale
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.history_axes import Line, draw_panel, set_epochs
from ensemble_lab.figures.history_series import N_STYLES, Entry, Series, build_key, build_series
from ensemble_lab.figures.lettering import (
    FAMILY,
    is_drawable,
    measure,
    shorten,
    shorten_middle,
    wrap,
    write,
)
from ensemble_lab.figures.placement import Box
from ensemble_lab.store.histories import MemberHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_history"]

_TITLE, _HEAD, _SMALL = 12.0, 9.0, 7.5

# In points, y upwards. The key stands below the validation panels, or in their place.
_WIDTH, _HEIGHT = 720.0, 560.0
_ACROSS, _ACROSS_ALONE, _FULL = 312.0, 462.0, 636.0
_COLUMNS = (60.0, 392.0)
_ROWS = ((352.0, 150.0), (190.0, 150.0), (78.0, 100.0))
_KEY_BELOW, _KEY_BESIDE = Box(392, 56, 704, 156), Box(546, 56, 704, 502)
_KEY_LINE, _KEY_SAMPLE = 10.5, 22.0
_HEADS = ("training, while the net learns", "validation, after each epoch")

_NOTE = (
    "Training and validation are two measures, so training may well look the worse: its values "
    "are means over an epoch in which the net learns, on augmented images, under dropout, with "
    "the recipe's loss; those of validation come after the epoch, on plain images, without "
    "dropout, by cross-entropy."
)
_NOTE_WITHOUT_VALIDATION = (
    "There are no validation examples. Values of training are means over an epoch in which the "
    "net learns, on augmented images, under dropout, with the recipe's loss; they say little of "
    "plain images."
)


class _Panel(NamedTuple):
    """A row of the figure: what it shows of training and of validation."""

    name: str
    measures: tuple[str, ...]
    render: Callable[[float], str]


_PANELS = (
    _Panel("loss", ("loss", "validation_loss"), "{:.4g}".format),
    _Panel(
        "error rate (1 − accuracy)",
        ("accuracy", "validation_accuracy"),
        lambda v: f"{100 * v:.4g} %",
    ),
    _Panel("learning rate", ("rate",), "{:.4g}".format),
)


@house_figure
def draw_history(
    histories: Sequence[MemberHistory],
    *,
    by: Literal["member", "group"] = "member",
    title: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return a figure of how members learned, and write it to `path`.

    Training stands on the left and validation on the right, on one scale; the learning rate
    below. Accuracy is drawn as its complement, the error rate: on a logarithmic scale it tells
    99.5 % from 99.7 %. A zero has its place at the foot of the scale. With many members those
    of one group look the same. The same input gives the same bytes.

    Parameters
    ----------
    histories : sequence of MemberHistory
        Those without records are left out.
    by : {"member", "group"}
        A line for each member, with a dot at the epoch whose weights are kept; or for each group
        the mean of its members, in a band from their least to their greatest value.
    title : str
        Stands before the names of what is drawn.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        A path that ends otherwise, or no member with an epoch.
    StoreError
        The file cannot be written.
    """
    series = build_series(histories, by)
    return _draw(series, build_key(histories, by), title)


def _draw(series: Sequence[Series], key: Sequence[Entry], title: str) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=DPI, facecolor="white")
    has_validation = any(each.curves.has_validation for each in series)
    n_columns, across = (2, _ACROSS) if has_validation else (1, _ACROSS_ALONE)
    n_epochs = max(len(each.curves.n_members) for each in series)
    for place, panel in enumerate(_PANELS):
        lefts = _COLUMNS[: min(n_columns, len(panel.measures))]
        row = [_add_axes(figure, left, across, *_ROWS[place]) for left in lefts]
        _draw_row(row, panel, series)
        for column, axes in enumerate(row):
            set_epochs(axes, n_epochs)
            # The lowest panel of a column has the numbers for all.
            is_lowest = place == len(_PANELS) - 1 or (column == 1 and place == len(_PANELS) - 2)
            axes.tick_params(labelbottom=is_lowest, labelleft=column == 0)
            if is_lowest:
                axes.set_xlabel("epoch", fontsize=_HEAD, fontfamily=FAMILY, labelpad=2)
    for left, head in zip(_COLUMNS[:n_columns], _HEADS, strict=False):
        write(figure, left, _ROWS[0][0] + _ROWS[0][1] + 7, head, _HEAD, INK, weight="bold")
    _write_key(figure, key, _KEY_BELOW if has_validation else _KEY_BESIDE)
    _write_heading(figure, title)
    _write_notes(figure, series)
    return figure


def _add_axes(figure: "Figure", left: float, across: float, bottom: float, height: float) -> "Axes":
    return figure.add_axes((left / _WIDTH, bottom / _HEIGHT, across / _WIDTH, height / _HEIGHT))


def _draw_row(row: Sequence["Axes"], panel: _Panel, series: Sequence[Series]) -> None:
    """Draw a measure, of training and of validation, on one scale."""
    values: list[Floats] = []
    for axes, measure_name in zip(row, panel.measures, strict=False):
        lines = [_build_line(each, measure_name) for each in series]
        draw_panel(axes, lines)
        values += [line.band.least for line in lines] + [line.band.greatest for line in lines]
    drawn = np.concatenate(values)
    for axes in row:
        set_scale(axes, drawn[np.isfinite(drawn)], panel.render)
    row[0].set_ylabel(panel.name, fontsize=_HEAD, fontfamily=FAMILY)


def _build_line(series: Series, name: str) -> Line:
    band: Band = getattr(series.curves, name)
    if "accuracy" in name:
        band = Band(1 - band.mean, 1 - band.greatest, 1 - band.least)
    dot = series.kept_epoch if name.startswith("validation") else 0
    return Line(band, series.style, has_band=series.n_members > 1, dot=dot)


def _write_key(figure: "Figure", key: Sequence[Entry], room: Box) -> None:
    """Write the names of the styles, column by column, as many as there is room for."""
    from matplotlib.lines import Line2D

    longest = (room.right - room.left - _KEY_SAMPLE - 12) / 1.03
    names = [shorten_middle(_name(entry.name), longest, _SMALL) for entry in key]
    across = _KEY_SAMPLE + max(measure(name, _SMALL) for name in names) * 1.03 + 12
    n_rows = int((room.top - room.bottom) // _KEY_LINE)
    n_columns = max(1, int((room.right - room.left) // across))
    n_places = min(n_rows * n_columns, N_STYLES + 1)
    # One place is for the number of those that have none.
    shown = len(key) if len(key) <= n_places else n_places - 1
    for place in range(min(len(key), n_places)):
        column, row = divmod(place, n_rows)
        x, y = room.left + column * across, room.top - (row + 1) * _KEY_LINE
        if place == shown:
            write(figure, x, y, f"and {len(key) - shown} more", _SMALL, FAINT)
            break
        style = key[place].style
        ends = [x / _WIDTH, (x + _KEY_SAMPLE - 5) / _WIDTH]
        figure.add_artist(
            Line2D(
                ends,
                [(y + 2.7) / _HEIGHT] * 2,
                color=style.colour,
                linestyle=style.dashes,
                linewidth=max(style.width, 1.0),
            )
        )
        write(figure, x + _KEY_SAMPLE, y, names[place], _SMALL, INK)


def _write_heading(figure: "Figure", title: str) -> None:
    before = f"{_name(title)}: " if title else ""
    text = shorten(f"{before}loss, error rate and learning rate", _FULL, _TITLE, "bold")
    write(figure, _COLUMNS[0], _HEIGHT - 24, text, _TITLE, INK, weight="bold")


def _write_notes(figure: "Figure", series: Sequence[Series]) -> None:
    has_validation = any(each.curves.has_validation for each in series)
    about = _NOTE if has_validation else _NOTE_WITHOUT_VALIDATION
    if any(each.n_members > 1 for each in series):
        about = (
            "Line: mean over the members of a group, whose number stands after its name; band: "
            f"from the least to the greatest of them. {about}"
        )
    elif has_validation and any(each.kept_epoch for each in series):
        about = f"Dot: the epoch whose weights are kept. {about}"
    lines = wrap(about, _FULL, _SMALL)
    for row, line in enumerate(lines):
        write(figure, _COLUMNS[0], 38 - 9.5 * row, line, _SMALL, FAINT)


def _name(text: str) -> str:
    text = " ".join(text.split())
    return text if is_drawable(text, "bold") else "?"
