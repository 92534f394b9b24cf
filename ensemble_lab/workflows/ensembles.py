"""Ensembles by name, ``RUN`` or ``RUN:PATTERN``, and their errors on one and the same split."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Booleans, Index, Labels
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import MismatchError, PredictionError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import Predictions
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
        As short as it can be: the run's folder without those it lies in, and the pattern.
    run : Run
    members : tuple of str
        Patterns of keys; none for all.
    record : SplitRecord
        The split they are to be scored on.
    """

    name: str
    title: str
    run: Run
    members: tuple[str, ...]
    record: SplitRecord


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members that vote together, and where they err.

    Attributes
    ----------
    name, title : str
        As in `Asked`.
    members : tuple of str
    decision : Decision
    is_wrong : bool (examples,)
        Where the vote errs.
    member_errors : int64 (members,)
    look : Look or None
    """

    name: str
    title: str
    members: tuple[str, ...]
    decision: Decision
    is_wrong: Booleans
    member_errors: Index
    look: Look | None

    @property
    def errors(self) -> int:
        """Errors of the vote."""
        return int(self.is_wrong.sum())


def open_ensembles(names: Sequence[Run | Path | str], split: str = "test") -> tuple[Asked, ...]:
    """Return two or more ensembles whose split is one and the same; no labels are read.

    Parameters
    ----------
    names : sequence of Run, path or str
        ``RUN`` for all members of a run, ``RUN:PATTERN[,PATTERN]`` for those whose keys match,
        such as ``checkpoints/light:light-000*``; one key names a single member.
    split : str

    Raises
    ------
    PredictionError
        Fewer than two names.
    MismatchError
        Runs whose splits of that name are of other examples or labels.
    MissingError
        No such run or split.
    """
    names = [names] if isinstance(names, Run | Path | str) else names
    if len(names) < _FEWEST:
        raise PredictionError(f"ensembles must be two or more to be compared; got {len(names)}.")
    opened = [_open(name) for name in names]
    records = [load_record(run, split) for run, _ in opened]
    for (run, _), record in zip(opened[1:], records[1:], strict=True):
        _check_same(opened[0][0], records[0], run, record)
    texts = [str(name.path if isinstance(name, Run) else name) for name in names]
    titles = [
        run.path.resolve().name + (f":{','.join(patterns)}" if patterns else "")
        for run, patterns in opened
    ]
    # What is asked for differently must not look the same.
    n_texts = Counter(title for title, _ in set(zip(titles, texts, strict=True)))
    return tuple(
        Asked(text, title if n_texts[title] == 1 else text, run, patterns, record)
        for text, title, (run, patterns), record in zip(texts, titles, opened, records, strict=True)
    )


def score_ensembles(
    asked: tuple[Asked, ...], decision: Decision = DEFAULT, *, command: str
) -> tuple[Ensemble, ...]:
    """Return where ensembles err; labels are read when all have voted.

    Parameters
    ----------
    asked : tuple of Asked
    decision : Decision
        How each votes.
    command : str
        Who asks, for the ledger, in which each ensemble is a look.

    Raises
    ------
    MissingError
        No such member, or predictions are missing: no labels are read then.
    PredictionError
        Members that cannot vote by that rule; likewise.
    """
    voted = [_vote(each, decision) for each in asked]
    return tuple(
        _score(each, predictions, predicted, settled, command)
        for each, (predictions, predicted, settled) in zip(asked, voted, strict=True)
    )


def choose_look(ensembles: Sequence[Ensemble]) -> Look | None:
    """Return the look to tell of: one that could not be kept in its run, else the newest."""
    kept = ("run", "user", "nowhere")
    looks = [each.look for each in ensembles if each.look is not None]
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


def _vote(asked: Asked, decision: Decision) -> tuple[Predictions, Labels, Decision]:
    predictions, vote = cast_vote(asked.run, asked.record.name, decision, asked.members)
    # Probabilities have voted; of many ensembles they would fill the memory.
    return replace(predictions, probabilities=None), vote.predicted, vote.decision


def _score(
    asked: Asked, predictions: Predictions, predicted: Labels, decision: Decision, command: str
) -> Ensemble:
    labels = read_labels(asked.run, predictions, decision, command=command)
    return Ensemble(
        name=asked.name,
        title=asked.title,
        members=predictions.members,
        decision=decision,
        is_wrong=predicted != labels.values,
        member_errors=(predictions.votes != labels.values).sum(axis=1),
        look=labels.look,
    )


def _check_same(first: Run, ours: SplitRecord, other: Run, theirs: SplitRecord) -> None:
    is_same = ours.labels_sha256 == theirs.labels_sha256 and np.array_equal(
        ours.index, theirs.index
    )
    if not is_same:
        raise MismatchError(
            f"split {ours.name!r} must be the same in all runs; got labels "
            f"{str(ours.labels_sha256)[:12]} of {len(ours.index):,} examples in {first.path} and "
            f"{str(theirs.labels_sha256)[:12]} of {len(theirs.index):,} in {other.path}."
        )
