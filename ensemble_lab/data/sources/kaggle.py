"""The files of Kaggle's competition "Digit Recognizer": MNIST's images, reshuffled, as CSV.

train.csv holds 42,000 labelled rows, test.csv 28,000 without labels; together they are
MNIST's 70,000 images in another order, so its test images are among those to learn from.
"""

import re
from pathlib import Path

import numpy as np

from ensemble_lab.data.dataset import Dataset, Split, build_split, number_classes
from ensemble_lab.data.sources.pixel_csv import load_pixels
from ensemble_lab.exceptions import DataError
from ensemble_lab.roles import PUBLISHED_ROLES
from ensemble_lab.spec.data import Kaggle

__all__ = ["divide_path", "list_splits", "load", "load_split"]

_N_CLASSES = 10


def load(spec: Kaggle, data_dir: Path | None = None) -> Dataset:
    """Return train and test of a folder with train.csv and test.csv; test is unlabelled.

    Parameters
    ----------
    spec : Kaggle
        A relative path is taken from the working directory.
    data_dir : path, optional
        Not looked at.

    Raises
    ------
    DataError
        No such folder or file, or a file that is damaged or not in Kaggle's format.
    """
    folder = Path(spec.path)
    if not folder.is_dir():
        got = "a file" if folder.exists() else "nothing there"
        raise DataError(
            f"path of source 'kaggle' must be a folder with train.csv and test.csv to train on; "
            f"got {got}, {folder}."
        )
    splits = tuple(load_split(spec, name) for name in PUBLISHED_ROLES)
    if splits[0].labels is None:
        raise DataError(
            f"train.csv must be labelled; its header does not begin with label, in {folder}."
        )
    return Dataset("kaggle", number_classes(_N_CLASSES), splits)


def load_split(spec: Kaggle, split: str, data_dir: Path | None = None) -> Split:
    """Return one split of the folder, or the rows of the one file that the path names.

    Its index counts rows from 0: Kaggle's ImageId less 1.

    Raises
    ------
    DataError
        As `load`.
    """
    path = Path(spec.path)
    path = path / f"{split}.csv" if path.is_dir() else path
    if not path.exists():
        raise DataError(f"CSV file must exist; got {path}.")
    table = load_pixels(path, n_classes=_N_CLASSES)
    role = "none" if table.labels is None else PUBLISHED_ROLES[split]
    return build_split(split, role, np.arange(len(table.images)), table.images, table.labels)


def list_splits(spec: Kaggle) -> tuple[str, ...]:
    """Return the splits whose files lie in the folder; of one file of another name, ``test``.

    Both where there is neither: reading them says what is wrong.
    """
    folder = Path(spec.path)
    if folder.is_file():
        return ("test",)
    held = tuple(split for split in PUBLISHED_ROLES if (folder / f"{split}.csv").is_file())
    return held or tuple(PUBLISHED_ROLES)


def divide_path(path: str) -> tuple[str, str | None]:
    """Return the folder and the split that a file of Kaggle's name means.

    Of any other name the path itself, and None.

    Examples
    --------
    >>> divide_path("digits/test.csv"), divide_path("train.csv"), divide_path("mine.csv")
    (('digits/', 'test'), ('.', 'train'), ('mine.csv', None))
    """
    # The separators of Windows too: a path is read alike on every machine.
    name = re.split(r"[/\\]", path)[-1]
    split = name.removesuffix(".csv")
    if name == split or split not in PUBLISHED_ROLES:
        return path, None
    return path.removesuffix(name) or ".", split
