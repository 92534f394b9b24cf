"""The image of an example, and the training examples that look most like it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Images, Index, Labels, find_positions
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.loading import load_split
from ensemble_lab.errors.explanation import Neighbour, Neighbourhood
from ensemble_lab.errors.neighbours import find_nearest
from ensemble_lab.exceptions import DataError, MismatchError, MissingExtraError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import SplitRecord, load_record
from ensemble_lab.workflows.images import load_images

__all__ = ["N_NEAR", "Seen", "find_seen"]

N_NEAR = 20
"""Neighbours whose labels are counted, however many are shown."""
_TRAIN = "train"


@dataclass(frozen=True, eq=False)
class Seen:
    """An image and what looks like it.

    Attributes
    ----------
    image : uint8 (height, width, channels)
    training : str
        Whose training examples were searched, in words.
    n_training : int
        0 where nobody knows what the members learned from; nothing is near then.
    index, labels : int64 (nearest,)
        Of the nearest examples, the nearest first.
    distances : float64 (nearest,)
    images : uint8 (nearest, height, width, channels)
    """

    image: Images
    training: str
    n_training: int
    index: Index
    labels: Labels
    distances: Floats
    images: Images

    def describe(self, label: int, predicted: int, n_shown: int) -> Neighbourhood:
        """Return the nearest examples as they bear on a label and a choice."""
        near = self.labels[:N_NEAR]
        columns = (self.index, self.labels, self.distances, self.images)
        rows = zip(*(column[:n_shown] for column in columns), strict=True)
        return Neighbourhood(
            training=self.training,
            n_training=self.n_training,
            nearest=tuple(
                Neighbour(int(index), int(own), float(distance), image)
                for index, own, distance, image in rows
            ),
            near_labels=tuple(near.tolist()),
            n_label=int(np.count_nonzero(near == label)),
            n_predicted=int(np.count_nonzero(near == predicted)),
        )


@dataclass(frozen=True, eq=False)
class _Training:
    """Training examples, where they come from, and whose they are in words."""

    split: Split
    labels: Labels
    source: dict[str, Any]
    words: str


def find_seen(
    run: Run, record: SplitRecord, index: Index, n_nearest: int, data_dir: Path | None
) -> tuple[Seen, ...]:
    """Return the images of some examples of a split, each with the nearest training examples.

    An example is no neighbour of itself. On a split in folds only examples outside an example's
    fold are searched: those are what the members that answer for it learned from.

    Parameters
    ----------
    run : Run
    record : SplitRecord
        Of the split.
    index : int64 (wanted,)
        As published.
    n_nearest : int
        1 or more; at least `N_NEAR` are found.
    data_dir : path or None

    Raises
    ------
    DataError, MissingExtraError, MismatchError
        The images are not to be had, or are others now; the message says how to do without.
    """
    try:
        images = load_images(run, record.name, data_dir=data_dir)
        training = _load_training(run, record, data_dir)
    except (DataError, MissingExtraError, MismatchError) as error:
        raise type(error)(f"{error} Or leave the images out with --neighbours 0.") from error
    wanted = images.images[find_positions(images.index, index, split=record.name)]
    if training is None:
        return tuple(_without_neighbours(image) for image in wanted)
    is_left_out = _leave_out(record, index, training)
    found = find_nearest(
        training.split.images, wanted, max(n_nearest, N_NEAR), is_left_out=is_left_out
    )
    return tuple(
        Seen(
            image=image,
            training=training.words,
            n_training=int(np.count_nonzero(~left_out)),
            index=training.split.index[nearest.positions],
            labels=training.labels[nearest.positions],
            distances=nearest.distances,
            images=training.split.images[nearest.positions],
        )
        for image, left_out, nearest in zip(wanted, is_left_out, found, strict=True)
    )


def _without_neighbours(image: Images) -> Seen:
    nothing = np.zeros(0, np.int64)
    return Seen(image, "", 0, nothing, nothing, np.zeros(0), np.zeros((0, *image.shape), np.uint8))


def _load_training(run: Run, record: SplitRecord, data_dir: Path | None) -> _Training | None:
    """Return what the members learned from, or what the source publishes as train; None without."""
    if _TRAIN in run.splits:
        split = load_images(run, _TRAIN, data_dir=data_dir)
        labels = load_labels(run, _TRAIN, command="why").values
        source = load_record(run, _TRAIN).source
        words = "examples that the members learned from"
        if record.fold is not None:
            words = "examples outside its fold, which its members learned from"
        return _Training(split, labels, source, words)
    data = record.source.get("data")
    if not data:
        return None
    split = load_split(parse_data(data), _TRAIN, data_dir)
    if split.labels is None:
        raise DataError(f"training examples must be labelled; those of {data['name']} are not.")
    words = f"training examples of {data['name']}; what the members learned from is not known"
    return _Training(split, split.labels, {"data": data, "split": _TRAIN}, words)


def _leave_out(record: SplitRecord, index: Index, training: _Training) -> Booleans:
    """Return which training examples are no neighbours: bool (wanted, training)."""
    others = training.split.index
    if record.fold is not None:
        fold_of = record.fold[find_positions(record.index, others, split=record.name)]
        own = record.fold[find_positions(record.index, index, split=record.name)]
        return np.asarray(own[:, np.newaxis] == fold_of)
    if _origin(record.source) != _origin(training.source):
        return np.zeros((len(index), len(others)), np.bool_)
    return np.asarray(index[:, np.newaxis] == others)


def _origin(source: dict[str, Any]) -> tuple[str, str | None, str]:
    """Return which published split a source is cut from, whatever was done to its images."""
    return source["data"]["name"], source["data"].get("path"), source["split"]
