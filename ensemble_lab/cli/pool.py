r"""Make one run of several.

The new run has the splits that all of them have alike, by the hashes of images and labels, and the
members' predictions on these, copied: every command that works on predictions works on it. Weights,
histories and variants of predictions stay in their runs, which are read and never written; to
predict other data, do so there and pool again. Examples:

\b
  ensemble-lab pool checkpoints/all checkpoints/light checkpoints/cdeotte
  ensemble-lab pool checkpoints/both RUN RUN --prefix
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Argument, Option
from ensemble_lab.cli.options import Members
from ensemble_lab.cli.output import Format, render_json, render_sentence, render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.pool import PoolReport

__all__ = ["command"]


def command(
    new: Annotated[
        Path, Argument(metavar="NEW", help="Folder of the new run.", show_default=False)
    ],
    runs: Annotated[
        list[Path], Argument(metavar="RUN...", help="Run folders.", show_default=False)
    ],
    members: Members = [],  # noqa: B006 - read, never written
    prefix: Annotated[
        bool,
        Option("--prefix", help="Put each run's folder name before its groups and members' keys."),
    ] = False,
    format: Format = "table",
) -> None:
    """Make one run of several."""
    from ensemble_lab.workflows.pool import pool_runs

    report = pool_runs(new, runs, members=tuple(members), prefix=prefix)
    rows = _list_rows(report)
    if format == "json":
        splits = [{"split": r.name, "examples": len(r.index)} for r in report.splits]
        about = {"run": str(report.run.path), "members": list(report.run.keys)}
        print(render_json(about | {"runs": rows, "splits": splits, "notes": list(report.notes)}))
    else:
        print(_render(report, rows))


def _list_rows(report: "PoolReport") -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for each in report.members:
        path = str(each.source.path)
        row = rows.setdefault(path, {"run": path, "members": 0, "groups": []})
        row["members"] += 1
        if each.entry.group not in row["groups"]:
            row["groups"].append(each.entry.group)
    return list(rows.values())


def _render(report: "PoolReport", rows: list[dict[str, Any]]) -> str:
    table = render_table([row | {"groups": _shorten(row["groups"])} for row in rows], list(rows[0]))
    count = render_count(len(report.members), "member")
    splits = ", ".join(f"{r.name} ({len(r.index):,} examples)" for r in report.splits)
    about = f"{report.run.path}: {count} on {splits}"
    return "\n".join([table, *(render_sentence(text) for text in (about, *report.notes))])


def _shorten(groups: list[str]) -> str:
    more = [f"+{len(groups) - 2}"] if len(groups) > 2 else []
    return " ".join([*groups[:2], *more])
