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
    is_right = rows.label == rows.predicted
    shares = ("gap", "margin", "confidence") if is_right.any() else ("gap", "confidence")
    sliders = [
        Slider(name, name, *_bounds(getattr(rows, name)), step=0.01)
        for name in shares
        if _differs(getattr(rows, name))
    ]
    votes = rows.votes_for_predicted
    if _differs(votes):
        title = "votes for predicted"
        ends = int(votes.min()), int(votes.max())
        sliders.append(Slider("votes_for_predicted", title, *ends, step=1))
    return tuple(sliders)


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


def _differs(column: Array) -> bool:
    """Whether there are two numbers in a column, and all are known."""
    return bool(column.size and np.isfinite(column).all() and column.min() < column.max())


def _bounds(column: Array) -> tuple[float, float]:
    """Return hundredths that hold all numbers between them."""
    return math.floor(column.min() * 100) / 100, math.ceil(column.max() * 100) / 100
