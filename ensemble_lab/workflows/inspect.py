"""What a run holds, and what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import EnsembleLabError, MissingError
from ensemble_lab.spelling import render_count
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import EpochRecord, load_failure, load_member
from ensemble_lab.store.predictions import count_flipped, has_predictions
from ensemble_lab.store.run import Entry, Run, open_whole
from ensemble_lab.store.seal import check_seal
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.training_state import load_state
from ensemble_lab.store.variants import find_variants, load_variant

__all__ = [
    "MemberStatus",
    "RunSummary",
    "SplitStatus",
    "VariantStatus",
    "summarise_run",
]


@dataclass(frozen=True)
class MemberStatus:
    """A member of a run: how far it is.

    Attributes
    ----------
    key, group, kind : str
    status : str
        complete, pooled, imported, no predictions, no weights, unfinished, failed, not started or
        damaged. A pooled member's predictions are here; its weights stayed in the run it came
        from. An imported one never had any.
    note : str
        What is missing or went wrong, in a sentence; empty when complete.
    epochs : int or None
        Epochs done; None where its history is not here: it stayed where it was pooled from, is
        damaged, is gone with the weights, or was never known.
    validation_accuracy : float or None
        Of the kept weights.
    minutes : float or None
        Wall time of its epochs; None where `epochs` is, or there were none.
    origin : str or None
        The run that it was pooled from; None where it was made here.
    """

    key: str
    group: str
    kind: str
    status: str
    note: str = ""
    epochs: int | None = None
    validation_accuracy: float | None = None
    minutes: float | None = None
    origin: str | None = None


@dataclass(frozen=True)
class SplitStatus:
    """A split of a run.

    Attributes
    ----------
    name, role : str
    n_examples : int
    has_labels : bool
    n_predicted : int
        Members with predictions on it.
    note : str
        Why it cannot be read, or what rounding changed; else empty.
    """

    name: str
    role: str
    n_examples: int
    has_labels: bool
    n_predicted: int
    note: str = ""


@dataclass(frozen=True)
class VariantStatus:
    """A variant of the predictions on a split.

    Attributes
    ----------
    name, split : str
    n_predicted : int
        Members with predictions in it.
    text : str
        How they were made, or what is wrong with the first that cannot be read.
    """

    name: str
    split: str
    n_predicted: int
    text: str


@dataclass(frozen=True)
class RunSummary:
    """A run at a glance.

    Attributes
    ----------
    run : Run
    members : tuple of MemberStatus
    splits : tuple of SplitStatus
    catalogues : tuple of str
        Names of the saved catalogues.
    n_accesses : int
        Lines of the ledger.
    notes : tuple of str
        What is wrong with catalogues or the ledger.
    variants : tuple of VariantStatus
    """

    run: Run
    members: tuple[MemberStatus, ...]
    splits: tuple[SplitStatus, ...]
    catalogues: tuple[str, ...]
    n_accesses: int
    notes: tuple[str, ...] = ()
    variants: tuple[VariantStatus, ...] = ()

    @property
    def n_complete(self) -> int:
        """Members that are done, here or elsewhere, and have their predictions here."""
        return sum(member.status in ("complete", "pooled", "imported") for member in self.members)


def summarise_run(run: Run | Path | str) -> RunSummary:
    """Look through a run's folder; every sealed file that is there is checked.

    What is damaged or missing is said in the notes of the member or split, or in those
    of the run, and ends nothing.

    Raises
    ------
    MissingError, DamagedError
        There is no such run, or its manifest cannot be read.
    """
    run = open_whole(run, to="look through it")
    catalogues = sorted((run.path / "catalogues").glob("*.h5"))
    notes = [note for path in catalogues for note in _find_damage(partial(check_seal, path))]
    accesses: list[dict[str, Any]] = []
    notes += _find_damage(lambda: accesses.extend(load_ledger(run)))
    return RunSummary(
        run=run,
        members=tuple(_member(run, entry) for entry in run.members),
        splits=tuple(_split(run, name) for name in run.splits),
        catalogues=tuple(path.stem for path in catalogues),
        n_accesses=len(accesses),
        notes=tuple(notes),
        variants=tuple(
            _variant(run.with_variant(name), split)
            for split in run.splits
            for name in find_variants(run, split)
        ),
    )


def _find_damage(read: Callable[[], object]) -> list[str]:
    """Return what is wrong with what is read, as a list of one sentence or none."""
    try:
        read()
    except EnsembleLabError as error:
        return [str(error)]
    return []


def _member(run: Run, entry: Entry) -> MemberStatus:
    key, group, kind = entry.key, entry.group, entry.kind
    if kind == "imported":
        return _imported(run, entry)
    try:
        member = load_member(run, key)
    except MissingError:
        return _unfinished(run, entry)
    except EnsembleLabError as error:
        return MemberStatus(key, group, kind, "damaged", str(error))
    damage, (epochs, minutes) = _find_damaged_file(run, key), _count_history(member.history)
    if damage:
        return MemberStatus(key, group, kind, "damaged", damage, epochs, minutes=minutes)
    lack = _tell_lack(run, key)
    kept = member.history[member.kept_epoch - 1 : member.kept_epoch]
    return MemberStatus(
        key,
        group,
        kind,
        status="no predictions" if lack else "complete",
        note=lack,
        epochs=epochs,
        validation_accuracy=kept[0].validation_accuracy if kept else None,
        minutes=minutes,
    )


def _count_history(history: Sequence[EpochRecord]) -> tuple[int, float | None]:
    """Return how many epochs there were, and the minutes they took."""
    return len(history), sum(record.seconds for record in history) / 60 if history else None


def _pooled(run: Run, entry: Entry, origin: Path) -> MemberStatus:
    key, group, kind = entry.key, entry.group, entry.kind
    damage, lack = _find_damaged_file(run, key), _tell_lack(run, key)
    status = "damaged" if damage else "no predictions" if lack else "pooled"
    return MemberStatus(key, group, kind, status, damage or lack, origin=str(origin))


def _imported(run: Run, entry: Entry) -> MemberStatus:
    key, origin = entry.key, run.find_origin(entry)
    damage = _find_damaged_file(run, key)
    has_some = any(has_predictions(run, key, name) for name in run.splits)
    status = "damaged" if damage else "imported" if has_some else "no predictions"
    # Predictions on one split alone are all that was ever promised.
    note = damage or (_tell_lack(run, key) if has_some else "no predictions on any split")
    where = None if origin is None else str(origin)
    return MemberStatus(key, entry.group, entry.kind, status, note, origin=where)


def _find_damaged_file(run: Run, key: str) -> str:
    """Return what is wrong with the first damaged file of a member; empty where none is."""
    for path in sorted(run.member_folder(key).glob("*.h5")):
        for note in _find_damage(partial(check_seal, path)):
            return note
    return ""


def _tell_lack(run: Run, key: str) -> str:
    absent = [name for name in run.own_splits if not has_predictions(run, key, name)]
    return f"no predictions on {' and '.join(absent)}" if absent else ""


def _unfinished(run: Run, entry: Entry) -> MemberStatus:
    key, group, kind = entry.key, entry.group, entry.kind
    if (origin := run.find_origin(entry)) is not None:
        return _pooled(run, entry, origin)
    try:
        failure, state = load_failure(run, key), load_state(run, key)
    except EnsembleLabError as error:
        return MemberStatus(key, group, kind, "damaged", str(error))
    epochs, minutes = _count_history(state.history if state else ())
    if failure or state:
        status, note = "unfinished", f"stopped after epoch {epochs}"
        if failure:
            status, note = "failed", f"{failure.error}: {failure.cause}"
        return MemberStatus(key, group, kind, status, note, epochs, minutes=minutes)
    if any(has_predictions(run, key, name) for name in run.splits):
        note = "predictions are here, weights are not"
        return MemberStatus(key, group, kind, "no weights", note)
    return MemberStatus(key, group, kind, "not started", epochs=0)


def _split(run: Run, name: str) -> SplitStatus:
    n_predicted = sum(has_predictions(run, key, name) for key in run.keys)
    try:
        record = load_record(run, name)
    except EnsembleLabError as error:
        return SplitStatus(name, "unknown", 0, False, n_predicted, str(error))
    return SplitStatus(
        name=name,
        role=record.role,
        n_examples=len(record.index),
        has_labels=record.labels_sha256 is not None,
        n_predicted=n_predicted,
        note=_tell_rounding(run, name),
    )


def _tell_rounding(run: Run, split: str) -> str:
    """Return how many labels are flipped where probabilities were rounded; else nothing."""
    if run.probabilities == "float32":
        return ""
    flipped: list[int] = []

    def note_flipped(key: str) -> None:
        number = count_flipped(run, key, split)
        flipped.extend([] if number is None else [number])

    for key in run.keys:
        if has_predictions(run, key, split):
            # What is damaged is told beside its member.
            _find_damage(partial(note_flipped, key))
    if not flipped:
        return ""
    return (
        f"{render_count(len(flipped), 'member')} stored as {run.probabilities}, which flips "
        f"{render_count(sum(flipped), 'label')}; votes stay"
    )


def _variant(asked: Run, split: str) -> VariantStatus:
    keys = [key for key in asked.keys if has_predictions(asked, key, split)]
    try:
        # Of different recipes, each as its own augmentation made it.
        ways = dict.fromkeys(load_variant(asked, key, split).copies.text for key in keys)
    except EnsembleLabError as error:
        ways = {str(error): None}
    return VariantStatus(str(asked.variant), split, len(keys), ", or ".join(ways))
