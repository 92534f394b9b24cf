"""What training a member will take, counted without Keras."""

import math
from dataclasses import dataclass
from typing import get_args

from ensemble_lab.canonical import digest_of
from ensemble_lab.data.dataset import Dataset, Split
from ensemble_lab.spec.augmentation import split_stages
from ensemble_lab.spec.member import ExampleHashes, MemberSpec, Stream
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.layers import Dropout, Shape
from ensemble_lab.training.architectures.tracing import trace
from ensemble_lab.training.augment.erase import check_erase

__all__ = ["MemberPlan", "count_tflop", "describe_plan", "find_streams", "hash_examples"]


@dataclass(frozen=True)
class MemberPlan:
    """The size of a member and of its training.

    Attributes
    ----------
    parameters, trainable : int
        Values in the net's arrays; those that gradients change.
    macs : int
        Multiply-adds of one image, forward.
    steps_per_epoch : int
        The last of them may be smaller than the batch size; 1 without a recipe.
    images : int
        Training images an epoch.
    epochs : int
    """

    parameters: int
    trainable: int
    macs: int
    steps_per_epoch: int
    images: int
    epochs: int

    @property
    def tflop(self) -> float:
        """Training in 10**12 floating-point operations (see `count_tflop`)."""
        return count_tflop(self.macs, self.images, self.epochs)


def count_tflop(macs: int, n_images: int, n_epochs: int) -> float:
    """Return training in 10**12 floating-point operations.

    Two a multiply-add, and three passes: forward, and backward for activations and weights.

    Examples
    --------
    >>> count_tflop(1_000_000, 1000, 2)
    0.012
    """
    return macs * 2 * 3 * n_images * n_epochs / 1e12


def describe_plan(spec: MemberSpec, input_shape: Shape, n_classes: int, n_train: int) -> MemberPlan:
    """Return the plan of a member for `n_train` images of `input_shape`.

    Raises
    ------
    SpecError
        The images are too small for the architecture or for what is to be erased, or
        `outputs` too few.
    """
    erase = split_stages(spec.training.augmentation).erase
    if erase is not None:
        check_erase(erase, input_shape)
    traced = trace(describe_layers(spec.architecture, n_classes), input_shape)
    has_recipe = spec.architecture.has_recipe
    return MemberPlan(
        parameters=sum(each.parameters for each in traced),
        trainable=sum(each.trainable for each in traced),
        macs=sum(each.macs for each in traced),
        steps_per_epoch=math.ceil(n_train / spec.training.batch_size) if has_recipe else 1,
        images=n_train,
        epochs=spec.epochs,
    )


def hash_examples(dataset: Dataset) -> ExampleHashes:
    """Return the hashes of what members learn from, images and labels, and are validated on.

    The hash of an absent validation split is empty. Test examples are no part of a
    member's identity.
    """
    return ExampleHashes(
        train=_hash_split(dataset.split("train")),
        validation="" if dataset.validation is None else _hash_split(dataset.validation),
    )


def _hash_split(split: Split) -> str:
    return digest_of([split.images_sha256, split.labels_sha256])


def find_streams(member: MemberSpec) -> tuple[Stream, ...]:
    """Return the streams that training a net draws from."""
    # How many classes there are changes no layer's kind; fewer than `outputs` are legal.
    layers = describe_layers(member.architecture, 2)
    is_used = {
        "augment": bool(member.training.augmentation),
        "dropout": any(isinstance(layer, Dropout) for layer in layers),
    }
    return tuple(stream for stream in get_args(Stream) if is_used.get(stream, True))
