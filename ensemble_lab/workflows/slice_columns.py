"""The parts that a split is cut into: by which columns, and what is alike in them as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array, Labels
from ensemble_lab.data.categories import Categories, divide_column
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import DataError, PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.workflows.metadata import JoinedMetadata, find_clusters

__all__ = ["CATALOGUE_NUMBERS", "Bins", "Cut", "SliceQuestion", "cut_examples"]

_LABEL = "label"
CATALOGUE_NUMBERS = ("writer_digit", "nist_class", "nist_index")
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

    def __post_init__(self) -> None:
        # A path alone would be read letter by letter.
        if isinstance(self.metadata, str | Path):
            object.__setattr__(self, "metadata", (self.metadata,))


@dataclass(frozen=True, eq=False)
class Cut:
    """A split cut into parts, before any label is read.

    Attributes
    ----------
    columns : tuple of Categories
    by_label : bool
        Whether the label is to be a column too.
    clusters : (examples,) or None
        What is alike as a whole, such as the writer.
    cluster : str or None
        What that is called.
    notes : tuple of str
        What a reader should know of the files and columns.
    """

    columns: tuple[Categories, ...]
    by_label: bool
    clusters: Array | None
    cluster: str | None
    notes: tuple[str, ...]

    def divide(self, labels: Labels, class_names: tuple[str, ...]) -> tuple[Categories, ...]:
        """Return the columns, that of the labels before them where it is asked for."""
        if not self.by_label:
            return self.columns
        return (_divide_labels(labels, class_names), *self.columns)


def cut_examples(joined: JoinedMetadata, question: SliceQuestion) -> Cut:
    """Return the parts that a question asks for.

    Raises
    ------
    DataError
        A column that is not there or cannot be used.
    PredictionError
        A size below 1.
    """
    if question.min_size < 1:
        raise PredictionError(f"min_size must be 1 or more; got {question.min_size}.")
    divided, notes = _divide(joined, question)
    clusters, cluster = find_clusters(joined, question.cluster)
    by_label = not question.columns or _LABEL in question.columns
    return Cut(tuple(divided), by_label, clusters, cluster, notes)


def _divide(
    joined: JoinedMetadata, question: SliceQuestion
) -> tuple[list[Categories], tuple[str, ...]]:
    """Return the columns asked for, divided, and what is to be said; ``label`` comes later."""
    names = question.columns or [each for each in joined.names if each not in CATALOGUE_NUMBERS]
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


def _divide_labels(labels: Labels, class_names: tuple[str, ...]) -> Categories:
    classes, place = np.unique(labels, return_inverse=True)
    return Categories(_LABEL, tuple(class_names[number] for number in classes), place.reshape(-1))
