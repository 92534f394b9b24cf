"""Pictures of the errors that a vote leaves, other than the images themselves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ensemble_lab.analysis.votes.vote import average
from ensemble_lab.arrays import Floats
from ensemble_lab.errors.contested import Contested, build_contested
from ensemble_lab.errors.margins import Margins, measure_margins
from ensemble_lab.exceptions import SpecError
from ensemble_lab.spelling import closest
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.gallery import Drawn
from ensemble_lab.workflows.question import ALL, Question, answer_question
from ensemble_lab.workflows.scoring import Scored

__all__ = [
    "ERROR_DRAWINGS",
    "ErrorDrawing",
    "list_contested",
    "list_margins",
    "save_error_figure",
]


def list_contested(
    run: Run | Path | str, question: Question = ALL, *, command: str = "errors"
) -> Contested:
    """Return who is wrong where, on the examples that at least one member gets wrong.

    Parameters
    ----------
    run : Run or path
    question : Question
        Of these examples; with `Question.index`, of those, whether a member is wrong or not.
        Its order is not asked for: what most members get wrong comes first.
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError, PredictionError
        As `ensemble_lab.find_errors`.
    """
    run = open_run(run)
    if question.view == ALL.view and not question.index:
        question = replace(question, view="contested")
    answer = answer_question(run, question, command=command)
    scored = answer.scored
    return build_contested(answer.rows, scored.predictions, scored.labels, limit=question.limit)


def list_margins(
    run: Run | Path | str, question: Question = ALL, *, command: str = "errors"
) -> Margins:
    """Return the gaps of the errors that a question asks for, and the margins of all examples.

    Parameters
    ----------
    run : Run or path
    question : Question
        Its order and limit are not asked for.
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        As `ensemble_lab.find_errors`.
    PredictionError
        Also members of which only votes are known; before the labels are read.
    """
    run = open_run(run)
    answer = answer_question(run, question, command=command, needs_gaps=True)
    scored, rows, labels = answer.scored, answer.rows, answer.scored.labels
    return Margins(
        split=question.split,
        decision=scored.vote.decision,
        gap=rows.gap[rows.label != rows.predicted],
        margin=_measure_all(scored),
        is_right=scored.vote.predicted == labels.values,
        look=labels.look,
    )


def _measure_all(scored: Scored) -> Floats:
    """Return the margin of every example, (examples,); means are kept of a block at a time."""
    margins = []
    for block, labels in scored.predictions.blocks_beside(scored.labels.values):
        means = average(block, scored.vote.decision)
        assert means is not None, "answer_question refuses votes alone"
        margins.append(measure_margins(means, labels))
    return np.concatenate(margins)


def _save_members(run: Run, question: Question, path: Path) -> Look | None:
    from ensemble_lab.figures.contested import draw_contested

    contested = list_contested(run, question)
    draw_contested(contested, path=path)
    return contested.look


def _save_pairs(run: Run, question: Question, path: Path) -> Look | None:
    from ensemble_lab.figures.pairs import draw_pairs

    found = find_errors(run, replace(question, limit=None))
    draw_pairs(
        found.catalogue,
        class_names=run.class_names,
        limit=question.limit,
        path=path,
        title=found.text,
    )
    return found.look


def _save_gaps(run: Run, question: Question, path: Path) -> Look | None:
    from ensemble_lab.figures.margins import draw_margins

    margins = list_margins(run, question)
    draw_margins(margins, path=path)
    return margins.look


class ErrorDrawing(NamedTuple):
    """How a drawing of errors is made.

    Attributes
    ----------
    save : function (run, question, path)
        Draws to a file; returns what the ledger did.
    takes_limit : bool
        Whether `Question.limit` changes it.
    """

    save: Callable[[Run, Question, Path], Look | None]
    takes_limit: bool


ERROR_DRAWINGS = {
    "members": ErrorDrawing(_save_members, takes_limit=True),
    "pairs": ErrorDrawing(_save_pairs, takes_limit=True),
    "gaps": ErrorDrawing(_save_gaps, takes_limit=False),
}
"""What can be drawn of errors, by name."""


def save_error_figure(
    run: Run | Path | str, path: Path | str, what: str = "members", question: Question = ALL
) -> Drawn:
    """Draw what a question asks for to a file.

    Parameters
    ----------
    run : Run or path
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    what : {"members", "pairs", "gaps"}
        Which members are wrong on which examples (`draw_contested`), which classes are taken for
        which (`draw_pairs`), or how sure the vote is (`draw_margins`).
    question : Question
        Its limit is of examples, or of pairs of classes; each drawing has an order of its own.

    Raises
    ------
    SpecError
        No such drawing.
    MissingError, PredictionError
        As `list_contested` and `list_margins`; also a path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.files import check_figure_path

    if what not in ERROR_DRAWINGS:
        raise SpecError(
            f"drawing must be one of {', '.join(ERROR_DRAWINGS)}; got {what!r}"
            + closest(what, ERROR_DRAWINGS)
        )
    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    run = open_run(run)
    look = ERROR_DRAWINGS[what].save(run, question, Path(path))
    return Drawn((Path(path),), look)
