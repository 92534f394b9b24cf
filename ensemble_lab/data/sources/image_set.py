"""Sets that follow MNIST: uint8 images and labels, two IDX files a split.

Such a set is a value: its files, its classes and its sizes. Reading them is the same for all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.data.dataset import Dataset, Split, build_split
from ensemble_lab.data.sources.idx import load_idx
from ensemble_lab.data.sources.publication import Publication, check_file, find_folder
from ensemble_lab.exceptions import DataError
from ensemble_lab.roles import PUBLISHED_ROLES
from ensemble_lab.spec.data import DataSpec

__all__ = ["MNIST_PARTS", "ImageSet", "Part", "load_part"]


@dataclass(frozen=True)
class Part:
    """The files of one split and how many examples both hold."""

    split: str
    images: str
    labels: str
    n_examples: int


MNIST_PARTS = (
    Part("train", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", 60_000),
    Part("test", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 10_000),
)
"""Names and sizes that others took over from MNIST."""


def load_part(folder: Path, publication: Publication, part: Part) -> tuple[Array, Array]:
    """Return images (examples, height, width) and labels (examples,) as stored, checked."""
    images, labels = (
        check_file(folder, publication.file(name)) for name in (part.images, part.labels)
    )
    return (
        load_idx(images, "examples height width", n_examples=part.n_examples),
        load_idx(labels, "examples", n_examples=part.n_examples),
    )


@dataclass(frozen=True)
class ImageSet:
    """A published set of images in IDX files.

    Attributes
    ----------
    publication : Publication
    class_names : tuple of str
    parts : tuple of Part
        Train and test.
    load_part : function (folder, publication, part) -> (images, labels)
        Reads what a folder holds of a part, and checks it.
    """

    publication: Publication
    class_names: tuple[str, ...]
    parts: tuple[Part, ...] = MNIST_PARTS
    load_part: Callable[[Path, Publication, Part], tuple[Array, Array]] = load_part

    def load(self, spec: DataSpec, data_dir: Path | None = None) -> Dataset:
        """Return train and test in the publication's order.

        Raises
        ------
        DataError
            The files are nowhere (see `find_folder`), or one is damaged or other than
            published.
        """
        folder = self.locate(data_dir)
        splits = tuple(self._read(folder, part) for part in self.parts)
        return Dataset(spec.name, self.class_names, splits)

    def load_split(self, spec: DataSpec, split: str, data_dir: Path | None = None) -> Split:
        """Return one of the splits of `load` without reading the other."""
        part = next(part for part in self.parts if part.split == split)
        return self._read(self.locate(data_dir), part)

    def locate(self, data_dir: Path | None = None) -> Path:
        """Return the folder that holds the files: see `find_folder`."""
        return find_folder(self.publication, data_dir)

    def load_names(self, spec: DataSpec) -> tuple[str, ...]:
        """Return the names of the classes; no file is needed for them."""
        return self.class_names

    def _read(self, folder: Path, part: Part) -> Split:
        images, labels = self.load_part(folder, self.publication, part)
        if labels.max() >= len(self.class_names):
            raise DataError(
                f"labels of {self.publication.title}'s {part.split} must be below "
                f"{len(self.class_names)}; got {labels.max()}, in {folder}. Download them again."
            )
        index, role = np.arange(len(labels)), PUBLISHED_ROLES[part.split]
        return build_split(part.split, role, index, images[..., np.newaxis], labels)
