"""Members that somebody else trained: their entries and prediction files in a run."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ensemble_lab.arrays import smallest_unsigned
from ensemble_lab.canonical import array_sha256, digest_of
from ensemble_lab.data.given_predictions import GivenPredictions
from ensemble_lab.exceptions import MismatchError
from ensemble_lab.store.copies import find_parent
from ensemble_lab.store.images import images_path
from ensemble_lab.store.predictions import (
    has_predictions,
    predictions_path,
    save_predictions,
    save_votes,
)
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.splits import SplitRecord, split_path

__all__ = ["Addition", "check_keys_free", "remove_unlisted", "removing", "write_additions"]


@dataclass(frozen=True, eq=False)
class Addition:
    """What one member says of one split."""

    key: str
    record: SplitRecord
    given: GivenPredictions


def check_keys_free(run: Run, keys: Iterable[str], split: str) -> None:
    """Refuse a key that a trained member has, or an imported one with predictions on the split.

    Raises
    ------
    MismatchError
        Names the first such key.
    """
    known = {entry.key: entry for entry in run.members}
    for key in keys:
        if key not in known:
            continue
        what = "a trained member" if known[key].kind != "imported" else None
        if what is None and _is_listed(run, known[key], split):
            what = f"a member with predictions on {split!r}"
        if what is not None:
            raise MismatchError(
                f"key of an imported member must be its own; got {key!r}, {what} of {run.path}. "
                "Name it otherwise with --name."
            )


def _is_listed(run: Run, entry: Entry, split: str) -> bool:
    """Whether the manifest knows of a member's predictions on a split: its digest is of them.

    A file that an import left when it was killed before the manifest was written is not there.
    """
    if split not in run.splits or not has_predictions(run, entry.key, split):
        return False
    others = tuple(name for name in run.splits if name != split)
    return entry.digest != _digest(replace(run, splits=others), entry.key)


def remove_unlisted(run: Run, keys: Iterable[str], split: str) -> None:
    """Remove what a killed import left of a split or of keys that the manifest does not know.

    The caller holds `ensemble_lab.store.lock.lock_run`.
    """
    new = [key for key in keys if key not in run.keys]
    left = [predictions_path(run, key, name) for key in new for name in run.splits]
    if split not in run.splits:
        imported = [entry.key for entry in run.members if entry.kind == "imported"]
        left += [predictions_path(run, key, split) for key in imported]
        left += [split_path(run, split), images_path(run, split)]
    for path in left:
        path.unlink(missing_ok=True)


def write_additions(run: Run, additions: Sequence[Addition]) -> Run:
    """Write prediction files and return the run with their members; the manifest is not written.

    Raises
    ------
    PredictionError
        Other classes or examples than the run's.
    StoreError
        A file cannot be written.
    """
    for each in additions:
        index, votes = each.record.index, each.given.votes
        place = (run, each.key, each.record.name)
        if each.given.probabilities is None:
            plain = votes.astype(smallest_unsigned(run.n_classes))
            save_votes(*place, plain, index, parent=array_sha256(plain))
        else:
            rows = each.given.probabilities
            save_predictions(*place, rows, index, parent=array_sha256(rows))
    entries = {entry.key: entry for entry in run.members}
    for key in dict.fromkeys(each.key for each in additions):
        entries[key] = _describe(run, key, entries.get(key))
    return replace(run, members=tuple(entries.values()))


def _describe(run: Run, key: str, before: Entry | None) -> Entry:
    """Return the entry of an imported member by the files that it has now."""
    digest = _digest(run, key)
    if before is not None:
        return replace(before, digest=digest)
    return Entry(key=key, group=key, kind="imported", digest=digest, spec=None)


def _digest(run: Run, key: str) -> str:
    parents = {
        name: find_parent(run, key, name) for name in run.splits if has_predictions(run, key, name)
    }
    return digest_of({"imported": parents})


@contextmanager
def removing(paths: Sequence[Path]) -> Iterator[None]:
    """Remove new files if the body fails, so that all of an import is there or none of it."""
    try:
        yield
    except BaseException:
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                path.parent.rmdir()  # Only if nothing else is in it.
        raise
