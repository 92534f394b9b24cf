"""Folds: every training example is held out once, by the members of its fold."""

from dataclasses import replace

import numpy as np

from ensemble_lab.arrays import Floats, Index
from ensemble_lab.data.dataset import Dataset, Split, take
from ensemble_lab.data.splits import rank_in_classes
from ensemble_lab.exceptions import DataError

__all__ = ["OUT_OF_FOLD", "number_folds", "number_folds_by_place", "take_fold", "with_folds"]

OUT_OF_FOLD = "train-oof"
"""The split of all training examples, each predicted by members that did not learn from it."""


def number_folds(train: Split, n_folds: int, seed: int) -> Index:
    """Return the fold of each example: classes in equal shares, sizes that differ by one at most.

    The examples stand in an order drawn from the seed, class after class, and are dealt out
    in turn.

    Parameters
    ----------
    train : Split
        Labelled.
    n_folds : int
    seed : int
        Of the validation split.

    Returns
    -------
    fold : int64 (examples,)
        From 0 to `n_folds` − 1.
    """
    order = rank_in_classes(train, seed)
    fold = np.empty(train.n_examples, np.int64)
    fold[order] = np.arange(train.n_examples) % n_folds
    return fold


def number_folds_by_place(places: Floats, n_folds: int) -> Index:
    """Return the fold of each example by the place of its writer.

    Parameters
    ----------
    places : float64 (examples,)
        As `ensemble_lab.data.writers.place_writers` gives them.

    Examples
    --------
    >>> number_folds_by_place(np.array([0.1, 0.49, 0.5, 0.9]), 2).tolist()
    [0, 0, 1, 1]
    """
    return np.floor(places * n_folds).astype(np.int64)


def with_folds(published: Dataset, fold: Index, n_folds: int) -> Dataset:
    """Return train, the same again as `OUT_OF_FOLD` with the fold of each example, and test.

    Raises
    ------
    DataError
        A fold without examples, or one that leaves a class none to learn from.
    """
    train = published.split("train")
    _check_folds(train, fold, n_folds)
    held_out = replace(train, name=OUT_OF_FOLD, role="choose", fold=fold)
    return Dataset(
        published.name, published.class_names, (train, held_out, published.split("test"))
    )


def take_fold(dataset: Dataset, fold: int | None) -> Dataset:
    """Return what the members of a fold see: the others' examples to learn from, and their own.

    Parameters
    ----------
    dataset : Dataset
        Of `with_folds`; any other where `fold` is None.
    fold : int or None
        None returns `dataset` itself.
    """
    if fold is None:
        return dataset
    held_out = dataset.split(OUT_OF_FOLD)
    is_held_out = held_out.fold == fold
    parts = (
        take(dataset.split("train"), np.flatnonzero(~is_held_out)),
        take(held_out, np.flatnonzero(is_held_out)),
    )
    return Dataset(dataset.name, dataset.class_names, (*parts, dataset.split("test")))


def _check_folds(train: Split, fold: Index, n_folds: int) -> None:
    sizes = np.bincount(fold, minlength=n_folds)
    if sizes.min() == 0:
        raise DataError(
            f"folds must have examples each; got none in fold {int(np.argmin(sizes))} of {n_folds} "
            f"from {train.n_examples} training examples. Use fewer folds."
        )
    labels = np.zeros(0, np.int64) if train.labels is None else train.labels
    n_classes = int(labels.max()) + 1
    counts = np.bincount(labels * n_folds + fold, minlength=n_classes * n_folds)
    by_class = counts.reshape(n_classes, n_folds)
    total = by_class.sum(axis=1, keepdims=True)
    is_lost = (by_class == total) & (total > 0)
    if is_lost.any():
        label, number = (int(each) for each in np.argwhere(is_lost)[0])
        raise DataError(
            f"every class must have examples outside each fold; all of class {label} are in fold "
            f"{number}. Use by = 'example', or give the class more examples."
        )
