"""Greedy selection: members added one by one, each where it helps most."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.analysis.logs import take_logs
from ensemble_lab.arrays import Array, Booleans, Floats, Index, Labels
from ensemble_lab.seeds import draw_generator
from ensemble_lab.store.predictions import Predictions

__all__ = ["N_BAGS", "N_ROUNDS", "bag_size", "count_greedy", "select_greedily"]

N_BAGS = 20
N_ROUNDS = 25


@dataclass(frozen=True, eq=False)
class _Library:
    """What an ensemble's quality is computed from.

    Attributes
    ----------
    parts : float32 (members, contested, classes)
        Probabilities, or votes as zeros and ones, where members disagree.
    labels : int64 (contested,)
    for_label : float64 (members, examples) or None
        Probability of the label on all examples; None where only votes are known.
    """

    parts: Array
    labels: Labels
    for_label: Floats | None


def select_greedily(predictions: Predictions, labels: Labels, seed: int = 0) -> Floats:
    """Return the weights of an ensemble selected greedily, bagged: float64 (members,).

    Each of 20 bags is a random half of the members. In a bag the ensemble starts with the best
    members, as many as are best together; then the member that leaves the fewest errors is added,
    25 times, a member as often as it helps, and the best ensemble on the way is kept. Errors are
    those of the mean probability, or of counted votes where only these are known; equal errors are
    settled by the log loss, then by the order of the members. The bags weigh the same.

    Parameters
    ----------
    predictions : Predictions
    labels : int64 (examples,)
    seed : int
        Of the bags.

    Returns
    -------
    weights : float64 (members,)
        They sum to 1; 0 for a member that no bag took.

    References
    ----------
    R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes, "Ensemble selection from libraries of
    models", ICML 2004, sections 2.1 (replacement), 2.2 (sorted start) and 2.3 (bagging).
    """
    library = _build_library(predictions, labels)
    n_members = len(predictions.members)
    generator = draw_generator(seed, "selection")
    weights = np.zeros(n_members)
    for _ in range(N_BAGS):
        bag = np.sort(generator.permutation(n_members)[: bag_size(n_members)])
        counts = _select(library, bag)
        weights[bag] += counts / counts.sum()
    return weights / N_BAGS


def bag_size(n_members: int) -> int:
    """Return how many members a bag has: half of them, rounded up."""
    return (n_members + 1) // 2


def count_greedy(n_members: int) -> int:
    """Return how many ensembles are compared."""
    return N_BAGS * bag_size(n_members) * (1 + N_ROUNDS)


def _build_library(predictions: Predictions, labels: Labels) -> _Library:
    votes, probabilities = predictions.votes, predictions.probabilities
    # Where all agree every mean does: those examples count in the log loss only.
    contested = np.flatnonzero((votes != votes[0]).any(axis=0))
    rows = np.arange(len(labels))
    if probabilities is None:
        parts = np.eye(predictions.n_classes, dtype=np.float32)[votes[:, contested]]
        return _Library(parts, labels[contested], None)
    for_label = probabilities[:, rows, labels].astype(np.float64)
    return _Library(probabilities[:, contested], labels[contested], for_label)


def _select(library: _Library, bag: Index) -> Index:
    """Return how often each member of a bag is in its ensemble."""
    order = _rank(
        _measure(library, bag, np.zeros(len(bag), np.int64), np.eye(len(bag), dtype=bool))
    )
    prefixes = np.zeros((len(bag), len(bag)), np.bool_)
    for length in range(len(bag)):
        prefixes[length, order[: length + 1]] = True
    nobody = np.zeros(len(bag), np.int64)
    found = _measure(library, bag, nobody, prefixes)
    start = int(_rank(found)[0])
    counts: Index = prefixes[start].astype(np.int64)
    best, quality = counts.copy(), found[start]
    for _ in range(N_ROUNDS):
        found = _measure(library, bag, counts, np.eye(len(bag), dtype=bool))
        added = int(_rank(found)[0])
        counts[added] += 1
        if tuple(found[added]) < tuple(quality):
            best, quality = counts.copy(), found[added]
    return best


def _measure(library: _Library, bag: Index, counts: Index, additions: Booleans) -> Floats:
    """Return (errors, log loss) of an ensemble with each of some additions: (additions, 2).

    Parameters
    ----------
    counts : int64 (bag,)
        How often each member is in it already.
    additions : bool (additions, bag)
        Who is added.
    """
    totals = counts + additions
    parts = library.parts[bag].reshape(len(bag), -1)
    sums = (totals @ parts.astype(np.float64)).reshape(len(totals), *library.parts.shape[1:])
    errors = (sums.argmax(axis=-1) != library.labels).sum(axis=1)
    loss = np.zeros(len(totals))
    if library.for_label is not None:
        means = totals @ library.for_label[bag] / totals.sum(axis=1, keepdims=True)
        loss = -take_logs(means).mean(axis=1)
    return np.stack([errors, loss], axis=1)


def _rank(qualities: Floats) -> Index:
    """Return the rows from best to worst: errors, log loss, place."""
    ranks: Index = np.lexsort((qualities[:, 1], qualities[:, 0]))
    return ranks
