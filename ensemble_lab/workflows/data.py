"""A look at images and labels before anything is trained.

Nothing is decided here: to see the images and the label counts of a test split chooses no
model and scores none, so it is no access for the ledger of a run, and none is recorded.
"""

from dataclasses import replace
from pathlib import Path

from ensemble_lab.data.dataset import Dataset, Split, number_classes
from ensemble_lab.data.loading import load_metadata, load_split
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.data.sources import divide_source, list_splits, load_class_names
from ensemble_lab.data.summary import DatasetSummary, build_summary
from ensemble_lab.exceptions import DataError, MissingExtraError
from ensemble_lab.figures.digit import describe_example, render_digit
from ensemble_lab.spec.data import DataSpec

__all__ = ["load_data", "load_first_split", "name_data", "render_example", "summarise_data"]


def load_data(source: str | DataSpec, *, data_dir: Path | str | None = None) -> Dataset:
    """Return the published splits of a source, or the one that is named; labels are optional.

    Parameters
    ----------
    source : str or DataSpec
        ``SOURCE[:SPLIT]``, such as ``mnist``, ``mnist:test`` or ``mine.npz``; or the data of
        an experiment, whose images are placed on its canvas. Validation is not cut.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Returns
    -------
    Dataset
        Classes without a name are named by their number; where the source does not say
        how many there are, there are as many as the largest label says, and two at least.

    Raises
    ------
    DataError
        No such source or split, or files that are absent or damaged.
    MissingExtraError
        A package that the source needs is not installed.
    """
    spec, names = _resolve(source)
    return _load(spec, names, data_dir)


def load_first_split(source: str | DataSpec, *, data_dir: Path | str | None = None) -> Dataset:
    """Return the split that is named, or the first that there is, alone in a data set.

    Raises what `load_data` raises.
    """
    spec, names = _resolve(source)
    return _load(spec, names[:1], data_dir)


def _load(spec: DataSpec, names: tuple[str, ...], data_dir: Path | str | None) -> Dataset:
    folder = Path(data_dir) if data_dir else None
    splits = tuple(load_split(spec, name, folder) for name in names)
    return Dataset(spec.name, load_class_names(spec) or _number_classes(splits), splits)


def name_data(source: str | DataSpec) -> str:
    """Return what to call a source in a title: its name, or that of its file.

    Examples
    --------
    >>> name_data("mnist:test"), name_data("/data/mine.npz:train")
    ('mnist', 'mine.npz')
    """
    spec = divide_source(source)[0] if isinstance(source, str) else source
    path = getattr(spec, "path", None)
    return Path(path).name if path else spec.name


def _resolve(source: str | DataSpec) -> tuple[DataSpec, tuple[str, ...]]:
    """Return a source and the splits that are meant: the one that is named, or all."""
    if not isinstance(source, str):
        return source, list_splits(source)
    spec, split = divide_source(source)
    return spec, list_splits(spec) if split is None else (split,)


def _number_classes(splits: tuple[Split, ...]) -> tuple[str, ...]:
    labels = [split.labels.max() for split in splits if split.labels is not None]
    return number_classes(max(2, *(int(label) + 1 for label in labels)) if labels else 2)


def summarise_data(source: str | DataSpec, *, data_dir: Path | str | None = None) -> DatasetSummary:
    """Return the numbers of a source's splits and what is odd about them.

    Label counts, pixels, hashes, missing classes, constant images, images that come again
    (within a split and from one to another), and who wrote them where the source knows.
    Counting the labels of a test split decides nothing, so no ledger is written.

    Parameters
    ----------
    source : str or DataSpec
        As in `load_data`.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    DataError, MissingExtraError
        As `load_data`. That writers are not known is no error: `DatasetSummary.unknown`
        says why.
    """
    spec, names = _resolve(source)
    dataset = _load(spec, names, data_dir)
    known: dict[str, Metadata] = {}
    unknown = ""
    try:
        for name in names:
            metadata = load_metadata(spec, name, Path(data_dir) if data_dir else None)
            if metadata is not None:
                known[name] = metadata
    except (DataError, MissingExtraError) as error:
        unknown = str(error)
    summary = build_summary(dataset, known)
    return replace(summary, name=name_data(source), unknown=unknown)


def render_example(
    source: str | DataSpec, index: int | None = None, *, data_dir: Path | str | None = None
) -> str:
    """Return one image as its numbers, under a line that says which it is and its class.

    Parameters
    ----------
    source : str or DataSpec
        As in `load_data`; of several splits, the first.
    index : int, optional
        Its position in the split as published; the first unless given.
    data_dir : path, optional

    Raises
    ------
    DataError, MissingExtraError
        As `load_data`, or an index that the split does not hold.
    """
    dataset = load_first_split(source, data_dir=data_dir)
    split = dataset.splits[0]
    title = f"{name_data(source)} {split.name}"
    index = int(split.index[0]) if index is None else index
    head = describe_example(split, index, class_names=dataset.class_names, title=title)
    return f"{head}\n{render_digit(split.images[split.index == index][0])}"
