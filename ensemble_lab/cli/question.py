"""The options of a question about errors, written once for every command that takes one."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from ensemble_lab.cli.arguments import Option
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
from ensemble_lab.errors.views import DEFAULT_SHARE, VIEWS
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import parse_whole
from ensemble_lab.workflows.question import Question

__all__ = ["takes_question"]


def _one(option: str, metavar: str, text: str) -> Any:
    return Option(option, metavar=metavar, help=text, show_default=False)


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


View = Annotated[str, Option("--view", metavar="VIEW", help=f"What to list: {' | '.join(VIEWS)}.")]
Share = Annotated[
    float | None,
    _one("--share", "X", f"The least share of a view that has one; {DEFAULT_SHARE} unless given."),
]
Where = Annotated[
    str | None,
    _one(
        "--where",
        "SQL",
        'Condition on the columns, in quotes: "margin > -0.2 and label in (4, 9)".',
    ),
]
Label = Annotated[list[str], _one("--label", "CLASS", "True class; repeat for OR.")]
Predicted = Annotated[list[str], _one("--predicted", "CLASS", "Chosen class; repeat for OR.")]
Pairs = Annotated[
    list[str], _one("--pair", "L:P", "Label and chosen class, 4:9 or '4->9'; repeat for OR.")
]
Indices = Annotated[
    list[str],
    _one("--index", "I,J", "These examples, right or wrong; with --view those that it holds."),
]
MinGap = Annotated[float | None, _one("--min-gap", "X", "Confidence gap at least X.")]
MaxGap = Annotated[float | None, _one("--max-gap", "X", "Confidence gap at most X.")]
Tied = Annotated[bool, Option("--tied", help="Only where a tie policy decided.")]
Sort = Annotated[
    OrderName | None,
    Option(
        "--sort",
        help="gap, confidence, votes, wrong (members): largest first; margin, index, pair: "
        "ascending. In the view's own order unless given.",
        show_default=False,
    ),
]
Reverse = Annotated[bool, Option("--reverse", help="Reverse the order.")]
Limit = Annotated[int | None, Option("--limit", min=0, metavar="N", help="At most N rows.")]


def _ask(
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    view: View = "errors",
    share: Share = None,
    where: Where = None,
    label: Label = [],  # noqa: B006
    predicted: Predicted = [],  # noqa: B006
    pair: Pairs = [],  # noqa: B006
    index: Indices = [],  # noqa: B006
    min_gap: MinGap = None,
    max_gap: MaxGap = None,
    tied: Tied = False,
    sort: Sort = None,
    reverse: Reverse = False,
    limit: Limit = None,
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
