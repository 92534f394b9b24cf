"""Which members a pool takes from its runs, and what they are called in it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ensemble_lab.arrays import Array
from ensemble_lab.canonical import array_sha256, canonical_json
from ensemble_lab.exceptions import MismatchError, MissingError
from ensemble_lab.spelling import match_keys
from ensemble_lab.store.copies import find_parent
from ensemble_lab.store.files import check_name
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.splits import load_record

__all__ = ["Pooled", "PooledMembers", "pool_members"]

_LEARNT_FROM = ("train", "validation", "train-oof")
_MOST_NAMED = 3


@dataclass(frozen=True)
class Pooled:
    """A member that is taken.

    Attributes
    ----------
    source : Run
    key : str
        What it is called there.
    entry : Entry
        As the new run lists it.
    """

    source: Run
    key: str
    entry: Entry


@dataclass(frozen=True)
class PooledMembers:
    """The members of a pool.

    Attributes
    ----------
    taken : tuple of Pooled
        In the order of the runs, and of each run.
    notes : tuple of str
        Which were not taken and why, a sentence for each run.
    """

    taken: tuple[Pooled, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Net:
    """What makes a member the same in two runs: digests of its making and of its weights."""

    digest: str
    weights: str


def pool_members(
    runs: Sequence[Run],
    needed: tuple[str, ...],
    *,
    pool: Path,
    patterns: tuple[str, ...] = (),
    prefix: bool = False,
) -> PooledMembers:
    """Return the members that have predictions on all of the needed splits, each net once.

    Parameters
    ----------
    runs : sequence of Run
    needed : tuple of str
        Splits that a member must have predictions on; the first tells its weights.
    pool : Path
        Folder of the new run.
    patterns : tuple of str
        Of the keys that members have in their runs; none for all.
    prefix : bool
        Whether groups and keys begin with the name of the run's folder.

    Raises
    ------
    MissingError
        A pattern that matches no key, or no member is left.
    MismatchError
        Two nets of one key, or two recipes in one group.
    """
    where, on = ", ".join(str(run.path) for run in runs), " and ".join(needed)
    every = tuple(dict.fromkeys(key for run in runs for key in run.keys))
    chosen = set(match_keys(every, patterns, where=where, error=MissingError))
    taken: dict[_Net, Pooled] = {}
    notes = []
    for run in runs:
        unready, twins = [], []
        for entry in (entry for entry in run.members if entry.key in chosen):
            if not all(has_predictions(run, entry.key, name) for name in needed):
                unready.append(entry.key)
                continue
            net = _Net(entry.digest, find_parent(run, entry.key, needed[0]))
            if net in taken:
                twins.append(entry.key)
            else:
                taken[net] = Pooled(run, entry.key, _rename(run, entry, pool, prefix))
        if unready:
            notes.append(f"left out: {_list(unready)} of {run.path}, not predicted on {on}")
        if twins:
            notes.append(f"taken once: {_list(twins)} of {run.path}, there before")
    if not taken:
        raise MissingError(
            f"a pool must have members with predictions on {on}; got none, in {where}."
        )
    remedy = "Give a run's folder another name." if prefix else "Tell them apart with --prefix."
    _check_keys(taken, remedy)
    _check_groups(tuple(taken.values()), remedy)
    return PooledMembers(tuple(taken.values()), tuple(notes))


def _rename(run: Run, entry: Entry, pool: Path, prefix: bool) -> Entry:
    """Return a member's entry in the new run, with where it came from."""
    came_from = run.find_origin(entry) or run.path
    origin = Path(os.path.relpath(came_from.resolve(), pool.resolve())).as_posix()
    if not prefix:
        return replace(entry, origin=origin)
    name = check_name(run.path.resolve().name, what="a run's folder, as a prefix,")
    key = check_name(f"{name}-{entry.key}", what="member key")
    group = f"{name}-{entry.group}"
    spec = None if entry.spec is None else entry.spec | {"key": key, "group": group}
    return replace(entry, key=key, group=group, spec=spec, origin=origin)


def _check_keys(taken: Mapping[_Net, Pooled], remedy: str) -> None:
    """Refuse two nets of one key."""
    known: dict[str, tuple[_Net, Run]] = {}
    for net, each in taken.items():
        before, first = known.setdefault(each.entry.key, (net, each.source))
        if before != net:
            raise MismatchError(
                f"member {each.entry.key} must be one net; got weights {before.weights[:12]} in "
                f"{first.path} and {net.weights[:12]} in {each.source.path}. {remedy}"
            )


def _check_groups(taken: Sequence[Pooled], remedy: str) -> None:
    """Refuse a group of two recipes: its members would not differ in the seed alone."""
    known: dict[str, tuple[str, Run]] = {}
    examples = {each.source.path: _hash_examples(each.source) for each in taken}
    for each in taken:
        if each.entry.spec is None:
            continue
        spec = {n: v for n, v in each.entry.spec.items() if n not in ("key", "seed", "fold")}
        recipe = canonical_json([spec, examples[each.source.path]])
        before, first = known.setdefault(each.entry.group, (recipe, each.source))
        if recipe != before and first.path != each.source.path:
            raise MismatchError(
                f"group {each.entry.group} must be one recipe on the same examples, whatever the "
                f"seed; it is another in {each.source.path} than in {first.path}. {remedy}"
            )


def _hash_examples(run: Run) -> list[list[str | None]]:
    """Return the hashes of all that a run's members learned from and were validated on."""
    records = [load_record(run, name) for name in _LEARNT_FROM if name in run.splits]
    return [
        [each.name, each.images_sha256, each.labels_sha256, _hash_folds(each.fold)]
        for each in records
    ]


def _hash_folds(fold: Array | None) -> str | None:
    return None if fold is None else array_sha256(fold)


def _list(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else ""
    return ", ".join(keys[:_MOST_NAMED]) + more
