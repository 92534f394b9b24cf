"""Predictions of all members on another data set of the same shape, plain or corrupted."""

import re
import reprlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.data.corruptions import parse_corruption
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.loading import load_split
from ensemble_lab.data.sources import load_class_names, parse_source
from ensemble_lab.engines import HERE, Cluster, Event, find_engine
from ensemble_lab.exceptions import DataError, MissingError, SpecError
from ensemble_lab.spec.data import Corruption, DataSpec, parse_data, resolve_path
from ensemble_lab.spec.member import parse_member
from ensemble_lab.store.files import check_name
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.members import member_path
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import OWN_SPLITS, Run, open_run, open_whole, save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.workflows.workers import check_backends, ignore, run_members

__all__ = ["NewSplit", "find_source", "find_trained", "name_split", "predict", "predict_splits"]


@dataclass(frozen=True)
class NewSplit:
    """A split that a run is to have.

    Attributes
    ----------
    name : str
        What it is called in the run.
    source : DataSpec
    published : str
        The published split of it.
    """

    name: str
    source: DataSpec
    published: str


def predict(
    run: Run | Path | str,
    data: str,
    name: str,
    *,
    transforms: Sequence[Corruption | str] = (),
    engine: str = "process",
    workers: int | None = None,
    cluster: Cluster = HERE,
    data_dir: Path | str | None = None,
    report: Callable[[Event], None] = ignore,
) -> Run:
    """Predict with all trained members on a data set, which becomes a split of the run.

    Parameters
    ----------
    run : Run or path
    data : str
        ``SOURCE[:SPLIT]``, such as ``mnist:train`` or ``mine.npz``; labels are optional.
        The images are placed on the canvas of the run's data, if those have one; images of
        the canvas's size stay as they are.
    name : str
        What the split is called in this run.
    transforms : sequence of Corruption or str
        What is done to the images, in this order, such as ``("blur:3", "noise:1")``; nothing
        else is, whatever was done to the images that the members learnt from.
    engine : {"process", "serial", "ray"}
    workers, cluster, data_dir, report
        As in `ensemble_lab.workflows.train.train`.

    Returns
    -------
    Run
        With the split among its `splits`.

    Raises
    ------
    DataError
        Images of another shape, labels that the members cannot name, other class names, or
        no such corruption.
    MismatchError
        The run has another split of that name.
    MissingError
        No member is trained.
    SpecError
        A name that training uses; no such engine, or one that only trains or takes no cluster.
    TrainingError
        A worker failed.
    """
    run = open_whole(run, to="predict with its members")
    check_name(name, what="split")
    if name in ("train", *OWN_SPLITS) and name not in run.splits:
        raise SpecError(
            f"split must have a name of its own, for members are trained with a {name}; got "
            f"{name!r}. Use another name (--as)."
        )
    done = tuple(parse_corruption(t) if isinstance(t, str) else t for t in transforms)
    source, published = find_source(run, data)
    split = NewSplit(name, source.model_copy(update={"transforms": done}), published)
    return predict_splits(
        run,
        (split,),
        engine=engine,
        workers=workers,
        cluster=cluster,
        data_dir=data_dir,
        report=report,
    )


def find_source(run: Run, data: str) -> tuple[DataSpec, str]:
    """Return the source and published split that ``SOURCE[:SPLIT]`` names, as fits the run.

    Its images lie on the canvas of the run's data; the path of a file is whole.
    """
    source, published = parse_source(data)
    source = resolve_path(source, Path())
    return source.model_copy(update={"canvas": parse_data(run.data).canvas}), published


def predict_splits(
    run: Run,
    splits: Sequence[NewSplit],
    *,
    members: tuple[str, ...] = (),
    engine: str = "process",
    workers: int | None = None,
    cluster: Cluster = HERE,
    data_dir: Path | str | None = None,
    report: Callable[[Event], None] = ignore,
) -> Run:
    """Predict with trained members on several splits of one source.

    A worker loads each split once and asks all members that it holds.

    What a member has predicted is left alone, and each split is kept as soon as it is
    predicted, so that the same call goes on after an interruption.

    Parameters
    ----------
    run : Run
    splits : sequence of NewSplit
        At least one; all of one source, whatever its transforms.
    members : tuple of str
        Patterns of keys; none for all.
    engine, workers, cluster, data_dir, report
        As in `predict`.

    Raises
    ------
    DataError, MismatchError, MissingError, SpecError, TrainingError
        As `predict`.
    """
    find_engine(engine, cluster, to="predict")
    trained = find_trained(run, members)
    for split in splits:
        images = load_split(split.source, split.published, Path(data_dir) if data_dir else None)
        _check_fits(run, images, split)
        run = _add_split(run, images, split)
    names = tuple(split.name for split in splits)
    keys = tuple(key for key in trained if not all(has_predictions(run, key, n) for n in names))
    check_backends({parse_member(run.member(key).spec).backend for key in keys}, to="predict")
    for key in keys:
        report(Event(event="waiting", key=key))
    run_members(
        run,
        keys,
        ("--predict", *names),
        sharing="together",
        engine=engine,
        workers=workers,
        cluster=cluster,
        data=splits[0].source,
        data_dir=data_dir,
        report=report,
    )
    return run


def find_trained(run: Run, members: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the keys of the members that have weights to predict with.

    Parameters
    ----------
    run : Run
    members : tuple of str
        Patterns of keys; none for all.

    Raises
    ------
    MissingError
        There is none, or a pattern matches none.
    """
    trained = tuple(e.key for e in run.matching(members) if member_path(run, e.key).exists())
    if not trained:
        stayed = run.tell_origins("Weights of pooled members are")
        if any(entry.kind == "imported" for entry in run.matching(members)):
            stayed = " Imported members have predictions alone: import those on the other data too."
        raise MissingError(f"a member must be trained; got none, in {run.path}.{stayed}")
    return trained


def name_split(data: str, transforms: Sequence[str] = ()) -> str:
    """Return what a split of ``SOURCE[:SPLIT]`` is called in a run, unless the user says.

    What is done to its images, such as ``blur:3``, ends the name.

    Raises
    ------
    DataError
        No such source or split.

    Examples
    --------
    >>> name_split("qmnist:test50k"), name_split("digits/My own.npz")
    ('qmnist-test50k', 'my-own-test')
    >>> name_split("mnist:test", ("blur:3",))
    'mnist-test-blur-3'
    """
    source, split = parse_source(data)
    path = getattr(resolve_path(source, Path()), "path", None)
    name = source.name if path is None else Path(path).stem
    words = "-".join((name, split, *transforms))
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _check_fits(run: Run, split: Split, new: NewSplit) -> None:
    data = f"{getattr(new.source, 'path', new.source.name)}:{new.published}"
    if split.image_shape != run.image_shape:
        raise DataError(
            f"images must be {'×'.join(map(str, run.image_shape))} as the members' are; got "
            f"{'×'.join(map(str, split.image_shape))}, in {data}."
        )
    if split.labels is None:
        return
    if split.labels.max() >= run.n_classes:
        raise DataError(
            f"labels must be from 0 to {run.n_classes - 1}, the members' classes; got "
            f"{split.labels.max()}, in {data}."
        )
    # The same number may stand for another class.
    names = load_class_names(new.source)
    known = run.class_names[: len(names or ())]
    if names is not None and names != known:
        raise DataError(
            f"class names must be the members', {reprlib.repr(known)}; got "
            f"{reprlib.repr(names)}, in {data}."
        )


def _add_split(run: Run, split: Split, new: NewSplit) -> Run:
    record = SplitRecord(
        name=new.name,
        role="none" if split.labels is None else "report",
        index=split.index,
        images_sha256=split.images_sha256,
        labels_sha256=split.labels_sha256,
        source={"data": new.source.to_json(), "split": new.published},
    )
    with lock_run(run.path):
        run = open_run(run.path).with_split(new.name)
        save_split(run, record, split.labels)
        save_run(run)
    return run
