"""List the runs in a folder.

A run is a folder with a run.json, at most two folders down.
"""

from pathlib import Path
from typing import Annotated

import typer

from ensemble_lab.cli.output import Format, render_json, render_table

__all__ = ["command"]


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to look.")] = Path(
        "checkpoints"
    ),
    format: Format = "table",
) -> None:
    """List the runs in a folder."""
    from ensemble_lab.workflows.inspect import list_runs

    rows = [
        {
            "run": str(row.path),
            "name": row.name,
            "trained": row.n_trained,
            "members": row.n_members,
            "splits": " ".join(row.splits),
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
