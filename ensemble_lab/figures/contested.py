"""Members against the examples that some of them get wrong: who is wrong where, and like whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.arrays import Array
from ensemble_lab.errors.contested import LIKE_VOTE, OTHERWISE, RIGHT, Contested
from ensemble_lab.figures.axes import FAINT, GRID, INK
from ensemble_lab.figures.contested_plan import MOST_COLUMNS, Plan, build_plan
from ensemble_lab.figures.files import DPI, house_figure
from ensemble_lab.figures.lettering import FAMILY, measure, shorten, wrap, write
from ensemble_lab.figures.sheet import draw_boxes
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_contested"]

# By kind. Lightness alone tells them apart: the lightest is right, the darkest like the vote.
_COLOURS = {RIGHT: "#FFFFFF", OTHERWISE: "#F2A65A", LIKE_VOTE: "#7F2704"}
_KEY = ((LIKE_VOTE, "wrong like the vote"), (OTHERWISE, "wrong otherwise"), (RIGHT, "right"))
_FRAME = "#BFBFBF"
_TITLE, _NOTE, _SMALL = 12.0, 8.5, 7.5
_PATCH, _BESIDE = 8.0, 4.0


@house_figure
def draw_contested(contested: Contested, *, path: Path | str | None = None) -> "Figure":
    """Return a picture of who is wrong where, and write it to `path`.

    A row a member, in their order; a column an example, in the order given, 600 at most. A cell is
    dark where the member is wrong like the vote, light where it is wrong in another way or the
    vote is right, and white where it is right; it has the class that the member chose where this
    can be read. Bars above count the members that are wrong, dark where the vote is wrong; bars at
    the right count the errors of each member on these examples. The same input gives the same
    bytes.

    Parameters
    ----------
    contested : Contested
        Without rows, the picture says so.
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
    from matplotlib.figure import Figure

    kinds, rows = contested.kinds, contested.rows
    shown = kinds[:, :MOST_COLUMNS]
    votes = contested.votes[:, :MOST_COLUMNS]
    classes = np.union1d(votes[shown > RIGHT], rows.label[:MOST_COLUMNS])
    plan = build_plan(rows.members, rows.indices[:MOST_COLUMNS], classes.tolist())
    height = plan.height if len(rows) else plan.empty_height
    figure = Figure(figsize=(plan.width / 72, height / 72), dpi=DPI, facecolor="white")
    _write_heading(figure, contested, plan.width - 2 * plan.margin)
    if not len(rows):
        write(figure, plan.margin, plan.margin, "There is nothing to show.", _NOTE, INK)
        return figure
    matrix = (plan.left, plan.bottom, plan.matrix_width, plan.matrix_height)
    axes = _add_axes(figure, plan, *matrix)
    _draw_cells(axes, shown, plan)
    _draw_groups(axes, rows.members)
    _draw_ticks(axes, contested, plan)
    if plan.number_size:
        _write_classes(axes, shown, votes, plan)
        _write_labels(axes, rows.label[:MOST_COLUMNS], plan)
    above = (plan.left, plan.above, plan.matrix_width, plan.above_height)
    _draw_above(_add_axes(figure, plan, *above), contested)
    beside = (plan.beside, plan.bottom, plan.beside_width, plan.matrix_height)
    # Of rows that were asked for, a member's errors are not all that it made.
    name = "errors" if len(rows) == contested.n_contested else "errors here"
    _draw_beside(_add_axes(figure, plan, *beside), kinds, plan, name)
    _write_key(figure, plan)
    _write_notes(figure, contested, plan)
    return figure


def _add_axes(
    figure: "Figure", plan: Plan, left: float, bottom: float, width: float, height: float
) -> "Axes":
    return figure.add_axes(
        (left / plan.width, bottom / plan.height, width / plan.width, height / plan.height)
    )


def _draw_cells(axes: "Axes", kinds: Array, plan: Plan) -> None:
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(_COLOURS[kind]) for kind in sorted(_COLOURS)])
    axes.imshow(colours[kinds], interpolation="none", aspect="auto")
    if plan.is_ruled:
        right, low = plan.n_columns - 0.5, plan.n_members - 0.5
        axes.hlines(np.arange(plan.n_members - 1) + 0.5, -0.5, right, color=GRID, linewidth=0.5)
        axes.vlines(np.arange(plan.n_columns - 1) + 0.5, -0.5, low, color=GRID, linewidth=0.5)
    for spine in axes.spines.values():
        spine.set(color=_FRAME, linewidth=0.8)


def _draw_groups(axes: "Axes", members: tuple[str, ...]) -> None:
    """Draw lines between groups, unless most members are groups of their own."""
    changes = np.flatnonzero(np.diff(number_groups(members))) + 0.5
    if len(changes) <= len(members) / 2:
        axes.hlines(changes, *axes.get_xlim(), color=INK, linewidth=0.9)


def _draw_ticks(axes: "Axes", contested: Contested, plan: Plan) -> None:
    style: dict[str, Any] = {"fontfamily": FAMILY, "color": INK, "parse_math": False}
    keys = plan.keys
    axes.set_yticks(keys.shown, keys.names, fontsize=keys.size, **style)
    axes.tick_params(axis="y", length=0 if plan.has_counts else 2, pad=3, color=INK)
    labels = plan.label_line if plan.number_size else 0.0
    if plan.index_width:
        words = list(map(str, contested.rows.indices[:MOST_COLUMNS]))
        axes.set_xticks(
            range(plan.n_columns),
            words,
            fontsize=plan.index_size,
            rotation=90 if plan.is_upright else 0,
            **style,
        )
        axes.tick_params(axis="x", length=0, pad=3 + labels)
        height = plan.index_width if plan.is_upright else plan.index_size
        _write_beside(axes, "index", -3 - labels - height / 2)
        return
    steps = (n * 10**power for power in range(4) for n in (1, 2, 5))
    step = next(step for step in steps if plan.n_columns / step <= 12)
    places = range(step, plan.n_columns + 1, step)
    words = [f"{place:,}" for place in places]
    axes.set_xticks([place - 1 for place in places], words, fontsize=_SMALL, **style)
    axes.tick_params(axis="x", length=2, pad=3 + labels, color=INK)
    name = "examples, counted from the left"
    axes.set_xlabel(name, fontsize=_SMALL, fontfamily=FAMILY, color=FAINT, loc="left", labelpad=2)


def _write_beside(axes: "Axes", word: str, y: float) -> None:
    """Write left of the columns what stands below them, `y` points above the lowest row."""
    axes.annotate(
        word,
        (0, 0),
        xycoords="axes fraction",
        xytext=(-_BESIDE, y),
        textcoords="offset points",
        fontsize=_SMALL,
        fontfamily=FAMILY,
        color=FAINT,
        horizontalalignment="right",
        verticalalignment="center_baseline",
    )


def _write_labels(axes: "Axes", labels: Array, plan: Plan) -> None:
    """Write the true class below each column."""
    middle = -plan.label_line / 2 - 1
    _write_beside(axes, "label", middle)
    for column, label in enumerate(labels.tolist()):
        axes.annotate(
            str(label),
            (column, plan.n_members - 0.5),
            xytext=(0, middle),
            textcoords="offset points",
            fontsize=plan.number_size,
            fontfamily=FAMILY,
            fontweight="bold",
            color=INK,
            horizontalalignment="center",
            verticalalignment="center_baseline",
            annotation_clip=False,
        )


def _write_classes(axes: "Axes", kinds: Array, votes: Array, plan: Plan) -> None:
    """Write in each wrong cell which class the member chose."""
    for member, column in np.argwhere(kinds > RIGHT).tolist():
        axes.text(
            column,
            member,
            str(votes[member, column]),
            fontsize=plan.number_size,
            fontfamily=FAMILY,
            color="white" if kinds[member, column] == LIKE_VOTE else INK,
            horizontalalignment="center",
            verticalalignment="center_baseline",
        )


def _draw_above(axes: "Axes", contested: Contested) -> None:
    """Draw how many members are wrong on each example, and whether the vote is."""
    rows = contested.rows.head(MOST_COLUMNS)
    n_members = len(rows.members)
    n_wrong = rows.wrong_members.sum(axis=1)
    is_wrong = rows.label != rows.predicted
    edges = np.arange(len(rows) + 1) - 0.5
    # One shape a colour: between bars of their own some viewers would show white hairs.
    for kind, is_shown in ((LIKE_VOTE, is_wrong), (OTHERWISE, ~is_wrong)):
        counts = np.where(is_shown, n_wrong, 0)
        axes.stairs(counts, edges, fill=True, facecolor=_COLOURS[kind], linewidth=0)
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_ylim(0, n_members)
    axes.set_xticks([])
    # No 0: it would touch the key of the first member.
    axes.set_yticks([n_members], [f"{n_members:,}"])
    _dress(axes, bare=("top", "right"))
    axes.set_title(
        "members that are wrong", fontsize=_SMALL, fontfamily=FAMILY, color=FAINT, loc="left", pad=4
    )


def _draw_beside(axes: "Axes", kinds: Array, plan: Plan, name: str) -> None:
    """Draw how often each member is wrong, like the vote and otherwise."""
    like, others = (np.count_nonzero(kinds == kind, axis=1) for kind in (LIKE_VOTE, OTHERWISE))
    sums = like + others
    # Without room between them they overlap a little, or some viewers would show white hairs.
    height = 0.7 if plan.has_counts else 1.05
    for kind, starts, counts in ((LIKE_VOTE, 0 * like, like), (OTHERWISE, like, others)):
        tops = np.arange(plan.n_members) - height / 2
        boxes = zip(
            starts.tolist(), tops.tolist(), counts.tolist(), [height] * len(tops), strict=True
        )
        draw_boxes(axes, boxes, facecolors=_COLOURS[kind])
    longest = max(int(sums.max()), 1)
    room = measure(f"{longest:,}", plan.keys.size) + 6 if plan.has_counts else 0.0
    axes.set_xlim(0, longest * plan.beside_width / (plan.beside_width - room))
    axes.set_ylim(plan.n_members - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xticks(
        [] if plan.has_counts else [longest], [] if plan.has_counts else [f"{longest:,}"]
    )
    _dress(axes, bare=("top", "right", "bottom") if plan.has_counts else ("top", "right"))
    for place, count in enumerate(sums.tolist() if plan.has_counts else []):
        axes.annotate(
            f"{count:,}",
            (count, place),
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=plan.keys.size,
            fontfamily=FAMILY,
            color=FAINT,
            verticalalignment="center_baseline",
        )
    axes.set_title(name, fontsize=_SMALL, fontfamily=FAMILY, color=FAINT, loc="left", pad=4)


def _dress(axes: "Axes", *, bare: tuple[str, ...]) -> None:
    axes.tick_params(labelsize=_SMALL, labelfontfamily=FAMILY, colors=FAINT, length=2, pad=3)
    for side, spine in axes.spines.items():
        spine.set(color=_FRAME, linewidth=0.8, visible=side not in bare)


def _write_heading(figure: "Figure", contested: Contested, width: float) -> None:
    rows, height = contested.rows, 72 * figure.get_figheight()
    n_rows, n_all = len(rows), contested.n_contested
    n_errors = int(np.count_nonzero(rows.label != rows.predicted))
    if not rows.wrong_members.any(axis=1).all():
        # Asked for by index, right or wrong.
        examples = render_count(n_rows, "example")
    else:
        of_all = "" if n_rows == n_all else f"{n_rows:,} of "
        examples = of_all + render_count(n_all, "contested example")
    title = f"{rows.split}: {examples}"
    if n_rows:
        title += f", the vote wrong on {n_errors:,}" if n_errors else ", the vote wrong on none"
    text = shorten(title, width, _TITLE, "bold")
    write(figure, Plan.margin, height - 22, text, _TITLE, INK, weight="bold")
    note = f"Vote of {render_count(len(rows.members), 'member')}: {rows.decision.text}"
    write(figure, Plan.margin, height - 36, shorten(note, width, _NOTE), _NOTE, FAINT)


def _write_key(figure: "Figure", plan: Plan) -> None:
    from matplotlib.patches import Rectangle

    x, y = plan.margin, plan.margin + 24
    for kind, text in _KEY:
        corner = (x / plan.width, (y - 1) / plan.height)
        size = (_PATCH / plan.width, _PATCH / plan.height)
        figure.add_artist(
            Rectangle(corner, *size, facecolor=_COLOURS[kind], edgecolor=_FRAME, linewidth=0.5)
        )
        write(figure, x + _PATCH + 4, y, text, _SMALL, INK)
        x += _PATCH + measure(text, _SMALL) + 20


def _write_notes(figure: "Figure", contested: Contested, plan: Plan) -> None:
    notes = []
    if plan.number_size:
        notes.append("Numbers: the class that a wrong member chose.")
    notes.append("Bars above are dark where the vote is wrong.")
    notes.append(
        f"Contested: at least one member is wrong, {contested.n_contested:,} of "
        f"{render_count(contested.n_examples, 'example')}."
    )
    if len(contested.rows) > MOST_COLUMNS:
        n_wrong = contested.rows.wrong_members[MOST_COLUMNS:].sum(axis=1)
        most = render_count(int(n_wrong.max()), "member")
        notes.append(f"Not drawn: {len(n_wrong):,} more, each wrong for at most {most}.")
    lines = wrap(" ".join(notes), plan.width - 2 * plan.margin, _SMALL)
    for place, line in enumerate(lines):
        write(figure, plan.margin, plan.margin + 10 - 10 * place, line, _SMALL, FAINT)
