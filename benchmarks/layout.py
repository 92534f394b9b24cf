"""How probabilities lie on the disk, for both ways in which they are read.

Run as ``python benchmarks/layout.py``: about ten seconds and 0.7 GB of disk. Of 20 members ×
200,000 examples × 10 classes it reads 16,384 examples of all members into one array, as votes
do, and all examples of one member: from a contiguous dataset a member, as the package writes
them, beside chunks a member and one file of all members. Files are warm in the page cache.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from records import finish
from timing import Ratio, measure

from ensemble_lab.arrays import Array
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.stored_array import StoredArray

N_MEMBERS, N_EXAMPLES, N_CLASSES = 20, 200_000, 10
FIRST, LAST = 50_000, 66_384
BLOCK = slice(FIRST, LAST)
MEMBER = 3


def write_files(folder: Path, probabilities: Array) -> list[StoredArray]:
    """Write all layouts, and return the one of the package."""
    stored = []
    for member, rows in enumerate(probabilities):
        path = folder / f"sealed-{member}.h5"
        write_sealed(path, "predictions", {}, {"probabilities": rows})
        with open_sealed(path, "predictions") as file:
            stored.append(file.locate("probabilities"))
        with h5py.File(folder / f"chunks-{member}.h5", "w") as file:
            file.create_dataset("probabilities", data=rows, chunks=(4096, N_CLASSES))
    with h5py.File(folder / "whole.h5", "w") as file:
        file["probabilities"] = probabilities.transpose(1, 0, 2)
    return stored


def take(path: Path, rows: object) -> Array:
    """Return part of a file, opened for it."""
    with h5py.File(path, "r", locking=False) as file:
        return np.asarray(file["probabilities"][rows])


def compare(folder: Path, probabilities: Array, stored: list[StoredArray]) -> list[Ratio]:
    """Return ratios for both ways of reading, after checking that all read the same."""
    outs = [np.empty((N_MEMBERS, LAST - FIRST, N_CLASSES), np.float32) for _ in range(3)]

    def fill(out: Array, read: Callable[[int], Array]) -> None:
        for member in range(N_MEMBERS):
            out[member] = read(member)

    blocks = (
        lambda: fill(outs[0], lambda member: stored[member].read(FIRST, LAST)),
        lambda: fill(outs[1], lambda member: take(folder / f"chunks-{member}.h5", BLOCK)),
        lambda: outs[2].__setitem__(..., take(folder / "whole.h5", BLOCK).transpose(1, 0, 2)),
    )
    members = (
        lambda: stored[MEMBER].read(0, N_EXAMPLES),
        lambda: take(folder / f"chunks-{MEMBER}.h5", slice(None)),
        lambda: take(folder / "whole.h5", (slice(None), MEMBER)),
    )
    for read, out in zip(blocks, outs, strict=True):
        read()
        np.testing.assert_array_equal(out, probabilities[:, BLOCK])
    for read in members:
        np.testing.assert_array_equal(read(), probabilities[MEMBER])
    peers = ("chunks of 4,096 examples a member", "one file, examples first")
    return [
        measure(f"{what}, contiguous a member", reads[0], peer, read, goal="<= 1")
        for what, reads in (("block of all members", blocks), ("all of one member", members))
        for peer, read in zip(peers, reads[1:], strict=True)
    ]


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    probabilities = rng.random((N_MEMBERS, N_EXAMPLES, N_CLASSES), dtype=np.float32)
    with tempfile.TemporaryDirectory() as name:
        stored = write_files(Path(name), probabilities)
        finish(compare(Path(name), probabilities, stored))


if __name__ == "__main__":
    main()
