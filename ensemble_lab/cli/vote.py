"""Count the errors of each member and of their vote.

The 95 % interval is Wilson's, in errors. A tie is an example on which the rule alone did not
decide.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ensemble_lab.cli.options import Members, Rule, RunFolder, SplitName, Ties, build_decision
from ensemble_lab.cli.output import Format, note_ledger, render_json, render_table

if TYPE_CHECKING:
    from ensemble_lab.workflows.vote import VoteReport

__all__ = ["command", "render_report"]


def command(
    run: RunFolder,
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - typer reads it, nobody writes it
    by: Annotated[
        Literal["group"] | None,
        typer.Option("--by", help="A vote for each group of members, beside all."),
    ] = None,
    format: Format = "table",
) -> None:
    """Count the errors of each member and of their vote."""
    from ensemble_lab.workflows.vote import score_vote, score_vote_by_group

    decision, patterns = build_decision(rule, ties), tuple(members)
    report = score_vote(run, split, decision, members=patterns)
    groups = score_vote_by_group(run, split, decision, members=patterns) if by else ()
    if format == "json":
        extra = {"groups": [group.to_json() for group in groups]} if by else {}
        print(render_json(report.to_json() | extra))
    else:
        print(render_report(report, groups))
    note_ledger(report.recorded)


def render_report(report: "VoteReport", groups: tuple["VoteReport", ...] = ()) -> str:
    """Return the table of members and votes."""
    n = report.n_examples
    rows: list[dict[str, Any]] = [
        {
            "member": member.key,
            "errors": member.errors,
            "accuracy": f"{1 - member.errors / n:.2%}",
            "95 % interval of errors": "",
            "ties": "",
        }
        for member in report.members
    ]
    rows += [_vote_row(f"vote of {group.group}", group) for group in groups]
    rows.append(_vote_row(f"vote of {len(report.members)}", report))
    table = render_table(rows, list(rows[0]))
    return f"{table}\n{n:,} examples of {report.split}; {report.decision.text}"


def _vote_row(name: str, report: "VoteReport") -> dict[str, Any]:
    low, high = report.interval
    return {
        "member": name,
        "errors": report.errors,
        "accuracy": f"{report.accuracy:.2%}",
        "95 % interval of errors": f"{low:.1f} to {high:.1f}",
        "ties": str(report.n_ties),
    }
