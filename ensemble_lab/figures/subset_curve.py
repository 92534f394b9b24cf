"""The curve of errors against the number of members that vote."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.analysis.subsets.curve import SubsetCurve
from ensemble_lab.figures.axes import dress_axes
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_subset_curve"]

_LINE, _TIES = "#0072B2", "#E69F00"
_TITLE_WIDTH = 380.0
_MOST_MARKED = 40
"""Members up to which each size has a marker."""


@house_figure
def draw_subset_curve(
    curve: SubsetCurve,
    *,
    title: str = "",
    axes: "Axes | None" = None,
    path: Path | str | None = None,
) -> "Figure":
    """Return a figure of the errors of k-member votes, and write it to `path`.

    Parameters
    ----------
    curve : SubsetCurve
    title : str
    axes : matplotlib.axes.Axes, optional
        Drawn on if given, else on a figure of its own.
    path : path, optional
        Ends in ``.png``, ``.svg`` or ``.pdf``.

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
    from matplotlib.figure import Figure

    figure: Figure
    if axes is None:
        figure = Figure(figsize=(6.0, 4.0), dpi=DPI, facecolor="white", layout="constrained")
        axes = figure.add_subplot()
    else:
        figure = axes.get_figure(root=True)  # type: ignore[assignment]
    _draw(axes, curve, title)
    return figure


def _draw(axes: "Axes", curve: SubsetCurve, title: str) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    k, n_members = curve.k, len(curve.k)
    marker = "o" if n_members <= _MOST_MARKED else ""
    axes.fill_between(
        k,
        curve.low,
        curve.high,
        color=_TIES,
        alpha=0.25,
        linewidth=0,
        label="ties all right … wrong",
    )
    axes.fill_between(
        k,
        np.maximum(curve.expected - curve.sd, 0),
        curve.expected + curve.sd,
        color=_LINE,
        alpha=0.25,
        linewidth=0,
        label="± one standard deviation over subsets",
    )
    axes.plot(
        k,
        curve.expected,
        color=_LINE,
        marker=marker,
        markersize=3.5,
        label="expected, ties at random",
    )
    axes.set_xlim(0.5, max(n_members, 2) + 0.5)
    # Where nothing is wrong too, errors are whole.
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    whole = MaxNLocator(integer=True, min_n_ticks=1)
    axes.xaxis.set_major_locator(whole if n_members > 1 else FixedLocator([1]))
    axes.set_xlabel("members that vote, drawn from the pool", fontsize=9, fontfamily=FAMILY)
    axes.set_ylabel(f"errors of {curve.n_examples:,}", fontsize=9, fontfamily=FAMILY)
    dress_axes(axes)
    axes.legend(frameon=False, prop={"family": FAMILY, "size": 8})
    if title:
        text = shorten(title, _TITLE_WIDTH, 10)
        axes.set_title(text, fontsize=10, fontfamily=FAMILY, loc="left", parse_math=False)
