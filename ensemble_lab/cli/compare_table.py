"""Runs side by side, and the examples of a view, as a reader sees them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import (
    RowFormatName,
    render_csv,
    render_json,
    render_json_rows,
    render_sentence,
    render_table,
)
from ensemble_lab.cli.recipes_table import shorten_title

if TYPE_CHECKING:
    from ensemble_lab.errors.compare import JointErrors, ViewName
    from ensemble_lab.workflows.compare import ComparedPair, Comparison

__all__ = ["render_comparison", "render_view"]

_WIDTH = 80
_TIED = "\N{NO-BREAK SPACE}"


def render_comparison(found: "Comparison", format: RowFormatName) -> str:
    """Return the runs and their pairs as a table or JSON; as CSV the pairs."""
    pairs = [_list_pair(found.titles, pair) for pair in found.pairs]
    if format == "csv":
        return render_csv(pairs, list(pairs[0]))
    if format == "json":
        return render_json(_list_values(found, pairs))
    return _render_tables(found)


def render_view(
    found: "Comparison", view: "ViewName", share: float | None, format: RowFormatName
) -> str:
    """Return the examples of a view, and what each run said of them, in that format."""
    errors = found.errors.view(view, share=share)
    if format == "indices":
        return "\n".join(map(str, errors.indices))
    if format == "json":
        return render_json_rows(_list_rows(errors, found.titles))
    if format == "csv":
        columns = [f"predicted {title}" for title in found.titles]
        rows = [
            {"index": row["index"], "label": row["label"], "n_wrong": len(row["wrong"])}
            | dict(zip(columns, row["predicted"].values(), strict=True))
            for row in _list_rows(errors, found.titles)
        ]
        return render_csv(rows, ["index", "label", "n_wrong", *columns])
    return _render_rows(found, errors, view, share)


def _list_values(found: "Comparison", pairs: list[dict[str, Any]]) -> dict[str, Any]:
    titles = found.titles
    return {
        "split": found.split,
        "n_examples": found.errors.n_examples,
        "n_any": len(found.errors),
        "n_shared": len(found.errors.view("shared")),
        "images_note": found.images_note,
        "ensembles": [
            asdict(each) | {"decision": each.decision.to_json()} for each in found.ensembles
        ],
        "against": found.against,
        "pairs": pairs,
        "intersections": [
            {"ensembles": [titles[place] for place in each.ensembles], "count": each.count}
            for each in found.errors.intersections()
        ],
    }


def _list_pair(titles: Sequence[str], pair: "ComparedPair") -> dict[str, Any]:
    return {
        "first": titles[pair.first],
        "second": titles[pair.second],
        "fixed": pair.fixed,
        "broken": pair.broken,
        "both": pair.found.both,
        "p": pair.p,
        "p_holm": pair.p_holm,
    }


def _list_rows(errors: "JointErrors", titles: Sequence[str]) -> list[dict[str, Any]]:
    columns = zip(
        errors.index.tolist(), errors.label.tolist(), errors.predicted.T.tolist(), strict=True
    )
    return [
        {
            "index": index,
            "label": label,
            "predicted": dict(zip(titles, classes, strict=True)),
            "wrong": [
                title for title, number in zip(titles, classes, strict=True) if number != label
            ],
        }
        for index, label, classes in columns
    ]


def _render_tables(found: "Comparison") -> str:
    from ensemble_lab.workflows.significance_text import number_letters, render_p

    letters = number_letters(len(found.ensembles))
    runs = [
        {
            "": letter,
            "run": _write_title(each.title),
            "members": each.n_members,
            "errors": each.errors,
            "only here": each.only,
        }
        for letter, each in zip(letters, found.ensembles, strict=True)
    ]
    pairs = [
        {
            "pair": f"{letters[pair.first]}–{letters[pair.second]}",
            "fixed": pair.fixed,
            "broken": pair.broken,
            "both wrong": pair.found.both,
            "p": render_p(pair.p),
            "Holm": render_p(pair.p_holm),
        }
        for pair in found.pairs
    ]
    tables = [
        render_table(runs, list(runs[0])),
        render_table(pairs, list(pairs[0]), to_right=("p", "Holm")),
    ]
    n_pairs = len(letters) * (len(letters) - 1) // 2
    if len(pairs) < n_pairs:
        tables[-1] += f"\npairs with {letters[0]}; --against all tests all {n_pairs:,}"
    return "\n\n".join([*tables, _describe(found)])


def _describe(found: "Comparison") -> str:
    errors = found.errors
    every = "both" if errors.n_ensembles == 2 else f"all {errors.n_ensembles}"
    return render_sentence(
        f"{len(errors):,} of {errors.n_examples:,} examples of {found.split} are wrong in at "
        f"least one, {len(errors.view('shared')):,} in {every}; "
        f"{_name_decisions(found)}"
    )


def _name_decisions(found: "Comparison") -> str:
    return " or ".join(dict.fromkeys(each.decision.text for each in found.ensembles))


def _render_rows(
    found: "Comparison", errors: "JointErrors", view: "ViewName", share: float | None
) -> str:
    from ensemble_lab.errors.compare import JOINT_VIEWS, SHARE
    from ensemble_lab.workflows.significance_text import number_letters

    letters = number_letters(len(found.ensembles))
    table = _render_wide(errors, letters)
    if max(map(len, table.splitlines())) > _WIDTH:
        table = _render_narrow(errors)
    text = JOINT_VIEWS[view].text.format(share=SHARE if share is None else share)
    noun = "example" if len(errors) == 1 else "examples"
    told = (
        f"{len(errors):,} {noun} that {text}, of {errors.n_examples:,} of {found.split}; "
        f"{_name_decisions(found)}"
    )
    # What is tied by such a blank stays on one line.
    legend = "; ".join(
        f"{letter} {_write_title(title)}".replace(" ", _TIED)
        for letter, title in zip(letters, found.titles, strict=True)
    )
    ending = [render_sentence(told), render_sentence(legend).replace(_TIED, " ")]
    return "\n".join([*([table] if len(errors) else []), *ending])


def _render_wide(errors: "JointErrors", letters: Sequence[str]) -> str:
    """Return a column a run: what it said where it is wrong, a dot where it is right."""
    rows = [
        {"index": row["index"], "label": row["label"]}
        | {
            letter: "·" if number == row["label"] else str(number)
            for letter, number in row["predicted"].items()
        }
        for row in _list_rows(errors, letters)
    ]
    return render_table(rows, ["index", "label", *letters], to_right=letters)


def _render_narrow(errors: "JointErrors") -> str:
    """Return how many runs said which wrong class, where a column for each is too much."""
    rows = [
        {
            "index": row["index"],
            "label": row["label"],
            "wrong": f"{len(row['wrong'])} of {errors.n_ensembles}",
            "said": _count_classes(row),
        }
        for row in _list_rows(errors, list(map(str, range(errors.n_ensembles))))
    ]
    return render_table(rows, ["index", "label", "wrong", "said"], to_right=("wrong",))


def _count_classes(row: dict[str, Any]) -> str:
    """Return the wrong classes of a row, most frequent first: ``9 ×17, 4``."""
    counts = Counter(number for number in row["predicted"].values() if number != row["label"])
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    words = [f"{number} ×{count}" if count > 1 else str(number) for number, count in ordered]
    # Ten classes of one digit fit a line; of hundreds the rare ones are left out.
    return ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")


def _write_title(title: str) -> str:
    """Return a title on one line that fits its table, without letters that a terminal obeys."""
    plain = "".join(letter if letter.isprintable() else " " for letter in title)
    return shorten_title(" ".join(plain.split()))
