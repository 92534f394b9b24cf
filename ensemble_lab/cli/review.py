r"""Rank labels by how likely they are wrong, and keep what people say of them.

Without more, it lists the examples whose label the members' mean probabilities doubt most, lowest
score first. With INDEX and --verdict it records what you say of a label, with --import what others
said; --list shows it all. No label is changed: vote, errors and results then show a range, all
errors and those without the examples of which more authors say label-error than anything else. Of
one author the latest word on an example counts. Examples:

\b
  ensemble-lab review RUN --score normalized-margin --limit 10
  ensemble-lab review RUN 947 2462 --verdict label-error --note "a nine"
  ensemble-lab review RUN --import mnist_mturk.json
  ensemble-lab review RUN --list
"""

from pathlib import Path
from typing import Annotated, Any

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.options import (
    DecisionFile,
    Members,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
)
from ensemble_lab.cli.output import RowFormat, RowFormatName, note_look
from ensemble_lab.exceptions import DataError
from ensemble_lab.spelling import parse_whole
from ensemble_lab.store.review import VERDICTS

__all__ = ["command"]

# What is said to one way of calling means nothing to the others, and must not be passed over.
_OPTIONS = {
    "--verdict": {"--note", "--author", "--class", "INDEX"},
    "--import": {"--author"},
    "--list": {"--format", "INDEX"},
    "a ranking": {"--score", "--rule", "--ties", "--members", "--decision", "--limit", "--format"},
}
_LIMIT = 20


Indices = Annotated[
    list[str] | None,
    Argument(metavar="INDEX", help="Examples to review, or to list.", show_default=False),
]
Verdict = Annotated[
    str | None,
    Option(
        "--verdict",
        metavar="VERDICT",
        help=f"What you say of them: {' | '.join(VERDICTS)}.",
        show_default=False,
    ),
]
Note = Annotated[
    str, Option("--note", metavar="TEXT", help="A line beside it.", show_default=False)
]
Author = Annotated[
    str | None,
    Option(
        "--author",
        metavar="NAME",
        help="Who says so, the system's user unless given; of a file, where it names nobody.",
        show_default=False,
    ),
]
Seen = Annotated[
    int | None,
    Option("--class", metavar="CLASS", help="The class that you see.", show_default=False),
]
VerdictsFile = Annotated[
    Path | None,
    Option(
        "--import",
        metavar="FILE",
        help="Verdicts from a csv file, or from the json of cleanlab's label-errors.",
        show_default=False,
    ),
]
Listed = Annotated[bool, Option("--list", help="Show what was said.")]
Score = Annotated[
    str,
    Option(
        "--score",
        metavar="SCORE",
        help="self-confidence | normalized-margin | confident-learning (needs cleanlab).",
    ),
]
Limit = Annotated[int, Option("--limit", min=0, metavar="N", help="At most N rows.")]


def command(
    run: RunFolder,
    index: Indices = None,
    verdict: Verdict = None,
    note: Note = "",
    author: Author = None,
    seen: Seen = None,
    file: VerdictsFile = None,
    list_all: Listed = False,
    split: SplitName = "test",
    score: Score = "self-confidence",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    limit: Limit = _LIMIT,
    format: RowFormat = "table",
) -> None:
    """Rank labels by how likely they are wrong, and keep what people say of them."""
    given = {
        "INDEX": index,
        "--note": note,
        "--author": author,
        "--class": seen is not None,
        "--score": score != "self-confidence",
        "--rule": rule != "majority",
        "--ties": ties != "mean-probability",
        "--members": members,
        "--decision": decision,
        "--limit": limit != _LIMIT,
        "--format": format != "table",
    }
    _check_options(verdict, file, list_all, given)
    numbers = _parse_index(index or [])
    if verdict is not None:
        _add(run, numbers, verdict, author=author, note=note, seen=seen, split=split)
    elif file is not None:
        _import(run, file, author=author, split=split)
    elif list_all:
        _list(run, numbers, split, format)
    else:
        wanted = build_decision(rule, ties, decision, members)
        _rank(run, score, split, wanted, members=tuple(members), limit=limit, format=format)


def _check_options(
    verdict: str | None, file: Path | None, list_all: bool, given: dict[str, Any]
) -> None:
    asked = {"--verdict": verdict is not None, "--import": file is not None, "--list": list_all}
    ways = [name for name, is_asked in asked.items() if is_asked]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} are two requests; leave out one")
    if given["INDEX"] and not ways:
        raise UsageError("say what you see with --verdict, or look with --list")
    if ways == ["--verdict"] and not given["INDEX"]:
        raise UsageError("--verdict is about examples; name their indices")
    way = ways[0] if ways else "a ranking"
    for name, is_given in given.items():
        if is_given and name not in _OPTIONS[way]:
            raise UsageError(f"{name} means nothing to {way}; leave it out")


def _parse_index(texts: list[str]) -> tuple[int, ...]:
    words = [word for text in texts for word in text.split(",")]
    return tuple(parse_whole(word, name="index", error=DataError) for word in words)


def _add(
    run: Path,
    index: tuple[int, ...],
    verdict: str,
    *,
    author: str | None,
    note: str,
    seen: int | None,
    split: str,
) -> None:
    from ensemble_lab.workflows.review import add_review

    added = add_review(run, index, verdict, author=author, note=note, seen=seen, split=split)
    numbers = ", ".join(str(review.index) for review in added)
    print(f"{numbers}: {verdict}, by {added[0].author}")


def _import(run: Path, file: Path, *, author: str | None, split: str) -> None:
    from ensemble_lab.cli.review_rows import describe_import
    from ensemble_lab.workflows.review import import_reviews

    found = import_reviews(run, file, author=author, split=split)
    print(describe_import(found))
    note_look(found.look)


def _list(run: Path, index: tuple[int, ...], split: str, format: RowFormatName) -> None:
    from ensemble_lab.cli.review_rows import render_reviews
    from ensemble_lab.workflows.review import list_reviews

    if text := render_reviews(list_reviews(run, index, split=split), split, format):
        print(text)


def _rank(
    run: Path, score: str, split: str, decision: Any, *, format: RowFormatName, **more: Any
) -> None:
    from ensemble_lab.cli.review_rows import render_ranking
    from ensemble_lab.workflows.label_ranking import rank_labels

    found = rank_labels(run, score, split, decision, **more)
    if text := render_ranking(found, format):
        print(text)
    note_look(found.look)
