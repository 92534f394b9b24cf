"""What is known of the examples of a run's split: by their source, and in people's own files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.canonical import array_sha256
from ensemble_lab.data.categories import divide_column
from ensemble_lab.data.loading import load_metadata
from ensemble_lab.data.metadata import Column, Metadata, build_metadata
from ensemble_lab.data.metadata_files import MetadataFile, load_metadata_file
from ensemble_lab.exceptions import DataError, MissingExtraError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.spelling import closest
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import SplitRecord, load_record

__all__ = ["JoinedMetadata", "find_clusters", "join_metadata"]

_LABEL = "label"
_CLUSTER = "writer"


@dataclass(frozen=True)
class JoinedMetadata:
    """Columns about the examples of a split.

    Attributes
    ----------
    metadata : Metadata or None
        Its index is that of the split, in the split's order; None where nothing is known.
    notes : tuple of str
        What a reader should know: rows taken in order, examples that a file does not name.
    source_note : str
        Why the source's columns are not there, where that is news.
    """

    metadata: Metadata | None
    notes: tuple[str, ...]
    source_note: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns."""
        return () if self.metadata is None else self.metadata.names


def join_metadata(
    run: Run | Path | str,
    split: str = "test",
    files: Sequence[Path | str] = (),
    *,
    data_dir: Path | str | None = None,
) -> JoinedMetadata:
    """Return what is known of the examples of a split besides their labels; no label is read.

    A column of a file stands in the place of the source's column of that name. Examples that a
    file does not name are unknown in its columns. A column ``label`` must be the labels: they are
    compared by their hash, and left to `ensemble_lab.store.labels`. So a file about other examples
    in the same order is found out where it has labels.

    Parameters
    ----------
    run : Run or path
    split : str
    files : sequence of path
        See `ensemble_lab.data.metadata_files.load_metadata_file`.
    data_dir : path, optional
        Folder with the source's own metadata; looked for unless given.

    Returns
    -------
    JoinedMetadata
        `metadata.take_index` gives the rows of single examples.

    Raises
    ------
    MissingError
        No such run or split.
    DataError
        A file that cannot be read or is about other examples, or two files with one column.
    MissingExtraError
        A parquet file without pyarrow.
    """
    run = open_run(run)
    record = load_record(run, split)
    n_examples = _count_published(run, record) if files else 0
    columns: dict[str, Column] = {}
    paths: dict[str, Path] = {}
    notes: list[str] = []
    for path in files:
        found = load_metadata_file(path, n_examples)
        notes += _describe_rows(found, record)
        for column in _align(found, record):
            if column.name in columns:
                raise DataError(
                    f"column must come from one file; got {column.name!r} in {paths[column.name]} "
                    f"and in {found.path}."
                )
            columns[column.name], paths[column.name] = column, found.path
    known, source_note = _ask_source(record, Path(data_dir) if data_dir else None)
    if known is not None:
        notes += [
            f"column {name!r} is that of {paths[name]}, not the source's own"
            for name in known.names
            if name in columns
        ]
        columns |= {each.name: each for each in known.columns if each.name not in columns}
    metadata = build_metadata(record.index, list(columns.values())) if columns else None
    return JoinedMetadata(metadata, tuple(notes), source_note)


def find_clusters(joined: JoinedMetadata, asked: str | None) -> tuple[Array | None, str | None]:
    """Return what is alike as a whole, example by example, and what it is called.

    Parameters
    ----------
    joined : JoinedMetadata
    asked : str or None
        The column; ``writer`` where it is known, unless given.

    Returns
    -------
    clusters : int64 (examples,) or None
        None where nothing was asked for and no writers, or one alone, are known. An example of
        which nothing is known stands alone.
    name : str or None

    Raises
    ------
    DataError
        The column asked for is not known, or has one value alone.
    """
    if asked is None and _CLUSTER not in joined.names:
        return None, None
    name = asked or _CLUSTER
    if joined.metadata is None or name not in joined.names:
        known = ", ".join(joined.names) or "nothing"
        raise DataError(
            f"cluster must be known of each example; got {name!r}, and known: {known}"
            + closest(name, joined.names)
            + f" {joined.source_note or 'Leave out --cluster.'}"
        )
    column = next(each for each in joined.metadata.columns if each.name == name)
    place = divide_column(column, 0).place
    if column.is_known is not None:
        place = np.where(column.is_known, place, place.max() + np.arange(len(place)))
    if (place == place[0]).all():
        if asked is None:
            return None, None
        raise DataError(f"clusters must be two or more; all examples have one {asked}.")
    return place, name


def _count_published(run: Run, record: SplitRecord) -> int:
    """Return the examples of the published split, from all that the run holds of it."""
    records = [load_record(run, name) for name in run.splits]
    parts = [each for each in records if each.source == record.source]
    return max(int(each.index.max()) for each in parts) + 1


def _align(found: MetadataFile, record: SplitRecord) -> list[Column]:
    if not np.isin(record.index, found.metadata.index).any():
        raise DataError(
            f"metadata must be about examples of split {record.name!r}, which has indices from "
            f"{record.index.min()} to {record.index.max()}; got none of them, in {found.path}."
        )
    columns = found.metadata.align(record.index).columns
    for column in columns:
        if column.name == _LABEL and not _is_label(column, record):
            raise DataError(
                f"column 'label' must hold the labels of all of split {record.name!r}; got others, "
                f"in {found.path}. Is it about another split? Rename the column if it is no label."
            )
    return [column for column in columns if column.name != _LABEL]


def _is_label(column: Column, record: SplitRecord) -> bool:
    if column.is_known is not None or column.values.dtype.kind not in "iu":
        return False
    return array_sha256(column.values.astype(np.int64)) == record.labels_sha256


def _describe_rows(found: MetadataFile, record: SplitRecord) -> list[str]:
    if found.is_in_order:
        last = len(found.metadata.index) - 1
        return [f"{found.path} names no index: its rows are taken as examples 0 to {last:,}"]
    n_lacking = int((~np.isin(record.index, found.metadata.index)).sum())
    n_examples = len(record.index)
    lack = f"{found.path} does not name {n_lacking:,} of the {n_examples:,} examples of "
    return [f"{lack}{record.name}"] if n_lacking else []


def _ask_source(record: SplitRecord, data_dir: Path | None) -> tuple[Metadata | None, str]:
    """Return what the source knows, or None and why where that is news."""
    data, split = (record.source.get(name) for name in ("data", "split"))
    if data is None or split is None:
        return None, ""
    try:
        known = load_metadata(parse_data(data), str(split), data_dir)
    except (DataError, MissingExtraError) as error:
        return None, str(error)
    return (None if known is None else known.take_index(record.index)), ""
