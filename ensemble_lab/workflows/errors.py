"""The errors that a vote leaves: the catalogue behind every question."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.errors.files import save_catalogue
from ensemble_lab.errors.review_range import ReviewRange, count_range
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import render_count
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.question import ALL, Question, answer_question

__all__ = ["Found", "find_errors", "keep_errors"]


@dataclass(frozen=True)
class Found:
    """Rows of a catalogue, and what they were found among.

    Attributes
    ----------
    catalogue : Catalogue
    n_held : int
        How many examples the view holds, or how many were asked for by index.
    noun, clause : str
        What those are: ``example`` and `` that no member gets right``.
    n_errors, n_examples : int
        All errors of the vote on the split, and its examples.
    class_names : tuple of str
        Of the run.
    reviewed : ReviewRange or None
        All errors by what people say of labels; None where nobody says anything.
    look : Look or None
        What the ledger did.
    """

    catalogue: Catalogue
    n_held: int
    noun: str
    clause: str
    n_errors: int
    n_examples: int
    class_names: tuple[str, ...]
    reviewed: ReviewRange | None
    look: Look | None

    @property
    def text(self) -> str:
        """How many rows of what there are, such as ``8 of 26 errors in 10,000 examples of test``.

        Where some of the rows are right and some wrong, it says how many are wrong.
        """
        rows = self.catalogue
        n_wrong = int(np.count_nonzero(rows.label != rows.predicted))
        mixed = f", {n_wrong:,} of them wrong" if 0 < n_wrong < len(rows) else ""
        told = render_count(self.n_held, self.noun)
        if len(rows) != self.n_held:
            told = f"{len(rows):,} of {told}"
        examples = f"{render_count(self.n_examples, 'example')} of {rows.split}"
        if self.clause:
            return f"{told}{self.clause}{mixed}, among {examples}"
        if self.noun == "example":
            return f"{told} of {rows.split}{mixed}"
        return f"{told} in {examples}{mixed}"


def find_errors(
    run: Run | Path | str, question: Question = ALL, *, command: str = "errors"
) -> Found:
    """Return the examples of a run that a question asks for: all errors unless it says otherwise.

    Parameters
    ----------
    run : Run or path
    question : Question
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        No such run, split or member, predictions are missing, or the view needs a validation
        split that the run does not have.
    PredictionError
        An unknown view, a share that it does not have, what is no condition, an index that the
        split does not hold, a class that the run does not have, or a gap or view of
        probabilities where only votes are known.
    """
    if not isinstance(question, Question):
        raise PredictionError(
            f"question must be a Question, such as Question(view='oracle'); got {question!r:.60}."
        )
    run = open_run(run)
    answer = answer_question(run, question, command=command)
    vote, labels = answer.scored.vote, answer.scored.labels
    rows = answer.rows.sort(question.sort or answer.view.order, reverse=question.reverse)
    is_wrong = vote.predicted != labels.values
    return Found(
        catalogue=rows if question.limit is None else rows.head(question.limit),
        n_held=answer.n_held,
        noun=answer.noun,
        clause=answer.clause,
        n_errors=int(np.count_nonzero(is_wrong)),
        n_examples=len(labels.values),
        class_names=run.class_names,
        reviewed=count_range(answer.reviews, is_wrong, labels.index),
        look=labels.look,
    )


def keep_errors(
    run: Run | Path | str, catalogue: Catalogue, name: str, *, data_dir: Path | str | None = None
) -> Path:
    """Save rows with thumbnails of their images in the run's catalogues; return the file."""
    # Sources of images bring pydantic and more; a query that saves nothing does without.
    from ensemble_lab.data.dataset import take_index
    from ensemble_lab.workflows.images import load_images

    run = open_run(run)
    images = load_images(run, catalogue.split, data_dir=data_dir)
    if len(catalogue):
        catalogue = catalogue.with_thumbnails(take_index(images, catalogue.index).images)
    return save_catalogue(run, catalogue, name)
