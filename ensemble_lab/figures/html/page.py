"""What a page of pictures is made of."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.confusion import count_cells
from ensemble_lab.arrays import Images, Index, find_positions
from ensemble_lab.data.dataset import Split
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.html.voices import Voices, collect_voices
from ensemble_lab.figures.tiles import build_pictures
from ensemble_lab.store.predictions import Predictions

__all__ = ["Facet", "Page", "build_page"]

MOST_SIDE = 96
"""Longest side of an image on a page in pixels; larger ones are reduced."""


@dataclass(frozen=True)
class Facet:
    """Something known of each row that one may filter by.

    Attributes
    ----------
    name : str
        Such as ``series``.
    values : tuple of str
        One for each row; empty where it is not known.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Page:
    """Rows of a catalogue with all that a page shows of them.

    Attributes
    ----------
    name : str
        Of the run.
    catalogue : Catalogue
        Its order is the page's, until a reader sorts.
    n_errors, n_examples : int
        Of the whole split.
    class_names : tuple of str
    pictures : uint8 (rows, height, width) or (rows, height, width, 3)
        In the colours they are drawn in on white.
    voices : Voices
    confusion : int64 (classes, classes)
        Rows label, columns predicted: of the rows, or of the whole split.
    facets : tuple of Facet
    notes : tuple of str
        People's words about each row; empty where there are none.
    question : str
        What was asked for, in words: the command that made the page.
    """

    name: str
    catalogue: Catalogue
    n_errors: int
    n_examples: int
    class_names: tuple[str, ...]
    pictures: Images
    voices: Voices
    confusion: Index
    facets: tuple[Facet, ...] = ()
    notes: tuple[str, ...] = ()
    question: str = ""

    def __post_init__(self) -> None:
        n_rows = len(self.catalogue)
        texts = [(f"facet {facet.name}", facet.values) for facet in self.facets]
        if self.notes:
            texts.append(("notes", self.notes))
        for name, values in texts:
            if len(values) != n_rows:
                raise PredictionError(
                    f"{name} must have one value for each of {n_rows} rows; got {len(values)}."
                )
        names = [facet.name for facet in self.facets]
        if len(set(names)) < len(names):
            raise PredictionError(f"facets must differ in name; got {', '.join(names)!r}.")


def build_page(
    catalogue: Catalogue,
    images: Split,
    predictions: Predictions,
    *,
    name: str,
    n_errors: int,
    n_examples: int,
    class_names: tuple[str, ...],
    confusion: Index | None = None,
    facets: tuple[Facet, ...] = (),
    notes: tuple[str, ...] = (),
    question: str = "",
) -> Page:
    """Return the page of a catalogue's rows, right or wrong.

    Parameters
    ----------
    catalogue : Catalogue
    images : Split
        Holds every index of the catalogue.
    predictions : Predictions
        What the catalogue was made of.
    name, n_errors, n_examples, class_names, facets, notes, question
        As in `Page`.
    confusion : int64 (classes, classes), optional
        Of the whole split; that of the rows unless given.

    Raises
    ------
    PredictionError
        Images or predictions of other examples, a class without a name, a facet or notes
        without a value for each row.
    """
    for what, split in (("images", images.name), ("predictions", predictions.split)):
        if split != catalogue.split:
            raise PredictionError(
                f"{what} must be those of the catalogue's split {catalogue.split!r}; "
                f"got split {split!r}."
            )
    positions = find_positions(images.index, catalogue.index, split=images.name)
    if confusion is None:
        confusion = count_cells(catalogue.label, catalogue.predicted, len(class_names))
    side = min(MOST_SIDE, max(images.image_shape[:2]))
    return Page(
        name=name,
        catalogue=catalogue,
        n_errors=n_errors,
        n_examples=n_examples,
        class_names=class_names,
        pictures=np.ascontiguousarray(build_pictures(images.images[positions], side)),
        voices=collect_voices(catalogue, predictions),
        confusion=confusion,
        facets=facets,
        notes=notes,
        question=question,
    )
