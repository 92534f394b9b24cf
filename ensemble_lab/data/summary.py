"""What there is to know of images and labels before anything is trained on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np

from ensemble_lab.arrays import Images, Index
from ensemble_lab.data.dataset import Dataset, Role, Split, missing_classes
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.repeats import Repeats, find_repeats

__all__ = [
    "DatasetSummary",
    "SharedWriters",
    "SplitSummary",
    "build_summary",
    "find_constant",
]

_BLOCK_VALUES = 2**22


@dataclass(frozen=True)
class SplitSummary:
    """One split in numbers.

    Attributes
    ----------
    name : str
    role : {"choose", "report", "none"}
    n_examples : int
    image_shape : tuple of int
        (height, width, channels).
    dtype : str
        Type of the pixels.
    lowest, highest : int
        Smallest and largest pixel value.
    mean, sd : float
        Of all pixel values, in 0 … 1 as the nets see them; the sd divides by their number.
    label_counts : tuple of int or None
        Examples of each class; None where the split is unlabelled.
    missing : tuple of int
        Classes without an example, where the split is labelled.
    constant : tuple of int
        Index of each image whose pixels all have one value.
    images_sha256, labels_sha256 : str
        As in `Split`.
    n_writers : int or None
        People who wrote the examples, where the source knows them.
    series : tuple of (int, int) or None
        Each series (NIST's hsf partition) and its examples, where the source knows them.
    """

    name: str
    role: Role
    n_examples: int
    image_shape: tuple[int, int, int]
    dtype: str
    lowest: int
    highest: int
    mean: float
    sd: float
    label_counts: tuple[int, ...] | None
    missing: tuple[int, ...]
    constant: tuple[int, ...]
    images_sha256: str
    labels_sha256: str | None
    n_writers: int | None = None
    series: tuple[tuple[int, int], ...] | None = None

    @property
    def imbalance(self) -> float | None:
        """Examples of the largest class to one of the smallest that is there at all.

        1 is balanced, higher is less so; None where the split is unlabelled.
        """
        there = [count for count in self.label_counts or () if count]
        return max(there) / min(there) if there else None


@dataclass(frozen=True)
class SharedWriters:
    """How many people wrote examples of two splits."""

    splits: tuple[str, str]
    n_writers: int


@dataclass(frozen=True)
class DatasetSummary:
    """All splits in numbers, and what they repeat.

    Attributes
    ----------
    name : str
    class_names : tuple of str
    splits : tuple of SplitSummary
    repeats : tuple of Repeats
        Within each split and of each two; only those with a pair.
    shared_writers : tuple of SharedWriters
        Of each two splits whose writers are known, also where there are none.
    unknown : str
        Why the writers are not known though the source could name them; else empty.
    """

    name: str
    class_names: tuple[str, ...]
    splits: tuple[SplitSummary, ...]
    repeats: tuple[Repeats, ...]
    shared_writers: tuple[SharedWriters, ...] = ()
    unknown: str = ""


def build_summary(
    dataset: Dataset, metadata: Mapping[str, Metadata] = MappingProxyType({})
) -> DatasetSummary:
    """Return the numbers of every split, and the images that come more than once.

    Parameters
    ----------
    dataset : Dataset
    metadata : mapping of str to Metadata
        Of the splits, by name; it may lack some, and hold more examples than a split.

    Raises
    ------
    DataError
        Metadata without an example of its split.
    """
    own = {
        split.name: metadata[split.name].take_index(split.index)
        for split in dataset.splits
        if split.name in metadata
    }
    writers = {
        name: np.unique(rows.column("writer"))
        for name, rows in own.items()
        if "writer" in rows.names
    }
    return DatasetSummary(
        name=dataset.name,
        class_names=dataset.class_names,
        splits=tuple(
            _summarise(split, dataset.n_classes, own.get(split.name)) for split in dataset.splits
        ),
        repeats=find_repeats(dataset.splits),
        shared_writers=tuple(
            SharedWriters((one, other), len(np.intersect1d(writers[one], writers[other])))
            for one, other in combinations(writers, 2)
        ),
    )


def _summarise(split: Split, n_classes: int, rows: Metadata | None) -> SplitSummary:
    counts = count_pixels(split.images)
    values, total = np.arange(len(counts)), int(counts.sum())
    mean = int(counts @ values) / total
    variance = int(counts @ values**2) / total - mean**2
    seen = np.flatnonzero(counts)
    labels = None if split.labels is None else np.bincount(split.labels, minlength=n_classes)
    return SplitSummary(
        name=split.name,
        role=split.role,
        n_examples=split.n_examples,
        image_shape=split.image_shape,
        dtype=str(split.images.dtype),
        lowest=int(seen[0]),
        highest=int(seen[-1]),
        mean=mean / 255,
        sd=float(np.sqrt(max(variance, 0.0))) / 255,
        label_counts=None if labels is None else tuple(labels.tolist()),
        missing=() if labels is None else missing_classes(split, n_classes),
        constant=tuple(split.index[find_constant(split.images)].tolist()),
        images_sha256=split.images_sha256,
        labels_sha256=split.labels_sha256,
        n_writers=None if (writers := _count(rows, "writer")) is None else len(writers),
        series=_count(rows, "series"),
    )


def _count(rows: Metadata | None, name: str) -> tuple[tuple[int, int], ...] | None:
    """Return each value of a column and how often it comes; None where it is not known."""
    if rows is None or name not in rows.names:
        return None
    found, counts = np.unique(rows.column(name), return_counts=True)
    return tuple(zip(found.tolist(), counts.tolist(), strict=True))


def count_pixels(images: Images) -> Index:
    """Return how often each value 0 … 255 comes up: int64 (256,)."""
    counts = np.zeros(256, np.int64)
    for block in _blocks(images):
        counts += np.bincount(block.reshape(-1), minlength=256)
    return counts


def find_constant(images: Images) -> Index:
    """Return the positions of images whose pixels all have one value, in every channel.

    Examples
    --------
    >>> find_constant(np.array([[[[7], [7]]], [[[7], [8]]]], np.uint8)).tolist()
    [0]
    """
    is_constant = [
        (rows == rows[:, :1]).all(axis=1)
        for rows in (block.reshape(len(block), -1) for block in _blocks(images))
    ]
    return np.flatnonzero(np.concatenate(is_constant))


def _blocks(images: Images) -> Iterator[Images]:
    step = max(1, _BLOCK_VALUES // images[0].size)
    return (images[start : start + step] for start in range(0, len(images), step))
