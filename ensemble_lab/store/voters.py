"""Who votes on a split: a member, or the members of all folds under one key."""

from dataclasses import dataclass

from ensemble_lab.exceptions import MissingError
from ensemble_lab.spelling import match_keys
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.splits import SplitRecord

__all__ = ["Voter", "find_voters"]


@dataclass(frozen=True)
class Voter:
    """One row of the predictions on a split.

    Attributes
    ----------
    key : str
        The member's; ``<group>-<seed, four digits>`` where members predicted a fold each.
    group : str
    seed : int or None
        None when imported.
    parts : tuple of Entry
        The member alone, or those that predicted a fold each, in the order of the folds.
    """

    key: str
    group: str
    seed: int | None
    parts: tuple[Entry, ...]


def find_voters(run: Run, record: SplitRecord, patterns: tuple[str, ...] = ()) -> tuple[Voter, ...]:
    """Return who votes on a split, in the run's order.

    Parameters
    ----------
    run : Run
    record : SplitRecord
    patterns : tuple of str
        Of the voters' keys (``bn-elu-*``); none for all.

    Raises
    ------
    MissingError
        A pattern that matches none, a run without members, or a fold without its member.
    """
    voters = _stitch(run, record) if record.fold is not None else _list_members(run)
    if not voters:
        raise MissingError(f"a run must have members; got none, in {run.path}.")
    if record.fold is None:
        _refuse_seeds_of_folds(run, record.name, patterns)
    keys = match_keys(
        tuple(v.key for v in voters), patterns, where=str(run.path), error=MissingError
    )
    return tuple(voter for voter in voters if voter.key in keys)


def _refuse_seeds_of_folds(run: Run, split: str, patterns: tuple[str, ...]) -> None:
    """Refuse a key under which the nets of all folds vote where a split is in folds, and none here.

    Such as a decision holds that was chosen on ``train-oof``.
    """
    seeds = {_seed_key(e.group, e.seed) for e in run.members if e.fold is not None}
    for key in seeds.intersection(patterns):
        raise MissingError(
            f"members of {split!r} must be single nets, such as {key}-fold-0; got {key!r}, under "
            f"which those of all folds vote where a split is in folds, in {run.path}."
        )


def _seed_key(group: str, seed: int | None) -> str:
    return f"{group}-{seed:04d}"


def _list_members(run: Run) -> tuple[Voter, ...]:
    return tuple(Voter(entry.key, entry.group, entry.seed, (entry,)) for entry in run.members)


def _stitch(run: Run, record: SplitRecord) -> tuple[Voter, ...]:
    seeds: dict[tuple[str, int | None], dict[int, Entry]] = {}
    for entry in run.members:
        if entry.fold is not None:
            seeds.setdefault((entry.group, entry.seed), {})[entry.fold] = entry
    for (group, seed), parts in seeds.items():
        lacking = [fold for fold in range(record.n_folds) if fold not in parts]
        if lacking:
            raise MissingError(
                f"every fold of {record.name!r} must have its member; {group} with seed {seed} "
                f"has none for fold {lacking[0]}, in {run.path}."
            )
    return tuple(
        Voter(_seed_key(group, seed), group, seed, tuple(parts[k] for k in range(record.n_folds)))
        for (group, seed), parts in seeds.items()
    )
