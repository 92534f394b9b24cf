"""MNIST, from wherever it lies on this machine, or by a checked download.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits" (1998).
What is read is accepted by the hash of its arrays, so that Keras's npz and the IDX
files give the same splits, and nothing that looks like MNIST passes for it.
"""

from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.data.dataset import Dataset, Split, build_split, number_classes
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.sources import extended_labels
from ensemble_lab.data.sources.idx import load_idx
from ensemble_lab.data.sources.npz import load_arrays
from ensemble_lab.data.sources.publication import (
    Publication,
    PublishedFile,
    find_file,
    find_folder,
)
from ensemble_lab.exceptions import DataError
from ensemble_lab.roles import PUBLISHED_ROLES
from ensemble_lab.spec.data import Mnist

__all__ = ["ARRAYS_SHA256", "PUBLICATION", "load", "load_metadata", "load_split", "locate"]

PUBLICATION = Publication(
    title="MNIST",
    address="https://storage.googleapis.com/cvdf-datasets/mnist/",
    files=(
        PublishedFile(
            "train-images-idx3-ubyte.gz",
            "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        PublishedFile(
            "train-labels-idx1-ubyte.gz",
            "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        PublishedFile(
            "t10k-images-idx3-ubyte.gz",
            "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        PublishedFile(
            "t10k-labels-idx1-ubyte.gz",
            "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    folders=("mnist", "MNIST/raw"),
    has_own_names=True,
    instead=("mnist.npz",),
)
"""The IDX files; Keras's npz holds the same arrays."""

ARRAYS_SHA256 = {
    "train images": "60e9cfee4813c27120ddb14e65858a58a61db17173afbbd71cd3d5b1623db881",
    "train labels": "5537546e1eb94b13db6112b7269d4f0ed1fd592fbc232db2e238a305bd64afb9",
    "test images": "66c0818ae878fde9f1d1f478d543503701d57112a3c8129052302effc6b23d72",
    "test labels": "0dc9364260fa1e16441bce010e53fee9ae3d2036fd0666ce78f6d77fdf2517db",
}
"""`array_sha256` of images uint8 (examples, 28, 28, 1) and labels int64 (examples,)."""

_PREFIX = {"train": "train", "test": "t10k"}
_N_EXAMPLES = {"train": 60_000, "test": 10_000}


def load(spec: Mnist, data_dir: Path | None = None) -> Dataset:
    """Return the 60,000 training and 10,000 test examples in MNIST's own order.

    Parameters
    ----------
    spec : Mnist
    data_dir : path, optional
        See `ensemble_lab.data.sources.publication.find_folder`.

    Raises
    ------
    DataError
        It is nowhere; or a file is damaged or holds something other than MNIST.
    """
    folder = locate(data_dir)
    splits = tuple(_read_split(folder, split) for split in _PREFIX)
    return Dataset("mnist", number_classes(10), splits)


def load_split(spec: Mnist, split: str, data_dir: Path | None = None) -> Split:
    """Return one of the splits of `load` without reading the other."""
    return _read_split(locate(data_dir), split)


def locate(data_dir: Path | None = None) -> Path:
    """Return the folder that holds mnist.npz or the four IDX files.

    See `ensemble_lab.data.sources.publication.find_folder` for where it looks.
    """
    return find_folder(PUBLICATION, data_dir)


def load_metadata(spec: Mnist, split: str, data_dir: Path | None = None) -> Metadata:
    """Return who wrote each example: see `ensemble_lab.data.sources.extended_labels`.

    Raises
    ------
    DataError
        QMNIST's extended labels are nowhere, damaged, or disagree with MNIST's labels.
    """
    return extended_labels.load_rows(
        split,
        _N_EXAMPLES[split],
        data_dir,
        labels_sha256=ARRAYS_SHA256[f"{split} labels"],
        title=f"MNIST's {split}",
    )


def _read_split(folder: Path, name: str) -> Split:
    images, labels, path = _read_arrays(folder, name)
    if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
        raise DataError(
            f"MNIST's {name} images must be uint8 (examples, height, width) and not empty; "
            f"got {images.dtype} of shape {images.shape}, in {path}."
        )
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise DataError(
            f"MNIST's {name} labels must be whole numbers, one for each of {len(images)} images; "
            f"got {labels.dtype} of shape {labels.shape}, in {path}."
        )
    index = np.arange(len(images))
    split = build_split(name, PUBLISHED_ROLES[name], index, images[..., np.newaxis], labels)
    for kind, digest in (("images", split.images_sha256), ("labels", split.labels_sha256)):
        expected = ARRAYS_SHA256[f"{name} {kind}"]
        if digest != expected:
            raise DataError(
                f"MNIST's {name} {kind} must have SHA-256 {expected[:12]}…; got {digest}, in "
                f"{path}. Download it again, or use source 'npz' for other data."
            )
    return split


def _read_arrays(folder: Path, name: str) -> tuple[Array, Array, Path]:
    """Return images and labels as stored, and the file to name when they are wrong."""
    path = folder / "mnist.npz"
    if path.is_file():
        keys = (f"x_{name}", f"y_{name}")
        arrays = load_arrays(path, required=keys)
        return arrays[keys[0]], arrays[keys[1]], path
    images, labels = (
        find_file(folder, f"{_PREFIX[name]}-{kind}-ubyte.gz")
        for kind in ("images-idx3", "labels-idx1")
    )
    if images is None or labels is None:
        raise DataError(f"data folder must hold MNIST's {name} split; got {folder}.")
    return load_idx(images, "examples height width"), load_idx(labels, "examples"), images
