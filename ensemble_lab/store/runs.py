"""Where runs lie below a folder."""

from collections.abc import Iterator
from pathlib import Path

from ensemble_lab.exceptions import MissingError, StoreError
from ensemble_lab.store.files import one_line

__all__ = ["find_runs"]


def find_runs(folder: Path | str) -> Iterator[Path]:
    """Yield the folders below `folder` (itself, its children, theirs) that are runs, by name.

    Raises
    ------
    MissingError
        No such folder.
    StoreError
        One of them cannot be read: what it holds must not pass for nothing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingError(f"a folder of runs must exist; got {folder}.")
    level = [folder]
    for depth in range(3):
        below: list[Path] = []
        for each in level:
            try:
                if (each / "run.json").exists():
                    yield each
                if depth < 2:
                    below += (path for path in each.iterdir() if path.is_dir())
            except OSError as error:
                raise StoreError(
                    f"{each} must be readable to look for runs; got {one_line(error)}."
                ) from None
        level = sorted(below)
