"""A preset: an architecture with its arguments, input shape and recipe under one name."""

from dataclasses import dataclass

from ensemble_lab.spec.architecture import ArchitectureSpec
from ensemble_lab.spec.data import CanvasSpec
from ensemble_lab.spec.member import Backend
from ensemble_lab.spec.presets.sources import Source
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import TrainingSpec

__all__ = ["Preset"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A published model, or one of ours, ready to be trained.

    Attributes
    ----------
    name : str
        As an experiment file says it: ``preset = "cnn3"``. Also the default group.
    summary : str
        The net in a line.
    source : Source
        Where it was published.
    place : str
        The place in it.
    architecture : ArchitectureSpec
    training : TrainingSpec
        The recipe as published, every rate written out.
    input_shape : tuple of int
        (height, width, channels) of the images it was published for.
    canvas : CanvasSpec or None
        What the images are placed on; None for images as they are.
    validation_share : float
        Share of the training images that is its validation split.
    backend : Backend
        Which trains it unless told otherwise.
    published : tuple of Published
        The figures that its authors state.
    notes : str
        Quirks of the source and what became of them; sentences.
    """

    name: str
    summary: str
    source: Source
    place: str = ""
    architecture: ArchitectureSpec
    training: TrainingSpec
    input_shape: tuple[int, int, int] = (28, 28, 1)
    canvas: CanvasSpec | None = None
    validation_share: float = 0.1
    backend: Backend = "tensorflow"
    published: tuple[Published, ...] = ()
    notes: str = ""
