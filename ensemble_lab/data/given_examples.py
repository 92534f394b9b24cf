"""Labels, images and class names as somebody else's program left them in files."""

from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Images, Labels
from ensemble_lab.data.array_files import ArrayFile
from ensemble_lab.data.given_predictions import MOST_CLASSES
from ensemble_lab.exceptions import DataError

__all__ = ["load_given_names", "take_images", "take_labels"]


def take_labels(file: ArrayFile) -> Labels:
    """Return the labels that an array holds: whole numbers from 0, int64 (examples,).

    Raises
    ------
    DataError
        Other axes or numbers; names the row.
    """
    values = file.values
    if values.ndim != 1 or values.dtype.kind not in "iuf" or values.size == 0:
        raise DataError(
            f"labels must be whole numbers (examples,); got {values.dtype} of shape "
            f"{values.shape}, in {file.path}."
        )
    is_label = (values >= 0) & (values < np.float64(MOST_CLASSES)) & (np.floor(values) == values)
    if not is_label.all():
        at = int(np.argmin(is_label))
        raise DataError(
            f"labels must be whole numbers from 0 to {MOST_CLASSES - 1}; got {values[at]} in "
            f"{file.place(at)}, in {file.path}."
        )
    return values.astype(np.int64)


def take_images(file: ArrayFile) -> Images:
    """Return the images that an array holds: uint8 (examples, height, width, channels).

    The axis of channels may be left out where there is one.

    Raises
    ------
    DataError
        Another type or other axes.
    """
    values = file.values
    if values.ndim not in (3, 4) or values.dtype != np.uint8 or values.size == 0:
        raise DataError(
            "images must be uint8 (examples, height, width) or (examples, height, width, "
            f"channels); got {values.dtype} of shape {values.shape}, in {file.path}. Give pixels "
            "before any scaling."
        )
    images = np.asarray(values)
    return images[..., np.newaxis] if images.ndim == 3 else images


def load_given_names(path: Path) -> tuple[str, ...]:
    """Return the class names that a text file holds, one a line, in the order of the classes.

    Raises
    ------
    DataError
        No such file, no text, an empty or unprintable name, one that comes twice, or a number
        of names that cannot be.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise DataError(
            f"class names must be a text file, one name a line; got {cause}, in {path}."
        ) from None
    names = tuple(line.strip() for line in lines)
    known: set[str] = set()
    for number, name in enumerate(names, start=1):
        if not name or not name.isprintable() or name in known:
            raise DataError(
                f"class names must be printable and differ; got {name!r} in line {number}, in "
                f"{path}."
            )
        known.add(name)
    if not 2 <= len(names) <= MOST_CLASSES:
        raise DataError(f"class names must be 2 to {MOST_CLASSES:,}; got {len(names)}, in {path}.")
    return names
