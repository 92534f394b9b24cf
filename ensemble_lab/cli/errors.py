r"""List the examples that the vote gets wrong.

Different options must all match; of a repeated one, one value must match. Examples:

\b
  ensemble-lab errors RUN --pair 4:9 --min-gap 0.5
  ensemble-lab errors RUN --index 1901,6576
  ensemble-lab errors RUN --label 4 --format indices
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ensemble_lab.cli.options import DataDir, RunFolder
from ensemble_lab.cli.output import (
    RowFormat,
    RowFormatName,
    note,
    note_look,
    render_csv,
    render_json_rows,
    render_table,
)
from ensemble_lab.cli.question import takes_question
from ensemble_lab.errors.pairs import render_pair
from ensemble_lab.workflows.errors import Question

if TYPE_CHECKING:
    from ensemble_lab.errors.catalogue import Catalogue
    from ensemble_lab.workflows.errors import Found

__all__ = ["command", "render_errors", "render_pairs"]


@takes_question
def command(
    run: RunFolder,
    question: Question,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Count confusion pairs instead of listing examples.")
    ] = False,
    format: RowFormat = "table",
    save: Annotated[
        str | None,
        typer.Option("--save", metavar="NAME", help="Keep these rows in the run's catalogues."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """List the examples that the vote gets wrong."""
    from ensemble_lab.store.files import check_name
    from ensemble_lab.workflows.errors import find_errors, keep_errors

    if pairs and format == "indices":
        raise typer.BadParameter("pairs have no indices; leave out --pairs or --format indices")
    if save is not None:
        check_name(save, what="catalogue name")
    limit = question.limit
    found = find_errors(run, replace(question, limit=None) if pairs else question)
    text = render_pairs(found, format, limit) if pairs else render_errors(found, format)
    if text:
        print(text)
    if save is not None:
        note(f"saved {keep_errors(run, found.catalogue, save, data_dir=data_dir)}")
    note_look(found.look)


def render_errors(found: "Found", format: RowFormatName) -> str:
    """Return the rows in that format."""
    rows = found.catalogue
    if format == "json":
        return render_json_rows(rows.to_rows())
    if format == "csv":
        from ensemble_lab.errors.rows import ROW_NAMES

        return render_csv(rows.to_rows(), ROW_NAMES)
    if format == "indices":
        return "\n".join(map(str, rows.indices))
    lines = [*_render_rows(rows, found.class_names), _describe(found)]
    return "\n".join(lines if found.reviewed is None else [*lines, found.reviewed.text])


def _render_rows(rows: "Catalogue", names: tuple[str, ...]) -> list[str]:
    n_members = len(rows.members)
    plain = rows.to_rows()
    is_named = names != tuple(map(str, range(len(names))))
    table = [
        {
            "index": row["index"],
            "pair": row["pair"],
            "gap": row["gap"],
            "confidence": row["confidence"],
            "votes": f"{row['votes_for_predicted']} of {n_members}",
            "for label": row["votes_for_label"],
            "tied": row["tied"],
            "classes": f"{names[row['label']]} → {names[row['predicted']]}",
        }
        for row in plain
        if row["label"] != row["predicted"]
    ]
    columns = [name for name in table[0] if is_named or name != "classes"] if table else []
    right = [
        f"{row['index']}: right, {row['votes_for_predicted']} of {n_members} votes for "
        f"{row['predicted']}"
        for row in plain
        if row["label"] == row["predicted"]
    ]
    return ([render_table(table, columns)] if table else []) + right


def _describe(found: "Found") -> str:
    rows = found.catalogue
    n_wrong = int((rows.label != rows.predicted).sum())
    total = "1 error" if found.n_errors == 1 else f"{found.n_errors:,} errors"
    count = total if n_wrong == found.n_errors else f"{n_wrong:,} of {total}"
    return (
        f"{count} in {found.n_examples:,} examples of {rows.split}; vote of {len(rows.members)}, "
        f"{rows.decision.text}"
    )


def render_pairs(found: "Found", format: RowFormatName, limit: int | None) -> str:
    """Return the confusion pairs with their counts, most frequent first."""
    counted = [
        {
            "pair": render_pair(label, predicted),
            "label": label,
            "predicted": predicted,
            "count": count,
        }
        for (label, predicted), count in found.catalogue.pair_counts()[:limit]
    ]
    if format == "json":
        return render_json_rows(counted)
    if format == "csv":
        return render_csv(counted, ["pair", "label", "predicted", "count"])
    return render_table(counted, ["pair", "count"]) if counted else "no confusion pair"
