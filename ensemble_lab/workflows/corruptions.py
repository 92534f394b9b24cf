"""How many errors members and their vote make on corrupted images of a split."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.data.corruptions import CORRUPTIONS, STRENGTHS, check_strength, find_corruption
from ensemble_lab.data.loading import load_split
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.engines import Event
from ensemble_lab.exceptions import DataError, MismatchError, MissingError
from ensemble_lab.spec.data import Corruption, DataSpec, ValidationSpec, parse_data
from ensemble_lab.store.files import check_name
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.members import member_path
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Run, open_whole
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.predict import NewSplit, find_source, predict_splits
from ensemble_lab.workflows.vote import VoteReport, score_vote
from ensemble_lab.workflows.workers import ignore

__all__ = [
    "CorruptedVote",
    "CorruptionQuestion",
    "CorruptionReport",
    "find_clean",
    "predict_corruptions",
    "score_corruptions",
]


@dataclass(frozen=True, kw_only=True)
class CorruptionQuestion:
    """What is asked about corrupted images.

    Attributes
    ----------
    data : str or None
        ``SOURCE[:SPLIT]`` of what is corrupted; None for the run's own test images.
    name : str or None
        What the splits' names begin with; made of the source's name unless given, and
        ``test`` for the run's own: ``test-blur3``.
    only : tuple of str
        Corruptions; none for all.
    strengths : tuple of int
        1 to 5; none for all.
    members : tuple of str
        Patterns of keys; none for all.
    decision : Decision
        How the members' votes are combined.
    """

    data: str | None = None
    name: str | None = None
    only: tuple[str, ...] = ()
    strengths: tuple[int, ...] = ()
    members: tuple[str, ...] = ()
    decision: Decision = DEFAULT


EVERYTHING = CorruptionQuestion()
"""All corruptions of the run's own test images, all members, majority."""


@dataclass(frozen=True)
class CorruptedVote:
    """A scored vote on images corrupted in one way."""

    corruption: str
    strength: int
    report: VoteReport


@dataclass(frozen=True)
class CorruptionReport:
    """Scored votes on a split and on what corruptions made of it.

    Attributes
    ----------
    clean : VoteReport or None
        On the images as they are; None where members have no predictions on them.
    corrupted : tuple of CorruptedVote
        In the order of `CORRUPTIONS`, then of strengths.
    missing : tuple of str
        Splits that were asked for and on which a member has no predictions.
    look : Look or None
        What the ledger did, last.
    """

    clean: VoteReport | None
    corrupted: tuple[CorruptedVote, ...]
    missing: tuple[str, ...]
    look: Look | None

    @property
    def some(self) -> VoteReport:
        """One of the votes: decision and members are the same in all."""
        return self.corrupted[0].report


def predict_corruptions(
    run: Run | Path | str,
    question: CorruptionQuestion = EVERYTHING,
    *,
    engine: str = "process",
    workers: int | None = None,
    data_dir: Path | str | None = None,
    report: Callable[[Event], None] = ignore,
) -> Run:
    """Predict with a run's members on the corrupted splits that are asked for and missing.

    Parameters
    ----------
    run : Run or path
    question : CorruptionQuestion
        Its decision is not looked at.
    engine, workers, data_dir, report
        As in `ensemble_lab.workflows.train.train`.

    Returns
    -------
    Run
        With a split for each corruption and strength, such as ``test-blur3``; and with one
        of the images as they are, where they are not the run's own.

    Raises
    ------
    DataError
        No such corruption, strength or source, or images that do not fit the members.
    MismatchError
        The run has another split of such a name.
    MissingError
        No member is trained.
    TrainingError
        A worker failed.
    """
    run = open_whole(run, to="count errors on corrupted images")
    clean, corrupted = _plan(run, question)
    keys = [e.key for e in run.matching(question.members) if member_path(run, e.key).exists()]
    wanted = (clean, *(split for _, split in corrupted))
    lacking = tuple(split for split in wanted if not _is_predicted(run, split, keys))
    if not lacking:
        return run
    folder = Path(data_dir) if data_dir else None
    if load_split(clean.source, clean.published, folder).labels is None:
        raise DataError(
            f"images must be labelled to count errors on them; {clean.name} has no labels."
        )
    return predict_splits(
        run,
        lacking,
        members=question.members,
        engine=engine,
        workers=workers,
        data_dir=data_dir,
        report=report,
    )


def score_corruptions(
    run: Run | Path | str,
    question: CorruptionQuestion = EVERYTHING,
    *,
    command: str = "corruptions",
) -> CorruptionReport:
    """Score members and their vote on the corrupted splits that are predicted.

    Parameters
    ----------
    run : Run or path
    question : CorruptionQuestion
    command : str
        Who asks, for the ledger: every split is a look at labels.

    Raises
    ------
    DataError
        No such corruption, strength or source.
    MismatchError
        A split of such a name holds something else.
    MissingError
        None of the corrupted splits is predicted by all members, or there are no labels.
    """
    run = open_whole(run, to="count errors on corrupted images")
    clean, corrupted = _plan(run, question)
    keys = [entry.key for entry in run.matching(question.members)]

    def score(split: NewSplit) -> VoteReport:
        return score_vote(
            run, split.name, question.decision, members=question.members, command=command
        )

    there = {split.name for _, split in corrupted if _is_predicted(run, split, keys)}
    if not there:
        raise MissingError(
            "a corrupted split must be predicted by all members that are asked for; got none of "
            f"{len(corrupted)}, in {run.path}. Predict them, without --no-predict, or name "
            "members that are trained with --members."
        )
    votes = tuple(
        CorruptedVote(corruption.name, corruption.strength, score(split))
        for corruption, split in corrupted
        if split.name in there
    )
    return CorruptionReport(
        clean=score(clean) if _is_predicted(run, clean, keys) else None,
        corrupted=votes,
        missing=tuple(split.name for _, split in corrupted if split.name not in there),
        look=votes[-1].report.look,
    )


def find_clean(run: Run, data: str | None, name: str | None = None) -> NewSplit:
    """Return what is corrupted: a source's split, or the run's own test split.

    Parameters
    ----------
    run : Run
    data : str or None
        ``SOURCE[:SPLIT]``; None for the run's own, which is also found by its source's name.
    name : str, optional
        What a split of another source is called in the run.
    """
    test = _recorded(run, "test")
    if data is None:
        return test
    source, published = find_source(run, data)
    clean = NewSplit(name or f"{_name_source(source)}-{published}", source, published)
    return test if _tell(test) == _tell(clean) else clean


def _plan(
    run: Run, question: CorruptionQuestion
) -> tuple[NewSplit, tuple[tuple[Corruption, NewSplit], ...]]:
    """Return the split that is corrupted, and the corrupted ones."""
    for name in question.only:
        find_corruption(name)
    for strength in question.strengths:
        check_strength(strength)
    clean = find_clean(run, question.data, question.name)
    beginning = question.name or clean.name
    corrupted = (
        Corruption(name=name, strength=strength)  # type: ignore[arg-type]
        for name in CORRUPTIONS
        if name in question.only or not question.only
        for strength in STRENGTHS
        if strength in question.strengths or not question.strengths
    )
    return clean, tuple((each, _corrupt(clean, each, beginning)) for each in corrupted)


def _corrupt(clean: NewSplit, corruption: Corruption, beginning: str) -> NewSplit:
    name = f"{beginning}-{corruption.name}{corruption.strength}"
    transforms = (*clean.source.transforms, corruption)
    source = clean.source.model_copy(update={"transforms": transforms})
    return NewSplit(check_name(name, what="split"), source, clean.published)


def _recorded(run: Run, split: str) -> NewSplit:
    source = load_record(run, split).source
    return NewSplit(split, parse_data(source.get("data", {})), source.get("split", split))


def _name_source(source: DataSpec) -> str:
    """Return what the names of its splits begin with: a file's name, or the source's."""
    text = Path(getattr(source, "path", source.name)).stem
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-") or source.name


def _tell(split: NewSplit) -> str:
    """Return what tells a split's images from others': all but how validation is cut."""
    source = split.source.model_copy(update={"validation": ValidationSpec()})
    return f"{split.published} of {source.canonical}"


def _is_predicted(run: Run, split: NewSplit, keys: Iterable[str]) -> bool:
    """Whether members have predictions on a split, which must hold what it is to hold."""
    if split.name not in run.splits:
        return False
    wanted, found = _tell(split), _tell(_recorded(run, split.name))
    if wanted != found:
        raise MismatchError(
            f"split {split.name!r} must be {wanted}; got {found}, in {run.path}. Let the names "
            "of the corrupted splits begin otherwise, with --as."
        )
    return all(has_predictions(run, key, split.name) for key in keys)
