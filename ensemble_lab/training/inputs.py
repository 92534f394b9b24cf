"""The examples a worker needs, loaded again from their source and checked against the run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ensemble_lab.data.dataset import Dataset, Split, build_split, take_index
from ensemble_lab.data.folds import take_fold
from ensemble_lab.data.loading import load_dataset, load_split
from ensemble_lab.exceptions import MismatchError, MissingError
from ensemble_lab.spec.data import DataSpec, parse_data
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.images import has_images, images_path, load_kept_images
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import SplitRecord, load_record
from ensemble_lab.training.plan import hash_examples

__all__ = [
    "LoadExamples",
    "check_examples",
    "load_checked_dataset",
    "load_checked_images",
    "load_examples",
]

LoadExamples = Callable[[DataSpec, int | None, Path | None], Dataset]


def load_examples(data: DataSpec, fold: int | None, data_dir: Path | None) -> Dataset:
    """Return what the members of a fold see of a data set; of all of it where there are none."""
    return take_fold(load_dataset(data, data_dir), fold)


def load_checked_dataset(
    run: Run, spec: MemberSpec, data_dir: Path | None, load: LoadExamples = load_examples
) -> Dataset:
    """Return what a member sees of the run's data set, if its digest was made of that.

    Parameters
    ----------
    run : Run
    spec : MemberSpec
    data_dir : path or None
        Folder to look in first.
    load : function
        `load_examples`, or one that remembers what it gave.

    Raises
    ------
    MismatchError
        The source holds other training or validation examples now.
    """
    dataset = load(parse_data(run.data), spec.fold, data_dir)
    check_examples(run, spec, dataset)
    return dataset


def check_examples(run: Run, spec: MemberSpec, dataset: Dataset) -> None:
    """Refuse what a member sees of a data set, if its digest was not made of that.

    Raises
    ------
    MismatchError
        The training or validation examples are others.
    """
    expected, found = run.member(spec.key).digest, spec.identity(hash_examples(dataset))
    if expected != found:
        raise MismatchError(
            f"digest of {spec.key} must be {expected[:12]} as in {run.path / 'run.json'}; got "
            f"{found[:12]} from the examples of {dataset.name}. The data have changed: use "
            "another run for them."
        )


def load_checked_images(
    run: Run, split: str, data_dir: Path | None, *, fold: int | None = None
) -> Split:
    """Return a split that the run records, from the run or its source, without labels.

    Of a split in folds only what a member of that `fold` predicts.

    Raises
    ------
    MissingError
        The images are not known, or no longer where the run kept them.
    DataError
        The source is not there, or lacks examples of the split.
    MismatchError
        It holds other images now.
    """
    record = load_record(run, split)
    if record.images_sha256 is None:
        raise MissingError(
            f"images of split {split!r} must be known; got none, in {run.path}. Give them with: "
            f"ensemble-lab import {run.path} --split {split} --images FILE"
        )
    # A split that is from no source has nowhere else to look.
    is_kept = has_images(run, split) or not record.source
    images = _read_kept(run, record) if is_kept else _read_source(record, data_dir)
    if images.images_sha256 != record.images_sha256:
        where = images_path(run, split) if is_kept else parse_data(record.source["data"]).name
        raise MismatchError(
            f"images of split {split!r} must be those recorded in {run.path} "
            f"({record.images_sha256[:12]}); got {images.images_sha256[:12]} from {where}."
        )
    if fold is not None and record.fold is not None:
        images = take_index(images, record.index[record.rows_of(fold)], name=split)
    return replace(images, role=record.role, labels=None, labels_sha256=None)


def _read_kept(run: Run, record: SplitRecord) -> Split:
    images = load_kept_images(run, record)
    return build_split(record.name, record.role, record.index, images, None)


def _read_source(record: SplitRecord, data_dir: Path | None) -> Split:
    source = parse_data(record.source["data"])
    published = load_split(source, record.source["split"], data_dir)
    return take_index(published, record.index, name=record.name)
