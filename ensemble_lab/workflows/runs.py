"""Which runs there are in a folder."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.exceptions import EnsembleLabError
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import open_run
from ensemble_lab.store.runs import find_runs

__all__ = ["RunRow", "list_runs"]


@dataclass(frozen=True)
class RunRow:
    """A run in a list of runs.

    Attributes
    ----------
    path : Path
    name : str
    n_trained, n_members : int
        Members that are trained, here or elsewhere, or imported; and all of them.
    splits : tuple of str
    note : str
        Why it cannot be opened; else empty.
    """

    path: Path
    name: str
    n_trained: int
    n_members: int
    splits: tuple[str, ...]
    note: str = ""


def list_runs(folder: Path | str = "checkpoints") -> tuple[RunRow, ...]:
    """Return a line for each run below a folder; files are counted, not read.

    Raises
    ------
    MissingError
        There is no such folder.
    """
    return tuple(_row(path) for path in find_runs(folder))


def _row(path: Path) -> RunRow:
    try:
        run = open_run(path)
    except EnsembleLabError as error:
        return RunRow(path, "", 0, 0, (), str(error))
    n_trained = sum(
        entry.origin is not None or entry.kind == "imported" or member_path(run, entry.key).exists()
        for entry in run.members
    )
    return RunRow(path, run.name, n_trained, len(run.members), run.splits)
