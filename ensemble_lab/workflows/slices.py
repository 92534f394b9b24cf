"""Who the errors belong to: the slices of a split by label, and by what else is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.arrays import Array, Labels
from ensemble_lab.data.categories import Categories, divide_column
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.slices import ColumnSlices, slice_errors
from ensemble_lab.exceptions import DataError, PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.metadata import JoinedMetadata, join_metadata
from ensemble_lab.workflows.scoring import score

__all__ = ["Bins", "SliceQuestion", "SliceReport", "build_slices", "save_slices"]

_LABEL = "label"
_CLUSTER = "writer"
_CATALOGUE_NUMBERS = ("writer_digit", "nist_class", "nist_index")
"""Where NIST keeps a digit: columns of QMNIST's that are sliced by only where they are named."""


@dataclass(frozen=True)
class Bins:
    """How many bins a column of numbers is divided into; 0 for each value by itself."""

    column: str
    n_bins: int


@dataclass(frozen=True, kw_only=True)
class SliceQuestion:
    """Which slices are asked for.

    Attributes
    ----------
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.
    metadata : tuple of path
        Files that say more of the examples: `ensemble_lab.data.metadata_files`.
    columns : tuple of str
        Those to slice by; none for ``label`` and all that is known, but for QMNIST's
        ``writer_digit``, ``nist_class`` and ``nist_index``.
    bins : tuple of Bins
        Where `ensemble_lab.data.categories.divide_column` is to do otherwise than by its rule.
    min_size : int
        Examples that a slice must have to be tested.
    cluster : str or None
        The column of what is alike as a whole; ``writer`` where it is known, unless given.
    """

    split: str = "test"
    decision: Decision = DEFAULT
    members: tuple[str, ...] = ()
    metadata: tuple[Path | str, ...] = ()
    columns: tuple[str, ...] = ()
    bins: tuple[Bins, ...] = ()
    min_size: int = 1
    cluster: str | None = None


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
    run = run if isinstance(run, Run) else open_run(run)
    if question.min_size < 1:
        raise PredictionError(f"min_size must be 1 or more; got {question.min_size}.")
    joined = join_metadata(run, question.split, question.metadata, data_dir=data_dir)
    divided, notes = _divide(joined, question)
    clusters, cluster = _find_clusters(joined, question.cluster)
    scored = score(run, question.split, question.decision, question.members, command=command)
    is_wrong = scored.vote.predicted != scored.labels.values
    if _is_asked(_LABEL, question):
        divided = [_divide_labels(scored.labels.values, run.class_names), *divided]
    found = [
        slice_errors(
            each,
            is_wrong,
            min_size=question.min_size,
            clusters=clusters,
            seed=seed,
        )
        for each in divided
    ]
    return SliceReport(
        split=question.split,
        n_examples=len(is_wrong),
        errors=int(is_wrong.sum()),
        interval=wilson(int(is_wrong.sum()), len(is_wrong)),
        decision=scored.vote.decision,
        columns=tuple(sorted(found, key=_rank)),
        cluster=cluster,
        n_clusters=0 if clusters is None else len(np.unique(clusters)),
        notes=notes,
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


def _divide(
    joined: JoinedMetadata, question: SliceQuestion
) -> tuple[list[Categories], tuple[str, ...]]:
    """Return the columns asked for, divided, and what is to be said; ``label`` comes later."""
    names = question.columns or [each for each in joined.names if each not in _CATALOGUE_NUMBERS]
    _check_names([*names, *(each.column for each in question.bins)], joined)
    bins = {each.column: each.n_bins for each in question.bins}
    if _LABEL in bins:
        raise DataError("bins must be of numbers; got 'label', which is a class.")
    divided, notes = [], list(joined.notes)
    if joined.source_note and not question.columns:
        notes.append(f"no series and writer: {joined.source_note}")
    for column in () if joined.metadata is None else joined.metadata.columns:
        if column.name not in names:
            continue
        each = divide_column(column, bins.get(column.name))
        n_values, n_examples = len(each.values), len(each.place)
        if 2 * n_values <= n_examples or n_values == 1:
            divided.append(each)
            continue
        fine = f"{column.name} has {n_values:,} values in {n_examples:,} examples"
        if column.name in question.columns:
            raise DataError(
                f"a column must give slices of two examples or more on average; {fine}. Leave it "
                f"out, or divide numbers with --bins {column.name}=4."
            )
        notes.append(f"{fine}, too many to slice by")
    return divided, tuple(notes)


def _check_names(asked: Sequence[str], joined: JoinedMetadata) -> None:
    names = (_LABEL, *joined.names)
    for name in asked:
        if name not in names:
            why = f" {joined.source_note}" if joined.source_note else ""
            raise DataError(
                f"column must be one of {', '.join(names)}; got {name!r}{closest(name, names)}{why}"
            )


def _find_clusters(joined: JoinedMetadata, asked: str | None) -> tuple[Array | None, str | None]:
    """Return the cluster of each example and what it is called, or None where none is known."""
    if asked is None and _CLUSTER not in joined.names:
        return None, None
    name = asked or _CLUSTER
    if asked is not None and (joined.metadata is None or asked not in joined.names):
        _check_names([asked], joined)
        raise DataError(f"cluster must be a column of metadata; got {asked!r}.")
    assert joined.metadata is not None  # It has a column.
    column = next(each for each in joined.metadata.columns if each.name == name)
    place = divide_column(column, 0).place
    if column.is_known is not None:
        # Of whom nothing is known, each stands alone.
        place = np.where(column.is_known, place, place.max() + np.arange(len(place)))
    if (place == place[0]).all():
        if asked is None:
            return None, None
        raise DataError(f"clusters must be two or more; all examples have one {asked}.")
    return place, name


def _divide_labels(labels: Labels, class_names: tuple[str, ...]) -> Categories:
    classes, place = np.unique(labels, return_inverse=True)
    return Categories(_LABEL, tuple(class_names[number] for number in classes), place.reshape(-1))
