"""What each step of an epoch takes, drawn ahead by NumPy: order, augmentation, dropout, rates.

Whatever the backend, and however an epoch is cut into blocks, step i takes row i.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ensemble_lab.seeds import draw_generator, draw_state
from ensemble_lab.spec.augmentation import split_stages
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.architectures.layers import Shape
from ensemble_lab.training.augment import draw_boxes, draw_noise, draw_transforms

__all__ = [
    "StepArrays",
    "StepDraws",
    "count_steps",
    "draw_augmentation",
    "draw_epoch",
    "draw_order",
]


class StepDraws(NamedTuple):
    """What augmentation draws for steps of one batch size; None for what it does not ask for.

    Attributes
    ----------
    transforms : float32 (steps, batch, 8) or None
    noise : int8 (steps, batch, 2, height, width) or None
    boxes : int32 (steps, batch, 4) or None
    """

    transforms: Any
    noise: Any
    boxes: Any


class StepArrays(NamedTuple):
    """Steps of one batch size; on the device the same tuple of the backend's arrays.

    Attributes
    ----------
    order : int32 (steps, batch)
        Positions of the images.
    transforms : float32 (steps, batch, 8) or None
        None where nothing is warped.
    dropout : uint32 (steps, layers, 2)
        The seed state of each dropout layer.
    rates : float32 (steps,)
    noise : int8 (steps, batch, 2, height, width) or None
        None where nothing is distorted.
    boxes : int32 (steps, batch, 4) or None
        None where nothing is erased.
    """

    order: Any
    transforms: Any
    dropout: Any
    rates: Any
    noise: Any = None
    boxes: Any = None


def count_steps(n_examples: int, batch_size: int) -> int:
    """Return the steps of an epoch, the last of which may be smaller.

    Examples
    --------
    >>> count_steps(300, 128)
    3
    """
    return -(-n_examples // batch_size)


def draw_epoch(
    member: MemberSpec,
    epoch: int,
    rates: np.ndarray[Any, Any],
    *,
    n_examples: int,
    image_shape: Shape,
    n_dropout: int,
) -> tuple[StepArrays, ...]:
    """Return an epoch's steps: those of full batches, and one more of what is left.

    Parameters
    ----------
    member : MemberSpec
    epoch : int
        From 0.
    rates : float32 (steps,)
    n_examples : int
        Training images.
    image_shape : tuple of int
    n_dropout : int
        Dropout layers of the net.

    Returns
    -------
    tuple of StepArrays
        One or two; none is empty, no image is left out.
    """
    batch = member.training.batch_size
    n_full = n_examples // batch
    order = draw_order(member.seed_of("order"), epoch, n_examples)
    parts = ((0, n_full, batch), (n_full, 1, n_examples - n_full * batch))
    return tuple(
        StepArrays(
            order=order[first * batch :][: n_steps * size].reshape(n_steps, size),
            dropout=_draw_dropout(member.seed_of("dropout"), epoch, first, n_steps, n_dropout),
            rates=rates[first : first + n_steps],
            **draw_augmentation(member, epoch, image_shape, first, n_steps, size)._asdict(),
        )
        for first, n_steps, size in parts
        if n_steps and size
    )


def draw_order(seed: int, epoch: int, n_examples: int) -> npt.NDArray[np.int32]:
    """Return the positions of the training images in the order of an epoch: int32 (examples,)."""
    order = draw_generator(seed, "order", epoch=epoch).permutation(n_examples)
    return order.astype(np.int32)


def draw_augmentation(
    member: MemberSpec, epoch: int, image_shape: Shape, first: int, n_steps: int, size: int
) -> StepDraws:
    """Return what augmentation draws for the steps `first` … of an epoch.

    Parameters
    ----------
    member : MemberSpec
    epoch : int
        From 0.
    image_shape : tuple of int
    first, n_steps : int
        Number of the first step, and how many there are.
    size : int
        Images of each.
    """
    stages = split_stages(member.training.augmentation)
    place = (image_shape, (size,) * n_steps, member.seed_of("augment"), epoch)
    drawn: tuple[Any, ...] = (
        draw_transforms(stages.warps, *place, first_step=first) if stages.warps else None,
        draw_noise(*place, first_step=first) if stages.elastic else None,
        draw_boxes(stages.erase, *place, first_step=first) if stages.erase else None,
    )
    return StepDraws(
        *(None if each is None else each.reshape(n_steps, size, *each.shape[1:]) for each in drawn)
    )


def _draw_dropout(seed: int, epoch: int, first: int, n_steps: int, n_layers: int) -> Any:
    states = np.empty((n_steps, n_layers, 2), np.uint32)
    if n_layers:
        for step in range(n_steps):
            words = draw_state(seed, "dropout", 2 * n_layers, epoch=epoch, step=first + step)
            states[step] = words.reshape(n_layers, 2)
    return states
