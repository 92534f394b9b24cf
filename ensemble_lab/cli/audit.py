r"""Weigh what picking on the test set would buy.

Much of the record on MNIST was picked on test: the best epoch, the best member, the best three, the
best subset. Each is done here with this run's members. Of each there are, in errors:

\b
  picked         the best on test
  by validation  the test errors of what validation would have picked
  unpicked       no choice: the kept epoch, any member, any three, all
  gained         by how much the best on one half of test beats no choice
  kept           by how much it still does on the other half, what is bought

The last two are means over 200 random halves, doubled. Votes are majorities, ties at random on
average. Nothing is chosen for use, but it is a look at the test set. Examples:

\b
  ensemble-lab audit RUN
  ensemble-lab audit RUN -o audit.png
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.options import (
    FigureFile,
    Members,
    SplitName,
    WholeRun,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import DataFormat, note_look, render_csv, render_json, render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.audit import AuditReport

__all__ = ["command"]

_COLUMNS = ("n_candidates", "picked", "by_validation", "unpicked", "gained", "kept", "kept_sd")


def command(
    run: WholeRun,
    split: SplitName = "test",
    members: Members = [],  # noqa: B006 - read, never written
    seed: Annotated[int, Option("--seed", min=0, metavar="N", help="Of the halves.")] = 0,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Weigh what picking on the test set would buy."""
    from ensemble_lab.workflows.audit import audit_run, save_audit

    refuse_format_of_figure(output, format)
    patterns = tuple(members)
    if output is not None:
        report = save_audit(run, output, split, members=patterns, seed=seed)
        print(output)
    else:
        report = audit_run(run, split, members=patterns, seed=seed)
        if format == "json":
            print(render_json(_list_values(report)))
        elif format == "csv":
            rows = [asdict(each) for each in report.shortcuts]
            print(render_csv(rows, ("name", *_COLUMNS, "members")))
        else:
            print(_render(report))
    note_look(report.look)


def _list_values(report: "AuditReport") -> dict[str, Any]:
    values = asdict(report)
    del values["look"]
    return values


def _render(report: "AuditReport") -> str:
    rows = [
        {
            "shortcut": each.name,
            "of": f"{each.n_candidates:,}",
            "picked": f"{each.picked:.1f}",
            "by validation": "–" if each.by_validation is None else f"{each.by_validation:.1f}",
            "unpicked": f"{each.unpicked:.1f}",
            "gained": f"{each.gained:z.1f}",
            "kept": f"{each.kept:z.1f}",
        }
        for each in report.shortcuts
    ]
    columns = ["shortcut", "of", "picked", "by validation", "unpicked", "gained", "kept"]
    lines = [render_table(rows, columns, to_right=columns[1:])] if rows else []
    n_members = len(report.members)
    count = render_count(n_members, "member")
    lines.append(
        f"errors of {report.n_examples:,} examples of {report.split}; {count}; gained and kept "
        f"over {report.n_halves} halves"
    )
    lines += [f"left out: {sentence}" for sentence in report.left_out]
    if report.luck is not None:
        luck = report.luck
        lines.append(
            f"by luck alone the best of {n_members} such members makes {luck.expected:.1f} errors "
            f"(mean {luck.mean:.1f},\nerror correlation {luck.correlation:.2f})"
        )
    return "\n".join(lines)
