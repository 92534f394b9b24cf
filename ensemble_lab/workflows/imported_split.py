"""Which examples imported predictions are about: of the run, of a known source, or as given."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_lab.arrays import Array, Images, Labels
from ensemble_lab.canonical import array_sha256
from ensemble_lab.data.array_files import open_array
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.given_examples import take_images, take_labels
from ensemble_lab.data.loading import load_dataset, load_split
from ensemble_lab.data.sources import SOURCES, divide_source, load_class_names
from ensemble_lab.exceptions import DataError, LabelAccessError, MismatchError, MissingError
from ensemble_lab.roles import Role
from ensemble_lab.spec.data import DataSpec, resolve_path
from ensemble_lab.spelling import closest
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import SplitRecord, load_record

__all__ = ["ROLES", "GivenSplit", "find_given_split"]

ROLES: Mapping[str, Role] = {"test": "report", "validation": "choose"}
"""Splits that an import may make, and what their labels may be used for."""


@dataclass(frozen=True, eq=False)
class GivenSplit:
    """A split that predictions are imported on.

    Attributes
    ----------
    record : SplitRecord
    labels : int64 (examples,) or None
        None where the run has them already.
    images : uint8 (examples, height, width, channels) or None
        What the run must keep itself.
    image_shape : tuple of int
        Empty where no images are known.
    data : dict
        JSON of the `DataSpec`; empty where the examples are from no known source.
    class_names : tuple of str or None
        As the source publishes them.
    """

    record: SplitRecord
    labels: Labels | None
    images: Images | None = None
    image_shape: tuple[int, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    class_names: tuple[str, ...] | None = None


def find_given_split(
    known: Run | None,
    split: str,
    *,
    data: str | None,
    labels: Path | str | Array | None,
    images: Path | str | Array | None,
    data_dir: Path | None,
) -> GivenSplit:
    """Return the examples that an import is about, checked against all that is known of them.

    Parameters
    ----------
    known : Run or None
        The run, if there is one yet.
    split : str
    data : str or None
        ``SOURCE[:SPLIT]``.
    labels, images : path, array or None
    data_dir : path, optional

    Raises
    ------
    DataError
        Files or a source that are not there or not what they must be.
    MissingError
        Neither the run, nor a source, nor labels say which examples these are.
    MismatchError
        Two of them disagree.
    LabelAccessError
        Examples that a source publishes for reporting, as a split to choose on.
    """
    before = load_record(known, split) if known is not None and split in known.splits else None
    _check_split(split, before)
    given = None if labels is None else take_labels(open_array(labels, name="labels"))
    if data is not None:
        found = _from_source(split, data, given, data_dir)
    elif given is not None:
        found = _from_labels(split, given)
    elif before is not None:
        found = GivenSplit(before, None)
    else:
        raise MissingError(
            f"labels of split {split!r} must be given once; the run has no such split. Say "
            "--data SOURCE or --labels FILE."
        )
    if images is not None:
        found = _with_images(found, take_images(open_array(images, name="images")))
    return found if before is None else _join(before, found)


def _check_split(split: str, before: SplitRecord | None) -> None:
    if before is None and split not in ROLES:
        names = " or ".join(ROLES)
        raise DataError(f"split must be {names}; got {split!r}" + closest(split, ROLES))
    if before is not None and before.fold is not None:
        raise MismatchError(
            f"imported members must predict a whole split; got {split!r}, which is in folds."
        )


def _from_labels(split: str, labels: Labels) -> GivenSplit:
    record = SplitRecord(
        name=split,
        role=ROLES.get(split, "report"),
        index=np.arange(len(labels)),
        images_sha256=None,
        labels_sha256=array_sha256(labels),
        source={},
    )
    return GivenSplit(record, labels)


def _from_source(split: str, data: str, labels: Labels | None, data_dir: Path | None) -> GivenSplit:
    spec, published = divide_source(data)
    spec = resolve_path(spec, Path())
    found, published = _load_source(spec, published, split, data_dir)
    role = ROLES.get(split, "report")
    if role == "choose" and SOURCES[spec.name].roles[published] == "report":
        raise LabelAccessError(
            f"labels for choosing must not be published to report on; got {published!r} of {data} "
            f"as split {split!r}. Import it as --split test."
        )
    if found.labels is None and labels is None:
        raise MissingError(f"labels of {data} must be known; got none. Give them with --labels.")
    if labels is not None and found.labels is not None:
        _check_labels(array_sha256(labels), found.labels_sha256, "--labels", data)
    values = labels if found.labels is None else found.labels
    if values is None or len(values) != found.n_examples:
        got = "none" if values is None else len(values)
        raise MismatchError(f"labels must be as many as {data} has images; got {got}.")
    record = SplitRecord(
        name=split,
        role=role,
        index=found.index,
        images_sha256=found.images_sha256,
        labels_sha256=array_sha256(values),
        source={"data": spec.to_json(), "split": published},
    )
    return GivenSplit(
        record,
        values,
        image_shape=found.image_shape,
        data=spec.to_json(),
        class_names=load_class_names(spec),
    )


def _load_source(
    spec: DataSpec, published: str | None, split: str, data_dir: Path | None
) -> tuple[Split, str]:
    """Return a published split with its name; of validation what `train` would cut."""
    if published is None and split == "validation":
        found = load_dataset(spec, data_dir).validation
        if found is not None:
            return found, "train"
    published = published or "test"
    return load_split(spec, published, data_dir), published


def _with_images(found: GivenSplit, images: Images) -> GivenSplit:
    """Return the split with images that the run will keep, unless their source has them."""
    record, sha256 = found.record, array_sha256(images)
    if len(images) != len(record.index):
        raise MismatchError(
            f"images must be as many as the {len(record.index):,} labels; got {len(images):,}."
        )
    if record.images_sha256 is not None:
        if record.images_sha256 != sha256:
            raise MismatchError(
                f"images must be those that split {record.name!r} is known by "
                f"({record.images_sha256[:12]}); got {sha256[:12]}. Leave out --images."
            )
        return found
    return replace(
        found,
        record=replace(record, images_sha256=sha256),
        images=images,
        image_shape=tuple(images.shape[1:]),
    )


def _join(before: SplitRecord, found: GivenSplit) -> GivenSplit:
    """Return the split as the run knows it; it may learn its images."""
    record = found.record
    _check_labels(record.labels_sha256, before.labels_sha256, "what is imported", "the run")
    is_placed = bool(record.source) and found.labels is not None
    if is_placed and not np.array_equal(record.index, before.index):
        raise MismatchError(
            f"examples must be those of split {before.name!r} of the run; got others of "
            f"{record.source['data']['name']}."
        )
    if before.images_sha256 is not None or record.images_sha256 is None:
        # Its images, if they are known, may lie on a canvas: their shape is the run's.
        return replace(found, record=before, labels=None, images=None, image_shape=())
    source = record.source or before.source
    learnt = replace(before, images_sha256=record.images_sha256, source=source)
    return replace(found, record=learnt)


def _check_labels(ours: str | None, theirs: str | None, our_name: str, their_name: str) -> None:
    if ours != theirs:
        raise MismatchError(
            f"labels must be the same in {our_name} and {their_name}; got {ours or 'none':.12} "
            f"and {theirs or 'none':.12}."
        )
