"""What picking on test gains and what is left of it, a pair of bars for each shortcut."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_lab.analysis.selection.picking import Shortcut
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.axes import INK, dress_axes
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_audit"]

_GAINED, _KEPT = "#E69F00", "#0072B2"
_TITLE_WIDTH = 400.0
_BAR = 0.36


@house_figure
def draw_audit(
    shortcuts: Sequence[Shortcut], *, title: str = "", path: Path | str | None = None
) -> "Figure":
    """Return a figure of the errors that each shortcut gains on one half and keeps on the other.

    Parameters
    ----------
    shortcuts : sequence of Shortcut
        One or more, from above.
    title : str
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        No shortcut, or a path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    if not shortcuts:
        raise PredictionError("shortcuts must be one or more to be drawn; got none.")
    from matplotlib.figure import Figure

    height = 1.5 + 0.75 * len(shortcuts)
    figure: Figure = Figure(figsize=(6.4, height), dpi=DPI, facecolor="white", layout="constrained")
    _draw(figure.add_subplot(), shortcuts, title)
    figure.legend(
        frameon=False,
        prop={"family": FAMILY, "size": 8},
        loc="outside lower center",
        ncols=2,
    )
    return figure


def _draw(axes: "Axes", shortcuts: Sequence[Shortcut], title: str) -> None:
    places = range(len(shortcuts))
    bars = (
        ("gained on the half picked on", _GAINED, [each.gained for each in shortcuts], -_BAR / 2),
        ("kept on the other half", _KEPT, [each.kept for each in shortcuts], _BAR / 2),
    )
    for label, colour, values, shift in bars:
        axes.barh(
            [place + shift for place in places], values, _BAR, color=colour, label=label, zorder=2
        )
        for place, value in zip(places, values, strict=True):
            axes.annotate(
                f"{value:z.1f}".replace("-", "−"),
                (max(value, 0.0), place + shift),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                fontfamily=FAMILY,
                color=INK,
            )
    names = [f"{each.name}\nof {each.n_candidates:,}" for each in shortcuts]
    axes.set_yticks(list(places), names, fontfamily=FAMILY)
    axes.set_ylim(len(shortcuts) - 0.5, -0.5)
    least = min(0.0, *(each.kept for each in shortcuts))
    most = max(1.0, *(each.gained for each in shortcuts), *(each.kept for each in shortcuts))
    axes.set_xlim(least * 1.15, most * 1.15)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=3)
    axes.set_xlabel("errors fewer than without a choice, of the whole test set", fontsize=9)
    axes.xaxis.label.set_fontfamily(FAMILY)
    dress_axes(axes, grid="x", bare=("top", "right", "left"))
    axes.tick_params(axis="y", length=0)
    if title:
        text = shorten(title, _TITLE_WIDTH, 10)
        axes.set_title(text, fontsize=10, fontfamily=FAMILY, loc="left", parse_math=False)
