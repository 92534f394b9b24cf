"""Data sets from their sources: placed, corrupted and cut, for all sources alike."""

from pathlib import Path

from ensemble_lab.arrays import Floats, Images
from ensemble_lab.data.corruptions import corrupt_images
from ensemble_lab.data.dataset import Dataset, Split, build_split
from ensemble_lab.data.folds import number_folds, number_folds_by_place, with_folds
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.sources import SOURCES, check_split
from ensemble_lab.data.splits import cut_validation, cut_validation_by_place
from ensemble_lab.data.transforms import draw_offsets, place_on_canvas
from ensemble_lab.data.writers import place_by_writer
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import CanvasSpec, DataSpec

__all__ = ["load_dataset", "load_metadata", "load_published", "load_split"]


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
    check_split(split, spec.name, spec.name)
    return _transform(SOURCES[spec.name].load_split(spec, split, data_dir), spec)


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
    check_split(split, spec.name, spec.name)
    return SOURCES[spec.name].load_metadata(spec, split, data_dir)


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
