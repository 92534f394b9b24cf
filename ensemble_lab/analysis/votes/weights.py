"""Weights of members, fitted on validation."""

import math

from ensemble_lab.analysis.votes.member_errors import count_member_errors
from ensemble_lab.exceptions import LabelAccessError
from ensemble_lab.store.labels import ValidationLabels
from ensemble_lab.store.predictions import PredictionBlocks

__all__ = ["fit_log_odds"]


def fit_log_odds(predictions: PredictionBlocks, labels: ValidationLabels) -> tuple[float, ...]:
    """Return the log-odds of each member's being right, for the rule ``weighted-majority``.

    With r of n examples right, p = (r + ½) / (n + 1) and the weight is log(p / (1 − p)): more
    for a better member, negative below one half, finite for one that makes no error.

    Parameters
    ----------
    predictions : PredictionBlocks
        On the split of the labels.
    labels : ValidationLabels

    Returns
    -------
    weights : tuple of float
        In the order of `predictions.members`.

    Raises
    ------
    LabelAccessError
        Labels that are not for choosing.
    PredictionError
        Labels of other examples.

    Notes
    -----
    These weights are best where members err independently of each other; members that differ
    in their seed alone do not, and weigh nearly the same.

    References
    ----------
    L. Shapley and B. Grofman, "Optimizing group judgmental accuracy in the presence of
    interdependencies", Public Choice 43 (1984), 329-343, theorem II.
    L. I. Kuncheva, Combining Pattern Classifiers, 2nd ed. (2014), section 4.3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from ensemble_lab.store.predictions import Predictions
    >>> votes = np.array([[0, 1, 1, 0], [0, 1, 0, 1]], np.uint8)
    >>> hard = Predictions("validation", np.arange(4), ("a", "b"), votes, None, 2, ("", ""))
    >>> truth = ValidationLabels("validation", np.array([0, 1, 1, 0]), np.arange(4), "")
    >>> [round(weight, 3) for weight in fit_log_odds(hard, truth)]  # 4.5 : 0.5 and 2.5 : 2.5
    [2.197, 0.0]
    """
    if not isinstance(labels, ValidationLabels):
        raise LabelAccessError(
            "weights must be fitted on labels for choosing; got those of "
            f"{getattr(labels, 'split', labels)!r}. Choose on validation, report on test."
        )
    wrong = count_member_errors(predictions, labels.values).tolist()
    n = len(labels.values)
    return tuple(math.log((n - w + 0.5) / (w + 0.5)) for w in wrong)
