"""Images that a run keeps itself, because no known source could give them again."""

from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Images, check_axes
from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.files import check_name
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import SplitRecord

__all__ = ["has_images", "images_path", "load_kept_images", "save_images"]


def images_path(run: Run, split: str) -> Path:
    """Return where the images of a split lie, or would."""
    # A point, which no name may hold: "test-images" may be a split of its own.
    return run.path / "splits" / f"{check_name(split, what='split')}.images.h5"


def has_images(run: Run, split: str) -> bool:
    """Whether the run keeps the images of a split itself."""
    return images_path(run, split).exists()


def save_images(run: Run, split: str, images: Images) -> None:
    """Write the images of a split into the run: uint8 (examples, height, width, channels).

    Raises
    ------
    StoreError
        Another type or other axes, or they cannot be written.
    """
    check_axes(
        images, "examples height width channels", name=f"images of {split}", error=StoreError
    )
    if images.dtype != np.uint8:
        raise StoreError(f"images of {split} must be uint8; got {images.dtype}.")
    write_sealed(images_path(run, split), "images", {"split": split}, {"images": images})


def load_kept_images(run: Run, record: SplitRecord) -> Images:
    """Read the images that a run keeps of a split.

    They are held against their hash by whoever makes a split of them.

    Raises
    ------
    MissingError
        The run keeps none.
    DamagedError
        The file is damaged, or about another split.
    """
    path = images_path(run, record.name)
    with open_sealed(path, "images") as file:
        if file.header.get("split") != record.name:
            raise DamagedError(
                f"split must be {record.name!r}; got {file.header.get('split')!r}, in {path}."
            )
        images = file.read("images")
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) != len(record.index):
        raise DamagedError(
            f"images must be uint8 ({len(record.index)}, height, width, channels); got "
            f"{images.dtype} {images.shape}, in {path}."
        )
    return images
