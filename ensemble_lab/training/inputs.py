"""The examples a worker needs, loaded again from their source and checked against the run."""

from dataclasses import replace
from pathlib import Path

from ensemble_lab.data.dataset import Dataset, Split, take_index
from ensemble_lab.data.folds import take_fold
from ensemble_lab.data.loading import load_dataset, load_split
from ensemble_lab.exceptions import MismatchError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import load_record
from ensemble_lab.training.plan import hash_examples

__all__ = ["load_checked_dataset", "load_checked_images"]


def load_checked_dataset(run: Run, spec: MemberSpec, data_dir: Path | None) -> Dataset:
    """Return what a member sees of the run's data set, if its digest was made of that.

    Raises
    ------
    MismatchError
        The source holds other training or validation examples now.
    """
    dataset = take_fold(load_dataset(parse_data(run.data), data_dir), spec.fold)
    expected, found = run.member(spec.key).digest, spec.identity(hash_examples(dataset))
    if expected != found:
        raise MismatchError(
            f"digest of {spec.key} must be {expected[:12]} as in {run.path / 'run.json'}; got "
            f"{found[:12]} from the examples of {dataset.name}. The data have changed: use "
            "another run for them."
        )
    return dataset


def load_checked_images(run: Run, split: str, data_dir: Path | None) -> Split:
    """Return a split that the run records, from its source, without labels.

    Raises
    ------
    DataError
        The source is not there, or lacks examples of the split.
    MismatchError
        It holds other images now.
    """
    record = load_record(run, split)
    source = parse_data(record.source["data"])
    published = load_split(source, record.source["split"], data_dir)
    images = take_index(published, record.index, name=split)
    if images.images_sha256 != record.images_sha256:
        raise MismatchError(
            f"images of split {split!r} must be those recorded in {run.path} "
            f"({record.images_sha256[:12]}); got {images.images_sha256[:12]} from {source.name}."
        )
    return replace(images, role=record.role, labels=None, labels_sha256=None)
