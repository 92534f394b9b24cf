"""List the runs in a folder.

A run is a folder with a run.json, at most two folders down.
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Argument
from ensemble_lab.cli.output import Format, render_json, render_table

__all__ = ["command"]

_MOST_SPLITS = 4


def command(
    folder: Annotated[Path, Argument(metavar="DIR", help="Where to look.")] = Path("checkpoints"),
    format: Format = "table",
) -> None:
    """List the runs in a folder."""
    from ensemble_lab.workflows.runs import list_runs

    rows = [
        {
            "run": str(row.path),
            "name": row.name,
            "trained": row.n_trained,
            "members": row.n_members,
            "splits": _render_splits(row.splits, format),
            "note": row.note,
        }
        for row in list_runs(folder)
    ]
    if format == "json":
        print(render_json(rows))
    elif rows:
        columns = [name for name in rows[0] if name != "note" or any(row["note"] for row in rows)]
        print(render_table(rows, columns))
    else:
        print(f"no runs in {folder}")


def _render_splits(splits: tuple[str, ...], format: str) -> str:
    """Return the names of splits; in a table, of many the first and how many more."""
    shown = splits if format == "json" else splits[:_MOST_SPLITS]
    more = [f"+{len(splits) - len(shown)}"] if len(shown) < len(splits) else []
    return " ".join([*shown, *more])
