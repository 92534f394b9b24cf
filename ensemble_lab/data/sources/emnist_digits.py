"""EMNIST's digits: 280,000 of NIST's digits, balanced, by another conversion than MNIST's.

G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to
handwritten letters" (arXiv:1702.05373, 2017). NIST publishes all its parts in one archive, of
which the digits alone are read. The images are stored column by column: as rows they
are transposed, which is put right here.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.data.dataset import number_classes
from ensemble_lab.data.sources.idx import MAX_BYTES, MAX_DEFLATE, load_idx, read_idx
from ensemble_lab.data.sources.image_set import ImageSet, Part
from ensemble_lab.data.sources.publication import (
    Publication,
    PublishedFile,
    check_file,
    find_file,
)
from ensemble_lab.exceptions import DataError

__all__ = ["EMNIST_DIGITS"]

_ARCHIVE = "gzip.zip"
_DAMAGE = (
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile raises on a damaged archive."""
_PARTS = tuple(
    Part(
        split,
        f"emnist-digits-{split}-images-idx3-ubyte.gz",
        f"emnist-digits-{split}-labels-idx1-ubyte.gz",
        n_examples,
    )
    for split, n_examples in (("train", 240_000), ("test", 40_000))
)


def _load_part(folder: Path, publication: Publication, part: Part) -> tuple[Array, Array]:
    """Return images and labels, from the archive or from what was unpacked of it."""
    n_examples = part.n_examples
    if find_file(folder, _ARCHIVE) is None:
        paths = [_find_member(folder, name) for name in (part.images, part.labels)]
        images = load_idx(paths[0], "examples width height", n_examples=n_examples)
        labels = load_idx(paths[1], "examples", n_examples=n_examples)
    else:
        path = check_file(folder, publication.file(_ARCHIVE))
        images = _read_member(path, part.images, "examples width height", n_examples)
        labels = _read_member(path, part.labels, "examples", n_examples)
    return np.ascontiguousarray(images.swapaxes(1, 2)), labels


def _find_member(folder: Path, name: str) -> Path:
    path = find_file(folder, name)
    if path is None:
        raise DataError(f"data folder must hold {name} or {_ARCHIVE}; got {folder}.")
    return path


def _read_member(path: Path, name: str, axes: str, n_examples: int) -> Array:
    where = f"{path}:gzip/{name}"
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(f"gzip/{name}")
            if entry.file_size > min(MAX_BYTES, entry.compress_size * MAX_DEFLATE):
                raise DataError(
                    f"member of the archive must unpack to no more than {MAX_DEFLATE} times its "
                    f"{entry.compress_size:,} bytes; its header says {entry.file_size:,}, in "
                    f"{where}. Download it again."
                )
            with archive.open(entry) as file:
                size = entry.file_size
                return read_idx(file, where, axes, size=size, n_examples=n_examples)
    except KeyError:
        raise DataError(
            f"archive must hold gzip/{name}; got none, in {path}. Download it again."
        ) from None
    except _DAMAGE as error:
        cause = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise DataError(
            f"archive must be a whole zip file; got {cause}, in {where}. Download it again."
        ) from error


EMNIST_DIGITS = ImageSet(
    Publication(
        title="EMNIST",
        address="https://biometrics.nist.gov/cs_links/EMNIST/",
        # NIST gives no checksum; this MD5 is the one that loaders check.
        files=(PublishedFile(_ARCHIVE, "md5:58c8d27c78d21e728a6bc7b3cc06412e"),),
        folders=("emnist_digits", "emnist", "EMNIST/raw"),
        has_own_names=True,
        instead=tuple(name for part in _PARTS for name in (part.images, part.labels)),
    ),
    class_names=number_classes(10),
    parts=_PARTS,
    load_part=_load_part,
)
