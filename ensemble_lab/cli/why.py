r"""Say why the vote decided as it did.

Tells of each example, right or wrong, what members and rules say, how the decision moves as members
join, whether more of them would decide otherwise, what is known of it, and which training examples
look most like it: Euclidean distance of pixels from 0 to 1. -o draws a page for each. Examples:

\b
  ensemble-lab why RUN 6576
  ensemble-lab why RUN 6576 947 -o why.pdf
  ensemble-lab why RUN 55038 --split validation --neighbours 0
"""

from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.options import (
    DataDir,
    DecisionFile,
    FigureFile,
    Members,
    MetadataFiles,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import Format, note_look, render_json
from ensemble_lab.cli.review_rows import list_review
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import parse_whole

if TYPE_CHECKING:
    from ensemble_lab.errors.explanation import Explanation

__all__ = ["command"]

_Indices = Annotated[
    list[str],
    Argument(metavar="INDEX", help="Examples, right or wrong.", show_default=False),
]
_Neighbours = Annotated[
    int,
    Option(
        "--neighbours", min=0, metavar="N", help="Nearest training examples; 0 reads no images."
    ),
]
_AllMembers = Annotated[
    bool,
    Option("--all-members", help="List all of many members, not only those against the vote."),
]


def command(
    run: RunFolder,
    index: _Indices,
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    metadata: MetadataFiles = [],  # noqa: B006
    neighbours: _Neighbours = 5,
    all_members: _AllMembers = False,
    output: FigureFile = None,
    format: Format = "table",
    data_dir: DataDir = None,
) -> None:
    """Say why the vote decided as it did."""
    from ensemble_lab.cli.why_text import render_explanation
    from ensemble_lab.workflows.why import explain_examples, save_explanations

    refuse_format_of_figure(output, format)
    if all_members and (output is not None or format != "table"):
        raise UsageError("only a table leaves members out; leave out --all-members")
    indices = _parse(index)
    asked = (split, build_decision(rule, ties, decision, members))
    named: Any = {
        "members": tuple(members),
        "n_neighbours": neighbours,
        "metadata": tuple(metadata),
        "data_dir": data_dir,
    }
    if output is not None:
        from ensemble_lab.figures.files import page_paths

        explained = save_explanations(run, indices, output, *asked, **named)
        print("\n".join(map(str, page_paths(output, len(explained)))))
    else:
        explained = explain_examples(run, indices, *asked, **named)
        if format == "json":
            print(render_json([_list_values(each) for each in explained]))
        else:
            print("\n\n".join(render_explanation(each, all_members) for each in explained))
    note_look(explained[0].look)


def _parse(texts: list[str]) -> tuple[int, ...]:
    words = [word for text in texts for word in text.split(",")]
    return tuple(parse_whole(word, name="index", error=PredictionError) for word in words)


def _list_values(explained: "Explanation") -> dict[str, Any]:
    outlook = explained.outlook
    return {
        "run": explained.run,
        "split": explained.split,
        "index": explained.index,
        "label": explained.label,
        "predicted": explained.predicted,
        "right": explained.is_right,
        "tied": explained.is_tied,
        "confidence": explained.confidence,
        "gap": explained.gap,
        "margin": explained.margin,
        "rank": explained.rank,
        "n_errors": explained.n_errors,
        "n_examples": explained.n_examples,
        "decision": explained.decision.to_json(),
        "classes": [
            {"class": number, "name": name, "votes": votes, "mean_probability": mean}
            for number, (name, votes, mean) in enumerate(
                zip(
                    explained.class_names,
                    explained.vote_counts.tolist(),
                    _list_means(explained),
                    strict=True,
                )
            )
        ],
        "members": _list_members(explained),
        "rules": [
            {
                "rule": each.rule,
                "predicted": each.predicted,
                "right": each.is_right,
                "tied": each.is_tied,
                "why_not": each.why_not or None,
            }
            for each in explained.rules
        ],
        "joining": _list_joining(explained),
        "outlook": {"verdict": outlook.verdict, "rival": outlook.rival, "p": outlook.p},
        "metadata": {fact.name: fact.value for fact in explained.facts},
        "metadata_note": explained.facts_note or None,
        "reviews": [list_review(review) for review in explained.reviews],
        "neighbours": _list_neighbours(explained),
        "images_note": explained.images_note or None,
    }


def _list_means(explained: "Explanation") -> list[float | None]:
    means = explained.means
    return [None] * len(explained.class_names) if means is None else list(means.tolist())


def _list_members(explained: "Explanation") -> list[dict[str, Any]]:
    known = explained.probabilities
    rows = [None] * len(explained.members) if known is None else known.tolist()
    return [
        {
            "key": each.key,
            "vote": each.vote,
            "right": each.is_right,
            "p_vote": each.p_vote,
            "p_label": each.p_label,
            "probabilities": row,
        }
        for each, row in zip(explained.members, rows, strict=True)
    ]


def _list_joining(explained: "Explanation") -> dict[str, Any]:
    joining = explained.joining
    return {
        "majority": joining.majority.tolist(),
        "majority_settled": joining.majority_settled,
        "mean_probability": None if joining.mean is None else joining.mean.tolist(),
        "mean_probability_settled": joining.mean_settled,
        "chances_of_error": joining.chances.tolist(),
    }


def _list_neighbours(explained: "Explanation") -> dict[str, Any] | None:
    around = explained.neighbourhood
    if around is None:
        return None
    return {
        "training": around.training,
        "n_training": around.n_training,
        "near_labels": list(around.near_labels),
        "n_label": around.n_label,
        "n_predicted": around.n_predicted,
        "nearest": [
            {"index": each.index, "label": each.label, "distance": each.distance}
            for each in around.nearest
        ],
    }
