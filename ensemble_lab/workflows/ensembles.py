"""Ensembles by name, ``RUN[@VARIANT][:PATTERN]``, and their errors on one and the same split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.votes.member_errors import count_member_errors
from ensemble_lab.arrays import Booleans, Index, Labels
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import MismatchError, PredictionError
from ensemble_lab.store.labels import SplitLabels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import StoredPredictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import SplitRecord, load_record
from ensemble_lab.workflows.scoring import cast_vote, read_labels

__all__ = ["Asked", "Ensemble", "choose_look", "open_ensembles", "score_ensembles"]

_FEWEST = 2


@dataclass(frozen=True)
class Asked:
    """Members that vote together, before they are scored.

    Attributes
    ----------
    name : str
        As it was asked for.
    title : str
        As short as it can be: the run's folder, with no more of those it lies in than tell it
        from the other runs, the variant, the pattern, and the rule where there are several.
    run : Run
    members : tuple of str
        Patterns of keys; none for all.
    record : SplitRecord
        The split they are to be scored on.
    decision : Decision
        How they shall vote.
    """

    name: str
    title: str
    run: Run
    members: tuple[str, ...]
    record: SplitRecord
    decision: Decision


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members that vote together, and where they err.

    Attributes
    ----------
    name, title : str
        As in `Asked`.
    members : tuple of str
    decision : Decision
        What was done.
    predicted : int64 (examples,)
        What the vote chose.
    labels : SplitLabels
        Its `look` says what the ledger did.
    member_errors : int64 (members,)
    """

    name: str
    title: str
    members: tuple[str, ...]
    decision: Decision
    predicted: Labels
    labels: SplitLabels
    member_errors: Index

    @property
    def is_wrong(self) -> Booleans:
        """Where the vote errs, bool (examples,)."""
        wrong: Booleans = self.predicted != self.labels.values
        return wrong

    @property
    def errors(self) -> int:
        """Errors of the vote."""
        return int(self.is_wrong.sum())


def open_ensembles(
    names: Sequence[Run | Path | str],
    split: str = "test",
    decisions: Sequence[Decision] = (DEFAULT,),
    *,
    members: tuple[str, ...] = (),
) -> tuple[Asked, ...]:
    """Return two or more ensembles whose split is one and the same; no labels are read.

    Parameters
    ----------
    names : sequence of Run, path or str
        ``RUN`` for all members of a run, ``RUN:PATTERN[,PATTERN]`` for those whose keys match,
        such as ``checkpoints/light:light-000*``; one key names a single member. ``RUN@VARIANT``
        in the place of ``RUN`` asks the members in a variant of their predictions.
    split : str
    decisions : sequence of Decision
        How each votes; with several, each name makes as many ensembles, one after another.
    members : tuple of str
        Patterns of keys where a name has none of its own.

    Raises
    ------
    PredictionError
        Fewer than two ensembles, or members beside names that all have a pattern.
    MismatchError
        Runs whose splits of that name are of other examples or labels.
    MissingError
        No such run or split.
    """
    names = [names] if isinstance(names, Run | Path | str) else names
    n_ensembles = len(names) * len(decisions)
    if n_ensembles < _FEWEST:
        raise PredictionError(f"ensembles must be two or more to be compared; got {n_ensembles}.")
    opened = [_open(name) for name in names]
    if members and all(patterns for _, patterns in opened):
        raise PredictionError(
            f"members must be of names without a pattern of their own; got {', '.join(members)} "
            "and a pattern with every name. Leave one of them out."
        )
    records = [load_record(run, split) for run, _ in opened]
    for (run, _), record in zip(opened[1:], records[1:], strict=True):
        _check_same(opened[0][0], records[0], run, record)
    folders = _name_folders([run.path.resolve() for run, _ in opened])
    ways = _name_ways(decisions)
    return tuple(
        Asked(
            name=name.address if isinstance(name, Run) else str(name),
            title=_name_members(folder, run, patterns) + way,
            run=run,
            members=patterns or members,
            record=record,
            decision=decision,
        )
        for name, folder, (run, patterns), record in zip(
            names, folders, opened, records, strict=True
        )
        for decision, way in zip(decisions, ways, strict=True)
    )


def score_ensembles(asked: tuple[Asked, ...], *, command: str) -> tuple[Ensemble, ...]:
    """Return where ensembles err; labels are read when all have voted.

    Parameters
    ----------
    asked : tuple of Asked
    command : str
        Who asks, for the ledger, in which each ensemble is a look.

    Raises
    ------
    MissingError
        No such member, or predictions are missing: no labels are read then.
    PredictionError
        Members that cannot vote by that rule; likewise.
    """
    voted = [_vote(each) for each in asked]
    return tuple(
        _score(each, predictions, predicted, settled, command)
        for each, (predictions, predicted, settled) in zip(asked, voted, strict=True)
    )


def choose_look(ensembles: Sequence[Ensemble]) -> Look | None:
    """Return the look to tell of: one that could not be kept in its run, else the newest."""
    kept = ("run", "user", "nowhere")
    looks = [look for each in ensembles if (look := each.labels.look) is not None]
    return max(
        looks,
        key=lambda look: (kept.index(look.kept), not look.is_repeat, look.number or 0),
        default=None,
    )


def _open(name: Run | Path | str) -> tuple[Run, tuple[str, ...]]:
    """Return the run and the patterns; a folder with a colon in its name is a run all the same."""
    if isinstance(name, Run):
        return name, ()
    folder, colon, pattern = str(name).rpartition(":")
    if not colon or Path(name).is_dir():
        return open_run(name), ()
    return open_run(folder), tuple(pattern.split(","))


def _name_members(folder: str, run: Run, patterns: tuple[str, ...]) -> str:
    variant = "" if run.variant is None else f"@{run.variant}"
    return folder + variant + (f":{','.join(patterns)}" if patterns else "")


def _name_folders(folders: Sequence[Path]) -> list[str]:
    """Return the name of each folder, after those it lies in where others have its name.

    Examples
    --------
    >>> _name_folders([Path("/a/x/run"), Path("/a/y/run"), Path("/a/z")])
    ['x/run', 'y/run', 'z']
    """
    different = set(folders)
    names = []
    for folder in folders:
        tails = (folder.parts[-n:] for n in range(1, len(folder.parts) + 1))
        own = next(
            tail
            for tail in tails
            if sum(other.parts[-len(tail) :] == tail for other in different) == 1
        )
        names.append(Path(*own).as_posix())
    return names


def _name_ways(decisions: Sequence[Decision]) -> list[str]:
    """Return what to call each decision beside the others; nothing where it is the only one."""
    if len(decisions) == 1:
        return [""]
    rules = [decision.rule for decision in decisions]
    is_enough = len(set(rules)) == len(rules)
    return [f" by {each.rule if is_enough else each.text}" for each in decisions]


def _vote(asked: Asked) -> tuple[StoredPredictions, Labels, Decision]:
    predictions, vote = cast_vote(asked.run, asked.record.name, asked.decision, asked.members)
    return predictions, vote.predicted, vote.decision


def _score(
    asked: Asked,
    predictions: StoredPredictions,
    predicted: Labels,
    decision: Decision,
    command: str,
) -> Ensemble:
    labels = read_labels(asked.run, predictions, decision, command=command)
    return Ensemble(
        name=asked.name,
        title=asked.title,
        members=predictions.members,
        decision=decision,
        predicted=predicted,
        labels=labels,
        member_errors=count_member_errors(predictions, labels.values),
    )


def _check_same(first: Run, ours: SplitRecord, other: Run, theirs: SplitRecord) -> None:
    is_numbered_alike = np.array_equal(ours.index, theirs.index)
    if ours.labels_sha256 == theirs.labels_sha256 and not is_numbered_alike:
        raise MismatchError(
            f"split {ours.name!r} must number its examples alike in all runs; got "
            f"{ours.index[0]} to {ours.index[-1]} in {first.path} and {theirs.index[0]} to "
            f"{theirs.index[-1]} in {other.path}. Import both about one source (--data)."
        )
    if ours.labels_sha256 != theirs.labels_sha256:
        raise MismatchError(
            f"split {ours.name!r} must be the same in all runs; got labels "
            f"{str(ours.labels_sha256)[:12]} of {len(ours.index):,} examples in {first.path} and "
            f"{str(theirs.labels_sha256)[:12]} of {len(theirs.index):,} in {other.path}."
        )
