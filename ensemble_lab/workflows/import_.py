"""Predictions that somebody else's program made, as members of a run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ensemble_lab.arrays import Array
from ensemble_lab.data.array_files import open_array
from ensemble_lab.data.given_predictions import GivenPredictions, take_predictions
from ensemble_lab.exceptions import MismatchError, MissingError, PredictionError, StoreError
from ensemble_lab.precision import FloatName
from ensemble_lab.store.files import appearing, check_name
from ensemble_lab.store.images import images_path, save_images
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.predictions import count_flipped, predictions_path
from ensemble_lab.store.run import Run, open_run, save_run
from ensemble_lab.store.splits import save_split, split_path
from ensemble_lab.workflows.imported_classes import agree_on_classes
from ensemble_lab.workflows.imported_members import (
    Addition,
    check_keys_free,
    remove_unlisted,
    removing,
    write_additions,
)
from ensemble_lab.workflows.imported_split import GivenSplit, find_given_split

__all__ = ["ImportReport", "ImportedMember", "import_predictions", "name_keys"]


@dataclass(frozen=True)
class ImportedMember:
    """A member that was imported.

    Attributes
    ----------
    key : str
    given : str
        The file, or the name that an array was given under.
    has_probabilities : bool
        Whether more than its votes is known.
    n_flipped : int or None
        Examples on which rounding to float16 made another class the first largest; its vote
        stays. None where nothing was rounded.
    """

    key: str
    given: str
    has_probabilities: bool
    n_flipped: int | None = None


@dataclass(frozen=True)
class ImportReport:
    """What was imported.

    Attributes
    ----------
    run : Run
    split : str
    n_examples : int
    has_images : bool
        Whether the images of the split are known.
    members : tuple of ImportedMember
    """

    run: Run
    split: str
    n_examples: int
    has_images: bool
    members: tuple[ImportedMember, ...]


def import_predictions(
    run: Run | Path | str,
    predictions: Mapping[str, Array | Path | str] | Sequence[Path | str],
    *,
    split: str = "test",
    data: str | None = None,
    labels: Array | Path | str | None = None,
    images: Array | Path | str | None = None,
    class_names: Sequence[str] | Path | None = None,
    names: Sequence[str] = (),
    logits: bool = False,
    probabilities: FloatName | None = None,
    data_dir: Path | str | None = None,
) -> ImportReport:
    """Make predictions members of a run, which is new or has some already; all of them or none.

    Parameters
    ----------
    run : Run or path
        Of a folder that is no run yet, or of a run, imported or trained, that gets more members
        or predictions of its imported members on another split.
    predictions : mapping of key to array or path, or sequence of paths
        One member each: probabilities (examples, classes), or votes (examples,), in the order
        of the split's examples; see `ensemble_lab.data.given_predictions.take_predictions`. Files
        end in npy, npz, csv or parquet. None are needed to give a split its images.
    split : {"test", "validation"}
        Test is reported on and validation chosen on. Any split that the run has already, too.
    data : str, optional
        ``SOURCE[:SPLIT]``, such as ``mnist`` or ``mine.npz:test``: the examples as published,
        with their labels and images. Validation is what `ensemble_lab.train` cuts unless told
        otherwise, and all of train where ``:train`` says so.
    labels : array or path, optional
        Whole numbers (examples,): in the place of `data`, or to be held against it.
    images : array or path, optional
        uint8 (examples, height, width[, channels]), which the run then keeps.
    class_names : sequence of str, or path of a text file, optional
        One a line; numbers, or the source's, unless given.
    names : sequence of str
        Keys in the order of the files; the files' names unless given.
    logits : bool
        Whether the arrays are raw outputs, whose softmax is taken.
    probabilities : {"float32", "float16"}, optional
        What the run stores probabilities as from now on; as before unless given, and float32 in
        a new run.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    PredictionError, DataError
        A file that does not hold what it must; names it and the row.
    MismatchError
        Other labels, images, classes or number of examples than the run or the source has, or a
        key that is taken.
    MissingError
        Nothing says which examples these are.
    StoreError
        The run cannot be written.
    """
    path = run.path if isinstance(run, Run) else Path(run)
    known = open_run(path) if (path / "run.json").exists() else None
    given = name_keys(predictions, names)
    if known is not None:
        check_keys_free(known, given, split)
    found = find_given_split(
        known,
        split,
        data=data,
        labels=labels,
        images=images,
        data_dir=Path(data_dir) if data_dir else None,
    )
    if not given and found.images is None:
        raise MissingError("an import must have predictions, or images of a split; got none.")
    additions = tuple(
        Addition(key, found.record, _take(each, key, found, logits)) for key, each in given.items()
    )
    classes = agree_on_classes(
        known,
        found,
        class_names,
        {_tell(given[each.key], each.key): each.given for each in additions},
    )
    written = _write(path, known, found, classes, additions, probabilities)
    return ImportReport(
        run=written,
        split=split,
        n_examples=len(found.record.index),
        has_images=found.record.images_sha256 is not None,
        members=tuple(
            ImportedMember(
                each.key,
                _tell(given[each.key], each.key),
                each.given.probabilities is not None,
                count_flipped(written, each.key, split),
            )
            for each in additions
        ),
    )


def name_keys(
    predictions: Mapping[str, Array | Path | str] | Sequence[Path | str], names: Sequence[str] = ()
) -> Mapping[str, Array | Path | str]:
    """Return what each member's predictions are given as, by its key.

    A file's member has the file's name without its ending, in lower case, with a hyphen for
    whatever is no letter or digit.

    Raises
    ------
    PredictionError
        Arrays without keys.
    StoreError
        A name that cannot be a key, another number of names than files, or a key that comes
        twice.

    Examples
    --------
    >>> list(name_keys(["nets/My_CNN.npy", "b.csv"]))
    ['my-cnn', 'b']
    """
    if isinstance(predictions, Mapping):
        return {check_name(key, what="member key"): each for key, each in predictions.items()}
    if isinstance(predictions, str | Path):
        predictions = [predictions]
    if not all(isinstance(each, str | Path) for each in predictions):
        raise PredictionError(
            "predictions must be files, or arrays under their members' keys, such as "
            "{'mine': probabilities}; got arrays without a key."
        )
    if names and len(names) != len(predictions):
        raise StoreError(
            f"names must be one for each of {len(predictions)} files; got {len(names)}."
        )
    keys: dict[str, Path | str] = {}
    for place, each in enumerate(predictions):
        key = names[place] if names else _name(Path(each))
        check_name(key, what=f"key of {each}")
        if key in keys:
            raise StoreError(
                f"members must have keys of their own; got {key!r} for {keys[key]} and {each}. "
                "Name them with --name, once a file."
            )
        keys[key] = each
    return keys


def _name(path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")


def _tell(given: Array | Path | str, key: str) -> str:
    return str(given) if isinstance(given, str | Path) else key


def _take(given: Array | Path | str, key: str, found: GivenSplit, logits: bool) -> GivenPredictions:
    taken = take_predictions(open_array(given, name=key), logits=logits)
    n_examples = len(found.record.index)
    if len(taken.votes) != n_examples:
        raise MismatchError(
            f"predictions must be about the {n_examples:,} examples of {found.record.name}; got "
            f"{len(taken.votes):,}, in {_tell(given, key)}."
        )
    return taken


def _write(
    path: Path,
    known: Run | None,
    found: GivenSplit,
    class_names: tuple[str, ...],
    additions: Sequence[Addition],
    probabilities: FloatName | None,
) -> Run:
    """Write all of an import into a new run or the one that is there; return the run."""
    if known is None:
        new = Run(path, path.resolve().name, class_names, found.image_shape, found.data, (), ())
        new = replace(new, probabilities=probabilities or new.probabilities)
        with appearing(path) as partial:
            return replace(_fill(replace(new, path=partial), found, additions), path=path)
    split = found.record.name
    with lock_run(path):
        known = open_run(path)
        known = replace(known, probabilities=probabilities or known.probabilities)
        check_keys_free(known, (each.key for each in additions), split)
        remove_unlisted(known, (each.key for each in additions), split)
        paths = [predictions_path(known, each.key, split) for each in additions]
        if split not in known.splits:
            paths += [split_path(known, split), images_path(known, split)]
        with removing(paths):
            return _fill(known, found, additions)


def _fill(run: Run, found: GivenSplit, additions: Sequence[Addition]) -> Run:
    split = found.record.name
    shape = found.image_shape or run.image_shape
    if run.image_shape not in ((), shape):
        raise MismatchError(
            f"images must be {_times(run.image_shape)} as the run's; got {_times(shape)}."
        )
    run = replace(run.with_split(split), image_shape=shape, data=run.data or found.data)
    run = write_additions(run, additions)
    if found.images is not None:
        save_images(run, split, found.images)
    save_split(run, found.record, found.labels)
    # Last: what is not in the manifest is not there.
    save_run(run)
    return run


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
