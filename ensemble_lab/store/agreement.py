"""Which splits several runs agree on: the same examples, images and labels under one name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Index
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import SplitRecord, load_record

__all__ = ["Agreement", "Disagreement", "find_agreement"]


@dataclass(frozen=True)
class Disagreement:
    """A split that not all runs have alike.

    Attributes
    ----------
    split : str
    words : str
        What differs, with both values and both runs.
    """

    split: str
    words: str


@dataclass(frozen=True)
class Agreement:
    """The splits of several runs, sorted into those that agree and those that do not.

    Attributes
    ----------
    splits : tuple of SplitRecord
        Alike in all runs, as the first run records them.
    left_out : tuple of Disagreement
    """

    splits: tuple[SplitRecord, ...]
    left_out: tuple[Disagreement, ...]


def find_agreement(runs: Sequence[Run]) -> Agreement:
    """Return the splits that all runs have alike: role, images, labels, index and folds.

    Images and labels are compared by their hashes; no labels are read.

    Raises
    ------
    DamagedError
        A split's file is damaged.
    """
    records = [{name: load_record(run, name) for name in run.splits} for run in runs]
    words = {
        name: _find_difference(runs, [each.get(name) for each in records])
        for name in dict.fromkeys(name for run in runs for name in run.splits)
    }
    return Agreement(
        splits=tuple(record for name, record in records[0].items() if not words[name]),
        left_out=tuple(Disagreement(name, text) for name, text in words.items() if text),
    )


def _find_difference(runs: Sequence[Run], records: Sequence[SplitRecord | None]) -> str:
    """Return how the first run with another split differs from the first; empty if none does."""
    first = records[0]
    for run, record in zip(runs, records, strict=True):
        if record is None or first is None:
            return f"none in {run.path if record is None else runs[0].path}"
        for what in ("role", "images_sha256", "labels_sha256"):
            ours, theirs = getattr(first, what), getattr(record, what)
            if ours != theirs:
                return (
                    f"{what} {ours or 'none':.12} in {runs[0].path} and {theirs or 'none':.12} in "
                    f"{run.path}"
                )
        if not _is_same(first.index, record.index):
            return f"other examples in {run.path} than in {runs[0].path}"
        if not _is_same(first.fold, record.fold):
            return f"other folds in {run.path} than in {runs[0].path}"
    return ""


def _is_same(first: Index | None, other: Index | None) -> bool:
    if first is None or other is None:
        return first is other
    return np.array_equal(first, other)
