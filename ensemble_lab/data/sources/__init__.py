"""Sources of images: what a row of the registry reads, made into a data set.

Images are placed on a canvas and corrupted here and the validation split is cut, for all
sources alike.
"""

import re
from pathlib import Path

from ensemble_lab.arrays import Floats, Images
from ensemble_lab.data.corruptions import corrupt_images
from ensemble_lab.data.dataset import Dataset, Split, build_split
from ensemble_lab.data.folds import number_folds, number_folds_by_place, with_folds
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.sources.registry import SOURCES, Source
from ensemble_lab.data.splits import cut_validation, cut_validation_by_place
from ensemble_lab.data.transforms import draw_offsets, place_on_canvas
from ensemble_lab.data.writers import place_by_writer
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import CanvasSpec, DataSpec, parse_data
from ensemble_lab.spelling import closest

__all__ = [
    "SOURCES",
    "Source",
    "divide_source",
    "list_splits",
    "load_class_names",
    "load_dataset",
    "load_metadata",
    "load_published",
    "load_split",
    "locate",
    "parse_source",
]


def load_published(spec: DataSpec, data_dir: Path | None = None) -> Dataset:
    """Return train and test as published, placed and corrupted, before validation is cut.

    Parameters
    ----------
    spec : DataSpec
    data_dir : path, optional
        Folder to look in first, for the sources that need one.

    Raises
    ------
    DataError
        A file that is absent, damaged or does not hold what it must, or images larger than
        the canvas.
    MissingExtraError
        A package that the source needs is not installed.
    """
    published = SOURCES[spec.name].load(spec, data_dir)
    splits = tuple(_transform(split, spec) for split in published.splits)
    return Dataset(published.name, published.class_names, splits)


def load_dataset(spec: DataSpec, data_dir: Path | None = None) -> Dataset:
    """Return train, validation and test; validation is absent where its share is 0.

    Where validation is in folds, train is whole and comes again as ``train-oof`` with the
    fold of each example; `ensemble_lab.data.folds.take_fold` gives what a member sees. What is
    cut from train keeps its position there as published.

    Raises
    ------
    DataError, MissingExtraError
        As `load_published`, `ensemble_lab.data.splits.cut_validation` and
        `ensemble_lab.data.folds.with_folds`, or it is not known who wrote the examples.
    """
    published = load_published(spec, data_dir)
    cut, train = spec.validation, published.split("train")
    if cut.folds is None and cut.share == 0:
        return published
    places = _place_writers(spec, train, data_dir) if cut.by == "writer" else None
    if cut.folds is not None:
        fold = (
            number_folds(train, cut.folds, cut.seed)
            if places is None
            else number_folds_by_place(places, cut.folds)
        )
        return with_folds(published, fold, cut.folds)
    parts = (
        cut_validation(train, cut)
        if places is None
        else cut_validation_by_place(train, cut, places)
    )
    return Dataset(published.name, published.class_names, (*parts, published.split("test")))


def _place_writers(spec: DataSpec, train: Split, data_dir: Path | None) -> Floats:
    metadata = load_metadata(spec, "train", data_dir)
    known = None if metadata is None else metadata.take_index(train.index)
    return place_by_writer(known, spec.validation.seed, source=spec.name)


def load_split(spec: DataSpec, split: str = "test", data_dir: Path | None = None) -> Split:
    """Return one published split alone, placed and corrupted; it may be unlabelled.

    Raises
    ------
    DataError
        As `load_published`, or a split that the source does not publish.
    """
    _check_split(split, spec.name, spec.name)
    return _transform(SOURCES[spec.name].load_split(spec, split, data_dir), spec)


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


def load_metadata(
    spec: DataSpec, split: str = "test", data_dir: Path | None = None
) -> Metadata | None:
    """Return what a source knows of a published split's examples, or None if it knows nothing.

    Parameters
    ----------
    spec : DataSpec
    split : str
        As published: of validation examples ask ``train``, and take theirs by index.
    data_dir : path, optional
        Folder to look in first.

    Returns
    -------
    Metadata or None
        For MNIST and QMNIST: ``series`` (NIST's hsf partition), ``writer``,
        ``writer_digit`` (the digit's number among its writer's), ``nist_class`` and
        ``nist_index``, each int64 (examples,).

    Raises
    ------
    DataError
        No such split; or a file that is nowhere, damaged, or about other examples.
    """
    _check_split(split, spec.name, spec.name)
    return SOURCES[spec.name].load_metadata(spec, split, data_dir)


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
            _check_split(split, name, match["path"])
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
        _check_split(split, name, name)
    return parse_data({"name": name}), split if colon else None


def _transform(split: Split, spec: DataSpec) -> Split:
    """Return a published split on the spec's canvas, corrupted as it says, with their hash."""
    if spec.canvas is None and not spec.transforms:
        return split
    images = split.images if spec.canvas is None else _place(split, spec.canvas)
    for each in spec.transforms:
        images = corrupt_images(
            images, each.name, each.strength, index=split.index, split=split.name, seed=each.seed
        )
    return build_split(split.name, split.role, split.index, images, split.labels)


def _place(split: Split, canvas: CanvasSpec) -> Images:
    """Return the images of a published split, each at its place on the canvas."""
    height, width, _ = split.image_shape
    if max(height, width) > canvas.size:
        raise DataError(
            f"images must fit on the canvas of {canvas.size}×{canvas.size} pixels (canvas.size); "
            f"got {height}×{width}, in {split.name}."
        )
    down, right = canvas.size - height, canvas.size - width
    if canvas.largest_offset is not None:
        down, right = (min(room, canvas.largest_offset) for room in (down, right))
    offsets = draw_offsets(canvas.seed, split.name, split.index, largest=(down, right))
    return place_on_canvas(split.images, offsets, size=canvas.size)


def _check_split(split: str | None, source: str, shown: str) -> None:
    """Refuse a split that a source does not publish; `shown` is what the user called it."""
    splits = SOURCES[source].splits
    if split is not None and split not in splits:
        raise DataError(
            f"split must be one of {', '.join(splits)}; got {split!r}, of {shown}"
            + closest(split, splits)
        )
