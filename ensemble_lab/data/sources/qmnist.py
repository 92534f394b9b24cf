"""QMNIST: MNIST rebuilt from NIST's scans, with all 60,000 test images.

C. Yadav and L. Bottou, "Cold Case: The Lost MNIST Digits" (NeurIPS 2019). Its first
10,000 test images stand for MNIST's; the other 50,000 were never published with MNIST, and
keep their position in the file as their index.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ensemble_lab.data.dataset import Dataset, Split, build_split, number_classes
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.sources import extended_labels
from ensemble_lab.data.sources.idx import load_idx
from ensemble_lab.data.sources.publication import (
    PublishedFile,
    check_file,
    find_anywhere,
    find_folder,
)
from ensemble_lab.roles import PUBLISHED_ROLES, Role
from ensemble_lab.spec.data import Qmnist

__all__ = ["PUBLICATION", "ROLES", "load", "load_metadata", "load_split", "locate"]

PUBLICATION = replace(
    extended_labels.PUBLICATION,
    title="QMNIST",
    files=(
        # The authors give no SHA-256 of the images; these MD5 are those that loaders check.
        PublishedFile("qmnist-train-images-idx3-ubyte.gz", "md5:ed72d4157d28c017586c42bc6afe6370"),
        PublishedFile("qmnist-test-images-idx3-ubyte.gz", "md5:1394631089c404de565df7b7aeaf9412"),
        *extended_labels.PUBLICATION.files,
    ),
)

ROLES: Mapping[str, Role] = {**PUBLISHED_ROLES, "test50k": "report"}

N_MNIST_TEST = 10_000
"""Examples of the test file before those of ``test50k``."""


def load(spec: Qmnist, data_dir: Path | None = None) -> Dataset:
    """Return the 60,000 training examples and the first 10,000 test examples.

    Parameters
    ----------
    spec : Qmnist
    data_dir : path, optional
        See `ensemble_lab.data.sources.publication.find_folder`.

    Raises
    ------
    DataError
        The four files are nowhere, or one is damaged or other than published.
    """
    folder = locate(data_dir)
    return Dataset(
        "qmnist", number_classes(10), tuple(_read_split(folder, name) for name in PUBLISHED_ROLES)
    )


def load_split(spec: Qmnist, split: str, data_dir: Path | None = None) -> Split:
    """Return one split; ``test50k`` holds indices 10,000 to 59,999 of the test file."""
    return _read_split(locate(data_dir), split)


def locate(data_dir: Path | None = None) -> Path:
    """Return the folder that holds the images and the extended labels."""
    return find_folder(PUBLICATION, data_dir)


def load_metadata(spec: Qmnist, split: str, data_dir: Path | None = None) -> Metadata:
    """Return series, writer, the digit's number among its writer's, and NIST's codes."""
    folder = find_anywhere(extended_labels.PUBLICATION, data_dir)
    table = extended_labels.load_table(folder, _file_of(split))
    rows = _rows_of(split, len(table))
    return extended_labels.name_columns(table[rows], np.arange(len(table))[rows])


def _read_split(folder: Path, split: str) -> Split:
    file = _file_of(split)
    path = check_file(folder, PUBLICATION.file(f"qmnist-{file}-images-idx3-ubyte.gz"))
    images = load_idx(path, "examples height width", n_examples=extended_labels.N_ROWS[file])
    table = extended_labels.load_table(folder, file)
    rows = _rows_of(split, len(table))
    return build_split(
        split,
        ROLES[split],
        np.arange(len(table))[rows],
        images[rows, ..., np.newaxis],
        table[rows, 0],
    )


def _file_of(split: str) -> str:
    return "train" if split == "train" else "test"


def _rows_of(split: str, n_rows: int) -> slice:
    return {
        "train": slice(n_rows), "test": slice(N_MNIST_TEST), "test50k": slice(N_MNIST_TEST, n_rows)
    }[split]  # fmt: skip
