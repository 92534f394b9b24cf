"""MNIST, from wherever it lies on this machine, or by a checked download.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits" (1998).
What is read is accepted by the hash of its arrays, so that Keras's npz and the IDX
files give the same splits, and nothing that looks like MNIST passes for it.
"""

import os
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.data.dataset import Dataset, Role, Split, build_split, number_classes
from ensemble_lab.data.sources.idx import load_idx
from ensemble_lab.data.sources.npz import load_arrays
from ensemble_lab.exceptions import DataError, MissingExtraError
from ensemble_lab.spec.data import Mnist

__all__ = ["ADDRESS", "ARRAYS_SHA256", "FILES_SHA256", "load", "load_split", "locate"]

ADDRESS = "https://storage.googleapis.com/cvdf-datasets/mnist/"

FILES_SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
"""The files at `ADDRESS` and the SHA-256 of their bytes."""

ARRAYS_SHA256 = {
    "train images": "60e9cfee4813c27120ddb14e65858a58a61db17173afbbd71cd3d5b1623db881",
    "train labels": "5537546e1eb94b13db6112b7269d4f0ed1fd592fbc232db2e238a305bd64afb9",
    "test images": "66c0818ae878fde9f1d1f478d543503701d57112a3c8129052302effc6b23d72",
    "test labels": "0dc9364260fa1e16441bce010e53fee9ae3d2036fd0666ce78f6d77fdf2517db",
}
"""`array_sha256` of images uint8 (examples, 28, 28, 1) and labels int64 (examples,)."""

_PREFIX = {"train": "train", "test": "t10k"}
_ROLE: dict[str, Role] = {"train": "none", "test": "report"}


def load(spec: Mnist, data_dir: Path | None = None) -> Dataset:
    """Return the 60,000 training and 10,000 test examples in MNIST's own order.

    Parameters
    ----------
    spec : Mnist
    data_dir : path, optional
        See `locate`.

    Raises
    ------
    DataError
        See `locate`; or a file is damaged or holds something other than MNIST.
    """
    folder = locate(data_dir)
    splits = tuple(_read_split(folder, split) for split in _PREFIX)
    return Dataset("mnist", number_classes(10), splits)


def load_split(spec: Mnist, split: str, data_dir: Path | None = None) -> Split:
    """Return one of the splits of `load` without reading the other."""
    return _read_split(locate(data_dir), split)


def locate(data_dir: Path | None = None) -> Path:
    """Return the folder that holds mnist.npz or the four IDX files.

    Looks in `data_dir` and nowhere else if it is given; else in the folder named by
    ``ENSEMBLE_LAB_DATA``, in Keras's cache (``KERAS_HOME`` and ``~/.keras``) and in our
    own cache, into which it downloads the IDX files if they are nowhere.

    Raises
    ------
    DataError
        `data_dir` holds neither, or the download failed.
    MissingExtraError
        There is something to download and pooch is not installed.
    """
    if data_dir is not None:
        if _holds_mnist(data_dir):
            return data_dir
        if not data_dir.is_dir():
            raise DataError(f"data folder must be a folder; got {data_dir}.")
        lacking = [name for name in FILES_SHA256 if _idx_path(data_dir, name) is None]
        raise DataError(
            f"data folder must hold mnist.npz or the four IDX files of MNIST; "
            f"got {data_dir} without mnist.npz and {', '.join(lacking)}."
        )
    folders = _usual_folders()
    for folder in folders:
        if _holds_mnist(folder):
            return folder
    return _download(folders)


def _usual_folders() -> list[Path]:
    named = os.environ.get("ENSEMBLE_LAB_DATA")
    keras = os.environ.get("KERAS_HOME")
    folders = [Path(named)] if named else []
    folders += [Path(keras) / "datasets"] if keras else []
    return [*folders, Path("~/.keras/datasets").expanduser()]


def _holds_mnist(folder: Path) -> bool:
    return (folder / "mnist.npz").is_file() or all(_idx_path(folder, name) for name in FILES_SHA256)


def _idx_path(folder: Path, name: str) -> Path | None:
    paths = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in paths if path.is_file()), None)


def _download(looked_in: list[Path]) -> Path:
    places = ", ".join(map(str, looked_in))
    try:
        import pooch
    except ImportError:
        raise MissingExtraError(
            f"MNIST must lie in one of {places}, or pooch be installed to download it. "
            "Install it with: pip install 'ensemble-lab[train]'"
        ) from None
    pooch.get_logger().setLevel("ERROR")
    cache = pooch.create(
        path=pooch.os_cache("ensemble-lab") / "mnist",
        base_url=ADDRESS,
        registry={name: f"sha256:{digest}" for name, digest in FILES_SHA256.items()},
    )
    # stream=False: pooch leaves the socket of a refused stream open.
    downloader = pooch.HTTPDownloader(timeout=30, stream=False)
    try:
        for name in FILES_SHA256:
            cache.fetch(name, downloader=downloader)
    except (OSError, ValueError) as error:
        # An HTTP library's words fill half a screen; what and why stand at their ends.
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        cause = cause if len(cause) <= 200 else f"{cause[:110]} … {cause[-80:]}"
        raise DataError(
            f"MNIST must be downloaded from {ADDRESS}, as it is in none of {places}; that failed: "
            f"{cause.rstrip('.')}. Lay mnist.npz or the four IDX files into a folder and name it "
            "with --data-dir or ENSEMBLE_LAB_DATA."
        ) from error
    return Path(cache.abspath)


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
    split = build_split(name, _ROLE[name], index, images[..., np.newaxis], labels)
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
        _idx_path(folder, f"{_PREFIX[name]}-{kind}-ubyte.gz")
        for kind in ("images-idx3", "labels-idx1")
    )
    if images is None or labels is None:
        raise DataError(f"data folder must hold MNIST's {name} split; got {folder}.")
    return load_idx(images, "examples height width"), load_idx(labels, "examples"), images
