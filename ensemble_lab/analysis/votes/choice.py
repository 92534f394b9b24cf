"""What a vote chose, without the counts and means that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Index, Labels
from ensemble_lab.decision import Decision

__all__ = ["Choice", "TiedClasses", "join_choices"]


@dataclass(frozen=True, eq=False)
class TiedClasses:
    """Examples on which several classes have the best score.

    Attributes
    ----------
    rows : int64 (ties,)
        Their positions among the examples of the vote.
    is_best : bool (ties, classes)
        The classes with the best score; at least two in each row.
    """

    rows: Index
    is_best: Booleans


@dataclass(frozen=True, eq=False, repr=False)
class Choice:
    """One class for each example: all of a vote that does not grow with the classes.

    Attributes
    ----------
    predicted : int64 (examples,)
        The class that the ensemble chose.
    p_predicted : float64 (examples,) or None
        Mean probability of that class; None where only votes are known.
    is_tied : bool (examples,)
        Whether the rule alone did not decide: ties settled otherwise, on either level, could
        have given another class.
    decision : Decision
        What was done: `members` names those that voted, `ties` the policy that was used,
        `variant` which of their predictions.
    tied_classes : TiedClasses
        Between which classes the last count was tied.
    """

    predicted: Labels
    p_predicted: Floats | None
    is_tied: Booleans
    decision: Decision
    tied_classes: TiedClasses

    def __repr__(self) -> str:
        n_ties = int(self.is_tied.sum())
        return (
            f"{type(self).__name__}({len(self.predicted):,} examples, {n_ties:,} ties: "
            f"{self.decision.text})"
        )


def join_choices(parts: Sequence[Choice], decision: Decision) -> Choice:
    """Return the choice on the examples of all parts, one after another."""
    means = [part.p_predicted for part in parts if part.p_predicted is not None]
    return Choice(
        predicted=np.concatenate([part.predicted for part in parts]),
        p_predicted=np.concatenate(means) if means else None,
        is_tied=np.concatenate([part.is_tied for part in parts]),
        decision=decision,
        tied_classes=_join_tied(parts),
    )


def _join_tied(parts: Sequence[Choice]) -> TiedClasses:
    starts = np.cumsum([0, *(len(part.predicted) for part in parts[:-1])])
    return TiedClasses(
        rows=np.concatenate(
            [part.tied_classes.rows + start for part, start in zip(parts, starts, strict=True)]
        ),
        is_best=np.concatenate([part.tied_classes.is_best for part in parts]),
    )
