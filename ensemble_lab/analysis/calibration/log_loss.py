"""The log loss of an ensemble in parts: bias, variance and diversity.

The members combine by the normalised geometric mean of their probabilities, for which the parts
add up exactly; the mean-probability rule of a vote is another combination.
"""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.logs import FLOOR
from ensemble_lab.arrays import Array, Floats, Index, Labels, Probabilities, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["LogLossParts", "decompose_log_loss"]

_BLOCK_CELLS = 2**22


@dataclass(frozen=True)
class LogLossParts:
    """Parts of the log loss, in nats, means over examples.

    ``ensemble = members − diversity``, exactly, of this very ensemble. Where bias and variance
    are known, ``members = bias + variance``, so ``ensemble = bias + variance − diversity``.

    Attributes
    ----------
    ensemble : float
        Log loss of the normalised geometric mean of all members.
    members : float
        Mean log loss of the members.
    diversity : float
        Mean divergence of the members from their geometric mean; from 0, higher = more diverse.
    bias : float or None
        Estimated loss of as many members of each group as one likes, combined within the group,
        meaned over members; what no number of seeds would take away. Noise of the labels is in it.
    variance : float or None
        Estimated part of the members' loss that comes from their seeds, from 0. None where a
        group has one member, from which no spread can be told.
    n_floored : int
        Probabilities that were below `ensemble_lab.analysis.logs.FLOOR`, of labels and of other
        classes. A stored zero of a label costs 87.3 nats, no more than unrounded, and still much.
    """

    ensemble: float
    members: float
    diversity: float
    bias: float | None
    variance: float | None
    n_floored: int


def decompose_log_loss(probabilities: Probabilities, labels: Labels, groups: Index) -> LogLossParts:
    """Return the log loss of the members' normalised geometric mean, and what it is made of.

    Of one example with the label y and members' probabilities qᵢ, the combination is
    q̄(c) ∝ exp(mean over i of log qᵢ(c)), and ::

        −log q̄(y) = mean of −log qᵢ(y) − diversity
        diversity = mean of KL(q̄ ‖ qᵢ) = −log Σ_c exp(mean over i of log qᵢ(c))

    The diversity needs no label and is never negative: no geometric mean is worse than its
    members are on average.

    Parameters
    ----------
    probabilities : float32 (members, examples, classes)
        Raised to `FLOOR`, then each row divided by its sum.
    labels : int64 (examples,)
    groups : int (members,)
        Number of each member's group, from 0 without gaps: see `number_groups`.

    Returns
    -------
    LogLossParts

    Raises
    ------
    PredictionError
        Other axes, labels that are no classes, or no member or example.

    Notes
    -----
    Bias and variance are of expectations, which an ensemble holds no more than samples of. For a
    group of members that differ in nothing but the seed, the central model is
    q°(c) ∝ exp(E log q(c)), and a member's expected loss is its loss (the bias) and
    E KL(q° ‖ q) (the variance). What one ensemble tells:

    - `members` estimates bias and variance together without error on average, and `diversity` is
      one draw of what the theory takes the expectation of.
    - The variance is estimated group by group. n members in the place of all seeds would give
      their own diversity Dₙ, which is too small, because q° is not their mean. Quenouille's
      jackknife mends it to first order: n Dₙ − (n − 1) times the mean diversity without one of
      them. For squared loss in the place of log loss that is the sample variance with n − 1.
      It is never less than Dₙ. The bias is what is left of the mean loss; where variance is
      large and members are few it may be far off, even negative.
    - In one group, variance less diversity estimates how much of the ensemble's loss further
      members of the group would still take away.
    - Not to be told from one ensemble: what another sample of training examples would change
      (all members learned from one, so the variance is of seeds alone, unless they are in
      folds), nor how much of the bias is noise of the labels.

    References
    ----------
    D. Wood, T. Mu, A. Webb, H. Reeve, M. Luján and G. Brown, "A unified theory of diversity in
    ensemble learning", Journal of Machine Learning Research 24 (2023), paper 359.
    T. Heskes, "Bias/variance decompositions for likelihood-based estimators", Neural Computation
    10 (1998), 1425-1433.
    M. H. Quenouille, "Notes on bias in estimation", Biometrika 43 (1956), 353-360.

    Examples
    --------
    >>> pair = np.array([[[0.8, 0.2]], [[0.2, 0.8]]], np.float32)  # geometric mean: a half each
    >>> parts = decompose_log_loss(pair, np.array([0]), np.array([0, 0]))
    >>> round(parts.members, 4), round(parts.diversity, 4), round(parts.ensemble, 4)
    (0.9163, 0.2231, 0.6931)
    >>> round(parts.variance, 4), round(parts.bias, 4)  # one member alone has no diversity
    (0.4463, 0.47)
    """
    _check(probabilities, labels, groups)
    n_members, n_examples, n_classes = probabilities.shape
    is_known = bool(np.bincount(groups).min() > 1)
    sums, n_floored = np.zeros(3), 0
    step = max(1, _BLOCK_CELLS // (n_members * n_classes))
    for start in range(0, n_examples, step):
        rows = slice(start, start + step)
        block = probabilities[:, rows]
        of_labels = labels[np.newaxis, rows, np.newaxis]
        n_floored += int((block < FLOOR).sum())
        logs = _take_logs(block)
        sums += (
            -np.take_along_axis(logs, of_labels, axis=2).sum() / n_members,
            _diversity(logs.mean(axis=0)).sum(),
            _spread_of_groups(logs, groups) if is_known else 0.0,
        )
    members, diversity, variance = (float(value) for value in sums / n_examples)
    return LogLossParts(
        ensemble=members - diversity,
        members=members,
        diversity=diversity,
        bias=members - variance if is_known else None,
        variance=variance if is_known else None,
        n_floored=n_floored,
    )


def _take_logs(probabilities: Probabilities) -> Floats:
    """Return logarithms of rows that sum to 1, float64 (members, examples, classes)."""
    raised = np.maximum(probabilities, FLOOR, dtype=np.float64)
    raised /= raised.sum(axis=2, keepdims=True)
    return np.asarray(np.log(raised, out=raised), np.float64)


def _diversity(mean_logs: Floats) -> Floats:
    """Return −log Σ exp over classes, of means over members of logarithms (..., classes)."""
    greatest = mean_logs.max(axis=-1, keepdims=True)
    total = np.exp(mean_logs - greatest).sum(axis=-1)
    # Of members that agree it is 0, which rounding must not make negative.
    return np.asarray(np.maximum(-np.log(total) - greatest[..., 0], 0.0), np.float64)


def _spread_of_groups(logs: Floats, groups: Index) -> float:
    """Return the jackknife's variance, summed over examples and meaned over members."""
    spread = 0.0
    for group in range(int(groups.max()) + 1):
        own = logs[groups == group]
        n = len(own)
        mean = own.mean(axis=0)
        without = _diversity(mean + (mean - own) / (n - 1)).sum() / n
        spread += n / len(logs) * float(n * _diversity(mean).sum() - (n - 1) * without)
    return max(spread, 0.0)  # as `_diversity`


def _check(probabilities: Array, labels: Array, groups: Array) -> None:
    check_axes(probabilities, "members examples classes", name="probabilities")
    n_members, n_examples, n_classes = probabilities.shape
    check_axes(labels, "examples", name="labels", examples=n_examples)
    check_axes(groups, "members", name="groups", members=n_members)
    if n_members == 0 or n_examples == 0:
        raise PredictionError(
            "probabilities must be of at least one member and one example; got shape "
            f"{probabilities.shape}."
        )
    if not 0 <= labels.min() <= labels.max() < n_classes:
        raise PredictionError(
            f"labels must be from 0 to {n_classes - 1}; got {labels.min()} to {labels.max()}."
        )
