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
from ensemble_lab.store.predictions import (
    has_predictions,
    save_predictions,
    save_votes,
)
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.splits import SplitRecord

__all__ = ["Addition", "check_keys_free", "removing", "write_additions"]


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
        if what is None and has_predictions(run, key, split):
            what = f"a member with predictions on {split!r}"
        if what is not None:
            raise MismatchError(
                f"key of an imported member must be its own; got {key!r}, {what} of {run.path}. "
                "Name it otherwise with --name."
            )


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
    parents = {
        name: find_parent(run, key, name) for name in run.splits if has_predictions(run, key, name)
    }
    digest = digest_of({"imported": parents})
    if before is not None:
        return replace(before, digest=digest)
    return Entry(key=key, group=key, kind="imported", digest=digest, spec=None)


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
