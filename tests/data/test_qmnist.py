"""QMNIST: its three splits, and what is compared before it is believed."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.loading import load_dataset, load_metadata, load_split
from ensemble_lab.data.sources import extended_labels, locate, parse_source, qmnist
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import CanvasSpec, Qmnist
from tests.data.conftest import Served
from tests.data.idx_files import idx_bytes, publish

QMNIST = Qmnist(name="qmnist")
RNG = np.random.default_rng(0)
N_TRAIN, N_TEST, N_MNIST_TEST = 40, 30, 20
IMAGES = {
    "train": RNG.integers(0, 256, (N_TRAIN, 28, 28), np.uint8),
    "test": RNG.integers(0, 256, (N_TEST, 28, 28), np.uint8),
}


def build_table(n_rows: int) -> np.ndarray:
    table = np.zeros((n_rows, 8), ">i4")
    table[:, 0] = np.arange(n_rows) % 10
    table[:, 1] = 4
    table[:, 2] = 2000 + np.arange(n_rows) // 4
    table[:, 3] = np.arange(n_rows) % 4
    table[:, 4] = 30 + table[:, 0]
    table[:, 5] = 1000 + np.arange(n_rows)
    return table


TABLES = {"train": build_table(N_TRAIN), "test": build_table(N_TEST)}
IMAGE_FILES = {
    f"qmnist-{file}-images-idx3-ubyte.gz": gzip.compress(idx_bytes(images), mtime=0)
    for file, images in IMAGES.items()
}
LABEL_FILES = {
    f"qmnist-{file}-labels-idx2-int.gz": gzip.compress(idx_bytes(table), mtime=0)
    for file, table in TABLES.items()
}


def lay(folder: Path, *, images: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((IMAGE_FILES if images else {}) | LABEL_FILES).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the generated files pass for QMNIST."""
    use_labels(monkeypatch, LABEL_FILES)
    files = (*publish(IMAGE_FILES, "md5"), *publish(LABEL_FILES, "sha256"))
    monkeypatch.setattr(qmnist, "PUBLICATION", replace(qmnist.PUBLICATION, files=files))
    monkeypatch.setattr(qmnist, "N_MNIST_TEST", N_MNIST_TEST)


def use_labels(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    published = replace(extended_labels.PUBLICATION, files=publish(files, "sha256"))
    monkeypatch.setattr(extended_labels, "PUBLICATION", published)
    monkeypatch.setattr(extended_labels, "N_ROWS", {"train": N_TRAIN, "test": N_TEST})


def test_train_and_test_are_a_data_set(tmp_path: Path) -> None:
    data = load_dataset(QMNIST, lay(tmp_path))
    assert [(s.name, s.role, s.n_examples) for s in data.splits] == [
        ("train", "none", 36), ("validation", "choose", 4), ("test", "report", 20),
    ]  # fmt: skip
    assert np.array_equal(data.split("test").images[..., 0], IMAGES["test"][:20])
    assert np.array_equal(data.split("test").labels, np.arange(20) % 10)


def test_the_other_test_images_keep_their_published_index(tmp_path: Path) -> None:
    split = load_split(QMNIST, "test50k", lay(tmp_path))
    assert split.role == "report"
    assert split.index.tolist() == list(range(20, 30))
    assert np.array_equal(split.images[..., 0], IMAGES["test"][20:])
    assert np.array_equal(split.labels, np.arange(20, 30) % 10)


def test_split_is_named_on_the_command_line() -> None:
    assert parse_source("qmnist:test50k") == (QMNIST, "test50k")


def test_places_on_the_canvas_differ_between_the_splits(tmp_path: Path) -> None:
    spec = Qmnist(name="qmnist", canvas=CanvasSpec(size=56))
    other = load_split(spec, "test50k", lay(tmp_path))
    assert other.image_shape == (56, 56, 1)
    assert other.images.sum() == IMAGES["test"][20:].sum(dtype=np.int64)


@pytest.mark.parametrize(("split", "rows"), [("train", 40), ("test", 20), ("test50k", 10)])
def test_metadata_are_aligned_with_the_split(tmp_path: Path, split: str, rows: int) -> None:
    lay(tmp_path)
    known = load_metadata(QMNIST, split, tmp_path)
    assert known is not None
    assert np.array_equal(known.index, load_split(QMNIST, split, tmp_path).index)
    assert len(known.index) == rows
    assert known.column("writer").tolist() == (2000 + known.index // 4).tolist()
    assert known.column("nist_index").tolist() == (1000 + known.index).tolist()
    assert known.column("series").dtype == np.int64


@pytest.mark.usefixtures("home")
def test_labels_alone_give_metadata_but_no_images(tmp_path: Path) -> None:
    lay(tmp_path, images=False)
    assert load_metadata(QMNIST, "train", tmp_path) is not None
    with pytest.raises(DataError, match=r"4 files of QMNIST; got .* without qmnist-train-images"):
        load_split(QMNIST, "train", tmp_path)


@pytest.mark.usefixtures("home")
def test_all_is_downloaded_where_nothing_lies(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(served.folder)
    for module in (extended_labels, qmnist):
        publication = replace(module.PUBLICATION, address=served.address)
        monkeypatch.setattr(module, "PUBLICATION", publication)
    folder = locate(QMNIST)
    assert folder is not None
    assert load_split(QMNIST, "test", folder).n_examples == 20
    assert load_metadata(QMNIST, "test50k") is not None


@pytest.mark.parametrize("name", [*IMAGE_FILES, *LABEL_FILES])
def test_other_content_is_refused_by_its_checksum(tmp_path: Path, name: str) -> None:
    path = lay(tmp_path) / name
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    kind = "MD5" if "images" in name else "SHA-256"
    with pytest.raises(DataError, match=f"{name} must have {kind} .*Download it again"):
        load_dataset(QMNIST, tmp_path)


@pytest.mark.parametrize(
    ("table", "facts"),
    [
        (TABLES["test"][:, :7], r"8 columns.*got shape \(30, 7\)"),
        (TABLES["test"] + np.array(1, ">i4"), "classes 1 to 10"),
        (TABLES["test"][1:], "must hold 30 examples; got 29"),
    ],
)
def test_unpacked_labels_are_looked_at(tmp_path: Path, table: np.ndarray, facts: str) -> None:
    lay(tmp_path)
    (tmp_path / "qmnist-test-labels-idx2-int.gz").unlink()
    (tmp_path / "qmnist-test-labels-idx2-int").write_bytes(idx_bytes(table.astype(">i4")))
    with pytest.raises(DataError, match=facts):
        load_metadata(QMNIST, "test", tmp_path)
