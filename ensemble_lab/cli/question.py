"""The options of a question about errors, written once for every command that takes one."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from ensemble_lab.cli.options import (
    DecisionFile,
    Members,
    Rule,
    SplitName,
    Ties,
    build_decision,
)
from ensemble_lab.errors.orders import OrderName
from ensemble_lab.errors.pairs import parse_pair
from ensemble_lab.errors.views import VIEWS
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import parse_whole
from ensemble_lab.workflows.errors import Question

__all__ = ["takes_question"]


def _several(option: str, metavar: str, text: str) -> Any:
    return typer.Option(option, metavar=metavar, help=text, show_default=False)


def takes_question(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a question in the place of its parameter `question`."""
    options = inspect.signature(_ask, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True).parameters

    def with_options(**values: Any) -> None:
        question = _ask(**{name: values.pop(name) for name in options})
        command(question=question, **values)

    merged = {name: parameter for name, parameter in own.items() if name != "question"}
    ordered = sorted(
        [*merged.values(), *options.values()],
        key=lambda p: p.default is not inspect.Parameter.empty,
    )
    # Typer asks a function for its signature; this is all it needs to know.
    with_options.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    with_options.__annotations__ = {p.name: p.annotation for p in ordered}
    with_options.__doc__ = command.__doc__
    return with_options


def _ask(
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - typer reads it, nobody writes it
    decision: DecisionFile = None,
    view: Annotated[
        str,
        typer.Option("--view", metavar="VIEW", help=f"What to look at: {' | '.join(VIEWS)}."),
    ] = "errors",
    share: Annotated[
        float | None,
        typer.Option(
            "--share",
            metavar="X",
            help="At least this share of members wrong (persistent), of rules wrong "
            "(persistent-rules), of probability on the wrong class (confident); a half unless "
            "given.",
            show_default=False,
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="SQL",
            help='A condition on the columns, in quotes: "margin > -0.2 and label in (4, 9)".',
            show_default=False,
        ),
    ] = None,
    label: Annotated[list[str], _several("--label", "CLASS", "True class; repeat for OR.")] = [],  # noqa: B006
    predicted: Annotated[
        list[str], _several("--predicted", "CLASS", "Chosen class; repeat for OR.")
    ] = [],  # noqa: B006
    pair: Annotated[
        list[str],
        _several("--pair", "L:P", "Label and chosen class, 4:9 or '4->9'; repeat for OR."),
    ] = [],  # noqa: B006
    index: Annotated[
        list[str],
        _several(
            "--index", "I,J", "These examples, right or wrong; those of the view, if one is given."
        ),
    ] = [],  # noqa: B006
    min_gap: Annotated[
        float | None, typer.Option("--min-gap", metavar="X", help="Confidence gap at least X.")
    ] = None,
    max_gap: Annotated[
        float | None, typer.Option("--max-gap", metavar="X", help="Confidence gap at most X.")
    ] = None,
    tied: Annotated[bool, typer.Option("--tied", help="Only where a tie policy decided.")] = False,
    sort: Annotated[
        OrderName | None,
        typer.Option(
            "--sort",
            help="gap, confidence, votes and wrong (members): largest first; margin, index and "
            "pair: ascending. The view's own order unless given.",
            show_default=False,
        ),
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Reverse the order.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, metavar="N", help="At most N rows.")
    ] = None,
) -> Question:
    return Question(
        split=split,
        decision=build_decision(rule, ties, decision, members),
        members=tuple(members),
        view=view,
        share=share,
        where=where,
        label=_parse_numbers(label, "label"),
        predicted=_parse_numbers(predicted, "predicted"),
        pair=tuple(parse_pair(word) for text in pair for word in text.split(",")),
        index=_parse_numbers(index, "index"),
        min_gap=min_gap,
        max_gap=max_gap,
        tied=tied,
        sort=sort,
        reverse=reverse,
        limit=limit,
    )


def _parse_numbers(texts: list[str], option: str) -> tuple[int, ...]:
    """Return the whole numbers of an option that may be repeated and hold commas.

    Examples
    --------
    >>> _parse_numbers(["1901,6576", "8"], "index")
    (1901, 6576, 8)
    """
    words = [word for text in texts for word in text.split(",")]
    return tuple(parse_whole(word, name=option, error=PredictionError) for word in words)
