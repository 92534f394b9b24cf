"""Who the errors belong to: the slices of a split by label, and by what else is known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.decision import Decision
from ensemble_lab.errors.slices import ColumnSlices, slice_errors
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.metadata import join_metadata
from ensemble_lab.workflows.scoring import Scored, score
from ensemble_lab.workflows.slice_columns import Cut, SliceQuestion, cut_examples

__all__ = ["ALL", "SliceReport", "build_slices", "save_slices", "slice_scored"]

ALL = SliceQuestion()
"""The majority vote on test, by label and by what the source knows."""


@dataclass(frozen=True)
class SliceReport:
    """The slices of a split.

    Attributes
    ----------
    split : str
    n_examples, errors : int
    interval : tuple of float
        95 % Wilson interval of the errors: (low, high).
    decision : Decision
        It names its members.
    columns : tuple of ColumnSlices
        The column whose best slice has the least p after Holm first.
    cluster : str or None
        What `Slice.p_cluster` keeps whole.
    n_clusters : int
    notes : tuple of str
        What a reader should know of the files and columns.
    look : Look or None
        What the ledger did.
    """

    split: str
    n_examples: int
    errors: int
    interval: tuple[float, float]
    decision: Decision
    columns: tuple[ColumnSlices, ...]
    cluster: str | None
    n_clusters: int
    notes: tuple[str, ...]
    look: Look | None


def build_slices(
    run: Run | Path | str,
    question: SliceQuestion = ALL,
    *,
    data_dir: Path | str | None = None,
    seed: int = 0,
    command: str = "slices",
) -> SliceReport:
    """Return the error rate of each value of each column, those that stand out first.

    Parameters
    ----------
    run : Run or path
    question : SliceQuestion
    data_dir : path, optional
        Folder with the source's own metadata; looked for unless given.
    seed : int
        Of the permutations: `ensemble_lab.analysis.significance.whole_clusters`.
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    DataError
        A file or a column that is not there or cannot be used; no labels are read then.
    PredictionError
        Members that cannot vote by that rule, or a size below 1.
    """
    run = open_run(run)
    joined = join_metadata(run, question.split, question.metadata, data_dir=data_dir)
    cut = cut_examples(joined, question)
    scored = score(run, question.split, question.decision, question.members, command=command)
    return slice_scored(run, scored, cut, min_size=question.min_size, seed=seed)


def slice_scored(
    run: Run, scored: Scored, cut: Cut, *, min_size: int = 1, seed: int = 0
) -> SliceReport:
    """Return the slices of a vote beside its labels.

    Parameters
    ----------
    run : Run
    scored : Scored
    cut : Cut
        Of the same split.
    min_size : int
        Examples that a slice must have to be tested.
    seed : int
        Of the permutations.
    """
    is_wrong = scored.vote.predicted != scored.labels.values
    found = [
        slice_errors(each, is_wrong, min_size=min_size, clusters=cut.clusters, seed=seed)
        for each in cut.divide(scored.labels.values, run.class_names)
    ]
    return SliceReport(
        split=scored.labels.split,
        n_examples=len(is_wrong),
        errors=int(is_wrong.sum()),
        interval=wilson(int(is_wrong.sum()), len(is_wrong)),
        decision=scored.vote.decision,
        columns=tuple(sorted(found, key=_rank)),
        cluster=cut.cluster,
        n_clusters=0 if cut.clusters is None else len(np.unique(cut.clusters)),
        notes=cut.notes,
        look=scored.labels.look,
    )


def save_slices(
    run: Run | Path | str,
    path: Path | str,
    question: SliceQuestion = ALL,
    *,
    limit: int | None = None,
    data_dir: Path | str | None = None,
    seed: int = 0,
) -> SliceReport:
    """Draw the slices; return them.

    Parameters
    ----------
    run, question, data_dir, seed
        As in `build_slices`.
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    limit : int, optional
        Slices of each column that are drawn at most.

    Raises
    ------
    PredictionError
        The path ends otherwise, or as `build_slices`.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.files import check_figure_path
    from ensemble_lab.figures.slices import MOST_DRAWN, draw_slices

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    report = build_slices(run, question, data_dir=data_dir, seed=seed)
    draw_slices(
        report.columns,
        errors=report.errors,
        n_examples=report.n_examples,
        limit=MOST_DRAWN if limit is None else limit,
        title=f"{report.split}: {report.decision.text}",
        path=path,
    )
    return report


def _rank(slices: ColumnSlices) -> float:
    return min((each.p_holm for each in slices.slices), default=1.0)


def _is_asked(column: str, question: SliceQuestion) -> bool:
    return not question.columns or column in question.columns
