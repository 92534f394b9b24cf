"""Write a run's results as JSON.

What was trained, on what, at what cost, and the errors of members and votes: the only source of
figures for READMEs and tables.
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.options import WholeRun
from ensemble_lab.cli.output import note_look

__all__ = ["command"]


def command(
    run: WholeRun,
    output: Annotated[Path, Option("-o", "--output", metavar="FILE", help="A json file.")],
) -> None:
    """Write a run's results as JSON."""
    from ensemble_lab.workflows.results import save_results

    results = save_results(run, output)
    print(output)
    note_look(results.look)
