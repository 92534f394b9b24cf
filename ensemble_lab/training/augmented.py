"""What a member sees of its training images: the same numbers as training draws for them."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array, Images, Index, Labels, find_positions
from ensemble_lab.data.dataset import Split
from ensemble_lab.exceptions import DataError, MissingExtraError, SpecError
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.backends import BACKENDS
from ensemble_lab.training.epoch import StepDraws, draw_augmentation, draw_order

__all__ = ["Augmented", "augment_examples"]


@dataclass(frozen=True, eq=False)
class Augmented:
    """Training images as one member sees them, epoch after epoch.

    Attributes
    ----------
    member : MemberSpec
    index : int64 (examples,)
    images : uint8 (examples, height, width, channels)
        As they are.
    labels : int64 (examples,)
    seen : float32 (examples, epochs, height, width, channels)
        In 0 … 1, the first epoch first.
    """

    member: MemberSpec
    index: Index
    images: Images
    labels: Labels
    seen: npt.NDArray[np.float32]


def augment_examples(member: MemberSpec, train: Split, index: Index, *, n_epochs: int) -> Augmented:
    """Return training images as training shows them to a member, in its first epochs.

    An example is where the order of the epoch puts it, and gets what the member's streams
    draw for that place: these are the images that the net learns from, not others like
    them. Another backend than the member's, where Keras runs on one already or its own is
    not installed, may round the last digits of a pixel otherwise. An epoch that the recipe
    does not reach is what the member would see if it went on.

    Parameters
    ----------
    member : MemberSpec
    train : Split
        All that the member is trained on, without validation: the order of an epoch depends
        on their number.
    index : int64 (examples,)
        Examples of `train`.
    n_epochs : int

    Raises
    ------
    SpecError
        The recipe has no augmentation, or one that does not suit the images.
    DataError
        An index that is not in `train`, or train is unlabelled.
    MissingExtraError
        Keras, or every backend of it, is not installed.
    """
    if not member.training.augmentation:
        raise SpecError(f"recipe must have an augmentation to be shown; got none, in {member.key}.")
    if train.labels is None:
        raise DataError(f"{train.name} must be labelled to be trained on; it has no labels.")
    positions = find_positions(train.index, index, split=train.name, error=DataError)
    _choose_backend(member.backend)
    with _silencing_frameworks():
        seen = [_show_epoch(member, train.images, positions, epoch) for epoch in range(n_epochs)]
    return Augmented(
        member, index, train.images[positions], train.labels[positions], np.stack(seen, axis=1)
    )


def _choose_backend(wanted: str) -> None:
    """Name a backend before Keras is imported; later it is what it is."""
    if "keras" in sys.modules:
        return
    names = sorted(BACKENDS, key=lambda name: name != wanted)
    installed = [name for name in names if importlib.util.find_spec(name) is not None]
    if not installed or importlib.util.find_spec("keras") is None:
        raise MissingExtraError(
            f"augmentation needs keras and {' or '.join(sorted(BACKENDS))}, which are not "
            "installed. Install them with: pip install 'ensemble-lab[train]'"
        )
    os.environ.setdefault("KERAS_BACKEND", installed[0])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def _silencing_frameworks() -> Iterator[None]:
    """Keep off stderr what TensorFlow writes there by itself, before any of its settings count."""
    try:
        kept = os.dup(2)
    except OSError:
        # There is no stderr to write to.
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _show_epoch(member: MemberSpec, images: Images, positions: Index, epoch: int) -> Array:
    """Return those images in one epoch: float32 (examples, height, width, channels)."""
    n_examples, batch = len(images), member.training.batch_size
    places = np.argsort(draw_order(member.seed_of("order"), epoch, n_examples), kind="stable")[
        positions
    ]
    steps, rows = np.divmod(places, batch)
    draws = []
    for step, row in zip(steps.tolist(), rows.tolist(), strict=True):
        size = min(batch, n_examples - step * batch)
        drawn = draw_augmentation(member, epoch, images.shape[1:], step, 1, size)
        draws.append(StepDraws(*(None if each is None else each[0, row] for each in drawn)))
    stacked = (None if each[0] is None else np.stack(each) for each in zip(*draws, strict=True))
    return _apply(images[positions], member, StepDraws(*stacked))


def _apply(images: Images, member: MemberSpec, draws: StepDraws) -> Any:
    from keras import ops

    arrays = (None if each is None else ops.convert_to_tensor(each) for each in draws)
    pixels = ops.cast(ops.convert_to_tensor(images), "float32") / 255.0
    return ops.convert_to_numpy(augment_images(pixels, member.training.augmentation, *arrays))
