"""Examples drawn from a split, to be looked at."""

import numpy as np

from ensemble_lab.arrays import Index
from ensemble_lab.data.dataset import Split, take
from ensemble_lab.exceptions import DataError
from ensemble_lab.seeds import draw_uniform

__all__ = ["sample_positions", "sample_split"]


def sample_split(split: Split, n_examples: int, *, seed: int = 0) -> Split:
    """Return examples drawn without replacement, ascending by index; all where there are fewer.

    Which are drawn depends on the seed and their index alone; a larger sample of the same
    seed holds those of a smaller one and more.

    Raises
    ------
    DataError
        Fewer than one example is asked for, or a seed that is none.
    """
    return take(split, sample_positions(split.index, n_examples, seed=seed))


def sample_positions(index: Index, n_examples: int, *, seed: int = 0) -> Index:
    """Return where the examples stand that `sample_split` draws: int64 (examples,).

    Raises
    ------
    DataError
        Fewer than one example is asked for, or a seed that is none.

    Examples
    --------
    >>> sample_positions(np.arange(5, 10), 2).tolist(), sample_positions(np.arange(2), 9).tolist()
    ([2, 3], [0, 1])
    """
    if n_examples < 1:
        raise DataError(f"examples to draw must be 1 or more; got {n_examples}.")
    if not 0 <= seed < 2**63:
        raise DataError(f"seed must be from 0 to 2**63 - 1; got {seed}.")
    drawn = np.argsort(draw_uniform(seed, index), kind="stable")[:n_examples]
    return drawn[np.argsort(index[drawn], kind="stable")]
