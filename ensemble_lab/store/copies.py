"""Splits and predictions carried from one run to another, byte for byte unless renamed."""

import shutil
from pathlib import Path

from ensemble_lab.store.files import check_field, replacing
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.images import has_images, images_path
from ensemble_lab.store.predictions import check_predictions, predictions_path
from ensemble_lab.store.run import Run

__all__ = ["copy_predictions", "copy_split", "find_parent"]


def copy_split(source: Run, split: str, target: Run) -> None:
    """Copy a split's file, and its images if the run keeps them; labels are not read."""
    _copy(source.path / "splits" / f"{split}.h5", target.path / "splits" / f"{split}.h5")
    if has_images(source, split):
        _copy(images_path(source, split), images_path(target, split))


def copy_predictions(source: Run, key: str, split: str, target: Run, new_key: str) -> None:
    """Check a member's predictions on a split and write them under its key in another run.

    Under the key that it had, the file is copied as it is. Under another one it is written anew
    with that key in its header: the same votes, probabilities and parent, and another content
    digest.

    Raises
    ------
    MissingError, DamagedError, MismatchError
        As `ensemble_lab.store.predictions.load_predictions`.
    """
    check_predictions(source, key, split)
    here = predictions_path(source, key, split)
    there = predictions_path(target, new_key, split)
    if new_key == key:
        _copy(here, there)
        return
    with open_sealed(here, "predictions") as file:
        arrays = {name: file.read(name) for name in file.names("/") if name in file}
        header, notes = file.header, file.notes
    write_sealed(there, "predictions", header | {"key": new_key}, arrays, notes=notes)


def find_parent(run: Run, key: str, split: str) -> str:
    """Return the digest of the weights that a member's predictions on a split came from."""
    with open_sealed(predictions_path(run, key, split), "predictions") as file:
        return check_field(file.header, "parent", str, file.path)


def _copy(here: Path, there: Path) -> None:
    with replacing(there) as partial:
        shutil.copyfile(here, partial)
