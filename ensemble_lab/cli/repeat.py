r"""Train a member again, and with one random stream varied at a time.

First the same spec is trained twice, in two run folders: equal digests, or the examples whose class
flips. Then members are trained whose seeds differ in one stream alone, the others held: first
weights (init), order of the images, augmentation, dropout; and beside them members whose seeds
differ in all. What each row spreads is no share of the spread of all: rows need not sum to it.
What is trained already is not trained again. Examples:

\b
  ensemble-lab repeat experiment.toml
  ensemble-lab repeat experiment.toml --member light-0000 --times 10
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Argument, Option
from ensemble_lab.cli.options import DataDir, EngineName, Workers
from ensemble_lab.cli.output import (
    DataFormat,
    note_look,
    render_csv,
    render_json,
    render_sentence,
    render_table,
)

if TYPE_CHECKING:
    from ensemble_lab.workflows.repeat import RepeatReport

__all__ = ["command"]

_MOST_LISTED = 10


def command(
    experiment: Annotated[
        Path,
        Argument(metavar="EXPERIMENT.toml", help="Experiment file.", show_default=False),
    ],
    member: Annotated[
        str | None,
        Option(
            "--member",
            metavar="KEY",
            help="Member to repeat; the first unless given.",
            show_default=False,
        ),
    ] = None,
    times: Annotated[
        int, Option("--times", min=5, metavar="N", help="Members for each stream.")
    ] = 5,
    split: Annotated[str, Option("--split", help="Split to compare on.")] = "validation",
    run: Annotated[
        Path | None,
        Option("--run", metavar="DIR", help="Run folder; default checkpoints/<name>-repeat."),
    ] = None,
    engine: EngineName = "process",
    workers: Workers = None,
    data_dir: DataDir = None,
    format: DataFormat = "table",
) -> None:
    """Train a member again, and with one random stream varied."""
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.workflows.repeat import repeat

    with Progress() as progress:
        report = repeat(
            experiment,
            member=member,
            times=times,
            split=split,
            run=run,
            engine=engine,
            workers=workers,
            data_dir=data_dir,
            report=progress.report,
        )
    rows = _list_rows(report)
    if format == "json":
        print(render_json(_list_values(report, rows)))
    elif format == "csv":
        print(render_csv(rows, list(rows[0])))
    else:
        print(_render(report, rows))
    note_look(report.look)


def _list_rows(report: "RepeatReport") -> list[dict[str, Any]]:
    return [
        {
            "varies": each.what,
            "members": len(each.errors),
            "mean": each.mean,
            "sd": each.sd,
            "churn": each.churn,
            "errors": list(each.errors),
        }
        for each in report.varied
    ]


def _list_values(report: "RepeatReport", rows: list[dict[str, Any]]) -> dict[str, Any]:
    twice = report.twice
    return {
        "member": report.member,
        "split": report.split,
        "n_examples": report.n_examples,
        "twice": {
            "is_equal": twice.is_equal,
            "digests": list(twice.digests),
            "flips": twice.flips.tolist(),
            "largest_difference": twice.largest_difference,
        },
        "varied": rows,
        "unused": list(report.unused),
    }


def _render(report: "RepeatReport", rows: list[dict[str, Any]]) -> str:
    table = [
        {
            "varies": row["varies"],
            "members": row["members"],
            "errors": f"{row['mean']:.1f}",
            "sd": f"{row['sd']:.1f}",
            "two differ on": f"{row['churn']:.1f}",
        }
        for row in rows
    ]
    lines = [
        render_sentence(_say_twice(report)),
        render_table(table, list(table[0]), to_right=("errors", "sd", "two differ on")),
        render_sentence(
            f"{report.n_examples:,} examples of {report.split}; the rows are no shares of the "
            f"first and need not sum to it.{_say_unused(report)}"
        ),
    ]
    return "\n".join(lines)


def _say_twice(report: "RepeatReport") -> str:
    twice, n_flips = report.twice, len(report.twice.flips)
    if twice.is_equal:
        return f"{report.member} trained twice: equal digests (weights {twice.digests[0][:12]})"
    listed = ", ".join(map(str, twice.flips[:_MOST_LISTED].tolist()))
    more = f" and {n_flips - _MOST_LISTED} more" if n_flips > _MOST_LISTED else ""
    text = f"{report.member} trained twice: other weights; {n_flips} choices flip"
    text += f" ({listed}{more})" if n_flips else ""
    if twice.largest_difference is None:
        return text
    return f"{text}, probabilities differ by up to {twice.largest_difference:.2g}"


def _say_unused(report: "RepeatReport") -> str:
    if not report.unused:
        return ""
    return f" It draws nothing from {' and '.join(report.unused)}."
