"""The vote of 20 members on 200,000 examples of 10 classes, beside NumPy and scikit-learn.

Run as ``python benchmarks/vote.py``: about 20 s and 0.5 GB. Prints one table; each ratio has
its goal beside it, and each pair is first checked to have done the same work.
"""

from dataclasses import replace

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder
from timing import measure, render_ratios

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Labels, Votes
from ensemble_lab.decision import Decision
from ensemble_lab.store.predictions import Predictions

N_MEMBERS, N_EXAMPLES, N_CLASSES = 20, 200_000, 10
MAJORITY = Decision(rule="majority")
LOWEST = Decision(rule="majority", ties="lowest")


class StoredMember:
    """A fitted estimator to scikit-learn; it looks its votes up."""

    def __init__(self, votes: Votes) -> None:
        self.votes = votes

    def predict(self, positions: Labels) -> Votes:
        """Return the stored votes of the examples at these positions."""
        return self.votes[positions]


def make_predictions() -> Predictions:
    """Members that mostly agree, as trained ones do, and now and then tie."""
    rng = np.random.default_rng(2)
    label = rng.integers(0, N_CLASSES, N_EXAMPLES)
    probabilities = rng.random((N_MEMBERS, N_EXAMPLES, N_CLASSES), dtype=np.float32)
    probabilities[:, np.arange(N_EXAMPLES), label] += 0.5
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    keys = tuple(f"m-{seed:04d}" for seed in range(N_MEMBERS))
    return Predictions(
        split="test",
        index=np.arange(N_EXAMPLES),
        members=keys,
        votes=probabilities.argmax(axis=-1).astype(np.uint8),
        probabilities=probabilities,
        n_classes=N_CLASSES,
        digests=keys,
    )


def make_peer(votes: Votes) -> VotingClassifier:
    """scikit-learn's own hard vote, on estimators that are fitted already."""
    members = [StoredMember(row.astype(np.int64)) for row in votes]
    peer = VotingClassifier([(f"m{i}", member) for i, member in enumerate(members)], voting="hard")
    peer.estimators_ = members
    peer.le_ = LabelEncoder().fit(np.arange(N_CLASSES))
    return peer


def check_same_work(predictions: Predictions, stored: Predictions, peer: VotingClassifier) -> None:
    """Stop unless both sides of every ratio give the same result."""
    probabilities = predictions.probabilities
    assert probabilities is not None
    np.testing.assert_array_equal(choose_classes(probabilities), probabilities.argmax(axis=-1))
    vote = combine(stored, LOWEST)
    assert vote.is_tied.any()
    np.testing.assert_array_equal(vote.predicted, peer.predict(np.arange(N_EXAMPLES)))
    np.testing.assert_array_equal(vote.predicted, combine(predictions, LOWEST).predicted)


def main() -> None:
    """Print the table."""
    predictions = make_predictions()
    probabilities = predictions.probabilities
    assert probabilities is not None
    stored = replace(predictions, probabilities=None)
    peer = make_peer(predictions.votes)
    check_same_work(predictions, stored, peer)
    positions = np.arange(N_EXAMPLES)
    ratios = [
        measure(
            "majority from stored votes",
            lambda: combine(stored, LOWEST),
            "one read of the probabilities (sum)",
            lambda: probabilities.sum(),
            goal="<= 2",
        ),
        measure(
            "majority and mean probabilities",
            lambda: combine(predictions, MAJORITY),
            "one read of the probabilities (sum)",
            lambda: probabilities.sum(),
        ),
        measure(
            "votes from probabilities",
            lambda: choose_classes(probabilities),
            "numpy argmax(-1)",
            lambda: probabilities.argmax(axis=-1),
            goal="<= 0.6",
        ),
        measure(
            "majority from stored votes",
            lambda: combine(stored, LOWEST),
            "scikit-learn VotingClassifier (times faster)",
            lambda: peer.predict(positions),
            goal=">= 20",
            n_repeats=3,
        ),
    ]
    print(render_ratios(ratios))


if __name__ == "__main__":
    main()
