"""One row of predictions: what a voter says of a split, from its file or from one a fold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import (
    Array,
    Index,
    Probabilities,
    Votes,
    check_probabilities,
    smallest_unsigned,
)
from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import DamagedError, MismatchError
from ensemble_lab.store.hdf5 import SealedFile, open_sealed
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.seal import peek_digest
from ensemble_lab.store.splits import SplitRecord
from ensemble_lab.store.stored_array import StoredArray
from ensemble_lab.store.variants import check_variant
from ensemble_lab.store.voters import Voter

__all__ = ["StoredPart", "StoredRow", "check_header", "open_part", "open_row", "read_votes"]

_CHECK_NUMBERS = 1 << 20
"""Probabilities that are checked at a time."""


@dataclass(frozen=True, eq=False)
class StoredPart:
    """A checked file of one member: what it says of all examples, or of its fold's.

    Attributes
    ----------
    votes : StoredArray
        unsigned (its examples,).
    probabilities : StoredArray or None
        float32 or float16 (its examples, classes); None where only votes are known.
    digest : str
        Content digest.
    places : int64 (its examples,) or None
        Where its examples stand in the split, ascending; None where they are all of them.
    """

    votes: StoredArray
    probabilities: StoredArray | None
    digest: str
    places: Index | None

    def read(self, array: StoredArray, start: int, out: Array) -> None:
        """Fill `out` with this part's rows of the examples from `start` on."""
        if self.places is None:
            out[...] = array.read(start, start + len(out))
            return
        first, last = np.searchsorted(self.places, [start, start + len(out)]).tolist()
        if first < last:
            out[self.places[first:last] - start] = array.read(first, last)


@dataclass(frozen=True, eq=False)
class StoredRow:
    """Votes and probabilities of one voter, in its file or in one a fold.

    Attributes
    ----------
    parts : tuple of StoredPart
    digest : str
        Content digest of the file, or of those of the folds in their order.
    """

    parts: tuple[StoredPart, ...]
    digest: str

    @property
    def has_probabilities(self) -> bool:
        """Whether more than votes is known, of every fold."""
        return all(part.probabilities is not None for part in self.parts)

    def read_votes(self, start: int, out: Votes) -> None:
        """Fill `out`, (examples,), with the votes on the examples from `start` on."""
        for part in self.parts:
            part.read(part.votes, start, out)

    def read_probabilities(self, start: int, out: Probabilities) -> None:
        """Fill `out`, float32 (examples, classes), for the examples from `start` on."""
        for part in self.parts:
            assert part.probabilities is not None, "has_probabilities says so"
            part.read(part.probabilities, start, out)


def open_row(run: Run, voter: Voter, record: SplitRecord, paths: tuple[Path, ...]) -> StoredRow:
    """Check what a voter says of a split; `paths` has a file for each of its parts.

    Raises
    ------
    DamagedError
        A file is damaged.
    MismatchError
        Predictions of other weights, or of other examples.
    """
    parts = tuple(
        open_part(run, entry, record, path) for entry, path in zip(voter.parts, paths, strict=True)
    )
    digests = [part.digest for part in parts]
    return StoredRow(parts, digests[0] if record.fold is None else digest_of(digests))


def open_part(run: Run, entry: Entry, record: SplitRecord, path: Path) -> StoredPart:
    """Check the file of one member: all examples of a split, or its fold's (see `open_row`)."""
    n_examples, index_sha256 = record.hash_index(entry.fold)
    with open_sealed(path, "predictions") as file:
        check_header(run, entry, record.name, file, index_sha256)
        check_variant(run, file)
        votes = read_votes(run, file, (n_examples,))
        probabilities = file.locate("probabilities") if "probabilities" in file else None
        if probabilities is not None:
            _check_probabilities(probabilities, votes, (n_examples, run.n_classes))
        return StoredPart(
            file.locate("votes"),
            probabilities,
            file.digest,
            None if record.fold is None else record.rows_of(entry.fold),
        )


def _check_probabilities(stored: StoredArray, votes: Votes, shape: tuple[int, int]) -> None:
    if stored.shape != shape or stored.dtype not in (np.float32, np.float16):
        raise DamagedError(
            f"probabilities must be float32 or float16 {shape}; got {stored.dtype} "
            f"{stored.shape}, in {stored.path}."
        )
    n_examples, n_classes = shape
    step = max(1, _CHECK_NUMBERS // n_classes)
    for start in range(0, n_examples, step):
        rows = stored.read(start, min(start + step, n_examples)).astype(np.float32, copy=False)
        check_probabilities(
            rows, name=str(stored.path), error=DamagedError, start=start, n_rows=n_examples
        )
        _check_chosen(rows, votes[start : start + step], stored.path)


def _check_chosen(rows: Array, votes: Votes, path: Path) -> None:
    largest = choose_classes(rows)
    (at,) = np.nonzero(largest != votes)
    # Votes may be for another class that is as likely, as where probabilities were rounded.
    if at.size and (rows[at, votes[at]] < rows[at, largest[at]]).any():
        raise DamagedError(f"votes must be for a largest probability; got another, in {path}.")


def read_votes(run: Run, file: SealedFile, shape: tuple[int, ...]) -> Votes:
    """Return the votes of an open file, refusing another shape, type or class."""
    votes = file.read("votes")
    if votes.shape != shape or votes.dtype != smallest_unsigned(run.n_classes):
        raise DamagedError(
            f"votes must be {smallest_unsigned(run.n_classes)} {shape}; got {votes.dtype} "
            f"{votes.shape}, in {file.path}."
        )
    if votes.size and votes.max() >= run.n_classes:
        raise DamagedError(
            f"votes must be below {run.n_classes}; got {votes.max()}, in {file.path}."
        )
    return votes


def check_header(run: Run, entry: Entry, split: str, file: SealedFile, index_sha256: str) -> None:
    """Refuse a file of another member, split, examples or weights."""
    header = file.header
    if header.get("key") != entry.key:
        raise DamagedError(
            f"member must be {entry.key!r}; got {header.get('key')!r}, in {file.path}."
        )
    if header.get("split") != split:
        raise DamagedError(f"split must be {split!r}; got {header.get('split')!r}, in {file.path}.")
    if header.get("index_sha256") != index_sha256:
        raise MismatchError(
            f"predictions must be about the examples of their split; got others, in {file.path}. "
            "Remove that file and predict again."
        )
    weights = member_path(run, entry.key)
    # Weights may have been left behind to save space; their digest is in their last bytes.
    if weights.exists() and peek_digest(weights) != header.get("parent"):
        raise MismatchError(
            f"predictions of {entry.key} must come from its weights {peek_digest(weights)[:12]}; "
            f"got {str(header.get('parent'))[:12]}, in {file.path}. Remove that file and "
            "predict again."
        )
