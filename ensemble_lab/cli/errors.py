r"""List the examples that the vote gets wrong.

--view lists others:

\b
  errors            what the vote gets wrong
  all               every example, right or wrong
  oracle            what no member gets right
  rescued           what the best member gets wrong, the vote right
  broken            what the best member gets right, the vote wrong
  contested         what at least one member gets wrong
  persistent        what --share of the members or more get wrong
  persistent-rules  what --share of all rules or more get wrong
  ties              what a tie policy decided, right or wrong
  near-misses       what the vote gets right, smallest margin first
  confident         errors with --share of the probability or more

The best member is the one that select --method best takes, on validation. Different options must
all match; of a repeated one, one value must match. --where reads index, label, predicted, pair,
gap, margin, confidence, p_predicted, p_label, votes_for_predicted, votes_for_label, tied, n_wrong,
label_name and predicted_name. Examples:

\b
  ensemble-lab errors RUN --pair 4:9 --min-gap 0.5
  ensemble-lab errors RUN --index 1901,6576
  ensemble-lab errors RUN --label 4 --format indices
  ensemble-lab errors RUN --view oracle
  ensemble-lab errors RUN --view all --where "n_wrong between 2 and 5"
  ensemble-lab errors RUN -o members.png
  ensemble-lab errors RUN -o pairs.svg --draw pairs

With -o a picture is drawn: members (who is wrong where: members against what the view holds,
contested unless given), pairs (which classes are taken for which;
--limit counts pairs of classes) or gaps (how sure the vote is where it is wrong, and the margins
of right and wrong). The images themselves: ensemble-lab gallery.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import DataDir, FigureFile, RunFolder, refuse_format_of_figure
from ensemble_lab.cli.output import (
    RowFormat,
    RowFormatName,
    note,
    note_look,
    render_csv,
    render_json_rows,
    render_sentence,
    render_table,
)
from ensemble_lab.cli.question import takes_question
from ensemble_lab.errors.pairs import render_pair
from ensemble_lab.workflows.question import Question

if TYPE_CHECKING:
    from ensemble_lab.errors.catalogue import Catalogue
    from ensemble_lab.workflows.errors import Found

__all__ = ["command", "render_errors", "render_pairs"]


What = Annotated[
    Literal["members", "pairs", "gaps"] | None,
    Option("--draw", help="With -o; members unless given, pairs with --pairs."),
]


@takes_question
def command(
    run: RunFolder,
    question: Question,
    pairs: Annotated[
        bool, Option("--pairs", help="Count confusion pairs instead of listing examples.")
    ] = False,
    format: RowFormat = "table",
    save: Annotated[
        str | None,
        Option("--save", metavar="NAME", help="Keep these rows in the run's catalogues."),
    ] = None,
    output: FigureFile = None,
    draw: What = None,
    data_dir: DataDir = None,
) -> None:
    """List the examples that the vote gets wrong."""
    what = draw or ("pairs" if pairs else "members")
    if output is not None or draw is not None:
        refuse_format_of_figure(output, format)
        _check_drawing(what, question, output, pairs=pairs, save=save)
    if output is not None:
        _draw(run, output, what, question)
        return
    from ensemble_lab.store.files import check_name
    from ensemble_lab.workflows.errors import find_errors, keep_errors

    if pairs and format == "indices":
        raise UsageError("pairs have no indices; leave out --pairs or --format indices")
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


def _check_drawing(
    what: str, question: Question, output: Path | None, *, pairs: bool, save: str | None
) -> None:
    """Refuse a picture that is to go nowhere, and options that would change nothing of it."""
    from ensemble_lab.workflows.error_figures import ERROR_DRAWINGS

    if output is None:
        raise UsageError(f"--draw {what} needs -o FILE")
    idle = {
        "--pairs": pairs and what != "pairs",
        "--save": save is not None,
        "--sort": question.sort != Question.sort,
        "--reverse": question.reverse,
        "--limit": question.limit is not None and not ERROR_DRAWINGS[what].takes_limit,
    }
    for option, is_idle in idle.items():
        if is_idle:
            raise UsageError(f"{option} changes nothing of --draw {what}; leave it out")


def _draw(run: Path, output: Path, what: str, question: Question) -> None:
    from ensemble_lab.workflows.error_figures import save_error_figure

    drawn = save_error_figure(run, output, what, question)
    for path in drawn.paths:
        print(path)
    note_look(drawn.look)


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
    table = [_render_rows(rows, found.class_names)] if len(rows) else []
    vote = f"vote of {len(rows.members)}, {rows.decision.text}"
    lines = [*table, render_sentence(f"{found.text}; {vote}")]
    if found.reviewed is not None:
        lines.append(render_sentence(found.reviewed.text))
    return "\n".join(lines)


def _render_rows(rows: "Catalogue", names: tuple[str, ...]) -> str:
    """Return the rows as a table; what is right there is said in the place of its pair."""
    n_members = len(rows.members)
    is_named = names != tuple(map(str, range(len(names))))
    is_right = rows.label == rows.predicted
    table = [
        {
            "index": row["index"],
            "pair": f"{row['label']} right" if right else row["pair"],
            "gap": row["gap"],
            "margin": row["margin"],
            "confidence": row["confidence"],
            "votes": f"{row['votes_for_predicted']} of {n_members}",
            "for label": row["votes_for_label"],
            "tied": row["tied"],
            "classes": names[row["label"]]
            if right
            else f"{names[row['label']]} → {names[row['predicted']]}",
        }
        for row, right in zip(rows.to_rows(), is_right.tolist(), strict=True)
    ]
    # What is right has no gap; what is wrong by the mean rule has minus its gap for a margin.
    is_shown = {"margin": is_right.any(), "classes": is_named}
    return render_table(table, [name for name in table[0] if is_shown.get(name, True)])


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
