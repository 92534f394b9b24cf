"""Predictions: what each member says of each example of a split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import (
    Array,
    Index,
    Probabilities,
    Votes,
    check_axes,
    check_probabilities,
)
from ensemble_lab.canonical import array_sha256, digest_of
from ensemble_lab.exceptions import MissingError, PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.hdf5 import write_sealed
from ensemble_lab.store.rows import load_part, load_row
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.variants import find_variants, name_file, refuse_variant
from ensemble_lab.store.voters import find_voters

if TYPE_CHECKING:
    # Reading predictions does without pydantic.
    from ensemble_lab.spec.variant import VariantSpec

__all__ = [
    "Predictions",
    "check_predictions",
    "has_predictions",
    "load_predictions",
    "predictions_path",
    "save_predictions",
    "save_votes",
    "write_votes",
]


@dataclass(frozen=True, repr=False)
class Predictions:
    """Votes and probabilities of an ensemble on a split.

    Attributes
    ----------
    split : str
    index : int64 (examples,)
        Positions in the split as published.
    members : tuple of str
        Keys, in the order of the first axis.
    votes : unsigned (members, examples)
        Chosen classes.
    probabilities : float32 (members, examples, classes) or None
        None where only votes are known.
    n_classes : int
    digests : tuple of str
        Content digest of each member's prediction file.
    variant : str or None
        How they were made, other than plainly.
    """

    split: str
    index: Index
    members: tuple[str, ...]
    votes: Votes
    probabilities: Probabilities | None
    n_classes: int
    digests: tuple[str, ...]
    variant: str | None = None

    def __post_init__(self) -> None:
        n_examples, n_members = len(self.index), len(self.members)
        check_axes(self.index, "examples", name="index")
        check_axes(
            self.votes, "members examples", name="votes", members=n_members, examples=n_examples
        )
        if self.probabilities is not None:
            check_axes(
                self.probabilities,
                "members examples classes",
                name="probabilities",
                members=n_members,
                examples=n_examples,
                classes=self.n_classes,
            )
        if n_members == 0 or n_examples == 0:
            raise PredictionError(
                f"predictions must have at least one member and one example; got {n_members} "
                f"members and {n_examples} examples."
            )

    def __repr__(self) -> str:
        what = "votes" if self.probabilities is None else "probabilities"
        return (
            f"Predictions({self.split!r}: {what} of {len(self.members)} members on "
            f"{len(self.index):,} examples, {self.n_classes} classes{self.clause})"
        )

    @property
    def clause(self) -> str:
        """Which predictions these are, behind other words: ``, variant tta-8``, or nothing."""
        return "" if self.variant is None else f", variant {self.variant}"

    @property
    def digest(self) -> str:
        """One digest for all members in this order, 64 hex digits."""
        return digest_of(list(self.digests))

    def select(self, members: tuple[str, ...]) -> "Predictions":
        """Return the predictions of some members, in the order asked for.

        Raises
        ------
        PredictionError
            A member that is not there; names the closest.
        """
        for key in members:
            if key not in self.members:
                raise PredictionError(
                    f"members must be among the predictions; got {key!r}"
                    + closest(key, self.members)
                )
        if members == self.members:
            return self
        if len(set(members)) < len(members):
            raise PredictionError(f"members must be different keys; got {members!r}.")
        rows = [self.members.index(key) for key in members]
        return replace(
            self,
            members=members,
            votes=self.votes[rows],
            probabilities=None if self.probabilities is None else self.probabilities[rows],
            digests=tuple(self.digests[row] for row in rows),
        )

    def blocks(self, n_examples: int) -> Iterator["Predictions"]:
        """Yield the predictions in blocks of at most `n_examples` examples, as views."""
        for start in range(0, len(self.index), n_examples):
            rows = slice(start, start + n_examples)
            yield replace(
                self,
                index=self.index[rows],
                votes=self.votes[:, rows],
                probabilities=None if self.probabilities is None else self.probabilities[:, rows],
            )


def predictions_path(run: Run, key: str, split: str) -> Path:
    """Return where a member's predictions, in the variant that a run is asked in, lie or would."""
    return run.member_folder(key) / name_file(split, run.variant)


def has_predictions(run: Run, key: str, split: str) -> bool:
    """Whether a member has a prediction file for a split."""
    return predictions_path(run, key, split).exists()


def save_predictions(
    run: Run,
    key: str,
    split: str,
    probabilities: Probabilities,
    index: Index,
    *,
    parent: str,
    variant: "VariantSpec | None" = None,
) -> None:
    """Write one member's predictions on a split.

    Parameters
    ----------
    probabilities : float32 (examples, classes)
    index : int64 (examples,)
    parent : str
        The member's `weights_sha256`.
    variant : VariantSpec, optional
        How they were made, written out, where it was not plainly; it has a file of its own.

    Raises
    ------
    PredictionError
        Other axes or classes than the run's, or rows that are no probabilities.
    """
    check_axes(
        probabilities,
        "examples classes",
        name=f"probabilities of {key}",
        examples=len(index),
        classes=run.n_classes,
    )
    check_probabilities(probabilities, name=f"probabilities of {key} on {split}")
    votes = choose_classes(probabilities)
    write_votes(
        predictions_path(run.with_variant(None if variant is None else variant.name), key, split),
        "predictions",
        {"votes": votes, "probabilities": probabilities.astype(np.float32, copy=False)},
        run=run,
        key=key,
        split=split,
        index=index,
        parent=parent,
        variant=variant,
    )


def save_votes(run: Run, key: str, split: str, votes: Votes, index: Index, *, parent: str) -> None:
    """Write the predictions on a split of a member that gives votes only.

    Parameters
    ----------
    votes : unsigned (examples,)
        Of `smallest_unsigned`.
    index, parent
        As in `save_predictions`.
    """
    check_axes(votes, "examples", name=f"votes of {key}", examples=len(index))
    write_votes(
        predictions_path(run, key, split),
        "predictions",
        {"votes": votes},
        run=run,
        key=key,
        split=split,
        index=index,
        parent=parent,
    )


def load_predictions(
    run: Run, split: str = "test", *, members: tuple[str, ...] = ()
) -> Predictions:
    """Read the predictions of a run's members on a split.

    Parameters
    ----------
    run : Run
        In the variant that it is asked in: see `ensemble_lab.store.run.open_run`.
    split : str
    members : tuple of str
        Patterns of keys (``bn-elu-*``); none for all members. On a split in folds the members
        of one seed answer together, each for the examples of its fold, as
        ``<group>-<seed, four digits>``.

    Raises
    ------
    MissingError
        No such split, member or variant, or a member without predictions on it.
    DamagedError
        A file is damaged.
    MismatchError
        Predictions of other weights, or of other examples.
    """
    record = load_record(run, split)
    voters = find_voters(run, record, members)
    parts = [entry for voter in voters for entry in voter.parts]
    missing = [entry for entry in parts if not has_predictions(run, entry.key, split)]
    if missing and run.variant is not None and run.variant not in find_variants(run, split):
        raise refuse_variant(run, split)
    if missing:
        asked = "" if run.variant is None else f" in the variant {run.variant!r}"
        raise MissingError(
            f"every member must have predictions on {split!r}{asked}; "
            f"{_listed([entry.key for entry in missing])} of {run.path} "
            f"{'has' if len(missing) == 1 else 'have'} none. {_tell_remedy(run, split, missing)}, "
            "or name members that have with --members."
        )
    rows = [
        load_row(
            run, voter, record, tuple(predictions_path(run, e.key, split) for e in voter.parts)
        )
        for voter in voters
    ]
    probabilities = [row.probabilities for row in rows if row.probabilities is not None]
    return Predictions(
        split=split,
        index=record.index,
        members=tuple(voter.key for voter in voters),
        votes=np.stack([row.votes for row in rows]),
        probabilities=np.stack(probabilities) if len(probabilities) == len(rows) else None,
        n_classes=run.n_classes,
        digests=tuple(row.digest for row in rows),
        variant=run.variant,
    )


def check_predictions(run: Run, key: str, split: str) -> None:
    """Read one member's file on a split, of its fold alone where there are folds.

    Raises
    ------
    MissingError, DamagedError, MismatchError
        As `load_predictions`.
    """
    if not has_predictions(run, key, split):
        raise MissingError(f"{key} must have predictions on {split!r}; got none, in {run.path}.")
    load_part(run, run.member(key), load_record(run, split), predictions_path(run, key, split))


def write_votes(
    path: Path,
    kind: str,
    arrays: Mapping[str, Array],
    *,
    run: Run,
    key: str,
    split: str,
    index: Index,
    parent: str,
    variant: "VariantSpec | None" = None,
) -> None:
    """Write a file of votes that says whose they are, of which examples, and how made."""
    header = {
        "key": key,
        "split": split,
        "n_classes": run.n_classes,
        "parent": parent,
        "index_sha256": array_sha256(np.asarray(index, np.int64)),
    } | ({} if variant is None else {"variant": variant.to_json()})
    write_sealed(path, kind, header, arrays)


def _tell_remedy(run: Run, split: str, missing: list[Entry]) -> str:
    """Return how members get the predictions that they miss."""
    if run.variant is not None:
        return "Finish with the `ensemble-lab predict` that made the others"
    if any(entry.kind == "imported" for entry in missing):
        return f"Import them with `ensemble-lab import --split {split}`"
    if run.origins:
        return "Finish where they were pooled from and pool again"
    return f"Finish with `ensemble-lab {'train' if split in run.own_splits else 'predict'}`"


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
