"""How likely each example's label is right, judged by the members' mean probabilities."""

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ensemble_lab.arrays import Floats, Index, Labels, check_axes
from ensemble_lab.exceptions import MissingExtraError, PredictionError
from ensemble_lab.spelling import closest

__all__ = [
    "LABEL_SCORES",
    "LabelScore",
    "LabelScoreName",
    "find_label_score",
    "flag_confident_learning",
    "rank_label_scores",
    "score_normalized_margin",
    "score_self_confidence",
]

LabelScoreName: TypeAlias = Literal["self-confidence", "normalized-margin", "confident-learning"]


@dataclass(frozen=True)
class LabelScore:
    """One way to score labels.

    Attributes
    ----------
    name, words : str
        The name, and what it is for a reader.
    score : callable
        From labels and mean probabilities to float64 (examples,): lower = more likely wrong.
    flag : callable or None
        From the same to the positions, int64 (rows,), of the examples that it holds for wrongly
        labelled; None for a score that ranks all.
    """

    name: LabelScoreName
    words: str
    score: Callable[[Labels, Floats], Floats]
    flag: Callable[[Labels, Floats], Index] | None = None


def score_self_confidence(labels: Labels, probabilities: Floats) -> Floats:
    """Return p(label): 0 to 1, lower = the label is more likely wrong.

    Parameters
    ----------
    labels : int64 (examples,)
    probabilities : float64 (examples, classes)
        Mean over the members.

    References
    ----------
    C. Northcutt, L. Jiang and I. Chuang, "Confident learning: estimating uncertainty in dataset
    labels", Journal of Artificial Intelligence Research 70 (2021), 1373-1411.

    Examples
    --------
    >>> score_self_confidence(np.array([0, 1]), np.array([[0.75, 0.25, 0.0], [0.5, 0.25, 0.25]]))
    array([0.75, 0.25])
    """
    _check(labels, probabilities)
    return np.asarray(probabilities[np.arange(len(labels)), labels])


def score_normalized_margin(labels: Labels, probabilities: Floats) -> Floats:
    """Return (p(label) − largest other p + 1) / 2: 0 to 1, lower = more likely wrong.

    Below 1/2 where another class has more than the label: there it is (1 − gap) / 2. It tells a
    label that another class outdoes from one that many classes share, where self-confidence does
    not.

    Parameters
    ----------
    labels : int64 (examples,)
    probabilities : float64 (examples, classes)
        Mean over the members; at least two classes.

    References
    ----------
    J. Kuan and J. Mueller, "Model-agnostic label quality scoring to detect real-world label
    errors", ICML DataPerf Workshop (2022).

    Examples
    --------
    >>> score_normalized_margin(np.array([0, 1]), np.array([[0.75, 0.25, 0.0], [0.5, 0.25, 0.25]]))
    array([0.75 , 0.375])
    """
    own = score_self_confidence(labels, probabilities)
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return np.asarray((own - others.max(axis=1) + 1) / 2)


def flag_confident_learning(labels: Labels, probabilities: Floats) -> Index:
    """Return the positions that cleanlab's confident learning prunes: int64 (rows,), ascending.

    The number of wrong labels of each pair of classes is estimated from how often a class is
    more probable than it is on average where it is the label; so many examples with the largest
    margins are pruned (``prune_by_noise_rate``).

    Raises
    ------
    MissingExtraError
        cleanlab is not installed.
    """
    _check(labels, probabilities)
    _check_cleanlab()
    # It brings scikit-learn and pandas: nothing else pays for them.
    from cleanlab.filter import find_label_issues

    with warnings.catch_warnings():
        # It warns of each class with few examples, which a small split has by nature.
        warnings.simplefilter("ignore")
        # One process: on many, it would fork whatever the caller has loaded.
        is_flagged = find_label_issues(labels, probabilities, n_jobs=1)
    return np.flatnonzero(is_flagged)


LABEL_SCORES: dict[LabelScoreName, LabelScore] = {
    row.name: row
    for row in (
        LabelScore("self-confidence", "p(label) on the mean probabilities", score_self_confidence),
        LabelScore(
            "normalized-margin",
            "half of 1 + p(label) − largest other p",
            score_normalized_margin,
        ),
        LabelScore(
            "confident-learning",
            "what cleanlab prunes, by p(label)",
            score_self_confidence,
            flag_confident_learning,
        ),
    )
}
"""The scores by name: as cleanlab spells and directs them, lower = more likely a label error."""


def find_label_score(name: str) -> LabelScore:
    """Return the score of that name.

    Raises
    ------
    PredictionError
        There is none; names the closest.
    MissingExtraError
        It needs cleanlab, which is not installed.
    """
    for row in LABEL_SCORES.values():
        if row.name == name:
            if row.flag is not None:
                _check_cleanlab()
            return row
    raise PredictionError(
        f"score must be one of {', '.join(LABEL_SCORES)}; got {name!r}"
        + closest(name, LABEL_SCORES)
    )


def rank_label_scores(
    row: LabelScore, labels: Labels, probabilities: Floats, index: Index
) -> tuple[Index, Floats]:
    """Return the positions of examples, most likely wrong label first, and the scores of all.

    Parameters
    ----------
    row : LabelScore
    labels : int64 (examples,)
    probabilities : float64 (examples, classes)
    index : int64 (examples,)
        Equal scores go by it, ascending.

    Returns
    -------
    positions : int64 (rows,)
        Of all examples, or of those that the score flags.
    scores : float64 (examples,)
    """
    scores = row.score(labels, probabilities)
    kept = np.arange(len(labels)) if row.flag is None else row.flag(labels, probabilities)
    return kept[np.lexsort((index[kept], scores[kept]))], scores


def _check(labels: Labels, probabilities: Floats) -> None:
    check_axes(labels, "examples", name="labels")
    check_axes(probabilities, "examples classes", name="probabilities", examples=len(labels))
    n_classes = probabilities.shape[1]
    if n_classes < 2:
        raise PredictionError(f"probabilities must be of two classes or more; got {n_classes}.")
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise PredictionError(
            f"labels must be from 0 to {n_classes - 1}; got {labels.min()} to {labels.max()}."
        )


def _check_cleanlab() -> None:
    if importlib.util.find_spec("cleanlab") is None:
        raise MissingExtraError(
            "cleanlab must be installed to score by confident-learning; got none. Install it "
            "with: pip install 'ensemble-lab[labels]'"
        )
