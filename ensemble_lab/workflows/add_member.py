"""A Keras model that somebody else's loop trained, as a member of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ensemble_lab.data.array_files import open_array
from ensemble_lab.data.given_predictions import take_predictions
from ensemble_lab.exceptions import MismatchError, MissingError
from ensemble_lab.store.files import check_name
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.predictions import predictions_path
from ensemble_lab.store.run import Run, open_run, open_whole, save_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.training.guest import infer_guest
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.imported_members import (
    Addition,
    check_keys_free,
    removing,
    write_additions,
)

__all__ = ["add_member"]


def add_member(
    run: Run | Path | str,
    key: str,
    model: Any,
    *,
    splits: Sequence[str] = (),
    logits: bool = False,
    data_dir: Path | str | None = None,
) -> Run:
    """Let a Keras model predict on a run's splits, and keep that as an imported member's.

    The model is called on the images of the run's data, as float32 (batch, height, width,
    channels) from 0 to 1: pixels divided by 255 and nothing else, as the package feeds its own
    nets. Its outputs are probabilities, or logits where `logits` says so. Its weights stay where
    they are: the run keeps predictions alone. Whether it learnt from any of these examples only
    you can know.

    Parameters
    ----------
    run : Run or path
        Of known images.
    key : str
        The member's; lower-case letters, digits and hyphens.
    model : keras.Model
        Or whatever can be called like one.
    splits : sequence of str
        Validation and test unless given; splits in folds are not for one model.
    logits : bool
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Returns
    -------
    Run
        With the member as its last.

    Raises
    ------
    MismatchError
        A key that is taken, or a model of other classes.
    MissingError
        No such run or split, or its images are not known.
    TrainingError
        The model does not take the images, or its outputs are no finite rows.
    PredictionError
        Its outputs are no probabilities.
    """
    run = open_whole(run, to="add a member")
    check_name(key, what="member key")
    records = [load_record(run, name) for name in splits or run.own_splits]
    if not splits:
        records = [record for record in records if record.fold is None]
    if not records:
        raise MissingError(f"a member must have a split to predict; got none, in {run.path}.")
    for record in records:
        if record.fold is not None:
            raise MismatchError(
                f"one model must predict a whole split; got {record.name!r}, which is in folds."
            )
        check_keys_free(run, (key,), record.name)
    additions = []
    for record in records:
        images = load_images(run, record.name, data_dir=data_dir).images
        outputs = open_array(infer_guest(model, images, name=key), name=key)
        given = take_predictions(outputs, logits=logits)
        if given.n_classes != run.n_classes:
            raise MismatchError(
                f"a model must have the {run.n_classes} classes of {run.path}; got "
                f"{given.n_classes}, of {key}."
            )
        additions.append(Addition(key, record, given))
    with lock_run(run.path):
        run = open_run(run.path)
        for record in records:
            check_keys_free(run, (key,), record.name)
        with removing([predictions_path(run, key, record.name) for record in records]):
            run = write_additions(run, additions)
            save_run(run)
    return run
