"""Images that come more than once, pixel for pixel."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ensemble_lab.arrays import Images, Index
from ensemble_lab.data.dataset import Split

__all__ = ["Repeats", "find_repeats"]


@dataclass(frozen=True)
class Repeats:
    """Examples whose image has come before, pixel for pixel.

    Attributes
    ----------
    split : str
        Where they are.
    of : str
        Where their image came before: an earlier split, or `split` itself.
    pairs : tuple of (int, int)
        Index of the first example of `of` with the image, and of the example that repeats it;
        in the order of the latter.
    n_relabelled : int or None
        Pairs whose two labels differ; None where one of the splits is unlabelled.
    """

    split: str
    of: str
    pairs: tuple[tuple[int, int], ...]
    n_relabelled: int | None


def find_repeats(splits: tuple[Split, ...]) -> tuple[Repeats, ...]:
    """Return the images that come again within a split, and in a later split.

    Equal means equal in every pixel: rows are hashed once, and those that share a hash are
    compared by their bytes.

    Examples
    --------
    >>> from ensemble_lab.data.dataset import build_split
    >>> images = np.array([3, 5, 3, 3], np.uint8).reshape(4, 1, 1, 1)
    >>> split = build_split("train", "none", np.arange(4), images, np.array([0, 1, 0, 1]))
    >>> find_repeats((split,))
    (Repeats(split='train', of='train', pairs=((0, 2), (0, 3)), n_relabelled=1),)
    """
    places = _place_images(splits)
    within = [_pair(split, split, places[split.name], places[split.name]) for split in splits]
    across = [
        _pair(later, earlier, places[later.name], places[earlier.name])
        for earlier, later in combinations(splits, 2)
    ]
    return tuple(repeats for repeats in (*within, *across) if repeats.pairs)


_Places = dict[bytes, list[int]]
"""Positions of each image, by its bytes; only of images that may come twice."""


def _place_images(splits: tuple[Split, ...]) -> dict[str, _Places]:
    hashes = [_hash_rows(split.images) for split in splits]
    found, counts = np.unique(np.concatenate(hashes), return_counts=True)
    several = found[counts > 1]
    places: dict[str, _Places] = {split.name: {} for split in splits}
    for split, own in zip(splits, hashes, strict=True):
        for position in np.flatnonzero(np.isin(own, several)).tolist():
            key = split.images[position].tobytes()
            places[split.name].setdefault(key, []).append(position)
    return places


def _pair(later: Split, earlier: Split, places: _Places, known: _Places) -> Repeats:
    start = 1 if later is earlier else 0
    pairs = sorted(
        (position, known[key][0])
        for key, positions in places.items()
        if key in known
        for position in positions[start:]
    )
    here, there = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    n_relabelled = None
    if later.labels is not None and earlier.labels is not None:
        n_relabelled = int((later.labels[here] != earlier.labels[there]).sum())
    indices = zip(earlier.index[there].tolist(), later.index[here].tolist(), strict=True)
    return Repeats(later.name, earlier.name, tuple(indices), n_relabelled)


def _hash_rows(images: Images) -> Index:
    """Return Python's own hash of each image's bytes; equal images have equal hashes."""
    return np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))
