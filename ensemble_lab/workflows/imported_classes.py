"""The classes that a run, a source, a file of names and imported predictions agree on."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ensemble_lab.data.dataset import number_classes
from ensemble_lab.data.given_examples import load_given_names
from ensemble_lab.data.given_predictions import GivenPredictions
from ensemble_lab.exceptions import MismatchError
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.imported_split import GivenSplit

__all__ = ["agree_on_classes"]

_NUMBERED = re.compile(r"(.*[^0-9]|)([0-9]+)", re.DOTALL)
"""A name that ends in a number, such as ``p3`` or ``class_3``."""


def agree_on_classes(
    known: Run | None,
    found: GivenSplit,
    class_names: Sequence[str] | Path | str | None,
    predictions: Mapping[str, GivenPredictions],
) -> tuple[str, ...]:
    """Return a name for each class: the run's, the source's or as given, else its number.

    Where nothing names them, there are as many as the probabilities have columns, else as the
    largest vote or label says.

    Parameters
    ----------
    known : Run or None
        The run, if there is one yet.
    found : GivenSplit
    class_names : sequence of str, path of a text file, or None
    predictions : mapping of str to GivenPredictions
        By what to call them in a message.

    Raises
    ------
    MismatchError
        Two of them disagree; names both.
    """
    if isinstance(class_names, str | Path):
        class_names = load_given_names(Path(class_names))
    told = {
        "the run": None if known is None else known.class_names,
        "the source": found.class_names,
        "the class names": None if class_names is None else tuple(class_names),
    }
    first, names = "", None
    for place, theirs in told.items():
        if theirs is None:
            continue
        if names is not None and theirs != names:
            raise MismatchError(
                f"class names must be the same in {first} and {place}; got "
                f"{', '.join(names):.60} and {', '.join(theirs):.60}."
            )
        first, names = place, theirs
    n_classes = _count_columns(None if names is None else len(names), first, predictions)
    for place, given in predictions.items():
        _check_order(given.columns, names, place)
    largest = _find_largest(found, predictions)
    if n_classes is None:
        n_classes = max(2, *(value + 1 for value in largest.values()))
    for place, value in largest.items():
        if value >= n_classes:
            raise MismatchError(
                f"classes must be from 0 to {n_classes - 1}; got {value}, in {place}."
            )
    return number_classes(n_classes) if names is None else names


def _check_order(columns: tuple[str, ...], names: tuple[str, ...] | None, place: str) -> None:
    """Refuse columns that are called after the classes, and stand in another order."""
    numbered = [_NUMBERED.fullmatch(column) for column in columns]
    numbers = tuple(each[2] for each in numbered if each is not None)
    is_numbered = len({each and each[1] for each in numbered}) == 1
    for called, wanted in (
        (columns, names),
        (numbers if is_numbered else (), number_classes(len(columns))),
    ):
        if wanted is not None and called != wanted and sorted(called) == sorted(wanted):
            raise MismatchError(
                f"columns must be in the order of the classes, {', '.join(wanted):.60}; got "
                f"{', '.join(columns):.60}, in {place}. Bring them into that order."
            )


def _count_columns(
    n_classes: int | None, first: str, predictions: Mapping[str, GivenPredictions]
) -> int | None:
    """Return how many classes all probabilities have; None where nothing says so."""
    for place, given in predictions.items():
        if given.n_classes is None:
            continue
        if n_classes is not None and given.n_classes != n_classes:
            raise MismatchError(
                f"predictions must have the {n_classes} classes of {first}; got "
                f"{given.n_classes}, in {place}."
            )
        first, n_classes = place if n_classes is None else first, given.n_classes
    return n_classes


def _find_largest(found: GivenSplit, predictions: Mapping[str, GivenPredictions]) -> dict[str, int]:
    """Return the largest class that labels and votes name, by what to call them."""
    largest = {name: int(given.votes.max()) for name, given in predictions.items()}
    return largest if found.labels is None else {"labels": int(found.labels.max())} | largest
