"""Sources of images: the registry, and how a user names one of its rows.

What a row reads is made into a data set by `ensemble_lab.data.loading`, for all alike.
"""

import re
from pathlib import Path

from ensemble_lab.data.sources.registry import SOURCES, Source
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import DataSpec, parse_data
from ensemble_lab.spelling import closest

__all__ = [
    "SOURCES",
    "Source",
    "check_split",
    "divide_source",
    "list_splits",
    "load_class_names",
    "locate",
    "parse_source",
]


def parse_source(text: str) -> tuple[DataSpec, str]:
    """Return the source and the split that ``SOURCE[:SPLIT]`` names, ``test`` unless given.

    Raises what `divide_source` raises.

    Examples
    --------
    >>> spec, split = parse_source("mnist:train")
    >>> spec.name, split
    ('mnist', 'train')
    >>> parse_source("C:/data/mine.npz")[1]
    'test'
    """
    spec, split = divide_source(text)
    return spec, split or "test"


def divide_source(text: str) -> tuple[DataSpec, str | None]:
    """Return the source and the split that ``SOURCE[:SPLIT]`` names; None where it names none.

    A source is a name of the registry, such as ``mnist``, or the path of an npz file or of
    Kaggle's csv. Kaggle's ``train.csv`` and ``test.csv`` are splits of the folder they are
    in. Nothing is opened.

    Raises
    ------
    DataError
        No such source or split.

    Examples
    --------
    >>> divide_source("mnist:train")[1], divide_source("mnist")[1]
    ('train', None)
    >>> spec, split = divide_source("digit-recognizer/train.csv")
    >>> spec.name, spec.path, split
    ('kaggle', 'digit-recognizer/', 'train')
    """
    endings = {row.ending: name for name, row in SOURCES.items() if row.ending}
    pattern = rf"(?P<path>.*(?P<ending>{'|'.join(map(re.escape, endings))}))(?::(?P<split>.*))?"
    if match := re.fullmatch(pattern, text, re.DOTALL | re.IGNORECASE):
        name = endings[match["ending"].lower()]
        path, own = SOURCES[name].divide_path(match["path"])
        split = match["split"] if match["split"] is not None else own
        if split is not None:
            check_split(split, name, match["path"])
        if own not in (None, split):
            raise DataError(f"split of {match['path']} must be {own} by its name; got {split!r}.")
        return parse_data({"name": name, "path": path}), split
    name, colon, split = text.partition(":")
    named = [source for source, row in SOURCES.items() if row.ending is None]
    if name not in named:
        raise DataError(
            f"source must be one of {', '.join(named)} or the path of a file that ends in "
            f"{' or '.join(endings)}; got {text!r}" + closest(name, named)
        )
    if colon:
        check_split(split, name, name)
    return parse_data({"name": name}), split if colon else None


def list_splits(spec: DataSpec) -> tuple[str, ...]:
    """Return the names of the published splits that there are; no images are read."""
    row = SOURCES[spec.name]
    return row.splits if row.list_splits is None else row.list_splits(spec)


def load_class_names(spec: DataSpec) -> tuple[str, ...] | None:
    """Return the class names that a source publishes, or None where it does not say.

    Raises
    ------
    DataError
        A file that is absent or damaged.
    """
    return SOURCES[spec.name].load_names(spec)


def locate(spec: DataSpec, data_dir: Path | None = None) -> Path | None:
    """Return the folder to hand to another process as its `data_dir`, or None.

    Whatever must be downloaded is downloaded here, once, and what the environment says
    (``ENSEMBLE_LAB_DATA``, ``KERAS_HOME``) is looked at here, where it is the user's.

    Raises
    ------
    DataError
        The files are nowhere and cannot be downloaded.
    """
    return SOURCES[spec.name].locate(data_dir)


def check_split(split: str | None, source: str, shown: str) -> None:
    """Refuse a split that a source does not publish; `shown` is what the user called it."""
    splits = SOURCES[source].splits
    if split is not None and split not in splits:
        raise DataError(
            f"split must be one of {', '.join(splits)}; got {split!r}, of {shown}"
            + closest(split, splits)
        )
