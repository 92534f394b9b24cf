"""Selection: which members shall vote, chosen by labels that are for choosing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ensemble_lab.analysis.logs import take_logs
from ensemble_lab.analysis.selection.candidates import list_triples, name_triple
from ensemble_lab.analysis.selection.greedy import count_greedy, select_greedily
from ensemble_lab.arrays import Index, Labels, check_axes
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import LabelAccessError, PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.labels import ValidationLabels
from ensemble_lab.store.predictions import Predictions

__all__ = ["METHODS", "Method", "count_compared", "find_method", "select_members"]

DEFAULT_SIZE = 5


@dataclass(frozen=True)
class Method:
    """A registry row.

    Attributes
    ----------
    select : callable
        From predictions, labels int64 (examples,), size and seed to a `Decision` of whom shall
        vote and how, which does not say yet what it was chosen on.
    count : callable
        From the number of members to how many decisions are compared.
    least_members : int
    """

    select: Callable[[Predictions, Labels, int, int], Decision]
    count: Callable[[int], int]
    least_members: int = 1


def select_members(
    predictions: Predictions,
    labels: ValidationLabels,
    method: str = "greedy",
    *,
    size: int = DEFAULT_SIZE,
    seed: int = 0,
) -> Decision:
    """Return who shall vote and how, chosen by labels that are for choosing.

    ``best`` takes the member with the fewest errors, ``top`` the best few, whose majority votes,
    ``triple`` the three whose majority makes the fewest errors with ties at random (all are
    tried), ``greedy`` an ensemble with weights (see `select_greedily`). Members that make as many
    errors are ordered by their log loss, where probabilities are known, and then as they come.

    Parameters
    ----------
    predictions : Predictions
        On the split of the labels.
    labels : ValidationLabels
    method : str
        A name of `METHODS`.
    size : int
        Members of ``top``.
    seed : int
        Of the bags of ``greedy``.

    Returns
    -------
    Decision
        With the members in the order of the predictions, `chosen_on`, `chosen_among` and the
        variant of the predictions.

    Raises
    ------
    LabelAccessError
        Labels that are not for choosing.
    PredictionError
        An unknown method, a size that is none, too few members, or labels of other examples.

    Examples
    --------
    >>> votes = np.array([[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]], np.uint8)
    >>> hard = Predictions("validation", np.arange(4), ("a", "b", "c"), votes, None, 2, ("",) * 3)
    >>> truth = ValidationLabels("validation", np.array([0, 0, 1, 0]), np.arange(4), "")
    >>> select_members(hard, truth, "best").members
    ('c',)
    """
    row = find_method(method, len(predictions.members), size)
    if not isinstance(labels, ValidationLabels):
        raise LabelAccessError(
            "members must be selected by labels for choosing; got those of "
            f"{getattr(labels, 'split', labels)!r}. Choose on validation, report on test."
        )
    check_axes(labels.values, "examples", name="labels", examples=len(predictions.index))
    decision = row.select(predictions, labels.values, size, seed)
    return Decision(
        rule=decision.rule,
        members=decision.members,
        weights=decision.weights,
        chosen_on=labels.chosen_on,
        chosen_among=row.count(len(predictions.members)),
        variant=predictions.variant,
    )


def find_method(name: str, n_members: int, size: int = DEFAULT_SIZE) -> Method:
    """Return the row of a method that so many members allow.

    Raises
    ------
    PredictionError
        An unknown name, too few members, or a size outside their number.
    """
    if name not in METHODS:
        raise PredictionError(
            f"method must be one of {', '.join(METHODS)}; got {name!r}" + closest(name, METHODS)
        )
    least = METHODS[name].least_members
    if n_members < least:
        raise PredictionError(f"{name} must have {least} members or more; got {n_members}.")
    if name == "top" and not 1 <= size <= n_members:
        raise PredictionError(f"size must be from 1 to the {n_members} members; got {size}.")
    return METHODS[name]


def count_compared(name: str, n_members: int) -> int:
    """Return how many decisions a method compares."""
    return METHODS[name].count(n_members)


def _select_best(predictions: Predictions, labels: Labels, size: int, seed: int) -> Decision:
    return Decision(members=(predictions.members[_order_members(predictions, labels)[0]],))


def _select_top(predictions: Predictions, labels: Labels, size: int, seed: int) -> Decision:
    chosen = np.sort(_order_members(predictions, labels)[:size])
    return Decision(members=tuple(predictions.members[member] for member in chosen))


def _select_triple(predictions: Predictions, labels: Labels, size: int, seed: int) -> Decision:
    blocks = list_triples(predictions.votes, labels).blocks()
    # Thirds do not add up exactly; equal errors must be equal, and the first triple wins.
    errors = np.concatenate([block.sum(axis=1) for block in blocks]).round(6)
    return Decision(members=name_triple(int(errors.argmin()), predictions.members))


def _select_greedily(predictions: Predictions, labels: Labels, size: int, seed: int) -> Decision:
    weights = select_greedily(predictions, labels, seed)
    chosen = np.flatnonzero(weights)
    return Decision(
        rule="weighted-majority" if predictions.probabilities is None else "mean-probability",
        members=tuple(predictions.members[member] for member in chosen),
        weights=tuple(weights[chosen].tolist()),
    )


def _order_members(predictions: Predictions, labels: Labels) -> Index:
    """Return the members from best to worst: int64 (members,)."""
    errors = (predictions.votes != labels).sum(axis=1)
    loss = np.zeros(len(errors))
    if predictions.probabilities is not None:
        rows = np.arange(len(labels))
        loss = -take_logs(predictions.probabilities[:, rows, labels]).mean(axis=1)
    order: Index = np.lexsort((loss, errors))
    return order


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "greedy": Method(_select_greedily, count_greedy),
        "best": Method(_select_best, lambda n: n),
        "top": Method(_select_top, lambda n: n),
        "triple": Method(_select_triple, lambda n: n * (n - 1) * (n - 2) // 6, least_members=3),
    }
)
"""Names and ways to select."""
