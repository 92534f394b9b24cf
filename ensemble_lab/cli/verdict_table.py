"""The verdicts of `curve --by example`: rows, and the table of them."""

from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import (
    DataFormatName,
    render_csv,
    render_json_rows,
    render_sentence,
    render_table,
)
from ensemble_lab.errors.pairs import render_pair
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.verdicts import VerdictReport

__all__ = ["render_verdicts"]

_COLUMNS = (
    "index",
    "label",
    "rival",
    "votes_for_label",
    "votes_for_rival",
    "chance",
    "p",
    "verdict",
)


def render_verdicts(report: "VerdictReport", format: DataFormatName) -> str:
    """Return the examples that some member gets wrong, those most likely wrong first."""
    rows = _list_rows(report)
    if format == "json":
        return render_json_rows(rows)
    if format == "csv":
        return render_csv(rows, _COLUMNS)
    table = [
        {
            "index": row["index"],
            "pair": render_pair(row["label"], row["rival"]),
            "for label": row["votes_for_label"],
            "for rival": row["votes_for_rival"],
            "chance": f"{row['chance']:.3f}",
            "p": f"{row['p']:.3f}" if row["p"] >= 0.001 else f"{row['p']:.1e}",
            "verdict": row["verdict"],
        }
        for row in rows
    ]
    verdicts, n_members = report.verdicts, len(report.members)
    n_irreducible = int(verdicts.is_irreducible.sum())
    members = render_count(n_members, "member")
    sentence = render_sentence(
        f"{n_irreducible} irreducible at 95 %, {len(rows) - n_irreducible} undecided with "
        f"{members}; every member is right on the others of {report.n_examples:,} examples of "
        f"{report.split}. Chance: that {verdicts.k} of them err by majority"
    )
    if not table:
        return sentence
    return f"{render_table(table, list(table[0]), to_right=('chance', 'p'))}\n{sentence}"


def _list_rows(report: "VerdictReport") -> list[dict[str, Any]]:
    verdicts = report.verdicts
    rows = [
        dict(zip(_COLUMNS, (*values, "irreducible" if is_it else "undecided"), strict=True))
        for *values, is_it in zip(
            report.index.tolist(),
            report.labels.tolist(),
            verdicts.rivals.tolist(),
            verdicts.votes_for_label.tolist(),
            verdicts.votes_for_rival.tolist(),
            verdicts.chances.tolist(),
            verdicts.p_values.tolist(),
            verdicts.is_irreducible.tolist(),
            strict=True,
        )
    ]
    return sorted(rows, key=lambda row: (-row["chance"], row["p"], row["index"]))
