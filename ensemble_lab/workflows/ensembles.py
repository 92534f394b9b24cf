"""Ensembles by name, ``RUN`` or ``RUN:PATTERN``, and their errors on one and the same split."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.arrays import Booleans, Index
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import MismatchError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import SplitRecord, load_record
from ensemble_lab.workflows.scoring import score

__all__ = ["Ensemble", "load_ensembles"]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members that vote together, and where they err.

    Attributes
    ----------
    name : str
        As it was asked for.
    run : Run
    members : tuple of str
    decision : Decision
    index : int64 (examples,)
    is_wrong : bool (examples,)
        Where the vote errs.
    member_errors : int64 (members,)
    look : Look or None
    """

    name: str
    run: Run
    members: tuple[str, ...]
    decision: Decision
    index: Index
    is_wrong: Booleans
    member_errors: Index
    look: Look | None

    @property
    def errors(self) -> int:
        """Errors of the vote."""
        return int(self.is_wrong.sum())


def load_ensembles(
    names: tuple[str, ...],
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    command: str,
) -> tuple[Ensemble, ...]:
    """Return the ensembles of those names, scored on a split that is the same in all their runs.

    Parameters
    ----------
    names : tuple of str
        ``RUN`` for all members of a run, ``RUN:PATTERN`` for those whose keys match, such as
        ``checkpoints/light:light-000*``; one key names a single member.
    split : str
    decision : Decision
        How each votes.
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MismatchError
        Runs whose splits of that name are of other examples or labels; no labels are read.
    MissingError
        No such run, split or member, or predictions are missing.
    """
    opened = [_open(name) for name in names]
    records = [load_record(run, split) for run, _ in opened]
    for (run, _), record in zip(opened[1:], records[1:], strict=True):
        _check_same(opened[0][0], records[0], run, record)
    found = []
    for name, (run, patterns) in zip(names, opened, strict=True):
        scored = score(run, split, decision, patterns, command=command)
        wrong = scored.predictions.votes != scored.labels.values
        found.append(
            Ensemble(
                name=name,
                run=run,
                members=scored.predictions.members,
                decision=scored.vote.decision,
                index=scored.predictions.index,
                is_wrong=scored.vote.predicted != scored.labels.values,
                member_errors=wrong.sum(axis=1),
                look=scored.labels.look,
            )
        )
    return tuple(found)


def _open(name: str) -> tuple[Run, tuple[str, ...]]:
    """Return the run and the patterns; a folder with a colon in its name is a run all the same."""
    if Path(name).is_dir() or ":" not in name:
        return open_run(name), ()
    folder, _, pattern = name.rpartition(":")
    return open_run(folder), (pattern,)


def _check_same(first: Run, ours: SplitRecord, other: Run, theirs: SplitRecord) -> None:
    is_same = (
        ours.labels_sha256 == theirs.labels_sha256
        and len(ours.index) == len(theirs.index)
        and bool((ours.index == theirs.index).all())
    )
    if not is_same:
        raise MismatchError(
            f"split {ours.name!r} must be the same in all runs; got labels "
            f"{str(ours.labels_sha256)[:12]} of {len(ours.index):,} examples in {first.path} and "
            f"{str(theirs.labels_sha256)[:12]} of {len(theirs.index):,} in {other.path}."
        )
