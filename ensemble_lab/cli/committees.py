r"""Score disjoint committees of members.

The members are dealt out into committees that share none, so that their errors spread as those
of ensembles trained afresh do; ensemble-lab curve looks at subsets, which overlap. With fewer
than five committees each one's errors are all there is to say. Example:

\b
  ensemble-lab committees RUN --size 5
"""

from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.options import (
    Members,
    OwnSplit,
    Rule,
    RunFolder,
    Ties,
    build_decision,
)
from ensemble_lab.cli.output import (
    DataFormat,
    note_look,
    render_csv,
    render_json,
    render_sentence,
    render_table,
)
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.committees import CommitteesReport

__all__ = ["command"]


def command(
    run: RunFolder,
    size: Annotated[int, Option("--size", min=1, metavar="K", help="Members of each.")],
    split: OwnSplit = None,
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    members: Members = [],  # noqa: B006 - read, never written
    seed: Annotated[
        int,
        Option("--seed", min=0, metavar="N", help="Of the order in which they are dealt."),
    ] = 0,
    format: DataFormat = "table",
) -> None:
    """Score disjoint committees of members."""
    from ensemble_lab.workflows.committees import score_committees

    report = score_committees(
        run, size, split, build_decision(rule, ties), members=tuple(members), seed=seed
    )
    rows = _list_rows(report)
    if format == "csv":
        print(render_csv(rows, list(rows[0])))
    elif format == "json":
        summary = {"size": size, "mean": report.mean, "sd": report.sd, "committees": rows}
        print(render_json({"split": report.committees[0].split} | summary))
    else:
        print(_render(report, rows))
    note_look(report.committees[-1].look)


def _list_rows(report: "CommitteesReport") -> list[dict[str, Any]]:
    return [
        {
            "committee": number,
            "errors": each.errors,
            "n_ties": each.n_ties,
            "members": [member.key for member in each.members],
        }
        for number, each in enumerate(report.committees, start=1)
    ]


def _render(report: "CommitteesReport", rows: list[dict[str, Any]]) -> str:
    table = render_table(rows, ["committee", "errors", "n_ties"])
    first, count = report.committees[0], len(rows)
    spread = f", sd {report.sd:.1f}" if report.sd is not None else ""
    committees = render_count(count, "committee")
    sentence = render_sentence(
        f"mean {report.mean:.1f}{spread} errors of {first.n_examples:,} examples of "
        f"{first.split}; {committees} of {report.size}, {first.decision.text}"
    )
    return f"{table}\n{sentence}"
