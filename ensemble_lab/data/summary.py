"""What there is to know of images and labels before anything is trained on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ensemble_lab.arrays import Images, Index
from ensemble_lab.data.dataset import Dataset, Role, Split, missing_classes

__all__ = [
    "DatasetSummary",
    "Repeats",
    "SplitSummary",
    "build_summary",
    "find_constant",
    "find_repeats",
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

    @property
    def imbalance(self) -> float | None:
        """Examples of the largest class to one of the smallest that is there at all.

        1 is balanced, higher is less so; None where the split is unlabelled.
        """
        there = [count for count in self.label_counts or () if count]
        return max(there) / min(there) if there else None


@dataclass(frozen=True)
class Repeats:
    """Examples whose image has come before, pixel for pixel.

    Attributes
    ----------
    split : str
        Where they are.
    of : str
        Where their image came before: an earlier split, or `split` itself.
    pairs : tuple of (int, int)
        Index of the first example of `of` with the image, and of the example that repeats it;
        in the order of the latter.
    n_relabelled : int or None
        Pairs whose two labels differ; None where one of the splits is unlabelled.
    """

    split: str
    of: str
    pairs: tuple[tuple[int, int], ...]
    n_relabelled: int | None


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
    """

    name: str
    class_names: tuple[str, ...]
    splits: tuple[SplitSummary, ...]
    repeats: tuple[Repeats, ...]


def build_summary(dataset: Dataset) -> DatasetSummary:
    """Return the numbers of every split, and the images that come more than once."""
    return DatasetSummary(
        name=dataset.name,
        class_names=dataset.class_names,
        splits=tuple(_summarise(split, dataset.n_classes) for split in dataset.splits),
        repeats=find_repeats(dataset.splits),
    )


def _summarise(split: Split, n_classes: int) -> SplitSummary:
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
    )


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


def find_repeats(splits: tuple[Split, ...]) -> tuple[Repeats, ...]:
    """Return the images that come again within a split, and in a later split.

    Equal means equal in every pixel: rows are hashed once, and those that share a hash are
    compared by their bytes.

    Examples
    --------
    >>> from ensemble_lab.data.dataset import build_split
    >>> images = np.array([3, 5, 3, 3], np.uint8).reshape(4, 1, 1, 1)
    >>> split = build_split("train", "none", np.arange(4), images, np.array([0, 1, 0, 1]))
    >>> find_repeats((split,))
    (Repeats(split='train', of='train', pairs=((0, 2), (0, 3)), n_relabelled=1),)
    """
    places = _place_images(splits)
    within = [_pair(split, split, places[split.name], places[split.name]) for split in splits]
    across = [
        _pair(later, earlier, places[later.name], places[earlier.name])
        for earlier, later in combinations(splits, 2)
    ]
    return tuple(repeats for repeats in (*within, *across) if repeats.pairs)


_Places = dict[bytes, list[int]]
"""Positions of each image, by its bytes; only of images that may come twice."""


def _place_images(splits: tuple[Split, ...]) -> dict[str, _Places]:
    hashes = [_hash_rows(split.images) for split in splits]
    found, counts = np.unique(np.concatenate(hashes), return_counts=True)
    several = found[counts > 1]
    places: dict[str, _Places] = {split.name: {} for split in splits}
    for split, own in zip(splits, hashes, strict=True):
        for position in np.flatnonzero(np.isin(own, several)).tolist():
            key = split.images[position].tobytes()
            places[split.name].setdefault(key, []).append(position)
    return places


def _pair(later: Split, earlier: Split, places: _Places, known: _Places) -> Repeats:
    start = 1 if later is earlier else 0
    pairs = sorted(
        (position, known[key][0])
        for key, positions in places.items()
        if key in known
        for position in positions[start:]
    )
    here, there = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    n_relabelled = None
    if later.labels is not None and earlier.labels is not None:
        n_relabelled = int((later.labels[here] != earlier.labels[there]).sum())
    indices = zip(earlier.index[there].tolist(), later.index[here].tolist(), strict=True)
    return Repeats(later.name, earlier.name, tuple(indices), n_relabelled)


def _hash_rows(images: Images) -> Index:
    """Return Python's own hash of each image's bytes; equal images have equal hashes."""
    return np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))


def _blocks(images: Images) -> Iterator[Images]:
    step = max(1, _BLOCK_VALUES // images[0].size)
    return (images[start : start + step] for start in range(0, len(images), step))
