"""QMNIST's extended labels: who wrote each digit of MNIST, and where NIST keeps it.

C. Yadav and L. Bottou, "Cold Case: The Lost MNIST Digits" (NeurIPS 2019), traced each of
MNIST's digits to its scan in NIST's Special Database 19. The first 60,000 training rows
and the first 10,000 test rows are MNIST's own examples in MNIST's own order.
"""

from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array, Index, Labels
from ensemble_lab.canonical import array_sha256
from ensemble_lab.data.metadata import Column, Metadata, build_metadata
from ensemble_lab.data.sources.idx import load_idx_int32
from ensemble_lab.data.sources.publication import (
    Publication,
    PublishedFile,
    check_file,
    find_anywhere,
)
from ensemble_lab.exceptions import DataError

__all__ = ["N_ROWS", "PUBLICATION", "check_labels", "load_rows", "load_table", "name_columns"]

PUBLICATION = Publication(
    title="QMNIST's extended labels",
    address="https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
    files=(
        PublishedFile(
            "qmnist-train-labels-idx2-int.gz",
            "sha256:2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
        ),
        PublishedFile(
            "qmnist-test-labels-idx2-int.gz",
            "sha256:9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
        ),
    ),
    folders=("qmnist", "QMNIST/raw"),
    has_own_names=True,
)
"""Two small files; the images are published beside them."""

N_ROWS = {"train": 60_000, "test": 60_000}
"""Examples in each file."""

_COLUMNS = ("series", "writer", "writer_digit", "nist_class", "nist_index")
"""Columns 1 to 5; column 0 is the class, 6 and 7 say nothing of these digits."""


def load_table(folder: Path, file: str) -> Array:
    """Return int32 (examples, columns) of the ``train`` or ``test`` file in a folder.

    Columns: class; series (NIST's hsf partition: 0 employees, 4 students); writer; the
    digit's number among its writer's; NIST's class code (30 to 39); its number among all
    of NIST's digits; two that are 0 or not used.

    Raises
    ------
    DataError
        The file is not there, damaged, or other than published.
    """
    published = PUBLICATION.file(f"qmnist-{file}-labels-idx2-int.gz")
    path = check_file(folder, published)
    table = load_idx_int32(path, "examples columns", n_examples=N_ROWS[file])
    if table.shape[1] != 8 or not 0 <= table[:, 0].min() <= table[:, 0].max() <= 9:
        raise DataError(
            f"extended labels must have 8 columns, the first of classes 0 to 9; got shape "
            f"{table.shape}, classes {table[:, 0].min()} to {table[:, 0].max()}, in {path}. "
            "Download it again."
        )
    return table


def name_columns(table: Array, index: Index) -> Metadata:
    """Return the columns about the rows of a table, which are the examples of `index`."""
    columns = [Column(name, table[:, 1 + at].astype(np.int64)) for at, name in enumerate(_COLUMNS)]
    return build_metadata(index, columns)


def load_rows(
    file: str, n_rows: int, data_dir: Path | None, *, labels_sha256: str, title: str
) -> Metadata:
    """Return what is known of the first rows of a file, if their classes are those expected.

    The file is looked for in `data_dir` first and then where data usually lie, because the
    images it is about need not lie beside it.

    Parameters
    ----------
    file : {"train", "test"}
    n_rows : int
    data_dir : path or None
    labels_sha256 : str
        `ensemble_lab.canonical.array_sha256` of the labels as int64.
    title : str
        Whose labels they are.

    Raises
    ------
    DataError
        The file is nowhere, damaged, or about other examples.
    """
    folder = find_anywhere(PUBLICATION, data_dir)
    table = load_table(folder, file)[:n_rows]
    check_labels(table[:, 0].astype(np.int64), labels_sha256, title=title, folder=folder)
    return name_columns(table, np.arange(len(table)))


def check_labels(classes: Labels, expected: str, *, title: str, folder: Path) -> None:
    """Refuse extended labels whose classes are not those of the examples they go with.

    Raises
    ------
    DataError
        The hash of the classes is another.
    """
    found = array_sha256(classes)
    if found != expected:
        raise DataError(
            f"classes of the extended labels must be the labels of {title} (SHA-256 "
            f"{expected[:12]}…); got {found[:12]}…, in {folder}. Download them again."
        )
