"""One row for each `name` of a data spec: how that source is read.

A row reads what was published, checks it and counts examples as published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ensemble_lab.data.dataset import Dataset, Split, number_classes
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.sources import digits, kaggle, mnist, npz, qmnist
from ensemble_lab.data.sources.emnist_digits import EMNIST_DIGITS
from ensemble_lab.data.sources.fashion_mnist import FASHION_MNIST
from ensemble_lab.data.sources.image_set import ImageSet
from ensemble_lab.data.sources.kmnist import KMNIST
from ensemble_lab.roles import PUBLISHED_ROLES, Role
from ensemble_lab.spec.data import DataSpec

__all__ = ["SOURCES", "Source"]


def _know_nothing(_spec: DataSpec, _split: str, _data_dir: Path | None) -> None:
    return None


def _take_whole(path: str) -> tuple[str, None]:
    return path, None


@dataclass(frozen=True)
class Source:
    """How one kind of data is read.

    Attributes
    ----------
    load : function (spec, data_dir) -> Dataset
        Reads train and test; train is labelled.
    load_split : function (spec, split name, data_dir) -> Split
        Reads one split; it may be unlabelled.
    locate : function (data_dir) -> folder or None
        Finds (or downloads) the files; None where no folder is needed.
    load_names : function (spec) -> names or None
        Class names as published; None where the source does not say.
    load_metadata : function (spec, split name, data_dir) -> Metadata or None
        Reads what is known of the examples of a split besides their labels.
    roles : mapping of str to {"report", "none"}
        Each published split, and what its labels, if it has some, may decide.
    ending : str or None
        Of the path that the user must name; None where the name of the source is enough.
    list_splits : function (spec) -> names, or None
        Finds which splits there are; None where all are published together.
    divide_path : function (path) -> (path, split name or None)
        The path of a spec, and the split that a file's name says.
    """

    load: Callable[[Any, Path | None], Dataset]
    load_split: Callable[[Any, str, Path | None], Split]
    locate: Callable[[Path | None], Path | None]
    load_names: Callable[[Any], tuple[str, ...] | None]
    load_metadata: Callable[[Any, str, Path | None], Metadata | None] = _know_nothing
    roles: Mapping[str, Role] = field(default_factory=lambda: PUBLISHED_ROLES)
    ending: str | None = None
    list_splits: Callable[[Any], tuple[str, ...]] | None = None
    divide_path: Callable[[str], tuple[str, str | None]] = _take_whole

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the published splits."""
        return tuple(self.roles)

    @classmethod
    def of_set(cls, images: ImageSet) -> "Source":
        """Return the row of a set in MNIST's format."""
        return cls(images.load, images.load_split, images.locate, images.load_names)


def _ten_digits(_spec: DataSpec) -> tuple[str, ...]:
    return number_classes(10)


def _as_given(data_dir: Path | None) -> Path | None:
    return data_dir


SOURCES = {
    "digits": Source(digits.load, digits.load_split, _as_given, _ten_digits),
    "mnist": Source(mnist.load, mnist.load_split, mnist.locate, _ten_digits, mnist.load_metadata),
    "qmnist": Source(
        qmnist.load,
        qmnist.load_split,
        qmnist.locate,
        _ten_digits,
        qmnist.load_metadata,
        qmnist.ROLES,
    ),
    "emnist_digits": Source.of_set(EMNIST_DIGITS),
    "fashion_mnist": Source.of_set(FASHION_MNIST),
    "kmnist": Source.of_set(KMNIST),
    "npz": Source(
        npz.load,
        npz.load_split,
        _as_given,
        npz.load_names,
        ending=".npz",
        list_splits=npz.list_splits,
    ),
    "kaggle": Source(
        kaggle.load,
        kaggle.load_split,
        _as_given,
        _ten_digits,
        ending=".csv",
        list_splits=kaggle.list_splits,
        divide_path=kaggle.divide_path,
    ),
}
"""Source names and how each is read."""
