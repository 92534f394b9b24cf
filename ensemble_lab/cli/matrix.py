"""A confusion matrix on a terminal: whole where it fits, else its largest cells."""

from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.analysis.confusion import Confusion

__all__ = ["render_confusion"]

_WIDTH = 80
_LONGEST_NAME = 16
_MOST_LISTED = 12


def render_confusion(confusion: "Confusion", *, normalise: bool = False) -> str:
    """Return the matrix where it fits 80 columns, else its largest cells and worst classes."""
    matrix = _render_matrix(confusion, normalise=normalise)
    parts = [matrix, "columns: predicted; –: right answers, in their own column; ·: none"]
    if normalise:
        parts.append("right and cells: percent of the label's examples")
    if max(map(len, matrix.splitlines())) > _WIDTH:
        parts = [*_render_largest(confusion, normalise=normalise), ""]
    members = confusion.decision.members
    whose = f"member {members[0]}"
    if len(members) > 1:
        whose = f"vote of {len(members)}, {confusion.decision.text}"
    n_errors = render_count(confusion.n_errors, "error")
    end = f"{n_errors} in {confusion.n_examples:,} examples of {confusion.split}; {whose}"
    return "\n".join([*parts, end])


def _render_matrix(confusion: "Confusion", *, normalise: bool) -> str:
    from ensemble_lab.analysis.confusion import count_errors, render_percent

    errors = count_errors(confusion.counts).tolist()
    render = render_percent if normalise else str
    values = (confusion.shares if normalise else confusion.counts).tolist()
    columns = list(map(str, range(len(values))))
    rows: list[dict[str, str]] = []
    for label, row in enumerate(values):
        right = row[label]
        cells = [render(value) if value else "·" for value in row]
        cells[label] = "–"
        # The row of a class without examples is empty.
        cells = cells if any(row) else [""] * len(row)
        rows.append(
            {
                "label": _name(confusion, label),
                "right": (render(right) if right else "0") if any(row) else "",
                "errors": str(errors[label]),
            }
            | dict(zip(columns, cells, strict=True))
        )
    return _render_to_the_right(rows, ["right", "errors", *columns])


def _render_to_the_right(rows: list[dict[str, str]], columns: list[str]) -> str:
    """Return a table with words in some columns to the right, as if they were numbers."""
    heads = {}
    for name in columns:
        width = max(len(name), *(len(row[name]) for row in rows))
        heads[name] = name.rjust(width)
        for row in rows:
            row[name] = row[name].rjust(width)
    padded = [{heads.get(name, name): word for name, word in row.items()} for row in rows]
    return render_table(padded, list(padded[0]))


def _name(confusion: "Confusion", number: int) -> str:
    """Return the number of a class, and its name where it has one, cut where it is long."""
    name = " ".join(confusion.class_names[number].split())
    if name == str(number):
        return name
    cut = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"
    return f"{number} {cut}"


def _render_largest(confusion: "Confusion", *, normalise: bool) -> list[str]:
    pairs, n_pairs = _list_pairs(confusion, normalise=normalise)
    classes, n_wrong = _list_classes(confusion, normalise=normalise)
    n_classes = len(confusion.counts)
    if not pairs:
        return [f"{n_classes} classes, no error"]
    return [
        f"{n_classes} classes make too wide a matrix for {_WIDTH} columns; its largest cells:",
        f"\n{_of(len(pairs), n_pairs, 'confused pairs')}",
        render_table(pairs, list(pairs[0])),
        f"\n{_of(len(classes), n_wrong, 'classes with errors')}",
        render_table(classes, list(classes[0])),
        "\n-o FILE draws the matrix; csv and json hold all of it",
    ]


def _list_pairs(confusion: "Confusion", *, normalise: bool) -> tuple[list[dict[str, Any]], int]:
    """Return rows of the most confused pairs, and how many pairs there are."""
    from ensemble_lab.analysis.confusion import rank_pairs, render_percent

    counts, shares = confusion.counts, confusion.shares
    pairs = rank_pairs(shares if normalise else counts).tolist()
    rows = [
        {
            "label": _name(confusion, label),
            "predicted": _name(confusion, predicted),
            "count": int(counts[label, predicted]),
            "of label": f"{render_percent(shares[label, predicted])} %",
        }
        for label, predicted in pairs[:_MOST_LISTED]
    ]
    return rows, len(pairs)


def _list_classes(confusion: "Confusion", *, normalise: bool) -> tuple[list[dict[str, Any]], int]:
    """Return rows of the classes with most errors, and how many have any."""
    from ensemble_lab.analysis.confusion import count_errors, render_percent

    errors, sums = count_errors(confusion.counts), confusion.counts.sum(axis=1)
    shares = errors / sums.clip(1)
    sizes = shares if normalise else errors
    worst = [n for n in sorted(range(len(sizes)), key=lambda n: -sizes[n]) if errors[n]]
    rows = [
        {
            "label": _name(confusion, n),
            "errors": int(errors[n]),
            "examples": int(sums[n]),
            "share": f"{render_percent(shares[n])} %",
        }
        for n in worst[:_MOST_LISTED]
    ]
    return rows, len(worst)


def _of(n_shown: int, n_all: int, what: str) -> str:
    return f"{n_shown} of {n_all:,} {what}, largest first" if n_shown < n_all else f"all {what}"
