"""The errors of each member, and of how many members each example is one."""

import numpy as np

from ensemble_lab.arrays import Index, Labels, check_axes
from ensemble_lab.store.predictions import PredictionBlocks

__all__ = ["count_member_errors", "count_wrong_members"]


def count_member_errors(predictions: PredictionBlocks, labels: Labels) -> Index:
    """Return how many examples each member gets wrong: int64 (members,).

    Parameters
    ----------
    predictions : PredictionBlocks
        Read by blocks, and their votes alone.
    labels : int64 (examples,)

    Examples
    --------
    >>> from ensemble_lab.store.predictions import Predictions
    >>> votes = np.array([[0, 1, 1], [1, 1, 1]], np.uint8)
    >>> hard = Predictions("test", np.arange(3), ("a", "b"), votes, None, 2, ("", ""))
    >>> count_member_errors(hard, np.array([0, 1, 0])).tolist()
    [1, 2]
    """
    check_axes(labels, "examples", name="labels", examples=len(predictions.index))
    errors = np.zeros(len(predictions.members), np.int64)
    for block, own in predictions.without_probabilities().blocks_beside(labels):
        errors += np.count_nonzero(block.votes != own, axis=1)
    return errors


def count_wrong_members(predictions: PredictionBlocks, labels: Labels) -> Index:
    """Return how many members get each example wrong: int64 (examples,).

    Parameters
    ----------
    predictions : PredictionBlocks
        Read by blocks, and their votes alone.
    labels : int64 (examples,)

    Examples
    --------
    >>> from ensemble_lab.store.predictions import Predictions
    >>> votes = np.array([[0, 1, 1], [1, 1, 1]], np.uint8)
    >>> hard = Predictions("test", np.arange(3), ("a", "b"), votes, None, 2, ("", ""))
    >>> count_wrong_members(hard, np.array([0, 1, 0])).tolist()
    [1, 0, 2]
    """
    check_axes(labels, "examples", name="labels", examples=len(predictions.index))
    counts = [
        np.count_nonzero(block.votes != own, axis=0)
        for block, own in predictions.without_probabilities().blocks_beside(labels)
    ]
    return np.concatenate(counts)
