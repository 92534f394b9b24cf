"""The one door to labels; whoever reads a reported split's labels is in the ledger.

Functions that choose take `ValidationLabels`, so that test labels fail in a type
checker, and `load_validation_labels` refuses them at run time. Who chooses on test all
the same says so with a `TestSelection`: it is in the ledger, and in every decision that
comes of it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ensemble_lab.arrays import Index, Labels
from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import DamagedError, LabelAccessError, MissingError
from ensemble_lab.store.hdf5 import open_sealed
from ensemble_lab.store.ledger import Access, Look, record_access
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import SplitRecord, load_record

__all__ = [
    "SplitLabels",
    "TestLabels",
    "TestSelection",
    "ValidationLabels",
    "load_labels",
    "load_validation_labels",
]


@dataclass(frozen=True, eq=False, repr=False)
class SplitLabels:
    """Labels of a split.

    Attributes
    ----------
    split : str
    values : int64 (examples,)
    index : int64 (examples,)
        Positions in the split as published, aligned with `values`.
    sha256 : str
    look : Look or None
        What the ledger did; None for a split that needs no entry.
    """

    split: str
    values: Labels
    index: Index
    sha256: str
    look: Look | None = None

    def __repr__(self) -> str:
        ledger = "" if self.look is None else f", look {self.look.number or '–'}"
        return f"{type(self).__name__}({self.split!r}: {len(self.values):,} labels{ledger})"


@dataclass(frozen=True, eq=False, repr=False)
class ValidationLabels(SplitLabels):
    """Labels that may be used to choose.

    Attributes
    ----------
    chosen_on : {"validation", "test"}
        What a decision that is chosen on them must say: ``test`` after a `TestSelection`.
    """

    chosen_on: Literal["validation", "test"] = "validation"


@dataclass(frozen=True, eq=False, repr=False)
class TestLabels(SplitLabels):
    """Labels that are for reporting."""

    __test__ = False


@dataclass(frozen=True, kw_only=True)
class TestSelection:
    """What is about to be chosen on test labels, for the ledger.

    Attributes
    ----------
    command : str
        Who chooses.
    members, decision : str
        Digests of the predictions to choose among and of the way it is done.
    words : str
        That way for a reader.
    n_candidates : int
        How many decisions are compared.
    """

    __test__ = False

    command: str
    members: str
    decision: str
    words: str
    n_candidates: int


def load_labels(
    run: Run | Path | str,
    split: str = "test",
    *,
    command: str = "load_labels",
    decision: str | None = None,
    members: str | None = None,
    words: str | None = None,
) -> SplitLabels:
    """Read labels for reporting, and enter the access in the ledger if the split is a test split.

    Parameters
    ----------
    run : Run or path
    split : str
    command : str
        Who asks, for the ledger.
    decision, members : str, optional
        Digests of the decision and of the predictions that will be scored.
    words : str, optional
        That decision for a reader of the ledger.

    Returns
    -------
    ValidationLabels or TestLabels
        By the role of the split: ``choose`` or another.

    Raises
    ------
    MissingError
        No such split, or it has no labels.
    DamagedError
        The file is damaged, or the labels do not agree with their hash.
    """
    run = open_run(run)
    record = load_record(run, split)
    values = _read(run, record)
    sha256 = str(record.labels_sha256)
    if record.role == "choose":
        return ValidationLabels(split, values, record.index, sha256)
    look = None
    if record.role == "report":
        access = Access(
            command=command,
            split=split,
            labels_sha256=sha256,
            decision=decision,
            members=members,
            words=words,
        )
        look = record_access(run, access)
    return TestLabels(split, values, record.index, sha256, look)


def load_validation_labels(
    run: Run | Path | str, split: str = "validation", *, test_selection: TestSelection | None = None
) -> ValidationLabels:
    """Read labels for choosing.

    Parameters
    ----------
    run : Run or path
    split : str
    test_selection : TestSelection, optional
        Hands out labels of a test split too: it enters the ledger as a choice, and what is chosen
        on them is chosen on test.

    Raises
    ------
    LabelAccessError
        The split is not for choosing: test without a `TestSelection`, or train.
    """
    run = open_run(run)
    record = load_record(run, split)
    values = _read(run, record) if record.role == "choose" else None
    sha256 = str(record.labels_sha256)
    if values is not None:
        return ValidationLabels(split, values, record.index, sha256)
    if record.role != "report" or test_selection is None:
        raise LabelAccessError(
            f"labels for choosing must come from a split with the role 'choose'; got {split!r} "
            f"with the role {record.role!r}. Choose on validation, report on test."
        )
    values = _read(run, record)
    access = Access(
        command=test_selection.command,
        split=split,
        labels_sha256=sha256,
        purpose="choose",
        decision=test_selection.decision,
        members=test_selection.members,
        n_candidates=test_selection.n_candidates,
        words=test_selection.words,
    )
    look = record_access(run, access)
    return ValidationLabels(split, values, record.index, sha256, look, chosen_on="test")


def _read(run: Run, record: SplitRecord) -> Labels:
    path = run.path / "splits" / f"{record.name}.h5"
    if record.labels_sha256 is None:
        raise MissingError(f"split {record.name!r} must have labels; got none, in {path}.")
    with open_sealed(path, "split") as file:
        values = file.read("labels")
    is_aligned = values.shape == record.index.shape and values.dtype == np.int64
    if not is_aligned or array_sha256(values) != record.labels_sha256:
        raise DamagedError(f"labels must agree with their SHA-256; got other values, in {path}.")
    if values.size and not 0 <= values.min() <= values.max() < run.n_classes:
        raise DamagedError(
            f"labels must be from 0 to {run.n_classes - 1}; got {values.min()} to {values.max()}, "
            f"in {path}."
        )
    return values
