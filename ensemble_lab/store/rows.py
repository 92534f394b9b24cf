"""One row of predictions: what a voter says of a split, from its file or from one a fold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array, Probabilities, Votes, check_probabilities, smallest_unsigned
from ensemble_lab.canonical import array_sha256, digest_of
from ensemble_lab.exceptions import DamagedError, MismatchError
from ensemble_lab.store.hdf5 import SealedFile, open_sealed
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.seal import peek_digest
from ensemble_lab.store.splits import SplitRecord
from ensemble_lab.store.variants import check_variant
from ensemble_lab.store.voters import Voter

__all__ = ["Row", "check_header", "load_part", "load_row", "read_votes"]


@dataclass(frozen=True, eq=False)
class Row:
    """Votes and probabilities of one voter.

    Attributes
    ----------
    votes : unsigned (examples,)
    probabilities : float32 (examples, classes) or None
        None where only votes are known, of one of the folds at least.
    digest : str
        Content digest of the file, or of those of the folds in their order.
    """

    votes: Votes
    probabilities: Probabilities | None
    digest: str


def load_row(run: Run, voter: Voter, record: SplitRecord, paths: tuple[Path, ...]) -> Row:
    """Read what a voter says of a split; `paths` has a file for each of its parts.

    Raises
    ------
    DamagedError
        A file is damaged.
    MismatchError
        Predictions of other weights, or of other examples.
    """
    parts = [
        load_part(run, entry, record, path) for entry, path in zip(voter.parts, paths, strict=True)
    ]
    if record.fold is None:
        return parts[0]
    return Row(
        votes=_stitch([part.votes for part in parts], voter, record),
        probabilities=_stitch(
            [part.probabilities for part in parts if part.probabilities is not None], voter, record
        )
        if all(part.probabilities is not None for part in parts)
        else None,
        digest=digest_of([part.digest for part in parts]),
    )


def load_part(run: Run, entry: Entry, record: SplitRecord, path: Path) -> Row:
    """Read the file of one member: all examples of a split, or its fold's (see `load_row`)."""
    index = record.index[record.rows_of(entry.fold)]
    n_examples = len(index)
    with open_sealed(path, "predictions") as file:
        check_header(run, entry, record.name, file, array_sha256(index))
        check_variant(run, file)
        votes = read_votes(run, file, (n_examples,))
        probabilities = file.read("probabilities") if "probabilities" in file else None
        if probabilities is not None:
            _check_probabilities(probabilities, votes, (n_examples, run.n_classes), file.path)
        return Row(votes, probabilities, file.digest)


def _stitch(parts: list[Array], voter: Voter, record: SplitRecord) -> Array:
    """Return the parts as one array, each example's from the member of its fold."""
    whole = np.empty((len(record.index), *parts[0].shape[1:]), parts[0].dtype)
    for entry, part in zip(voter.parts, parts, strict=True):
        whole[record.rows_of(entry.fold)] = part
    return whole


def _check_probabilities(
    probabilities: Array, votes: Votes, shape: tuple[int, int], path: Path
) -> None:
    if probabilities.shape != shape or probabilities.dtype != np.float32:
        raise DamagedError(
            f"probabilities must be float32 {shape}; got {probabilities.dtype} "
            f"{probabilities.shape}, in {path}."
        )
    check_probabilities(probabilities, name=str(path), error=DamagedError)
    chosen = np.take_along_axis(probabilities, votes[:, None].astype(np.intp), axis=1)
    if (chosen[:, 0] < probabilities.max(axis=1)).any():
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
