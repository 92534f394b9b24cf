"""Errors on corrupted images against the strength of the corruption, a panel each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import INK, dress_axes
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, is_drawable, measure, shorten_middle, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ErrorCurve", "draw_corruption_curves"]

Voter = tuple[Literal["vote", "group", "member"], str]

_PANEL = 2.5, 2.0
"""Width and height of a panel in inches."""
_MOST_COLUMNS = 3
_TITLE, _SMALL = 12.0, 8.0
_LONGEST_NAME = 140.0
_SAMPLE = 40.0
"""What a legend's line and the room around it take, in points."""
_MEMBER = "#8C8C8C"
# Okabe and Ito's colours, vermilion for the vote as on the frontier; markers tell groups apart
# without colour.
_VOTE = "#D55E00"
_GROUPS = (
    ("#0072B2", "o"),
    ("#009E73", "s"),
    ("#CC79A7", "^"),
    ("#E69F00", "v"),
    ("#56B4E9", "P"),
    ("#000000", "X"),
)


@dataclass(frozen=True)
class ErrorCurve:
    """Errors of one voter on one corruption, by strength.

    Attributes
    ----------
    corruption, voter : str
    kind : {"vote", "group", "member"}
    strengths : tuple of int
        Ascending; 0 for images as they are.
    errors : tuple of float
        One for each strength.
    low, high : tuple of float
        Ends of the band about the curve; equal to `errors` where there is none.
    n_examples : int
    """

    corruption: str
    voter: str
    kind: Literal["vote", "group", "member"]
    strengths: tuple[int, ...]
    errors: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n_examples: int


@house_figure
def draw_corruption_curves(
    curves: Sequence[ErrorCurve],
    *,
    title: str = "Errors on corrupted images",
    note: str = "",
    path: Path | str | None = None,
) -> "Figure":
    """Return small multiples: a panel a corruption, the share of errors against strength.

    The share is on a logarithmic axis that all panels have in common; where there is no
    error, half an error is drawn, and a line below says so. The same input gives the same
    bytes.

    Parameters
    ----------
    curves : sequence of ErrorCurve
        At least one; panels and voters are in the order of their first curves.
    title, note : str
        Over the panels and below them.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``. Missing folders are made.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        No curve, or a path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    if not curves:
        raise PredictionError("curves must be at least one; got none.")
    return _draw(curves, title, note)


def _draw(curves: Sequence[ErrorCurve], title: str, note: str) -> "Figure":
    from matplotlib.figure import Figure

    corruptions = list(dict.fromkeys(curve.corruption for curve in curves))
    styles = _style_voters(curves)
    n_columns = min(_MOST_COLUMNS, len(corruptions))
    n_rows = -(-len(corruptions) // n_columns)
    # Title and legend need two columns' room.
    width = _PANEL[0] * max(2, n_columns)
    figure = Figure(dpi=DPI, facecolor="white", layout="constrained")
    panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(panels.flat):
        if place < len(corruptions):
            shown = [curve for curve in curves if curve.corruption == corruptions[place]]
            _draw_panel(axes, shown, styles)
        else:
            axes.set_visible(False)
        if place + n_columns >= len(corruptions):
            # Also above an empty place, where it would stand otherwise.
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("strength", fontsize=_SMALL, fontfamily=FAMILY, color=INK)
        if place % n_columns == 0:
            axes.set_ylabel("share of errors", fontsize=_SMALL, fontfamily=FAMILY, color=INK)
    _draw_scales(panels[0, 0], curves)
    figure.suptitle(title, x=0.01, ha="left", fontsize=_TITLE, fontfamily=FAMILY, parse_math=False)
    n_lines = _draw_legend(figure, styles, _write_notes(curves, note), width)
    figure.set_size_inches(width, _PANEL[1] * n_rows + 0.8 + 0.17 * n_lines)
    return figure


def _style_voters(curves: Sequence[ErrorCurve]) -> dict[Voter, dict[str, Any]]:
    """Return how the curve of each voter looks."""
    voters = list(dict.fromkeys((curve.kind, curve.voter) for curve in curves))
    groups = [voter for voter in voters if voter[0] == "group"]
    styles: dict[Voter, dict[str, Any]] = {}
    for voter in voters:
        if voter[0] == "vote":
            styles[voter] = {"color": _VOTE, "marker": "D", "linewidth": 1.8, "zorder": 5}
        elif voter[0] == "member":
            styles[voter] = {"color": _MEMBER, "linewidth": 0.8, "alpha": 0.8, "zorder": 3}
        else:
            turn, place = divmod(groups.index(voter), len(_GROUPS))
            colour, marker = _GROUPS[place]
            line = ("-", "--", ":", "-.")[turn % 4]
            styles[voter] = {
                "color": colour, "marker": marker, "linestyle": line, "linewidth": 1.2, "zorder": 4
            }  # fmt: skip
    return styles


def _draw_panel(
    axes: "Axes", curves: list[ErrorCurve], styles: dict[Voter, dict[str, Any]]
) -> None:
    axes.set_title(curves[0].corruption, fontsize=9, fontfamily=FAMILY, loc="left", color=INK)
    for curve in curves:
        style = styles[curve.kind, curve.voter]
        low, middle, high = (_share(curve, each) for each in (curve.low, curve.errors, curve.high))
        axes.plot(curve.strengths, middle, markersize=4, **style)
        if curve.low != curve.high:
            shade = {"color": style["color"], "alpha": 0.18, "linewidth": 0}
            axes.fill_between(curve.strengths, low, high, zorder=2, **shade)


def _share(curve: ErrorCurve, errors: tuple[float, ...]) -> list[float]:
    """Return errors as a share that a logarithmic axis can show."""
    return [max(each, 0.5) / curve.n_examples for each in errors]


def _draw_scales(axes: "Axes", curves: Sequence[ErrorCurve]) -> None:
    """Set the scales of all panels by those of one, which they share, and style each."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    strengths = sorted({strength for curve in curves for strength in curve.strengths})
    axes.set_yscale("log")
    axes.set_xticks(strengths, ["clean" if each == 0 else str(each) for each in strengths])
    axes.set_xlim(strengths[0] - 0.3, strengths[-1] + 0.3)
    low, high = axes.get_ylim()
    # A share below a tick and above another at least, also where all are alike.
    # Room above 100 %, so that a marker there is not cut in half.
    axes.set_ylim(low / 1.1, min(max(high, 1.5 * low), 1.12))
    steps = (1,) if high / low > 300 else (1, 3) if high / low > 12 else (1, 2, 3, 5, 7)
    axes.yaxis.set_major_locator(FixedLocator([n * 10.0**e for e in range(-9, 1) for n in steps]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.6g} %"))
    for each in axes.figure.axes:
        dress_axes(each)


def _write_notes(curves: Sequence[ErrorCurve], note: str) -> str:
    notes = [note] if note else []
    if any(curve.kind == "group" and curve.low != curve.high for curve in curves):
        notes.append(
            "Bands: Wilson's 95 % interval of the vote, one standard deviation of members."
        )
    elif any(curve.low != curve.high for curve in curves):
        notes.append("Bands: Wilson's 95 % interval of the vote.")
    if any(error < 0.5 for curve in curves for error in curve.errors):
        notes.append("No error is drawn as half an error.")
    return " ".join(notes)


def _draw_legend(
    figure: "Figure", styles: dict[Voter, dict[str, Any]], note: str, width: float
) -> int:
    """Write who is who and the notes below the panels; return how many lines that takes."""
    from matplotlib.lines import Line2D

    entries = []
    for (kind, name), style in styles.items():
        if kind != "member":
            label = "vote of all" if kind == "vote" else _name(name)
            entries.append(Line2D([], [], markersize=5, label=label, **style))
    members = [style for (kind, _), style in styles.items() if kind == "member"]
    if members:
        entries.append(Line2D([], [], label="each member", **members[0]))
    room = 72 * width - 30
    lines = wrap(note, room, _SMALL)
    widest = max(measure(str(each.get_label()), _SMALL) for each in entries)
    n_columns = max(1, min(len(entries), int(room // (1.03 * widest + _SAMPLE))))
    legend = figure.legend(
        handles=entries,
        loc="outside lower left",
        ncol=n_columns,
        frameon=False,
        prop={"family": FAMILY, "size": _SMALL},
        title="\n".join(lines),
        title_fontproperties={"family": FAMILY, "size": _SMALL},
        alignment="left",
    )
    legend.get_title().set_parse_math(False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return len(lines) + -(-len(entries) // n_columns)


def _name(group: str) -> str:
    text = " ".join(group.split())
    return shorten_middle(text if is_drawable(text) else "?", _LONGEST_NAME, _SMALL)
