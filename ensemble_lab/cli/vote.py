"""Count the errors of each member and of their vote.

The 95 % interval is Wilson's, in errors. A tie is an example on which the rule alone did not
decide; where members, not groups, vote, the last line says how many errors there are if all ties go
right, at random, or wrong.
A weighted majority weighs each member by its log-odds of being right on the run's validation split.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import (
    DecisionFile,
    Members,
    Rule,
    RunFolder,
    SplitName,
    Ties,
    build_decision,
)
from ensemble_lab.cli.output import (
    Format,
    note_look,
    render_json,
    render_sentence,
    render_share,
    render_table,
)
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.vote import VoteReport

__all__ = ["command", "render_report"]


def command(
    run: RunFolder,
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    decision: DecisionFile = None,
    by: Annotated[
        Literal["group"] | None,
        Option("--by", help="A vote for each group of members, beside all."),
    ] = None,
    format: Format = "table",
) -> None:
    """Count the errors of each member and of their vote."""
    from ensemble_lab.workflows.vote import score_vote, score_vote_by_group

    if by and decision is not None:
        raise UsageError("a decision names its members; leave out --decision or --by")
    wanted, patterns = build_decision(rule, ties, decision, members), tuple(members)
    report = score_vote(run, split, wanted, members=patterns)
    groups = score_vote_by_group(run, split, wanted, members=patterns) if by else ()
    if format == "json":
        extra = {"groups": [group.to_json() for group in groups]} if by else {}
        print(render_json(report.to_json() | extra))
    else:
        print(render_report(report, groups))
    note_look((groups or (report,))[-1].look)


def render_report(report: "VoteReport", groups: tuple["VoteReport", ...] = ()) -> str:
    """Return the table of members and votes, each with its 95 % intervals."""
    n = report.n_examples
    rows = [_row(member.key, member.errors, n, member.interval, "") for member in report.members]
    for name, each in [*((f"vote of {g.group}", g) for g in groups), ("vote", report)]:
        rows.append(_row(name, each.errors, n, each.interval, str(each.n_ties)))
    table = render_table(rows, list(rows[0]))
    members = render_count(len(report.members), "member")
    what = f"{n:,} examples of {report.split}; {members}, {report.decision.text}"
    more = (_render_band(report), report.reviewed and report.reviewed.text)
    return "\n".join([table, render_sentence(what), *(line for line in more if line)])


def _render_band(report: "VoteReport") -> str | None:
    """Return what the ties are worth, where there are some."""
    band = report.band
    if band is None or not report.n_ties:
        return None
    ties = "the tie" if report.n_ties == 1 else f"all {report.n_ties} ties"
    return f"errors with {ties} right {band.low}, at random {band.expected:.1f}, wrong {band.high}"


def _row(
    name: str, errors: int, n_examples: int, interval: tuple[float, float], ties: str
) -> dict[str, Any]:
    low, high = interval
    return {
        "member": name,
        "errors": errors,
        "errors, 95 %": f"{low:.1f} to {high:.1f}",
        "accuracy": render_share(1 - errors / n_examples),
        "accuracy, 95 %": f"{render_share(1 - high / n_examples)} to "
        f"{render_share(1 - low / n_examples)}",
        "ties": ties,
    }
