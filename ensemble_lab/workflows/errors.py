"""The errors that a vote leaves: the catalogue behind every question."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ensemble_lab.arrays import Index, find_positions
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import Catalogue, build_catalogue, catalogue_examples
from ensemble_lab.errors.files import save_catalogue
from ensemble_lab.errors.pairs import Pair
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import Predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.scoring import Scored, cast_vote, read_labels

__all__ = [
    "ALL",
    "Found",
    "Question",
    "find_errors",
    "find_rows",
    "keep_errors",
    "keep_rows",
    "list_rows",
    "score_question",
]


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which examples are asked for.

    Different conditions must all hold; of several values of one, one must hold.

    Attributes
    ----------
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.
    index : tuple of int
        These examples, right or wrong; none for all errors.
    label, predicted : tuple of int
    pair : tuple of (label, predicted)
    min_gap, max_gap : float or None
        Bounds of the confidence gap, both included.
    tied : bool
        Only where a tie policy decided.
    sort : {"gap", "votes", "index", "pair"}
        gap and votes largest first, index and pair ascending.
    reverse : bool
    limit : int or None
    """

    split: str = "test"
    decision: Decision = DEFAULT
    members: tuple[str, ...] = ()
    index: tuple[int, ...] = ()
    label: tuple[int, ...] = ()
    predicted: tuple[int, ...] = ()
    pair: tuple[Pair, ...] = ()
    min_gap: float | None = None
    max_gap: float | None = None
    tied: bool = False
    sort: Literal["gap", "votes", "index", "pair"] = "gap"
    reverse: bool = False
    limit: int | None = None


ALL = Question()
"""All errors of the majority vote on test, most confident first."""


@dataclass(frozen=True)
class Found:
    """Rows of a catalogue, and what they were found among.

    Attributes
    ----------
    catalogue : Catalogue
    n_errors, n_examples : int
        All errors of the vote on the split, and its examples.
    class_names : tuple of str
        Of the run.
    look : Look or None
        What the ledger did.
    """

    catalogue: Catalogue
    n_errors: int
    n_examples: int
    class_names: tuple[str, ...]
    look: Look | None


def find_errors(
    run: Run | Path | str, question: Question = ALL, *, command: str = "errors"
) -> Found:
    """Return the examples of a run that a question asks for: all errors unless it says less.

    Parameters
    ----------
    run : Run or path
    question : Question
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    PredictionError
        An index that the split does not hold, a class that the run does not have, or a
        gap where only votes are known.
    """
    run = run if isinstance(run, Run) else open_run(run)
    scored = score_question(run, question, command=command)
    rows = list_rows(scored, question).sort(question.sort, reverse=question.reverse)
    return Found(
        catalogue=rows if question.limit is None else rows.head(question.limit),
        n_errors=int(np.count_nonzero(scored.vote.predicted != scored.labels.values)),
        n_examples=len(scored.labels.values),
        class_names=run.class_names,
        look=scored.labels.look,
    )


def keep_errors(
    run: Run | Path | str, catalogue: Catalogue, name: str, *, data_dir: Path | str | None = None
) -> Path:
    """Save rows with thumbnails of their images in the run's catalogues; return the file."""
    # Sources of images bring pydantic and more; a query that saves nothing does without.
    from ensemble_lab.data.dataset import take_index
    from ensemble_lab.workflows.images import load_images

    run = run if isinstance(run, Run) else open_run(run)
    images = load_images(run, catalogue.split, data_dir=data_dir)
    if len(catalogue):
        catalogue = catalogue.with_thumbnails(take_index(images, catalogue.index).images)
    return save_catalogue(run, catalogue, name)


def score_question(
    run: Run, question: Question, *, command: str, needs_gaps: bool = False
) -> Scored:
    """Combine predictions as a question asks and read their labels, which enters the ledger.

    What can have no answer is refused before the labels are read.

    Parameters
    ----------
    run : Run
    question : Question
    command : str
        Who asks, for the ledger.
    needs_gaps : bool
        Whether gaps are needed, also where the question does not bound them.

    Raises
    ------
    PredictionError
        An index that the split does not hold, a class that the run does not have, or gaps of
        members of which only votes are known; names them.
    """
    _check_classes(question, run)
    predictions, vote = cast_vote(run, question.split, question.decision, question.members)
    find_rows(predictions, question.index)
    asks_gaps = needs_gaps or (question.min_gap, question.max_gap) != (None, None)
    if asks_gaps and vote.mean_probabilities is None:
        from ensemble_lab.workflows.temperatures import load_with_probabilities

        # Says whose probabilities are missing.
        load_with_probabilities(run, question.split, predictions.members)
    labels = read_labels(run, predictions, vote.decision, command=command)
    return Scored(predictions, vote, labels)


def list_rows(scored: Scored, question: Question) -> Catalogue:
    """Return the errors, or the examples asked for by index, that match a question."""
    parts = (scored.predictions, scored.vote, scored.labels)
    if question.index:
        rows = catalogue_examples(*parts, find_rows(scored.predictions, question.index))
    else:
        rows = build_catalogue(*parts)
    return keep_rows(rows, question)


def keep_rows(rows: Catalogue, question: Question) -> Catalogue:
    """Return the rows that match a question, in their order."""
    return rows.filter(
        label=question.label or None,
        predicted=question.predicted or None,
        pair=question.pair or None,
        min_gap=question.min_gap,
        max_gap=question.max_gap,
        tied=True if question.tied else None,
    )


def find_rows(predictions: Predictions, index: tuple[int, ...]) -> Index:
    """Return the positions of indices, each once.

    Raises
    ------
    PredictionError
        An index that the split does not hold.
    """
    for number in index:
        if not 0 <= number < 2**63:
            raise PredictionError(f"index must be from 0 to 2**63 - 1; got {number}.")
    wanted = np.asarray(list(dict.fromkeys(index)), np.int64)
    return find_positions(predictions.index, wanted, split=predictions.split)


def _check_classes(question: Question, run: Run) -> None:
    """Refuse classes that the run does not have: no row could ever match."""
    pairs = [number for pair in question.pair for number in pair]
    asked = (("label", question.label), ("predicted", question.predicted), ("pair", pairs))
    for name, numbers in asked:
        for number in numbers:
            if not 0 <= number < run.n_classes:
                raise PredictionError(
                    f"{name} must name classes from 0 to {run.n_classes - 1}; got {number}."
                )
