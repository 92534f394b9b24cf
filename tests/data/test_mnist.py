"""MNIST: where it is looked for, what is accepted, what it says when it is not there."""

import gzip
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256
from ensemble_lab.data.loading import load_dataset, load_published, load_split
from ensemble_lab.data.sources import locate, mnist
from ensemble_lab.exceptions import DataError, MissingExtraError
from ensemble_lab.spec.data import Mnist
from tests.conftest import miss, need
from tests.data.conftest import Served
from tests.data.idx_files import idx_bytes, publish

MNIST = Mnist(name="mnist")
RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, (40, 28, 28), np.uint8),
    "y_train": np.arange(40, dtype=np.uint8) % 10,
    "x_test": RNG.integers(0, 256, (20, 28, 28), np.uint8),
    "y_test": np.arange(20, dtype=np.uint8) % 10,
}
"""Stands for MNIST where its true content does not matter."""

VALIDATION_SHA256 = "0ad50d5af7b23c78a9e5b07a57c6eb030b91ba1d60a858f89096118edfcba0cb"
"""Of the tenth that seed 0 cuts from the real training split."""


FILES = {
    "train-images-idx3-ubyte.gz": gzip.compress(idx_bytes(ARRAYS["x_train"]), mtime=0),
    "train-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(ARRAYS["y_train"]), mtime=0),
    "t10k-images-idx3-ubyte.gz": gzip.compress(idx_bytes(ARRAYS["x_test"]), mtime=0),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(ARRAYS["y_test"]), mtime=0),
}


def lay_npz(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "mnist.npz", **ARRAYS)
    return folder


def lay_idx(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the generated arrays pass for MNIST."""
    for split in ("train", "test"):
        images = array_sha256(ARRAYS[f"x_{split}"][..., np.newaxis])
        labels = array_sha256(ARRAYS[f"y_{split}"].astype(np.int64))
        monkeypatch.setitem(mnist.ARRAYS_SHA256, f"{split} images", images)
        monkeypatch.setitem(mnist.ARRAYS_SHA256, f"{split} labels", labels)
    monkeypatch.setattr(
        mnist, "PUBLICATION", replace(mnist.PUBLICATION, files=publish(FILES, "sha256"))
    )


@pytest.fixture
def server(served: Served, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder at the address of the download."""
    publication = replace(mnist.PUBLICATION, address=served.address)
    monkeypatch.setattr(mnist, "PUBLICATION", publication)
    return served.folder


@pytest.mark.usefixtures("stand_in")
def test_npz_and_idx_give_the_same_splits(tmp_path: Path) -> None:
    npz = load_published(MNIST, lay_npz(tmp_path / "npz"))
    idx = load_published(MNIST, lay_idx(tmp_path / "idx"))
    for one, other in zip(npz.splits, idx.splits, strict=True):
        assert one.images_sha256 == other.images_sha256
        assert one.labels_sha256 == other.labels_sha256
        assert np.array_equal(one.images, other.images)
    assert [(s.name, s.role) for s in idx.splits] == [("train", "none"), ("test", "report")]


@pytest.mark.usefixtures("stand_in")
def test_unpacked_idx_files_are_read_too(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
    assert load_split(MNIST, "test", tmp_path).n_examples == 20


@pytest.mark.usefixtures("stand_in")
def test_places_are_looked_at_in_order(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras_default = lay_npz(home / ".keras" / "datasets")
    assert locate(MNIST) == keras_default
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert locate(MNIST) == keras_default
    keras_home = lay_npz(tmp_path / "keras" / "datasets")
    assert locate(MNIST) == keras_home
    monkeypatch.setenv("ENSEMBLE_LAB_DATA", str(tmp_path / "named"))
    assert locate(MNIST) == keras_home
    named = lay_idx(tmp_path / "named")
    assert locate(MNIST) == named
    given = lay_idx(tmp_path / "given")
    assert locate(MNIST, given) == given


@pytest.mark.usefixtures("stand_in")
def test_given_folder_without_mnist_is_refused_whatever_lies_elsewhere(
    home: Path, tmp_path: Path
) -> None:
    lay_npz(home / ".keras" / "datasets")
    given = lay_idx(tmp_path / "given")
    (given / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"mnist\.npz.*given.*t10k-labels-idx1") as caught:
        load_published(MNIST, given)
    assert "train-images" not in str(caught.value)
    with pytest.raises(DataError, match=r"must be a folder; got .*nowhere"):
        locate(MNIST, tmp_path / "nowhere")


@pytest.mark.usefixtures("home")
def test_download_is_checked_and_kept(
    server: Path, stand_in: None, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lay_idx(server)
    assert load_split(MNIST, "test").n_examples == 20
    for path in server.iterdir():
        path.unlink()
    assert load_dataset(MNIST).split("train").n_examples == 36
    folder = locate(MNIST)
    assert folder is not None
    assert home in folder.parents
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("home", "stand_in")
def test_download_of_other_content_is_refused(server: Path) -> None:
    lay_idx(server)
    (server / "train-labels-idx1-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"train-labels.*does not match.*--data-dir") as caught:
        locate(MNIST)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("home", "stand_in", "server")
def test_failed_download_says_where_to_lay_the_files() -> None:
    with pytest.raises(DataError, match=r"404.*--data-dir or ENSEMBLE_LAB_DATA") as caught:
        locate(MNIST)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("home", "no_proxy")
def test_without_network_the_message_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    need("pooch")
    publication = replace(mnist.PUBLICATION, address="http://127.0.0.1:9/")
    monkeypatch.setattr(mnist, "PUBLICATION", publication)
    with pytest.raises(DataError, match=r"refused.*ENSEMBLE_LAB_DATA") as caught:
        locate(MNIST)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("home")
def test_without_pooch_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ensemble-lab\[train\]'"):
        locate(MNIST)


@pytest.mark.parametrize("lay", [lay_npz, lay_idx])
def test_other_content_under_mnists_name_is_refused(tmp_path: Path, lay: object) -> None:
    lay(tmp_path)  # type: ignore[operator]
    with pytest.raises(DataError, match=r"train images must have SHA-256 60e9cfee4813.*'npz'"):
        load_published(MNIST, tmp_path)


@pytest.mark.usefixtures("stand_in")
def test_other_labels_are_refused(tmp_path: Path) -> None:
    labels = ARRAYS["y_test"][::-1]
    np.savez(tmp_path / "mnist.npz", **(ARRAYS | {"y_test": labels}))
    with pytest.raises(DataError, match="test labels must have SHA-256"):
        load_split(MNIST, "test", tmp_path)


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"x_test": ARRAYS["x_test"] / 255}, r"test images.*uint8.*float64"),
        ({"x_test": ARRAYS["x_test"][0]}, r"test images.*\(28, 28\)"),
        ({"y_test": ARRAYS["y_test"][1:]}, r"test labels.*20 images.*\(19,\)"),
        ({"y_test": ARRAYS["y_test"] / 2}, r"test labels.*float64"),
        ({"x_test": ARRAYS["x_test"][:0], "y_test": ARRAYS["y_test"][:0]}, r"\(0, 28, 28\)"),
    ],
)
def test_malformed_npz_is_refused_with_its_file(
    tmp_path: Path, change: dict[str, np.ndarray], facts: str
) -> None:
    np.savez(tmp_path / "mnist.npz", **(ARRAYS | change))
    with pytest.raises(DataError, match=facts):
        load_split(MNIST, "test", tmp_path)


@pytest.mark.mnist
def test_real_mnist_has_the_pinned_hashes(mnist_dir: Path) -> None:
    data = load_published(MNIST, mnist_dir)
    assert [split.n_examples for split in data.splits] == [60_000, 10_000]
    assert data.image_shape == (28, 28, 1)
    labels = data.split("test").labels
    assert labels is not None
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert labels[6576] == 7


@pytest.mark.mnist
def test_real_idx_files_give_the_same_hashes_as_the_npz(mnist_dir: Path) -> None:
    images, labels = (
        mnist_dir / name for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    )
    if not (images.exists() and labels.exists()):
        miss(f"no IDX files of the test split in {mnist_dir}")
    for path in (images, labels):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert mnist.PUBLICATION.file(path.name).checksum == f"sha256:{digest}"
    read = mnist.load_idx(images, "examples height width")[..., np.newaxis]
    assert array_sha256(read) == mnist.ARRAYS_SHA256["test images"]
    read = mnist.load_idx(labels, "examples").astype(np.int64)
    assert array_sha256(read) == mnist.ARRAYS_SHA256["test labels"]


@pytest.mark.mnist
def test_real_mnist_is_cut_by_class(mnist_dir: Path) -> None:
    data = load_dataset(MNIST, mnist_dir)
    train, validation = data.split("train"), data.split("validation")
    assert (train.n_examples, validation.n_examples) == (54_000, 6_000)
    assert validation.images_sha256 == VALIDATION_SHA256
    assert np.array_equal(np.sort(np.r_[train.index, validation.index]), np.arange(60_000))
