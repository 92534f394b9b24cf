"""Confusion pairs: (label, predicted), written ``4->9``."""

import re
from typing import TypeAlias

import numpy as np

from ensemble_lab.arrays import Labels, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["Pair", "count_pairs", "parse_pair", "render_pair"]

Pair: TypeAlias = tuple[int, int]
"""(label, predicted)."""

# Five digits: a run has at most 65,536 classes.
_PAIR = re.compile(r"\s*([0-9]{1,5})\s*(?:->|:)\s*([0-9]{1,5})\s*")
_CUT_BY_SHELL = re.compile(r"\s*([0-9]{1,5})\s*-\s*")


def parse_pair(text: str) -> Pair:
    """Return (label, predicted) of ``4:9`` or ``4->9``.

    Classes are given by number, also where they have names.

    Raises
    ------
    PredictionError
        Another form. What a shell leaves of an unquoted ``4->9``, which is ``4-``, is
        answered with how to write it.

    Examples
    --------
    >>> parse_pair("4:9"), parse_pair("4->9")
    ((4, 9), (4, 9))
    """
    if match := _PAIR.fullmatch(text):
        return int(match[1]), int(match[2])
    if match := _CUT_BY_SHELL.fullmatch(text):
        raise PredictionError(
            f"pair must be LABEL:PREDICTED; got {text!r}, which a shell leaves of an unquoted "
            f"{match[1]}->9 (it takes > for a redirection to a file). Write {match[1]}:9, or "
            f"'{match[1]}->9' in quotes."
        )
    raise PredictionError(
        f"pair must be LABEL:PREDICTED, two class numbers such as 4:9; got {text!r}."
    )


def render_pair(label: int, predicted: int) -> str:
    """Return a pair as one writes it.

    Examples
    --------
    >>> render_pair(4, 9)
    '4->9'
    """
    return f"{label}->{predicted}"


def count_pairs(label: Labels, predicted: Labels) -> list[tuple[Pair, int]]:
    """Return each confusion pair with its count, most frequent first, then by pair.

    The off-diagonal cells of the confusion matrix (rows label, columns predicted) that are
    not zero; right examples make no pair, so that the counts sum to the errors.

    Parameters
    ----------
    label, predicted : int64 (rows,)

    Returns
    -------
    list of ((label, predicted), count)

    Examples
    --------
    >>> count_pairs(np.array([4, 7, 4, 5]), np.array([9, 2, 9, 5]))
    [((4, 9), 2), ((7, 2), 1)]
    """
    check_axes(predicted, "rows", name="predicted", rows=len(label))
    is_error = label != predicted
    pairs = np.column_stack([label[is_error], predicted[is_error]])
    # np.unique sorts the pairs, and a stable sort by count keeps that order among equals.
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [
        ((label, predicted), count)
        for (label, predicted), count in zip(
            found[order].tolist(), counts[order].tolist(), strict=True
        )
    ]
