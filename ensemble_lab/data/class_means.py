"""The mean image of each class and how far its pixels spread."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Floats, Index
from ensemble_lab.data.dataset import Split
from ensemble_lab.exceptions import DataError

__all__ = ["ClassMeans", "build_class_means"]

_BLOCK_VALUES = 2**22


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """Mean and standard deviation of every pixel in each class.

    Attributes
    ----------
    split : str
    counts : int64 (classes,)
        Examples of each class.
    means, sds : float64 (classes, height, width, channels)
        In 0 … 255; the sd divides by the number of examples, so that it is at most 127.5. NaN
        in a class without examples.
    """

    split: str
    counts: Index
    means: Floats
    sds: Floats


def build_class_means(split: Split, n_classes: int) -> ClassMeans:
    """Return the mean and the standard deviation of every pixel in each class.

    Sums are of whole numbers and exact, whatever the order of the examples.

    Raises
    ------
    DataError
        The split is unlabelled.

    Examples
    --------
    >>> from ensemble_lab.data.dataset import build_split
    >>> images = np.array([10, 20, 7], np.uint8).reshape(3, 1, 1, 1)
    >>> split = build_split("train", "none", np.arange(3), images, np.array([0, 0, 2]))
    >>> found = build_class_means(split, 3)
    >>> found.means.ravel().tolist(), found.sds.ravel().tolist()
    ([15.0, nan, 7.0], [5.0, nan, 0.0])
    """
    if split.labels is None:
        raise DataError(f"{split.name} must be labelled to have means of classes; it has none.")
    counts = np.bincount(split.labels, minlength=n_classes)
    sums, squares = (np.zeros((n_classes, split.images[0].size), np.int64) for _ in range(2))
    order = np.argsort(split.labels, kind="stable")
    step = max(1, _BLOCK_VALUES // split.images[0].size)
    for label, positions in enumerate(np.split(order, np.cumsum(counts)[:-1])):
        for start in range(0, len(positions), step):
            rows = split.images[positions[start : start + step]].reshape(-1, sums.shape[1])
            sums[label] += rows.sum(axis=0, dtype=np.int64)
            squares[label] += np.square(rows, dtype=np.uint16).sum(axis=0, dtype=np.int64)
    n = np.where(counts, counts, 1)[:, np.newaxis]
    # n Σx² − (Σx)² in whole numbers: no difference of two large floats.
    sds = np.sqrt(n * squares - sums**2) / n
    values = np.stack([sums / n, sds])
    values[:, counts == 0] = np.nan
    means, sds = values.reshape(2, n_classes, *split.image_shape)
    return ClassMeans(split.name, counts, means, sds)
