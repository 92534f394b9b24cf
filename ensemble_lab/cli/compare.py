r"""Say which errors runs share, which only one makes, and what one fixes of another.

A run is RUN, the vote of all its members, or RUN:PATTERN[,PATTERN], of those whose keys match.
RUN@VARIANT asks them in a variant of their predictions (ensemble-lab predict --tta). Their splits
must have the same labels. A pair A–B is read from A to B: fixed are the errors of A that B does not
make, broken those that it adds; p is McNemar's exact test, and Holm the same adjusted for all pairs
that are tested. With several --rule every run is there once for each.

--view lists examples and what each run said of them: those that any gets wrong, that all share,
that only one does; fixed (the first gets them wrong and another right) and broken (right and
wrong); persistent, by --share of the runs. Examples:

\b
  ensemble-lab compare checkpoints/light checkpoints/cnn3
  ensemble-lab compare RUN RUN RUN -o upset.png
  ensemble-lab compare OLD NEW --view fixed --format indices
  ensemble-lab compare RUN --rule majority --rule mean-probability
  ensemble-lab compare RUN RUN@tta-8 --split validation
"""

from typing import Annotated

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.compare_table import render_comparison, render_view
from ensemble_lab.cli.options import (
    DecisionFile,
    FigureFile,
    Members,
    SplitName,
    Ties,
    build_decision,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import RowFormat, RowFormatName, note, note_look
from ensemble_lab.decision import DEFAULT, RULES
from ensemble_lab.errors.compare import ViewName, check_view
from ensemble_lab.workflows.compare import Against, compare_runs, save_comparison

__all__ = ["command"]

_Rules = Annotated[
    list[str],
    Option(
        "--rule",
        metavar="RULE",
        help=f"How votes combine: {' | '.join(RULES)}; repeat to compare rules, {DEFAULT.rule} "
        "unless given.",
        show_default=False,
    ),
]
_View = Annotated[
    ViewName | None,
    Option("--view", help="List these examples instead.", show_default=False),
]
_Share = Annotated[
    float | None,
    Option(
        "--share",
        metavar="X",
        help="Of the runs that must err for --view persistent; a half unless given.",
        show_default=False,
    ),
]
_Against = Annotated[
    Against | None,
    Option(
        "--against",
        help="Test all pairs, or those with the first; all of up to six unless given.",
        show_default=False,
    ),
]


def command(
    runs: Annotated[
        list[str],
        Argument(
            metavar="RUN[@VARIANT][:PATTERN] …",
            help="Two or more, or several rules of one.",
            show_default=False,
        ),
    ],
    split: SplitName = "test",
    rule: _Rules = [],  # noqa: B006 - read, never written
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006
    decision: DecisionFile = None,
    against: _Against = None,
    view: _View = None,
    share: _Share = None,
    output: FigureFile = None,
    format: RowFormat = "table",
) -> None:
    """Say which errors runs share, which only one makes, and what one fixes of another."""
    refuse_format_of_figure(output, format)
    _refuse_what_is_not_shown(view, share, against, format, is_figure=output is not None)
    decisions = [build_decision(name, ties, decision, members) for name in rule or [DEFAULT.rule]]
    patterns = tuple(members)
    if output is not None:
        found = save_comparison(runs, output, split, decisions, members=patterns)
        print(output)
    else:
        found = compare_runs(runs, split, decisions, members=patterns, against=against)
        text = (
            render_comparison(found, format)
            if view is None
            else render_view(found, view, share, format)
        )
        if text:
            print(text)
    if found.images_note:
        note(found.images_note)
    note_look(found.look)


def _refuse_what_is_not_shown(
    view: ViewName | None,
    share: float | None,
    against: Against | None,
    format: RowFormatName,
    *,
    is_figure: bool,
) -> None:
    """Refuse options that would have no effect, and a view that is none."""
    if is_figure and view is not None:
        raise UsageError("a figure shows the errors of all; leave out --view or -o")
    if against is not None and (is_figure or view is not None):
        raise UsageError("--against is about pairs, which only the table of runs has")
    if view is not None:
        check_view(view, share)
    elif share is not None:
        raise UsageError("--share is of a view; add --view persistent")
    elif format == "indices":
        raise UsageError("indices are those of a view; add --view")
