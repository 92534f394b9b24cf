"""Sources of images: one registry row for each `name` of a data spec.

A row reads what was published, checks it and counts examples as published. Images are
placed on a canvas and corrupted here and the validation split is cut, for all sources alike.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_lab.arrays import Images
from ensemble_lab.data.corruptions import corrupt_images
from ensemble_lab.data.dataset import Dataset, Split, build_split, number_classes
from ensemble_lab.data.sources import digits, mnist, npz
from ensemble_lab.data.splits import cut_validation
from ensemble_lab.data.transforms import draw_offsets, place_on_canvas
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import CanvasSpec, DataSpec, Digits, Mnist, Npz
from ensemble_lab.spelling import closest

__all__ = [
    "PUBLISHED_SPLITS",
    "SOURCES",
    "Source",
    "load_class_names",
    "load_dataset",
    "load_published",
    "load_split",
    "locate",
    "parse_source",
]

PUBLISHED_SPLITS = ("train", "test")


@dataclass(frozen=True)
class Source:
    """How one kind of data is read.

    Attributes
    ----------
    load : function (spec, data_dir) -> Dataset
        Reads train and test, both labelled.
    load_split : function (spec, split name, data_dir) -> Split
        Reads one of them; it may be unlabelled.
    locate : function (data_dir) -> folder or None
        Finds (or downloads) the files; None where no folder is needed.
    load_names : function (spec) -> names or None
        Class names as published; None where the source does not say.
    """

    load: Callable[[Any, Path | None], Dataset]
    load_split: Callable[[Any, str, Path | None], Split]
    locate: Callable[[Path | None], Path | None]
    load_names: Callable[[Any], tuple[str, ...] | None]


SOURCES = {
    "digits": Source(
        digits.load, digits.load_split, lambda data_dir: data_dir, lambda spec: number_classes(10)
    ),
    "mnist": Source(mnist.load, mnist.load_split, mnist.locate, lambda spec: number_classes(10)),
    "npz": Source(npz.load, npz.load_split, lambda data_dir: data_dir, npz.load_names),
}
"""Source names and how each is read."""


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

    What is cut from train keeps its position there as published. Raises what
    `load_published` and `ensemble_lab.data.splits.cut_validation` raise.
    """
    published = load_published(spec, data_dir)
    if spec.validation.share == 0:
        return published
    train, validation = cut_validation(published.split("train"), spec.validation)
    return Dataset(
        published.name, published.class_names, (train, validation, published.split("test"))
    )


def load_split(spec: DataSpec, split: str = "test", data_dir: Path | None = None) -> Split:
    """Return one published split alone, placed and corrupted; it may be unlabelled.

    Raises
    ------
    DataError
        As `load_published`, or a split that is neither ``train`` nor ``test``.
    """
    _check_split(split, spec.name)
    return _transform(SOURCES[spec.name].load_split(spec, split, data_dir), spec)


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


def parse_source(text: str) -> tuple[DataSpec, str]:
    """Return the source and the split that ``SOURCE[:SPLIT]`` names.

    A source is ``digits``, ``mnist`` or the path of an npz file; the split is ``test``
    unless given. Nothing is opened.

    Raises
    ------
    DataError
        No such source or split.

    Examples
    --------
    >>> spec, split = parse_source("mnist:train")
    >>> spec.name, split
    ('mnist', 'train')
    >>> parse_source("C:/data/mine.npz")[1]
    'test'
    """
    match = re.fullmatch(r"(?P<path>.*\.npz)(?::(?P<split>.*))?", text, re.DOTALL | re.IGNORECASE)
    if match:
        split = "test" if match["split"] is None else match["split"]
        _check_split(split, match["path"])
        return Npz(name="npz", path=match["path"]), split
    name, colon, split = text.partition(":")
    named: dict[str, DataSpec] = {"digits": Digits(name="digits"), "mnist": Mnist(name="mnist")}
    if name not in named:
        raise DataError(
            f"source must be one of {', '.join(named)} or the path of an .npz file; got {text!r}"
            + closest(name, named)
        )
    _check_split(split if colon else "test", name)
    return named[name], split if colon else "test"


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


def _check_split(split: str, source: str) -> None:
    if split not in PUBLISHED_SPLITS:
        raise DataError(
            f"split must be one of {', '.join(PUBLISHED_SPLITS)}; got {split!r}, of {source}"
            + closest(split, PUBLISHED_SPLITS)
        )
