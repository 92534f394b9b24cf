"""The images of a run's split, fetched again from their source and checked."""

from pathlib import Path

from ensemble_lab.data.dataset import Split
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.training.inputs import load_checked_images

__all__ = ["load_images"]


def load_images(
    run: Run | Path | str, split: str = "test", *, data_dir: Path | str | None = None
) -> Split:
    """Return the images of a run's split, without labels: those have one door, `load_labels`.

    Parameters
    ----------
    run : Run or path
    split : str
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    DataError
        The source is not there.
    MismatchError
        It holds other images than the run was made of.
    """
    run = open_run(run)
    return load_checked_images(run, split, Path(data_dir) if data_dir else None)
