"""What a reader of a page may filter by, with the bounds and counts that the rows have."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.errors.pairs import Pair, count_pairs
from ensemble_lab.errors.table import Catalogue
from ensemble_lab.figures.html.data import number_values
from ensemble_lab.figures.html.page import Facet, Page

__all__ = ["Choice", "Choices", "Slider", "list_choices", "list_pairs", "list_sliders"]

MOST_CELLS = 20
"""Classes up to which the confusion matrix is shown; of more, the pairs that occur."""
MOST_PAIRS = 60
MOST_VALUES = 1_000


@dataclass(frozen=True)
class Slider:
    """A number that lies between two bounds.

    Attributes
    ----------
    column, title : str
    low, high, step : float
    """

    column: str
    title: str
    low: float
    high: float
    step: float


@dataclass(frozen=True)
class Choice:
    """A value to tick, its place among all, and how many rows have it."""

    place: int
    text: str
    count: int


@dataclass(frozen=True)
class Choices:
    """The values of one facet, those of a page, or as many as one can look through."""

    name: str
    choices: tuple[Choice, ...]
    n_values: int


def list_sliders(rows: Catalogue) -> tuple[Slider, ...]:
    """Return a slider for each number on which the rows differ."""
    shares = [("gap", "gap")]
    if (rows.label == rows.predicted).any():
        shares.append(("margin", "margin"))
    shares.append(("confidence", "confidence"))
    sliders = [
        Slider(column, title, *_bounds(getattr(rows, column)), step=0.01)
        for column, title in shares
        if len(rows) and np.isfinite(getattr(rows, column)).all()
    ]
    if len(rows):
        votes = rows.votes_for_predicted
        title = "votes for predicted"
        sliders.append(
            Slider("votes_for_predicted", title, int(votes.min()), int(votes.max()), step=1)
        )
    return tuple(slider for slider in sliders if slider.high > slider.low)


def list_pairs(page: Page) -> tuple[tuple[Pair, int], ...]:
    """Return the most frequent confusion pairs, where there are too many classes for a matrix."""
    if len(page.class_names) <= MOST_CELLS:
        return ()
    return tuple(count_pairs(page.catalogue.label, page.catalogue.predicted)[:MOST_PAIRS])


def list_choices(facet: Facet) -> Choices:
    """Return the values of a facet with their counts; of very many, the most frequent."""
    values, places = number_values(facet)
    counts = np.bincount(places, minlength=len(values))
    shown = np.sort(np.argsort(-counts, kind="stable")[:MOST_VALUES]).tolist()
    choices = tuple(Choice(at, values[at], int(counts[at])) for at in shown)
    return Choices(facet.name, choices, len(values))


def _bounds(column: Array) -> tuple[float, float]:
    """Return hundredths that hold all numbers between them."""
    return math.floor(column.min() * 100) / 100, math.ceil(column.max() * 100) / 100
