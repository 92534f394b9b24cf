"""An ensemble small enough to vote by hand: 3 members, 6 examples, 3 classes.

Every probability is a multiple of 1/16, so that sums of them are exact.
"""

import numpy as np

from ensemble_lab.arrays import Probabilities
from ensemble_lab.store.labels import TestLabels
from ensemble_lab.store.predictions import Predictions

__all__ = [
    "CASES",
    "INDEX",
    "LABELS",
    "MEMBERS",
    "hard_predictions",
    "toy_labels",
    "toy_predictions",
]

MEMBERS = ("a-0000", "a-0001", "b-0000")
CASES = (
    "unanimous right",
    "split right",
    "tie",
    "oracle-only",
    "all wrong alike",
    "all wrong differently",
)
"""Name of each example. The votes are::

    example                index  label  votes    sums of probabilities x 16
    unanimous right        3      0      0 0 0    30  10   8
    split right            5      1      1 1 0    14  26   8
    tie                    8      2      0 1 2    14  14  20
    oracle-only            13     0      0 1 1    27  17   4    (votes and confidence disagree)
    all wrong alike        21     1      2 2 2     6  10  32
    all wrong differently  34     2      0 1 0    20  18  10
"""
INDEX = (3, 5, 8, 13, 21, 34)
LABELS = (0, 1, 2, 0, 1, 2)
_SIXTEENTHS = (
    ((12, 2, 2), (4, 8, 4), (8, 4, 4), (15, 1, 0), (4, 4, 8), (8, 6, 2)),
    ((8, 4, 4), (2, 12, 2), (4, 8, 4), (6, 8, 2), (2, 2, 12), (4, 8, 4)),
    ((10, 4, 2), (8, 6, 2), (2, 2, 12), (6, 8, 2), (0, 4, 12), (8, 4, 4)),
)


def toy_predictions(probabilities: Probabilities | None = None) -> Predictions:
    """Predictions of the toy ensemble, or of any other probabilities in its clothes."""
    if probabilities is None:
        probabilities = np.array(_SIXTEENTHS, np.float32) / 16
    n_members, n_examples, n_classes = probabilities.shape
    keys = MEMBERS if n_members == len(MEMBERS) else tuple(f"m-{i:04d}" for i in range(n_members))
    return Predictions(
        split="test",
        index=np.array(INDEX) if n_examples == len(INDEX) else np.arange(n_examples),
        members=keys,
        votes=probabilities.argmax(axis=-1).astype(np.min_scalar_type(n_classes - 1)),
        probabilities=probabilities.astype(np.float32),
        n_classes=n_classes,
        digests=tuple(f"digest of {key}" for key in keys),
    )


def hard_predictions(votes: list[list[int]], n_classes: int = 3) -> Predictions:
    """Predictions of which only the votes (members, examples) are known."""
    array = np.array(votes, np.min_scalar_type(n_classes - 1))
    keys = tuple(f"m-{i:04d}" for i in range(len(array)))
    return Predictions(
        split="test",
        index=np.arange(array.shape[1]),
        members=keys,
        votes=array,
        probabilities=None,
        n_classes=n_classes,
        digests=tuple(f"digest of {key}" for key in keys),
    )


def toy_labels(values: tuple[int, ...] = LABELS, index: tuple[int, ...] = INDEX) -> TestLabels:
    """Labels of the toy ensemble's examples, or of others."""
    return TestLabels("test", np.array(values, np.int64), np.array(index, np.int64), "sha")
