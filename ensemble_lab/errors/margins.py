"""Margins of right and wrong examples: how far each is from the other side."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Labels, check_axes
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look

__all__ = ["Margins", "measure_margins"]

# Cells (examples x classes) in one block: a copy of it takes 1.3 MB.
_BLOCK_CELLS = 163_840


@dataclass(frozen=True, eq=False, repr=False)
class Margins:
    """Gaps of the errors asked for, and margins of all examples of the split.

    Attributes
    ----------
    split : str
    decision : Decision
        How the members, whom it names, voted.
    gap : float64 (rows,)
        Confidence gaps of those errors of the vote that were asked for; as in `Catalogue`.
    margin : float64 (examples,)
        p(label) - largest other mean probability, of every example of the split.
    is_right : bool (examples,)
        Whether the vote is right.
    look : Look or None
        What the ledger did.
    """

    split: str
    decision: Decision
    gap: Floats
    margin: Floats
    is_right: Booleans
    look: Look | None = None

    def __post_init__(self) -> None:
        check_axes(self.gap, "rows", name="gap")
        check_axes(self.margin, "examples", name="margin")
        check_axes(self.is_right, "examples", name="is_right", examples=len(self.margin))
        if not (np.isfinite(self.gap).all() and np.isfinite(self.margin).all()):
            raise PredictionError(
                "gaps and margins must be finite; got other numbers. Where only votes are known "
                "there are none."
            )

    def __repr__(self) -> str:
        return (
            f"Margins({self.split!r}: {len(self.margin):,} examples, {self.n_errors:,} errors, "
            f"{self.decision.text})"
        )

    @property
    def n_errors(self) -> int:
        """Errors of the vote on the whole split."""
        return int(np.count_nonzero(~self.is_right))


def measure_margins(mean_probabilities: Floats, labels: Labels) -> Floats:
    """Return p(label) - largest other mean probability of each example; higher = more safely right.

    From -1 to 1, positive where the mean rule is right, 0 where it is tied; NaN where the
    probabilities are.

    Parameters
    ----------
    mean_probabilities : float64 (examples, classes)
    labels : int64 (examples,)

    Returns
    -------
    float64 (examples,)

    References
    ----------
    R. E. Schapire et al., "Boosting the margin: a new explanation for the effectiveness of
    voting methods", Annals of Statistics 26 (1998), 1651-1686.

    Examples
    --------
    >>> measure_margins(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1])).tolist()
    [0.5, -0.5]
    """
    check_axes(mean_probabilities, "examples classes", name="mean_probabilities")
    n_examples, n_classes = mean_probabilities.shape
    check_axes(labels, "examples", name="labels", examples=n_examples)
    margins = np.empty(n_examples)
    step = max(1, _BLOCK_CELLS // n_classes)
    for start in range(0, n_examples, step):
        block = slice(start, start + step)
        margins[block] = _measure_block(mean_probabilities[block], labels[block])
    return margins


def _measure_block(means: Floats, labels: Labels) -> Floats:
    rows, others = np.arange(len(means)), means.copy()
    others[rows, labels] = -np.inf
    margins: Floats = means[rows, labels] - others.max(axis=1)
    return margins
