"""The panels of an explanation's page."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from ensemble_lab.arrays import Array, Images, Index
from ensemble_lab.errors.explanation import Explanation
from ensemble_lab.figures.axes import FAINT, GRID, INK, dress_axes
from ensemble_lab.figures.lettering import FAMILY, name_class, shorten, shorten_middle
from ensemble_lab.figures.tiles import choose_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["choose_classes_shown", "draw_bars", "draw_joining", "draw_members", "draw_picture"]

_LABEL, _VOTE, _OTHER = "#0072B2", "#E69F00", "#BDBDBD"
"""Dark, middle and light, so that they differ in grey too."""
_MOST_CLASSES = 10
_MOST_NAMED, _MOST_DOTTED, _MOST_SHARP = 30, 60, 400
"""Members up to which each has its name, a dot on its vote, and pixels of its own."""
_PIXELS = 45
"""Across a cell, where rows are merged: so that columns are not blurred with them."""
_SIZE = 8.0
_CLASS_WIDTH, _KEY_WIDTH = 80.0, 68.0


def choose_classes_shown(explained: Explanation) -> tuple[int, ...]:
    """Return all of few classes in their order, else the likeliest first.

    Label and chosen class are among them.
    """
    strength = explained.vote_counts if explained.means is None else explained.means
    n_classes = len(strength)
    if n_classes <= _MOST_CLASSES:
        return tuple(range(n_classes))
    order = np.lexsort((np.arange(n_classes), -strength.astype(np.float64))).tolist()
    asked = {explained.label, explained.predicted}
    others = [number for number in order if number not in asked]
    chosen = asked | set(others[: _MOST_CLASSES - len(asked)])
    return tuple(number for number in order if number in chosen)


def draw_picture(axes: "Axes", image: Images) -> None:
    """Draw an image, one channel dark on white, in a thin frame."""
    axes.imshow(
        choose_colours(image[np.newaxis])[0], cmap="gray", vmin=0, vmax=255, interpolation="nearest"
    )
    axes.set(xticks=[], yticks=[])
    axes.set_anchor("W")
    for spine in axes.spines.values():
        spine.set_color(GRID)


def draw_bars(axes: "Axes", explained: Explanation, shown: tuple[int, ...]) -> None:
    """Draw mean probabilities, or votes where only those are known, a bar for each class."""
    counts, means = explained.vote_counts, explained.means
    values = (counts if means is None else means)[list(shown)].astype(np.float64)
    most = 1.0 if means is not None else float(len(explained.members))
    places = np.arange(len(shown))
    colours = [_colour(explained, number) for number in shown]
    axes.barh(places, values, color=colours, height=0.75)
    for place, number in enumerate(shown):
        votes = f"{int(counts[number]):,} vote{'' if counts[number] == 1 else 's'}"
        value = "" if means is None else f"{means[number]:.3f}"
        text = ", ".join(part for part in (value, votes if counts[number] else "") if part)
        axes.text(
            values[place] + 0.02 * most,
            place,
            text,
            fontsize=7,
            fontfamily=FAMILY,
            color=INK,
            verticalalignment="center_baseline",
        )
    # Room for what is written behind the longest bar.
    axes.set(xlim=(0, 1.5 * most), ylim=(len(shown) - 0.5, -0.5))
    axes.set_xticks([0, 0.5, 1] if means is not None else [0, most])
    axes.set_yticks(places, [_title(explained, number) for number in shown], parse_math=False)
    dress_axes(axes, grid="x", bare=("top", "right", "left"))
    axes.tick_params(axis="y", length=0)
    axes.spines["bottom"].set_bounds(0, most)
    _head(axes, "mean probability" if means is not None else "votes")


def draw_members(axes: "Axes", explained: Explanation, shown: tuple[int, ...]) -> None:
    """Draw members × classes, the darker the likelier, with a dot on each member's vote."""
    n_members, known = len(explained.members), explained.probabilities
    votes = np.array([each.vote for each in explained.members])
    cells: Array = votes[:, np.newaxis] == np.array(shown)
    if known is not None:
        cells = known[:, list(shown)]
    is_sharp = n_members <= _MOST_SHARP
    axes.imshow(
        cells if is_sharp else np.repeat(cells, _PIXELS, axis=1),
        cmap="Blues",
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=(-0.5, len(shown) - 0.5, n_members + 0.5, 0.5),
        interpolation="nearest" if is_sharp else "antialiased",
    )
    if n_members <= _MOST_DOTTED and known is not None:
        _dot_votes(axes, votes, shown)
    names = [_short_title(explained, number) for number in shown]
    axes.set_xticks(range(len(shown)), names, parse_math=False)
    if max(map(len, names)) > 2:
        axes.tick_params(axis="x", rotation=90)
    if n_members <= _MOST_NAMED:
        keys = [shorten_middle(each.key, _KEY_WIDTH, 7) for each in explained.members]
        axes.set_yticks(range(1, n_members + 1), keys, parse_math=False)
    else:
        axes.set_ylabel("members, in order", fontsize=_SIZE, fontfamily=FAMILY)
    axes.tick_params(labelsize=7, colors=INK, labelfontfamily=FAMILY, length=2)
    what = (
        "blue: the member's vote" if known is None else "a member's probabilities, blue 1, white 0"
    )
    dots = "; a dot on its vote" if n_members <= _MOST_DOTTED and known is not None else ""
    _head(axes, f"{what}{dots}", align="right")


def draw_joining(chances: "Axes", strips: "Axes", explained: Explanation) -> None:
    """Draw the chance of error against the number of members, and what the first k choose."""
    from matplotlib.ticker import MaxNLocator

    joining, n_members = explained.joining, len(explained.members)
    sizes = np.arange(1, n_members + 1)
    marker = "o" if n_members <= _MOST_NAMED else ""
    chances.plot(sizes, joining.chances, color=INK, marker=marker, markersize=2.5, linewidth=1)
    chances.set(xlim=(0.5, n_members + 0.5), ylim=(-0.05, 1.05), yticks=[0, 0.5, 1])
    chances.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    dress_axes(chances)
    chances.tick_params(labelbottom=False)
    _head(chances, f"chance that the majority of k members errs; {_tell_outlook(explained)}")
    rows = [("majority", joining.majority)]
    if joining.mean is not None:
        rows.append(("mean", joining.mean))
    for place, (_, predicted) in enumerate(rows):
        _draw_strip(strips, explained, predicted, place)
    strips.set(xlim=(0.5, n_members + 0.5), ylim=(len(rows) - 0.5, -0.5))
    strips.set_yticks(range(len(rows)), [name for name, _ in rows])
    strips.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    strips.tick_params(labelsize=_SIZE, colors=INK, labelfontfamily=FAMILY, length=2)
    strips.tick_params(axis="y", length=0)
    for spine in strips.spines.values():
        spine.set_visible(False)
    strips.set_xlabel(
        "what the first k members choose, as they join",
        fontsize=_SIZE,
        fontfamily=FAMILY,
        labelpad=2,
    )


def _draw_strip(axes: "Axes", explained: Explanation, predicted: Index, row: int) -> None:
    """Draw a bar for each stretch of one choice, its class on it where there is room."""
    n_members = len(predicted)
    starts = [0, *(np.flatnonzero(np.diff(predicted)) + 1).tolist()]
    ends = [*starts[1:], n_members]
    classes = [int(predicted[start]) for start in starts]
    axes.barh(
        [row] * len(starts),
        [end - start for start, end in zip(starts, ends, strict=True)],
        left=[start + 0.5 for start in starts],
        height=0.86,
        color=[_colour(explained, number) for number in classes],
        edgecolor="white",
        linewidth=0.6 if len(starts) <= _MOST_DOTTED else 0,
    )
    for start, end, number in zip(starts, ends, classes, strict=True):
        if (end - start) / n_members * 50 >= 0.9 * len(str(number)):
            axes.text(
                (start + end + 1) / 2,
                row,
                str(number),
                fontsize=7,
                fontfamily=FAMILY,
                color="white" if _colour(explained, number) == _LABEL else INK,
                horizontalalignment="center",
                verticalalignment="center_baseline",
            )


def _dot_votes(axes: "Axes", votes: Index, shown: tuple[int, ...]) -> None:
    places = {number: place for place, number in enumerate(shown)}
    rows = enumerate(votes.tolist(), start=1)
    dots = [(places[vote], row) for row, vote in rows if vote in places]
    x, y = zip(*dots, strict=True) if dots else ((), ())
    axes.scatter(x, y, s=9, color="white", edgecolors=INK, linewidths=0.6)


def _tell_outlook(explained: Explanation) -> str:
    verdict = explained.outlook.verdict
    return {"right": "every member is right", "irreducible": "irreducible at 95 %"}.get(
        verdict, verdict
    )


def _colour(explained: Explanation, number: int) -> str:
    if number == explained.label:
        return _LABEL
    return _VOTE if number == explained.predicted else _OTHER


def _title(explained: Explanation, number: int) -> str:
    """Return a class with what it is to the example: ``label 2``, ``vote 0``, ``right 7``."""
    name = name_class(number, explained.class_names[number], "normal")
    words = [str(number)] if name == str(number) else [str(number), name]
    if number == explained.label:
        words.insert(0, "right" if explained.is_right else "label")
    elif number == explained.predicted:
        words.insert(0, "vote")
    return shorten(" ".join(words), _CLASS_WIDTH, _SIZE)


def _short_title(explained: Explanation, number: int) -> str:
    name = name_class(number, explained.class_names[number], "normal")
    return name if name == str(number) else shorten(f"{number} {name}", 42, 7)


def _head(axes: "Axes", text: str, *, align: Literal["left", "right"] = "left") -> None:
    axes.set_title(
        text, fontsize=_SIZE, fontfamily=FAMILY, color=FAINT, loc=align, pad=4, parse_math=False
    )
