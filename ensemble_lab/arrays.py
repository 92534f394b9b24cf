"""The words for axes and arrays, and the one check of an array's shape.

Axes always come in this order: members, examples, classes; images are
(examples, height, width, channels).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.exceptions import EnsembleLabError, PredictionError

__all__ = [
    "Array",
    "Booleans",
    "Floats",
    "Images",
    "Index",
    "Labels",
    "Probabilities",
    "Votes",
    "check_axes",
    "check_probabilities",
    "find_positions",
    "read_only",
    "smallest_unsigned",
]

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
"""0-based positions in a split as published, int64 (examples,)."""
Labels = npt.NDArray[np.int64]
"""True classes, int64 (examples,)."""
Votes = npt.NDArray[np.unsignedinteger[Any]]
"""Chosen classes, smallest unsigned type (members, examples)."""
Probabilities = npt.NDArray[np.float32]
"""float32 (members, examples, classes); every row sums to 1."""
Images = npt.NDArray[np.uint8]
"""uint8 (examples, height, width, channels)."""
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def check_axes(
    array: Array,
    axes: str,
    *,
    name: str,
    error: type[EnsembleLabError] = PredictionError,
    **sizes: int,
) -> None:
    """Refuse an array whose axes are not the ones named.

    Parameters
    ----------
    array : ndarray
        What to look at.
    axes : str
        The names of its axes, such as ``"members examples classes"``.
    name : str
        What to call the array in the message.
    error : type
        Which exception to raise.
    **sizes : int
        The length that an axis must have, by the axis's name.

    Raises
    ------
    EnsembleLabError
        Of the type `error`: another number of axes, or another length.

    Examples
    --------
    >>> check_axes(np.zeros((3, 6)), "members examples", name="votes", members=3)
    """
    words = axes.split()
    if array.ndim != len(words):
        raise error(f"{name} must have the axes ({', '.join(words)}); got shape {array.shape}.")
    for word, length in zip(words, array.shape, strict=True):
        if word in sizes and sizes[word] != length:
            raise error(
                f"{name} must have {sizes[word]} {word}; got {length} (shape {array.shape})."
            )


def check_probabilities(
    probabilities: Array,
    *,
    name: str,
    tolerance: float = 1e-3,
    error: type[EnsembleLabError] = PredictionError,
    start: int = 0,
    n_rows: int | None = None,
) -> None:
    """Refuse probabilities that are not finite, negative, or do not sum to 1.

    Parameters
    ----------
    probabilities : float (..., classes)
        Rows to check.
    name : str
        What to call them in the message, usually the member's key.
    tolerance : float
        How far a row's sum may be from 1.
    error : type
        Which exception to raise.
    start, n_rows : int
        Where these rows begin among how many, for the message; they are all unless given.

    Raises
    ------
    EnsembleLabError
        Of the type `error`: names the first bad row by its position.
    """
    rows = probabilities.reshape(-1, probabilities.shape[-1])
    # Rows of few numbers: einsum takes 1.2 ms for 100,000 rows of 10 where a sum takes 6.8, and
    # the smallest of all 0.1 where those of each row take 8.2. NaN fails both comparisons.
    with np.errstate(invalid="ignore"):
        sums = np.einsum("ij->i", rows, dtype=np.float64)
        if rows.min(initial=0) >= 0 and (np.abs(sums - 1) <= tolerance).all():
            return
        bad = ~(np.isfinite(sums) & (np.abs(sums - 1) <= tolerance) & (rows.min(axis=1) >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise error(
            f"{name} must hold finite, non-negative rows that sum to 1; row {start + row} of "
            f"{len(rows) if n_rows is None else n_rows} "
            f"sums to {sums[row]:.6g} with a smallest value of {rows[row].min():.6g}."
        )


def find_positions(
    index: Index, wanted: Index, *, split: str, error: type[EnsembleLabError] = PredictionError
) -> Index:
    """Return where in a split its examples with these indices stand, in the order asked for.

    Parameters
    ----------
    index : int64 (examples,)
        Positions in the split as published, in any order.
    wanted : int64 (wanted,)
    split : str
        Its name, for the message.
    error : type
        Which exception to raise.

    Returns
    -------
    int64 (wanted,)

    Raises
    ------
    EnsembleLabError
        Of the type `error`: an index that the split does not hold; names it and the range.

    Examples
    --------
    >>> find_positions(np.array([3, 8, 5]), np.array([5, 3]), split="validation").tolist()
    [2, 0]
    """
    order = np.argsort(index, kind="stable")
    places = np.searchsorted(index, wanted, sorter=order)
    positions = order[np.minimum(places, len(index) - 1)]
    absent = wanted[index[positions] != wanted]
    if absent.size:
        raise error(
            f"index must be one of the {len(index):,} of split {split!r}, from {index.min()} to "
            f"{index.max()}; got {absent[0]}."
        )
    return positions.astype(np.int64)


def read_only(array: Array) -> Array:
    """Return a view that cannot be written through; the caller's own array stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def smallest_unsigned(n_classes: int) -> np.dtype[np.unsignedinteger[Any]]:
    """Return the smallest unsigned type that holds classes 0 … n_classes − 1.

    Examples
    --------
    >>> smallest_unsigned(256), smallest_unsigned(257)
    (dtype('uint8'), dtype('uint16'))
    """
    return np.min_scalar_type(max(n_classes - 1, 0))
