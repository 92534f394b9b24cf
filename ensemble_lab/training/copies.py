"""Copies of images at the time of the test: made, asked about one by one, and averaged.

Every copy is a function of the image, its place in the published split and the number of
the copy, so neither batches nor what else is asked changes any. Memory holds one copy of
one batch beside the images.

K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition" (ICLR 2015), section 3.2, and A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet
Classification with Deep Convolutional Neural Networks" (NIPS 2012), section 4.1, average
over crops and flips like this.
"""

from collections.abc import Callable

import numpy as np

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Images, Index, Probabilities
from ensemble_lab.seeds import draw_generator
from ensemble_lab.spec.augmentation import AugmentationSpec, split_stages
from ensemble_lab.spec.variant import AugmentedCopies, ShiftedCopies
from ensemble_lab.training.architectures.layers import Shape
from ensemble_lab.training.augment.affine import N_DRAWS, compose_warps
from ensemble_lab.training.augment.elastic import draw_fields
from ensemble_lab.training.augment.erase import N_BOX_DRAWS, place_boxes
from ensemble_lab.training.epoch import StepDraws
from ensemble_lab.training.infer import Predictor, infer
from ensemble_lab.training.trainers import Answers, CopiesResponder

__all__ = ["Ask", "ask_augmented", "ask_shifted", "average_copies", "draw_copies", "shift_images"]

Ask = Callable[[int, Images, Index], Probabilities]
"""From the number of a copy, images and their index to float32 (batch, classes)."""


def average_copies(ask: Ask, n_copies: int) -> CopiesResponder:
    """Return a member that answers with the mean of what it says of all copies.

    Sums are float64, in the order of the copies; the mean is float32.
    """

    def respond(
        images: Images,
        index: Index,
        *,
        name: str,
        on_batch: Callable[[], None] = lambda: None,
    ) -> Answers:
        def predict(batch: Images, places: Index) -> Probabilities:
            total = ask(0, batch, places).astype(np.float64)
            for copy in range(1, n_copies):
                # A batch takes as many times longer as there are copies, and may be stopped.
                on_batch()
                total += ask(copy, batch, places)
            return (total / n_copies).astype(np.float32)

        probabilities = infer(predict, images, name=name, beside=(index,), on_batch=on_batch)
        return Answers(choose_classes(probabilities), probabilities)

    return respond


def ask_shifted(plain: Predictor, copies: ShiftedCopies) -> Ask:
    """Return what a plain predictor says of images that are moved by whole pixels."""

    def ask(copy: int, images: Images, index: Index) -> Probabilities:
        return plain(shift_images(images, copies.offsets[copy], copies.fill))

    return ask


def ask_augmented(plain: Predictor, augmenting: Predictor, copies: AugmentedCopies) -> Ask:
    """Return what a plain predictor says of images as they are, and another of the copies.

    Parameters
    ----------
    plain : Predictor
    augmenting : Predictor
        Of images and what is drawn for them.
    copies : AugmentedCopies
        With its augmentation.
    """
    augmentation = copies.augmentation or ()

    def ask(copy: int, images: Images, index: Index) -> Probabilities:
        if copy == 0:
            return plain(images)
        return augmenting(
            images, *draw_copies(augmentation, images.shape[1:], index, copy, copies.seed)
        )

    return ask


def draw_copies(
    augmentation: tuple[AugmentationSpec, ...],
    image_shape: Shape,
    index: Index,
    copy: int,
    seed: int,
) -> StepDraws:
    """Return what an augmentation draws for one copy of some images, as one batch.

    Parameters
    ----------
    augmentation : tuple of AugmentationSpec
    image_shape : tuple of int
        (height, width, channels).
    index : int64 (images,)
        Positions in the split as published.
    copy : int
    seed : int
        Image i draws from the stream ``copies`` at (copy, i): numbers for the warps, then for
        a rectangle, then noise, each where the augmentation asks for it.
    """
    stages = split_stages(augmentation)
    warps = np.empty((len(index), len(stages.warps), N_DRAWS))
    boxes = np.empty((len(index), N_BOX_DRAWS))
    noise = np.empty((len(index), 2, *image_shape[:2]), np.int8)
    for row, place in enumerate(index.tolist()):
        generator = draw_generator(seed, "copies", epoch=copy, step=place)
        generator.random(out=warps[row])
        if stages.erase:
            generator.random(out=boxes[row])
        if stages.elastic:
            noise[row] = draw_fields(generator, 1, image_shape)[0]
    return StepDraws(
        transforms=compose_warps(stages.warps, warps, image_shape) if stages.warps else None,
        noise=noise if stages.elastic else None,
        boxes=place_boxes(stages.erase, image_shape, boxes) if stages.erase else None,
    )


def shift_images(images: Images, offset: tuple[int, int], fill: str) -> Images:
    """Return images moved by whole pixels: uint8 (examples, height, width, channels).

    Parameters
    ----------
    images : uint8 (examples, height, width, channels)
    offset : tuple of int
        (down, right).
    fill : {"nearest", "constant"}
        What comes in beyond the border: the nearest pixel, or zero.

    Examples
    --------
    >>> image = np.arange(3, dtype=np.uint8).reshape(1, 1, 3, 1)
    >>> shift_images(image, (0, 1), "nearest").ravel().tolist()
    [0, 0, 1]
    >>> shift_images(image, (0, -2), "constant").ravel().tolist()
    [2, 0, 0]
    """
    down, right = offset
    height, width = images.shape[1:3]
    reach = max(abs(down), abs(right))
    mode = "edge" if fill == "nearest" else "constant"
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode=mode)  # type: ignore[call-overload]
    top, left = reach - down, reach - right
    moved: Images = padded[:, top : top + height, left : left + width]
    return moved
