"""Write a commented experiment file.

Train it with: ensemble-lab train FILE
"""

from pathlib import Path
from typing import Annotated

from ensemble_lab.cli.arguments import Argument

__all__ = ["command"]


def command(
    file: Annotated[Path, Argument(metavar="FILE", help="Where to write it.", show_default=False)],
) -> None:
    """Write a commented experiment file."""
    from ensemble_lab.workflows.new import write_template

    path = write_template(file)
    print(f"wrote {path}; train it with: ensemble-lab train {path}")
