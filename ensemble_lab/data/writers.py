"""Where writers lie in a shuffled order, so that no cut goes through what one person wrote."""

import numpy as np

from ensemble_lab.arrays import Array, Floats
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.exceptions import DataError
from ensemble_lab.seeds import draw_generator, draw_uniform

__all__ = ["place_by_writer", "place_writers"]


def place_by_writer(metadata: Metadata | None, seed: int, *, source: str) -> Floats:
    """Return the place of each example's writer (see `place_writers`), by what is known of both.

    Parameters
    ----------
    metadata : Metadata or None
        With a column ``writer``, and ``series`` where writers come in kinds.
    seed : int
        Of the validation split.
    source : str
        Named where nothing is known of writers.

    Raises
    ------
    DataError
        It is not known who wrote the examples.
    """
    if metadata is None or "writer" not in metadata.names:
        raise DataError(
            f"validation by writer needs to know who wrote each example; {source} does not say. "
            "Use by = 'example'."
        )
    writer = metadata.column("writer")
    series = metadata.column("series") if "series" in metadata.names else np.zeros_like(writer)
    return place_writers(writer, series, seed)


def place_writers(writer: Array, series: Array, seed: int) -> Floats:
    """Return where each example's writer lies in the order of the writers of its series.

    The writers of a series stand in an order drawn from the seed, each as wide as the number
    of their examples; the place is the middle of theirs, as a share of the series. So "place
    below 0.1" takes whole writers, about a tenth of the examples of every series, and a
    larger bound takes those of a smaller one and more.

    Parameters
    ----------
    writer : int64 (examples,)
        Who wrote each example, 0 or more.
    series : int64 (examples,)
        The kind of writer; that of a writer's first example counts.
    seed : int

    Returns
    -------
    places : float64 (examples,)
        Above 0 and below 1, the same for all examples of a writer.

    Examples
    --------
    >>> places = place_writers(np.array([7, 7, 8]), np.zeros(3, np.int64), seed=0)
    >>> sorted(set((6 * places).round().astype(int).tolist()))  # sixths: 2 of 3 wide, 1 of 3 wide
    [2, 5]
    """
    writers, first, number, counts = np.unique(
        writer, return_index=True, return_inverse=True, return_counts=True
    )
    key = int(draw_generator(seed, "writers").bit_generator.random_raw())
    kind = series[first]
    order = np.lexsort((writers, draw_uniform(key, writers.astype(np.int64)), kind))
    sizes, kinds = counts[order], kind[order]
    ends = np.cumsum(sizes)
    starts = np.searchsorted(kinds, kinds)  # of the first writer of the same series
    before = np.concatenate([[0], ends])[starts]
    totals = np.concatenate([[0], ends])[np.searchsorted(kinds, kinds, side="right")] - before
    places = np.empty(len(writers))
    places[order] = (ends - sizes / 2 - before) / totals
    return np.asarray(places[number], np.float64)
