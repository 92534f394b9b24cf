"""An explanation as text of 80 columns, for few members and for many."""

from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import render_sentence, render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.errors.explanation import Explanation

__all__ = ["render_explanation"]

_MOST_MEMBERS, _MOST_AGAINST = 25, 15
"""Up to the first all are listed; of more, at most the second of those against the vote."""
_MOST_CLASSES = 6
_LEAST_MEAN = 0.0005
"""Classes below it, without a vote, are left out of the table."""
_SIZES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000)
_NAME, _KEY = 24, 40


def render_explanation(explained: "Explanation", all_members: bool = False) -> str:
    """Return the text; of more than 25 members those against the vote, unless all are wanted."""
    parts = [
        _render_head(explained),
        _render_classes(explained),
        _render_members(explained, all_members),
        _render_rules(explained),
        _render_joining(explained),
        _render_neighbours(explained),
    ]
    return "\n\n".join(parts)


def _render_head(explained: "Explanation") -> str:
    label, predicted = _name(explained, explained.label), _name(explained, explained.predicted)
    word = "right" if explained.is_right else "wrong"
    lines = [
        f"{explained.index} of {explained.split}: label {label}, the vote says {predicted}: {word}",
        f"vote of {len(explained.members):,}, {explained.decision.text}"
        + ("; a tie, settled so" if explained.is_tied else ""),
        _describe_confidence(explained),
        ", ".join(f"{fact.name} {fact.value}" for fact in explained.facts),
        explained.facts_note,
        *(review.text for review in explained.reviews),
    ]
    return "\n".join(render_sentence(line) for line in lines if line)


def _describe_confidence(explained: "Explanation") -> str:
    errors = render_count(explained.n_errors, "error")
    if explained.confidence is None:
        return f"only votes are known; the vote makes {errors}"
    values = (
        f"confidence {explained.confidence:.4f}, gap {explained.gap:.4f}, margin "
        f"{explained.margin:.4f}"
    )
    if explained.rank is None:
        return f"{values}; the vote makes {errors}"
    return f"{values}; number {explained.rank:,} of {errors} by gap"


def _render_classes(explained: "Explanation") -> str:
    counts, means = explained.vote_counts.tolist(), explained.means
    strength = counts if means is None else means.tolist()
    asked = {explained.label, explained.predicted}
    order = sorted(range(len(counts)), key=lambda number: (-strength[number], number))
    shown = [n for n in order if n in asked or counts[n] or strength[n] >= _LEAST_MEAN]
    shown = [n for place, n in enumerate(shown) if place < _MOST_CLASSES or n in asked]
    rows = [
        {
            "class": number,
            "votes": counts[number],
            "mean probability": None if means is None else float(means[number]),
            "": _mark(explained, number),
            "name": _clean(explained.class_names[number], _NAME),
        }
        for number in shown
    ]
    columns = ["class", "votes"] + ["mean probability"] * (means is not None) + [""]
    return render_table(rows, columns + ["name"] * explained.is_named)


def _mark(explained: "Explanation", number: int) -> str:
    """Return what a class is to the example."""
    marks = ["label"] * (number == explained.label) + ["vote"] * (number == explained.predicted)
    return " and ".join(marks)


def _render_members(explained: "Explanation", all_members: bool) -> str:
    members = explained.members
    is_short = len(members) > _MOST_MEMBERS and not all_members
    against = [each for each in members if each.vote != explained.predicted]
    shown = against[:_MOST_AGAINST] if is_short else members
    rows: list[dict[str, Any]] = [
        {
            "member": _clean(each.key, _KEY),
            "vote": each.vote,
            "p(vote)": each.p_vote,
            "p(label)": each.p_label,
            "right": each.is_right,
        }
        for each in shown
    ]
    columns = ["member", "vote", "p(vote)", "p(label)", "right"]
    if explained.probabilities is None:
        columns = ["member", "vote", "right"]
    table = [render_table(rows, columns)] if rows else []
    if is_short:
        n_for = len(members) - len(against)
        more = len(against) - len(shown)
        rest = f"{more:,} more vote otherwise and {n_for:,}" if more else f"{n_for:,}"
        table.append(
            render_sentence(
                f"{rest} of {len(members):,} members vote {explained.predicted}; --all-members "
                "lists all"
            )
        )
    return "\n".join(table)


def _render_rules(explained: "Explanation") -> str:
    said: dict[tuple[int, bool | None], list[str]] = {}
    refused: dict[str, list[str]] = {}
    for each in explained.rules:
        if each.predicted is None:
            refused.setdefault(each.why_not, []).append(each.rule)
        else:
            words = f"{each.rule} (tie)" if each.is_tied else each.rule
            said.setdefault((each.predicted, each.is_right), []).append(words)
    lines = [
        f"{number}, {'right' if is_right else 'wrong'}: {', '.join(rules)}"
        for (number, is_right), rules in said.items()
    ]
    lines += [f"not asked: {', '.join(rules)}: {reason}" for reason, rules in refused.items()]
    return "\n".join(render_sentence(line) for line in lines)


def _render_joining(explained: "Explanation") -> str:
    joining, n_members = explained.joining, len(explained.members)
    sizes = [*(size for size in _SIZES if size < n_members), n_members]
    rows = [
        {
            "members": size,
            "majority": int(joining.majority[size - 1]),
            "mean": None if joining.mean is None else int(joining.mean[size - 1]),
            "chance of error": f"{joining.chances[size - 1]:.3f}",
        }
        for size in sizes
    ]
    columns = ["members", "majority", "mean", "chance of error"]
    if joining.mean is None:
        columns.remove("mean")
    table = render_table(rows, columns, to_right=["chance of error"])
    return f"{table}\n{render_sentence(_describe_joining(explained))}"


def _describe_joining(explained: "Explanation") -> str:
    joining, outlook = explained.joining, explained.outlook
    settled = [_tell_settled("majority", joining.majority_settled)]
    if joining.mean_settled is not None:
        settled.append(_tell_settled("mean", joining.mean_settled))
    text = (
        f"by the first members alone; {', '.join(settled)}. Chance: that the majority of as many, "
        "drawn from all, errs"
    )
    if outlook.rival is None:
        return f"{text}. Every member is right"
    counts = explained.vote_counts
    odds = (
        f"{counts[outlook.rival]} for {outlook.rival}, {counts[explained.label]} for the label, "
        f"p {_render_p(outlook.p)}"
    )
    if outlook.verdict == "irreducible":
        return (
            f"{text}. Irreducible at 95 %: the majority of more such members would be wrong too "
            f"({odds})"
        )
    count = render_count(len(explained.members), "member")
    return f"{text}. Undecided with {count} ({odds})"


def _tell_settled(rule: str, size: int) -> str:
    return f"{rule} never changes" if size == 1 else f"{rule} last changes at {size:,}"


def _render_neighbours(explained: "Explanation") -> str:
    around = explained.neighbourhood
    if around is None:
        return f"no neighbours: {explained.images_note}"
    rows = [
        {"nearest": each.index, "label": each.label, "distance": f"{each.distance:.3f}"}
        | {"": "the very same picture" if each.distance == 0 else ""}
        for each in around.nearest
    ]
    columns = ["nearest", "label", "distance"]
    has_same = any(each.distance == 0 for each in around.nearest)
    table = render_table(rows, columns + [""] * has_same, to_right=["distance"]) if rows else ""
    counts = ", ".join(f"{label} ({count})" for label, count in around.label_counts)
    text = (
        f"labels of the {len(around.near_labels)} nearest of {around.n_training:,} "
        f"{around.training}: {counts}"
    )
    return f"{table}\n{render_sentence(text)}" if rows else render_sentence(text)


def _render_p(p: float | None) -> str:
    assert p is not None
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def _name(explained: "Explanation", number: int) -> str:
    if not explained.is_named:
        return str(number)
    return f"{number} ({_clean(explained.class_names[number], _NAME)})"


def _clean(text: str, width: int) -> str:
    r"""Return a name on one line, cut to a width; what a terminal would obey is a question mark.

    Examples
    --------
    >>> _clean("ankle\n boot", 24), _clean("bell\a", 24), _clean("very long name", 8)
    ('ankle boot', 'bell?', 'very lo…')
    """
    words = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else "?" for letter in words)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
