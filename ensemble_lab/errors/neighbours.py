"""Nearest examples, in pixels: exact, whatever the number of examples."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Floats, Images, Index, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["Nearest", "find_nearest"]

# Numbers in a block of images: 1 MB of float64, which stays near the processor, and so few that
# BLAS multiplies them on one thread. With more it starts threads that wait for each other wherever
# the cores are busy: 60,000 × 784 by 4 images took 0.1 s on idle cores, then 1 to 4 s.
_BLOCK_CELLS = 2**17
_FARTHEST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Nearest:
    """The examples that look most like one image, the nearest first.

    Attributes
    ----------
    positions : int64 (nearest,)
        Where they stand among the images that were searched.
    distances : float64 (nearest,)
        Euclidean, of pixels from 0 to 1. 0 is the very same picture; no pixel alike at all, black
        against white, is the square root of the number of pixels.
    """

    positions: Index
    distances: Floats


def find_nearest(
    images: Images, wanted: Images, n_nearest: int, *, is_left_out: Booleans | None = None
) -> tuple[Nearest, ...]:
    """Return for each image wanted those of `images` at the least Euclidean distance in pixels.

    Of equally distant ones the one that stands first comes first. Distances are exact up to the
    square root: a squared distance of uint8 pixels is a whole number, and float64 holds whole
    numbers up to 2⁵³, so that |a|² − 2 a·b + |b|² loses nothing however it is added up, and nothing
    has to be computed twice.

    Parameters
    ----------
    images : uint8 (examples, height, width, channels)
    wanted : uint8 (wanted, height, width, channels)
    n_nearest : int
        1 or more; fewer come back where there are not as many.
    is_left_out : bool (wanted, examples), optional
        Examples that are no neighbours of an image, such as the image itself.

    Returns
    -------
    tuple of Nearest
        One for each image wanted.

    Raises
    ------
    PredictionError
        Images of another shape or type than those wanted, or no neighbour asked for.

    Examples
    --------
    >>> images = np.array([0, 51, 255, 51], np.uint8).reshape(4, 1, 1, 1)
    >>> (found,) = find_nearest(images, images[:1], 3)
    >>> found.positions.tolist(), found.distances.round(3).tolist()
    ([0, 1, 3], [0.0, 0.2, 0.2])
    """
    _check(images, wanted, n_nearest)
    n_examples, n_wanted = len(images), len(wanted)
    asked = wanted.reshape(n_wanted, -1).astype(np.float64)
    step = max(1, _BLOCK_CELLS // asked.shape[1])
    best = np.full((n_wanted, 0), _FARTHEST)
    for start in range(0, n_examples, step):
        block = images[start : start + step].reshape(-1, asked.shape[1]).astype(np.float64)
        # Distance and place in one whole number: its order settles equal distances too.
        ranks = _square_distances(block, asked) * n_examples
        ranks += np.arange(start, start + len(block))
        if is_left_out is not None:
            ranks[is_left_out[:, start : start + step]] = _FARTHEST
        best = _keep_least(np.concatenate([best, ranks], axis=1), n_nearest)
    return tuple(_decode(row, n_examples) for row in np.sort(best, axis=1))


def _square_distances(block: Floats, asked: Floats) -> Index:
    """Return squared distances of pixels from 0 to 255: int64 (wanted, block)."""
    lengths = np.einsum("ep,ep->e", block, block)
    products = np.array([block @ image for image in asked])
    own = np.einsum("wp,wp->w", asked, asked)
    squared: Floats = lengths - 2 * products + own[:, np.newaxis]
    return squared.astype(np.int64)


def _keep_least(ranks: Index, n_least: int) -> Index:
    if ranks.shape[1] <= n_least:
        return ranks
    least: Index = np.partition(ranks, n_least - 1, axis=1)[:, :n_least]
    return least


def _decode(ranks: Index, n_examples: int) -> Nearest:
    squared, positions = np.divmod(ranks[ranks < _FARTHEST], n_examples)
    return Nearest(positions, np.sqrt(squared) / 255)


def _check(images: Array, wanted: Array, n_nearest: int) -> None:
    if n_nearest < 1:
        raise PredictionError(f"neighbours must be 1 or more; got {n_nearest}.")
    for name, array in (("images", images), ("images wanted", wanted)):
        check_axes(array, "examples height width channels", name=name)
        if array.dtype != np.uint8:
            raise PredictionError(f"{name} must be uint8; got {array.dtype}.")
    if images.shape[1:] != wanted.shape[1:]:
        raise PredictionError(
            f"images must have the shape of those wanted {wanted.shape[1:]}; got "
            f"{images.shape[1:]}."
        )
