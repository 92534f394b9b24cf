"""Train on embedded data, vote, and show what stays wrong.

Five small members learn scikit-learn's 1,797 handwritten digits; nothing is downloaded. A second
call trains nothing again.
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Option
from ensemble_lab.cli.errors import render_errors
from ensemble_lab.cli.output import note_look
from ensemble_lab.cli.vote import render_report

__all__ = ["command"]


def command(
    run: Annotated[Path, Option("--run", metavar="DIR", help="Run folder.")] = Path(
        "checkpoints/demo"
    ),
) -> None:
    """Train on embedded data, vote, and show what stays wrong."""
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.workflows.demo import run_demo

    with Progress() as progress:
        demo = run_demo(run, report=progress.report)
    print(render_report(demo.report))
    print("\n" + render_errors(demo.found, "table"))
    print("\ngallery: " + " ".join(str(path) for path in demo.pictures))
    print(f"run:     {demo.run.path}")
    print(f"next:    ensemble-lab errors {demo.run.path} --sort index --format json")
    note_look(demo.report.look)
