"""The sets in MNIST's format with a few generated images in the place of theirs."""

import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_lab.data.sources.emnist_digits import EMNIST_DIGITS
from ensemble_lab.data.sources.fashion_mnist import FASHION_MNIST
from ensemble_lab.data.sources.image_set import ImageSet
from ensemble_lab.data.sources.kmnist import KMNIST
from tests.data.idx_files import idx_bytes, publish

SETS = {"fashion_mnist": FASHION_MNIST, "kmnist": KMNIST, "emnist_digits": EMNIST_DIGITS}
FOUR = ["fashion_mnist", "kmnist"]
RNG = np.random.default_rng(0)
SIZES = {"train": 30, "test": 20}
IMAGES = {split: RNG.integers(0, 256, (size, 28, 28), np.uint8) for split, size in SIZES.items()}
LABELS = {split: np.arange(size, dtype=np.uint8) % 10 for split, size in SIZES.items()}


def pack(name: str, *, transpose: bool = False) -> dict[str, bytes]:
    """The four IDX files of a set."""
    files = {}
    for part in SETS[name].parts:
        images = IMAGES[part.split]
        stored = np.ascontiguousarray(images.swapaxes(1, 2)) if transpose else images
        files[part.images] = gzip.compress(idx_bytes(stored), mtime=0)
        files[part.labels] = gzip.compress(idx_bytes(LABELS[part.split]), mtime=0)
    return files


def zip_up(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gzip/emnist-letters-mapping.txt", "1 65 97\n")
        for name, member in files.items():
            archive.writestr(f"gzip/{name}", member)
    return content.getvalue()


FILES = {name: pack(name) for name in FOUR}
MEMBERS = pack("emnist_digits", transpose=True)
FILES["emnist_digits"] = {"gzip.zip": zip_up(MEMBERS)}


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def shrink(name: str, files: dict[str, bytes] | None = None, **wishes: Any) -> ImageSet:
    """The set with those files, and the sizes of the generated ones; wishes change its address."""
    known = SETS[name]
    kind = known.publication.files[0].checksum.partition(":")[0]
    published = publish(FILES[name] if files is None else files, kind)
    return replace(
        known,
        publication=replace(known.publication, files=published, **wishes),
        parts=tuple(replace(part, n_examples=SIZES[part.split]) for part in known.parts),
    )
