"""Bring your own: x_train, y_train, x_test and y_test in one npz file."""

import math
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from ensemble_lab.arrays import Array, Images, Labels
from ensemble_lab.data.dataset import (
    MAX_CLASSES,
    Dataset,
    Split,
    build_split,
    number_classes,
)
from ensemble_lab.data.sources.idx import MAX_BYTES, MAX_DEFLATE
from ensemble_lab.exceptions import DataError
from ensemble_lab.roles import PUBLISHED_ROLES
from ensemble_lab.spec.data import Npz
from ensemble_lab.spelling import closest

__all__ = ["list_splits", "load", "load_arrays", "load_names", "load_split"]

_BLOCK_VALUES = 2**22
_DAMAGE = (
    EOFError,
    MemoryError,
    SyntaxError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What NumPy and zipfile raise on a damaged array; numpy reads an old header with tokenize."""
_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def load(spec: Npz, data_dir: Path | None = None) -> Dataset:
    """Return train and test of an npz file with x_train, y_train, x_test and y_test.

    Images are (examples, height, width) or (examples, height, width, channels), uint8 or
    whole numbers from 0 to 255 of another type; labels are whole numbers from 0. An
    optional class_names names the classes; else there are as many as the largest label
    says, and their names are their numbers.

    Parameters
    ----------
    spec : Npz
        A relative path is taken from the working directory.
    data_dir : path, optional
        Not looked at.

    Raises
    ------
    DataError
        No such file, a damaged one, or arrays of which this does not hold.
    """
    path = Path(spec.path)
    arrays = load_arrays(
        path, required=("x_train", "y_train", "x_test", "y_test"), optional=("class_names",)
    )
    train, test = splits = tuple(_build(path, arrays, name) for name in PUBLISHED_ROLES)
    if train.image_shape != test.image_shape:
        raise DataError(
            f"x_train and x_test must hold images of one shape; got {train.image_shape} and "
            f"{test.image_shape}, in {path}."
        )
    largest = max(int(split.labels.max()) for split in splits if split.labels is not None)
    is_named = "class_names" in arrays
    names = _class_names(arrays["class_names"], path) if is_named else number_classes(largest + 1)
    if not 2 <= len(names) <= MAX_CLASSES:
        raise DataError(
            f"classes must be 2 to {MAX_CLASSES:,}; got {len(names):,} (by class_names, or by the "
            f"largest label), in {path}."
        )
    for split in splits:
        _check_classes(split, names, path)
    return Dataset("npz", names, splits)


def load_split(spec: Npz, split: str, data_dir: Path | None = None) -> Split:
    """Return one split of an npz file that need not hold the other, nor labels.

    Raises
    ------
    DataError
        As `load`.
    """
    path = Path(spec.path)
    optional = (f"y_{split}", "class_names")
    arrays = load_arrays(path, required=(f"x_{split}",), optional=optional)
    built = _build(path, arrays, split)
    if "class_names" in arrays:
        _check_classes(built, _class_names(arrays["class_names"], path), path)
    return built


def load_names(spec: Npz) -> tuple[str, ...] | None:
    """Return the class names that an npz file holds, or None where it holds none.

    Raises
    ------
    DataError
        As `load`.
    """
    path = Path(spec.path)
    arrays = load_arrays(path, required=(), optional=("class_names",))
    return _class_names(arrays["class_names"], path) if "class_names" in arrays else None


def list_splits(spec: Npz) -> tuple[str, ...]:
    """Return the splits that an npz file holds images of.

    Both where it holds neither or cannot be read at all: reading them says what is wrong.
    """
    try:
        with zipfile.ZipFile(spec.path) as archive:
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        names = []
    held = tuple(split for split in PUBLISHED_ROLES if f"x_{split}.npy" in names)
    return held or tuple(PUBLISHED_ROLES)


def load_arrays(
    path: Path, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Array]:
    """Return the named arrays of an npz file; those of `optional` only if they are there.

    Objects are never unpickled. What the headers promise is held against the size of the
    file before anything is allocated; checksums are compared while reading.

    Raises
    ------
    DataError
        No such file, no npz, a missing array, a damaged one, or one of objects.
    """
    if not path.exists():
        raise DataError(f"npz file must exist; got {path}.")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            there = [name.removesuffix(".npy") for name in names if name.endswith(".npy")]
            for key in required:
                if key not in there:
                    raise DataError(
                        f"npz file must hold {', '.join(required)}; {key} is missing, in {path}: "
                        f"it holds {', '.join(map(repr, there[:8])) or 'nothing'}"
                        + closest(key, set(there) - {*required, *optional})
                    )
            keys = [key for key in (*required, *optional) if key in there]
            return {key: _read_array(archive, key, path) for key in keys}
    except (zipfile.BadZipFile, ValueError) as error:  # a name that is no UTF-8 is the latter
        raise DataError(
            f"npz file must be a whole zip archive of arrays; got {error}, in {path}. "
            "Copy or write it again."
        ) from error
    except (OSError, NotImplementedError, RuntimeError) as error:
        cause = getattr(error, "strerror", None) or error
        raise DataError(f"npz file must be readable; got {cause}, in {path}.") from error


def _read_array(archive: zipfile.ZipFile, key: str, path: Path) -> Array:
    entry = archive.getinfo(f"{key}.npy")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"npz file must be stored or deflated; got zip method {entry.compress_type}, "
            f"in {path}:{key}. Write it with numpy.savez_compressed."
        )
    try:
        with archive.open(entry) as file:
            _check_header(file, entry, f"{path}:{key}")
        with archive.open(entry) as file:
            array: Array = np.lib.format.read_array(file, allow_pickle=False)
            return array
    except _DAMAGE as error:
        cause = " ".join(str(error.args[0]).split()) if error.args else type(error).__name__
        raise DataError(
            f"{key} must be a whole array; got {cause.rstrip('.')}, in {path}:{key}. "
            "Copy or write it again."
        ) from error


def _check_header(file: IO[bytes], entry: zipfile.ZipInfo, where: str) -> None:
    """Refuse objects, and more bytes than the archive can hold."""
    version = np.lib.format.read_magic(file)
    if version not in _READ_HEADER:
        raise ValueError(f"npy format {version[0]}.{version[1]}")
    shape, _, dtype = _READ_HEADER[version](file)
    if dtype.hasobject:
        raise DataError(
            f"arrays must hold numbers or text; got Python objects, in {where}. Objects could "
            "run code and are not read: save plain arrays."
        )
    n_bytes = math.prod(shape) * dtype.itemsize
    stored = entry.file_size - file.tell()
    most = min(MAX_BYTES, entry.compress_size * MAX_DEFLATE)
    if min(shape, default=0) < 0 or n_bytes != stored or n_bytes > most:
        raise DataError(
            f"array must have the {n_bytes:,} bytes of shape {shape} that its header says; the "
            f"archive has {stored:,} and can have {most:,} at most, in {where}. Write it again."
        )


def _build(path: Path, arrays: dict[str, Array], split: str) -> Split:
    x, y = f"x_{split}", f"y_{split}"
    images = _images(arrays[x], f"{path}:{x}")
    labels = None
    if y in arrays:
        labels = _labels(arrays[y], f"{path}:{y}")
        if len(labels) != len(images):
            raise DataError(
                f"{x} and {y} must hold as many examples; got {len(images)} and {len(labels)}, "
                f"in {path}."
            )
    return build_split(split, PUBLISHED_ROLES[split], np.arange(len(images)), images, labels)


def _images(array: Array, where: str) -> Images:
    """Return uint8 (examples, height, width, channels)."""
    key = where.rpartition(":")[2]
    if array.ndim not in (3, 4) or array.size == 0:
        raise DataError(
            f"{key} must be (examples, height, width) or (examples, height, width, channels) with "
            f"no empty axis; got shape {array.shape}, in {where}."
        )
    if array.dtype.kind not in "iuf":
        raise DataError(f"{key} must be numbers; got {array.dtype}, in {where}.")
    images = array if array.dtype == np.uint8 else _pixels(array, where)
    return images[..., np.newaxis] if images.ndim == 3 else images


def _pixels(array: Array, where: str) -> Images:
    """Return the whole numbers 0 to 255 as uint8, in blocks of examples."""
    pixels = np.empty(array.shape, np.uint8)
    step = max(1, _BLOCK_VALUES // max(1, array[0].size))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        # A comparison with NaN is false, so NaN is not whole either.
        is_pixel = (block >= 0) & (block <= 255) & (np.floor(block) == block)
        if not is_pixel.all():
            at = np.unravel_index(int(np.argmin(is_pixel)), is_pixel.shape)
            raise DataError(
                f"{where.rpartition(':')[2]} must hold whole numbers from 0 to 255; got "
                f"{block[at]} in example {start + int(at[0])}, in {where}. "
                "Save the pixels as uint8, before any scaling."
            )
        pixels[start : start + step] = block
    return pixels


def _labels(array: Array, where: str) -> Labels:
    """Return int64 (examples,)."""
    key = where.rpartition(":")[2]
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise DataError(
            f"{key} must be whole numbers (examples,); got {array.dtype} of shape {array.shape}, "
            f"in {where}."
        )
    # float64, because the bound itself is infinite in half precision.
    is_label = (array >= 0) & (array < np.float64(MAX_CLASSES)) & (np.floor(array) == array)
    if not is_label.all():
        at = int(np.argmin(is_label))
        raise DataError(
            f"{key} must hold whole numbers from 0 to {MAX_CLASSES - 1}; got {array[at]} in "
            f"example {at}, in {where}."
        )
    return array.astype(np.int64)


def _class_names(array: Array, path: Path) -> tuple[str, ...]:
    where = f"{path}:class_names"
    if array.ndim != 1 or array.dtype.kind != "U":
        raise DataError(
            f"class_names must be text (classes,); got {array.dtype} of shape {array.shape}, "
            f"in {where}."
        )
    names = tuple(array.tolist())
    bad = [name for name in names if not name or not name.isprintable()]
    twice = len(set(names)) < len(names)
    if bad or twice:
        raise DataError(
            f"class_names must be printable and differ; got {bad[0]!r}, in {where}."
            if bad
            else f"class_names must be printable and differ; some come twice, in {where}."
        )
    return names


def _check_classes(split: Split, names: tuple[str, ...], path: Path) -> None:
    if split.labels is not None and split.labels.max() >= len(names):
        at = int(np.argmax(split.labels >= len(names)))
        raise DataError(
            f"y_{split.name} must hold labels below {len(names)}, one for each of class_names; got "
            f"{split.labels[at]} in example {at}, in {path}:y_{split.name}."
        )
