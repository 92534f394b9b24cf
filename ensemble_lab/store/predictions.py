"""Prediction files: what each member says of each example of a split, saved and read."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
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
from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import MissingError
from ensemble_lab.precision import FloatName
from ensemble_lab.store.blocks import PredictionBlocks, Predictions, StoredPredictions
from ensemble_lab.store.files import check_field
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.rows import open_part, open_row
from ensemble_lab.store.run import Entry, Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.variants import find_variants, name_file, refuse_variant
from ensemble_lab.store.voters import find_voters

if TYPE_CHECKING:
    # Reading predictions does without pydantic.
    from ensemble_lab.spec.variant import VariantSpec

__all__ = [
    "PredictionBlocks",
    "Predictions",
    "StoredPredictions",
    "check_predictions",
    "count_flipped",
    "has_predictions",
    "load_predictions",
    "open_predictions",
    "predictions_path",
    "save_predictions",
    "save_votes",
    "write_votes",
]


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
        Other axes or classes than the run's, or rows that are no probabilities, be it that they
        are none when they are rounded to what the run stores.

    Notes
    -----
    Where `run.probabilities` is ``float16`` they are rounded to half the bytes, and take half as
    long to read. Votes are taken before. A rounded probability above 6e-5 is off by less than 1 in
    2,000 of itself, so that close ones may become equal, and the argmax then another class: the
    file says on how many examples (`count_flipped`). None above zero becomes zero: what is below
    6e-8, the least that float16 can say, is raised to it.
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
    stored = _round(probabilities, run.probabilities)
    flipped = {}
    if stored.dtype == np.float16:
        rounded = stored.astype(np.float32)
        check_probabilities(rounded, name=f"probabilities of {key} on {split} as float16")
        flipped = {"n_flipped": int(np.count_nonzero(choose_classes(rounded) != votes))}
    write_votes(
        predictions_path(run.with_variant(None if variant is None else variant.name), key, split),
        "predictions",
        {"votes": votes, "probabilities": stored},
        run=run,
        key=key,
        split=split,
        index=index,
        parent=parent,
        variant=variant,
        more=flipped,
    )


def _round(probabilities: Array, name: FloatName) -> Array:
    rounded = probabilities.astype(name, copy=False)
    # A class that is merely unlikely would be one that cannot be: to the geometric mean and to
    # log losses, which take zero for e**-87, that is another ensemble.
    is_lost = (rounded == 0) & (probabilities > 0)
    if is_lost.any():
        rounded = np.where(is_lost, np.finfo(name).smallest_subnormal, rounded)
    return rounded


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
    run: Run | Path | str, split: str = "test", *, members: tuple[str, ...] = ()
) -> Predictions:
    """Read the predictions of a run's members on a split into memory (see `open_predictions`)."""
    return open_predictions(run, split, members=members).load()


def open_predictions(
    run: Run | Path | str, split: str = "test", *, members: tuple[str, ...] = ()
) -> StoredPredictions:
    """Check the predictions of a run's members on a split, and leave them in their files.

    Every file is hashed once and its values are looked at, a block at a time: memory does not
    grow with the examples, but for their index and one member's votes.

    Parameters
    ----------
    run : Run or path
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
    run = open_run(run)
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
    rows = tuple(
        open_row(
            run, voter, record, tuple(predictions_path(run, e.key, split) for e in voter.parts)
        )
        for voter in voters
    )
    return StoredPredictions(
        split=split,
        index=record.index,
        members=tuple(voter.key for voter in voters),
        n_classes=run.n_classes,
        digests=tuple(row.digest for row in rows),
        rows=rows,
        variant=run.variant,
    )


def count_flipped(run: Run, key: str, split: str) -> int | None:
    """Return on how many examples rounding made another class the first largest.

    None where nothing was rounded: probabilities are float32, or only votes are known.

    Raises
    ------
    MissingError, DamagedError
        There is no such file, or it is damaged.
    """
    with open_sealed(predictions_path(run, key, split), "predictions") as file:
        if "n_flipped" not in file.header:
            return None
        return check_field(file.header, "n_flipped", int, file.path)


def check_predictions(run: Run, key: str, split: str) -> None:
    """Read one member's file on a split, of its fold alone where there are folds.

    Raises
    ------
    MissingError, DamagedError, MismatchError
        As `load_predictions`.
    """
    if not has_predictions(run, key, split):
        raise MissingError(f"{key} must have predictions on {split!r}; got none, in {run.path}.")
    open_part(run, run.member(key), load_record(run, split), predictions_path(run, key, split))


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
    more: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Write a file of votes that says whose they are, of which examples, how made, and `more`."""
    header = {
        "key": key,
        "split": split,
        "n_classes": run.n_classes,
        "parent": parent,
        "index_sha256": array_sha256(np.asarray(index, np.int64)),
    } | ({} if variant is None else {"variant": variant.to_json()})
    write_sealed(path, kind, header | dict(more), arrays)


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
