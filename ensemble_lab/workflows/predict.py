"""Predictions of all members on another data set of the same shape."""

import re
import reprlib
from collections.abc import Callable
from pathlib import Path

from ensemble_lab.data.dataset import Split
from ensemble_lab.data.sources import load_class_names, load_split, parse_source
from ensemble_lab.engines import Event
from ensemble_lab.exceptions import DataError, MissingError
from ensemble_lab.spec.data import DataSpec, parse_data, resolve_path
from ensemble_lab.spec.member import parse_member
from ensemble_lab.store.files import check_name
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.members import member_path
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Run, open_run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.workflows.workers import check_backends, ignore, run_members

__all__ = ["name_split", "predict"]


def predict(
    run: Run | Path | str,
    data: str,
    name: str,
    *,
    engine: str = "process",
    workers: int | None = None,
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
    engine, workers, data_dir, report
        As in `ensemble_lab.workflows.train.train`.

    Returns
    -------
    Run
        With the split among its `splits`.

    Raises
    ------
    DataError
        Images of another shape, labels that the members cannot name, or other class names.
    MismatchError
        The run has another split of that name.
    MissingError
        No member is trained.
    TrainingError
        A worker failed.
    """
    run = run if isinstance(run, Run) else open_run(run)
    check_name(name, what="split")
    source, published = parse_source(data)
    source = resolve_path(source, Path())
    source = source.model_copy(update={"canvas": parse_data(run.data).canvas})
    split = load_split(source, published, Path(data_dir) if data_dir else None)
    _check_fits(run, split, source, data)
    trained = tuple(key for key in run.keys if member_path(run, key).exists())
    if not trained:
        raise MissingError(f"a member must be trained; got none, in {run.path}.")
    run = _add_split(run, split, name, source, published)
    keys = tuple(key for key in trained if not has_predictions(run, key, name))
    check_backends({parse_member(run.member(key).spec).backend for key in keys}, to="predict")
    for key in keys:
        report(Event(event="waiting", key=key))
    run_members(
        run,
        keys,
        ("--predict", name),
        engine=engine,
        workers=workers,
        data=source,
        data_dir=data_dir,
        report=report,
    )
    return run


def name_split(data: str) -> str:
    """Return what a split of ``SOURCE[:SPLIT]`` is called in a run, unless the user says.

    Raises
    ------
    DataError
        No such source or split.

    Examples
    --------
    >>> name_split("qmnist:test50k"), name_split("digits/My own.npz")
    ('qmnist-test50k', 'my-own-test')
    """
    source, split = parse_source(data)
    path = getattr(resolve_path(source, Path()), "path", None)
    name = source.name if path is None else Path(path).stem
    return re.sub(r"[^a-z0-9]+", "-", f"{name}-{split}".lower()).strip("-")


def _check_fits(run: Run, split: Split, source: DataSpec, data: str) -> None:
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
    names = load_class_names(source)
    known = run.class_names[: len(names or ())]
    if names is not None and names != known:
        raise DataError(
            f"class names must be the members', {reprlib.repr(known)}; got "
            f"{reprlib.repr(names)}, in {data}."
        )


def _add_split(run: Run, split: Split, name: str, source: DataSpec, published: str) -> Run:
    record = SplitRecord(
        name=name,
        role="none" if split.labels is None else "report",
        index=split.index,
        images_sha256=split.images_sha256,
        labels_sha256=split.labels_sha256,
        source={"data": source.to_json(), "split": published},
    )
    with lock_run(run.path):
        run = open_run(run.path).with_split(name)
        save_split(run, record, split.labels)
        save_run(run)
    return run
