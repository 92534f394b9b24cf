"""Splits and data sets as frozen values: images, labels, positions and their hashes."""

import re
from dataclasses import dataclass
from typing import get_args

import numpy as np

from ensemble_lab.arrays import Array, Images, Index, Labels, check_axes, find_positions, read_only
from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import DataError
from ensemble_lab.roles import Role
from ensemble_lab.spelling import closest

__all__ = [
    "MAX_CLASSES",
    "Dataset",
    "Role",
    "Split",
    "build_split",
    "check_index",
    "missing_classes",
    "number_classes",
    "take",
    "take_index",
]


MAX_CLASSES = 65_536
"""Votes are stored as uint8 or uint16."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Examples of one split; made by `build_split`, which checks and hashes.

    Attributes
    ----------
    name : str
        Such as ``train``; letters a-z, digits and hyphens.
    role : {"choose", "report", "none"}
        What may be decided on it.
    index : int64 (examples,)
        0-based positions in the split as published, never re-based.
    images : uint8 (examples, height, width, channels)
    labels : int64 (examples,) or None
        None where the examples are unlabelled.
    images_sha256, labels_sha256 : str
        `ensemble_lab.canonical.array_sha256` of images and labels.
    """

    name: str
    role: Role
    index: Index
    images: Images
    labels: Labels | None
    images_sha256: str
    labels_sha256: str | None

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.image_shape))
        labels = "no labels" if self.labels is None else "labels"
        return f"Split({self.name!r}: {self.n_examples:,} images {shape}, {labels}, {self.role})"

    @property
    def n_examples(self) -> int:
        """How many examples there are."""
        return len(self.index)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        _, height, width, channels = self.images.shape
        return height, width, channels


@dataclass(frozen=True, eq=False)
class Dataset:
    """Splits of one source that share image shape and classes.

    Attributes
    ----------
    name : str
        The source's name.
    class_names : tuple of str
        One for each class, in the order of the labels.
    splits : tuple of Split

    Raises
    ------
    DataError
        Two splits of one name, images of two shapes, or a label without a class name.
    """

    name: str
    class_names: tuple[str, ...]
    splits: tuple[Split, ...]

    def __post_init__(self) -> None:
        names = [split.name for split in self.splits]
        if not names or len(set(names)) < len(names):
            raise DataError(f"splits must be there and differ in name; got {', '.join(names)!r}.")
        if not 2 <= self.n_classes <= MAX_CLASSES:
            raise DataError(f"classes must be 2 to {MAX_CLASSES:,}; got {self.n_classes:,}.")
        first = self.splits[0]
        for split in self.splits:
            if split.image_shape != first.image_shape:
                raise DataError(
                    f"images of all splits must have one shape; got {first.image_shape} in "
                    f"{first.name} and {split.image_shape} in {split.name}, of {self.name}."
                )
            if split.labels is not None and split.labels.max() >= self.n_classes:
                raise DataError(
                    f"labels must be below {self.n_classes} (the number of classes); "
                    f"got {split.labels.max()} in {split.name}, of {self.name}."
                )

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.splits[0].image_shape

    def split(self, name: str) -> Split:
        """Return the split of that name.

        Raises
        ------
        DataError
            There is none; the message lists those there are.
        """
        for split in self.splits:
            if split.name == name:
                return split
        names = [split.name for split in self.splits]
        raise DataError(
            f"split must be one of {', '.join(names)}; got {name!r}, of {self.name}"
            + closest(name, names)
        )


def build_split(name: str, role: Role, index: Array, images: Array, labels: Array | None) -> Split:
    """Return a checked and hashed split whose arrays cannot be written through it.

    Parameters
    ----------
    name : str
    role : {"choose", "report", "none"}
    index : int (examples,)
        Distinct, 0 or more.
    images : uint8 (examples, height, width, channels)
        At least one example, no axis of length 0.
    labels : int (examples,) or None
        0 or more.

    Raises
    ------
    DataError
        Whatever of this does not hold.

    Examples
    --------
    >>> split = build_split("test", "report", np.arange(2), np.zeros((2, 3, 3, 1), np.uint8), None)
    >>> split.n_examples, split.image_shape, split.images.flags.writeable
    (2, (3, 3, 1), False)
    """
    if not _NAME.fullmatch(name):
        raise DataError(f"split name must be letters a-z, digits and hyphens; got {name!r}.")
    if role not in get_args(Role):
        raise DataError(f"role must be one of {', '.join(get_args(Role))}; got {role!r}.")
    _check_images(images, name)
    n_examples = len(images)
    index = check_index(index, name=f"index of {name}", n_examples=n_examples)
    values = None if labels is None else _whole(labels, f"labels of {name}", n_examples)
    return Split(
        name=name,
        role=role,
        index=index,
        images=read_only(images),
        labels=values,
        images_sha256=array_sha256(images),
        labels_sha256=None if values is None else array_sha256(values),
    )


def take(
    split: Split, positions: Array, *, name: str | None = None, role: Role | None = None
) -> Split:
    """Return the examples at those positions of the arrays, with their published index.

    Parameters
    ----------
    split : Split
    positions : int (examples,)
        Positions in the arrays of `split` (not its published index), in the order wanted.
    name, role : str, optional
        Of the new split; those of `split` if not given.

    Raises
    ------
    DataError
        A position outside the split or given twice, or none at all.
    """
    name = name or split.name
    if positions.size == 0:
        raise DataError(f"{name} must hold at least one example; got none of {split.name}.")
    positions = _whole(positions, f"positions in {split.name}", positions.size)
    if positions.max() >= split.n_examples:
        raise DataError(
            f"positions in {split.name} must be below {split.n_examples}; got {positions.max()}."
        )
    return build_split(
        name,
        role or split.role,
        split.index[positions],
        split.images[positions],
        None if split.labels is None else split.labels[positions],
    )


def take_index(split: Split, index: Index, *, name: str | None = None) -> Split:
    """Return the examples with those published indices, in the order wanted (see `take`).

    Raises
    ------
    DataError
        An index that the split does not hold; names it.

    Examples
    --------
    >>> images = np.zeros((3, 2, 2, 1), np.uint8)
    >>> half = build_split("test", "report", np.arange(5, 8), images, None)
    >>> take_index(half, np.array([7, 5])).index.tolist()
    [7, 5]
    """
    positions = find_positions(split.index, index, split=split.name, error=DataError)
    return take(split, positions, name=name)


def missing_classes(split: Split, n_classes: int) -> tuple[int, ...]:
    """Return the classes below `n_classes` of which the split holds no example, ascending.

    An unlabelled split misses all of them.

    Examples
    --------
    >>> images = np.zeros((2, 3, 3, 1), np.uint8)
    >>> missing_classes(build_split("train", "none", np.arange(2), images, np.array([0, 2])), 4)
    (1, 3)
    """
    labels = np.zeros(0, np.int64) if split.labels is None else split.labels
    counts = np.bincount(labels, minlength=n_classes)[:n_classes]
    return tuple(np.flatnonzero(counts == 0).tolist())


def check_index(index: Array, *, name: str, n_examples: int | None = None) -> Index:
    """Return the index as int64 (examples,) that cannot be written through.

    Parameters
    ----------
    index : int (examples,)
        Distinct, 0 or more, at least one.
    name : str
        What to call it in the message.
    n_examples : int, optional
        How long it must be.

    Raises
    ------
    DataError
        Whatever of this does not hold.
    """
    checked = _whole(index, name, index.size if n_examples is None else n_examples)
    if len(np.unique(checked)) < len(checked):
        raise DataError(f"{name} must name each example once; some come twice.")
    return checked


def number_classes(n_classes: int) -> tuple[str, ...]:
    """Return class names for classes that have none: their numbers.

    Examples
    --------
    >>> number_classes(3)
    ('0', '1', '2')
    """
    return tuple(map(str, range(n_classes)))


def _check_images(images: Array, name: str) -> None:
    check_axes(images, "examples height width channels", name=f"images of {name}", error=DataError)
    if images.dtype != np.uint8 or images.size == 0:
        raise DataError(
            f"images of {name} must be uint8 with no empty axis; "
            f"got {images.dtype} of shape {images.shape}."
        )


def _whole(values: Array, name: str, n_examples: int) -> Index:
    """Return int64 (examples,), refusing another shape, other numbers and negative ones."""
    check_axes(values, "examples", name=name, error=DataError, examples=n_examples)
    if values.dtype.kind not in "iu" or values.size == 0:
        got = values.dtype if values.size else "none"
        raise DataError(f"{name} must be whole numbers; got {got}.")
    if values.min() < 0 or int(values.max()) >= 2**63:
        raise DataError(
            f"{name} must be from 0 to 2**63 - 1; got {values.min()} to {values.max()}."
        )
    return read_only(values.astype(np.int64))
