"""Cutting the validation split from train: stratified, seeded, the same for all members."""

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Index
from ensemble_lab.data.dataset import Split, take
from ensemble_lab.exceptions import DataError
from ensemble_lab.seeds import draw_generator
from ensemble_lab.spec.data import ValidationSpec

__all__ = ["cut_validation", "cut_validation_by_place", "rank_in_classes"]


def cut_validation(train: Split, spec: ValidationSpec) -> tuple[Split, Split]:
    """Return (train, validation), both in ascending order and with their published index.

    Validation takes round(share × examples), halves to even. The classes share that by
    largest remainder, an equal remainder going to the smaller class, so that each gets
    its exact proportion rounded down or up. Every class present in train keeps one
    training example at least; what it cannot give, the others do. Which examples of a
    class are taken depends on the seed and the class alone, and a larger share takes
    those of a smaller one and more.

    Parameters
    ----------
    train : Split
        Labelled.
    spec : ValidationSpec
        A share above 0.

    Raises
    ------
    DataError
        A share that takes no example or leaves a class without one, or train unlabelled.
    """
    labels = _labels(train)
    counts = np.bincount(labels)
    total = _total(counts, spec.share)
    chosen = _choose(labels, counts, _shares(counts, total), spec.seed)
    is_chosen = np.zeros(train.n_examples, np.bool_)
    is_chosen[chosen] = True
    return _cut(train, is_chosen)


def cut_validation_by_place(
    train: Split, spec: ValidationSpec, places: Floats
) -> tuple[Split, Split]:
    """Return (train, validation): validation takes the writers whose place is below the share.

    Parameters
    ----------
    train : Split
        Labelled.
    spec : ValidationSpec
        A share above 0.
    places : float64 (examples,)
        As `ensemble_lab.data.writers.place_writers` gives them.

    Raises
    ------
    DataError
        A share that takes no writer or leaves a class without a training example, or train
        unlabelled.
    """
    labels = _labels(train)
    is_chosen = places < spec.share
    if not is_chosen.any():
        raise DataError(
            f"validation share must take at least one writer; {spec.share} takes none. "
            "Use a larger share, or say 0 for no validation split."
        )
    lost = np.setdiff1d(labels[is_chosen], labels[~is_chosen])
    if lost.size:
        raise DataError(
            f"validation share must leave one training example of each class; {spec.share} by "
            f"writer takes all of class {lost[0]}. Use a smaller share."
        )
    return _cut(train, is_chosen)


def rank_in_classes(train: Split, seed: int) -> Index:
    """Return the positions of all examples, class after class, shuffled within each.

    Raises
    ------
    DataError
        Train is unlabelled.
    """
    labels = _labels(train)
    counts = np.bincount(labels)
    return _choose(labels, counts, counts, seed)


def _labels(train: Split) -> Index:
    if train.labels is None:
        raise DataError(f"{train.name} must be labelled to be cut by class; it has no labels.")
    return train.labels


def _cut(train: Split, is_chosen: Booleans) -> tuple[Split, Split]:
    by_index = np.argsort(train.index, kind="stable")
    return (
        take(train, by_index[~is_chosen[by_index]]),
        take(train, by_index[is_chosen[by_index]], name="validation", role="choose"),
    )


def _total(counts: Index, share: float) -> int:
    """Return how many examples the share takes, refusing none and too many."""
    n_examples = int(counts.sum())
    total = round(share * n_examples)
    if total == 0:
        raise DataError(
            f"validation share must take at least one of {n_examples} training examples; "
            f"{share} takes none. Say 0 for no validation split."
            if share
            else "validation share must be above 0 to cut a validation split; got 0."
        )
    n_spare = n_examples - np.count_nonzero(counts)
    if total > n_spare:
        raise DataError(
            f"validation share must leave one training example of each class; {share} takes "
            f"{total} of {n_examples} and at most {n_spare} can go. Use a smaller share."
        )
    return total


def _shares(counts: Index, total: int) -> Index:
    """Share `total` among classes in proportion to `counts`, one of each class left over.

    Examples
    --------
    >>> _shares(np.array([6, 3, 1]), 5).tolist()  # exactly 3, 1.5 and 0.5 (which has none to spare)
    [3, 2, 0]
    """
    n_examples = int(counts.sum())
    shares, remainders = np.divmod(counts * total, n_examples)
    order = np.argsort(-remainders, kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    shares = np.minimum(shares, np.maximum(counts - 1, 0))
    lacking = total - int(shares.sum())
    while lacking:
        room = np.maximum(counts - 1, 0) - shares
        roomy = order[room[order] > 0]
        step = min(max(lacking // len(roomy), 1), int(room[roomy].min()))
        shares[roomy[:lacking]] += step
        lacking = total - int(shares.sum())
    return shares


def _choose(labels: Index, counts: Index, shares: Index, seed: int) -> Index:
    """Return the positions taken, `shares` of each class.

    Ranks raw words of the bit generator: their sequence is promised by NumPy, what
    `Generator.permutation` makes of them is not (NEP 19).
    """
    by_class = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    taken = [
        positions[np.argsort(_words(seed, label, len(positions)), kind="stable")[:share]]
        for label, (positions, share) in enumerate(zip(by_class, shares, strict=True))
        if share
    ]
    return np.concatenate(taken)


def _words(seed: int, label: int, n_words: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    words = draw_generator(seed, "validation", step=label).bit_generator.random_raw(n_words)
    return np.asarray(words, np.uint64)
