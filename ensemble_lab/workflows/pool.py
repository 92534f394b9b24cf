"""One run of several: members of many experiments side by side, on the splits that agree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ensemble_lab.exceptions import MismatchError, StoreError
from ensemble_lab.store.agreement import Agreement, find_agreement
from ensemble_lab.store.copies import copy_predictions, copy_split
from ensemble_lab.store.files import appearing
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Run, open_whole, save_run
from ensemble_lab.store.splits import SplitRecord
from ensemble_lab.workflows.pool_members import Pooled, pool_members

__all__ = ["PoolReport", "pool_runs"]


@dataclass(frozen=True)
class PoolReport:
    """What was pooled.

    Attributes
    ----------
    run : Run
        The new one.
    members : tuple of Pooled
        Each with the run that it came from.
    splits : tuple of SplitRecord
    notes : tuple of str
        Splits that were left out, and members: a sentence each, with the reason.
    """

    run: Run
    members: tuple[Pooled, ...]
    splits: tuple[SplitRecord, ...]
    notes: tuple[str, ...]


def pool_runs(
    path: Path | str,
    runs: Sequence[Run | Path | str],
    *,
    members: tuple[str, ...] = (),
    prefix: bool = False,
) -> PoolReport:
    """Make one run of several whose splits agree by hash; return what was pooled.

    The new run holds the splits that all runs have alike, and the predictions of their members
    on these: all that votes, errors and curves are made of. Weights and histories stay where
    they are; `Entry.origin` says where. The runs are read and never written. A net that is in
    several of them is taken once.

    Parameters
    ----------
    path : path
        Folder of the new run, which gets its name; nothing may be there.
    runs : sequence of Run or path
        One or more.
    members : tuple of str
        Patterns of keys, as they are in the runs; none for all.
    prefix : bool
        Whether groups and keys begin with the name of the run's folder, which tells groups of
        one name apart. Predictions are then written anew, so that their digests are new too.

    Raises
    ------
    StoreError
        Something is at `path`, it is in one of the runs, or it cannot be written.
    MismatchError
        Runs of other classes or image shapes, no split that agrees and was predicted, or two
        nets of one key or two recipes in one group without `prefix`.
    MissingError
        No such run, or no member to take.
    DamagedError
        A file of a run is damaged.
    """
    path = Path(path)
    opened = tuple(open_whole(run, to="pool") for run in runs)
    if not opened:
        raise StoreError("a pool must be made of one run or more; got none.")
    _check_place(path, opened)
    _check_alike(opened)
    agreement = find_agreement(opened)
    pool = replace(
        opened[0],
        path=path,
        name=path.resolve().name,
        splits=tuple(record.name for record in agreement.splits),
        members=(),
    )
    needed = _find_needed(pool, opened, agreement)
    found = pool_members(opened, needed, pool=path, patterns=members, prefix=prefix)
    pool = replace(pool, members=tuple(each.entry for each in found.taken))
    with appearing(path) as partial:
        _write(replace(pool, path=partial), opened[0], found.taken)
    left_out = tuple(f"left out: {each.split}, {each.words}" for each in agreement.left_out)
    return PoolReport(pool, found.taken, agreement.splits, left_out + found.notes)


def _check_place(path: Path, runs: Sequence[Run]) -> None:
    for run in runs:
        if path.resolve().is_relative_to(run.path.resolve()):
            raise StoreError(f"a pool must be a folder of its own; got {path}, in {run.path}.")


def _check_alike(runs: Sequence[Run]) -> None:
    first = runs[0]
    for run in runs[1:]:
        for what in ("class_names", "image_shape"):
            ours, theirs = getattr(first, what), getattr(run, what)
            if ours != theirs:
                raise MismatchError(
                    f"{what} must be the same in all runs; got {_list(ours)} in {first.path} and "
                    f"{_list(theirs)} in {run.path}."
                )


def _list(values: Sequence[str | int]) -> str:
    more = f" … ({len(values)})" if len(values) > 10 else ""
    return (" ".join(map(str, values[:10])) or "none") + more


def _find_needed(pool: Run, runs: Sequence[Run], agreement: Agreement) -> tuple[str, ...]:
    """Return the agreed splits that a member must have predicted to be taken.

    Those that members predict as soon as they are trained; if none of them agrees, those that
    any member has predicted.
    """
    found = pool.own_splits or tuple(
        name
        for name in pool.splits
        if any(has_predictions(run, key, name) for run in runs for key in run.keys)
    )
    if found:
        return found
    differing = {each.split: each.words for each in agreement.left_out}
    names = [name for name in ("test", *differing) if name in differing]
    got = f"{names[0]} with {differing[names[0]]}" if names else "no predictions in any of them"
    raise MismatchError(f"runs must agree on a split that members predicted; got {got}.")


def _write(pool: Run, first: Run, taken: Sequence[Pooled]) -> None:
    for name in pool.splits:
        copy_split(first, name, pool)
    for each in taken:
        for name in pool.splits:
            if has_predictions(each.source, each.key, name):
                copy_predictions(each.source, each.key, name, pool, each.entry.key)
    # Last: the folder is a run from then on.
    save_run(pool)
