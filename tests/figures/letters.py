"""Where the letters of a figure are: on the page, and none upon another."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

__all__ = ["check_letters", "letters", "words"]


def letters(figure: Figure) -> list[Text]:
    """Every text that is drawn: of the figure, in its axes, at its ticks."""
    FigureCanvasAgg(figure).draw()
    found = list(figure.texts)
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
        found += [axes._left_title, axes._right_title]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [t for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
            found += [tick.label1 for tick in ticks if tick.label1.get_visible()]
    return [text for text in found if text.get_text() and text.get_visible()]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in letters(figure)]


def check_letters(figure: Figure) -> None:
    """Fail where a text leaves the page or covers another."""
    boxes = {
        f"{number}: {text.get_text()}": text.get_window_extent().extents
        for number, text in enumerate(letters(figure))
    }
    size = np.array(figure.canvas.get_width_height())
    for text, box in boxes.items():
        assert box.min() >= 0, f"{text!r} leaves the page"
        assert np.all(box[2:] <= size), f"{text!r} leaves the page"
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        shared = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        assert shared.min() <= 0, f"{one!r} overlaps {other!r} by {shared}"
