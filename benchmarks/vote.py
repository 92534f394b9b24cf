"""The vote of 20 members on 200,000 examples of 10 classes, beside four libraries.

Run as ``python benchmarks/vote.py``: about 40 s and 0.5 GB. Each ratio has its goal beside it,
and each pair is first checked to have done the same work. scikit-learn and mlxtend ask estimators
that are fitted already and look their votes up; both, and `scipy.stats.mode`, give a tie to the
smallest class.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.stats
from mlxtend.classifier import EnsembleVoteClassifier
from records import finish
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder
from timing import Ratio, measure

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Labels, Votes
from ensemble_lab.decision import Decision
from ensemble_lab.store.predictions import Predictions

N_MEMBERS, N_EXAMPLES, N_CLASSES = 20, 200_000, 10
MAJORITY = Decision(rule="majority")
LOWEST = Decision(rule="majority", ties="lowest")


class StoredMember:
    """A fitted estimator to scikit-learn and mlxtend; it looks its votes up."""

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


def list_peers(votes: Votes) -> dict[str, tuple[str, Callable[[], Labels]]]:
    """Return how other libraries vote: by name, with the goal and the call."""
    members = [StoredMember(row.astype(np.int64)) for row in votes]
    named = [(f"m{place}", member) for place, member in enumerate(members)]
    learn = VotingClassifier(named, voting="hard")
    learn.estimators_ = members
    learn.le_ = LabelEncoder().fit(np.arange(N_CLASSES))
    extend = EnsembleVoteClassifier(members, fit_base_estimators=False, use_clones=False)
    extend.fit(None, np.arange(N_CLASSES))
    positions = np.arange(N_EXAMPLES)
    return {
        "scikit-learn VotingClassifier": (">= 20", lambda: learn.predict(positions)),
        "mlxtend EnsembleVoteClassifier": (">= 20", lambda: extend.predict(positions)),
        "scipy.stats.mode": (">= 5", lambda: scipy.stats.mode(votes, axis=0).mode),
    }


def check_same_work(predictions: Predictions, stored: Predictions) -> None:
    """Stop unless the fast ways give what NumPy gives."""
    probabilities = predictions.probabilities
    assert probabilities is not None
    np.testing.assert_array_equal(choose_classes(probabilities), probabilities.argmax(axis=-1))
    vote = combine(stored, LOWEST)
    assert vote.is_tied.any()
    np.testing.assert_array_equal(vote.predicted, combine(predictions, LOWEST).predicted)


def compare_libraries(stored: Predictions) -> list[Ratio]:
    """Return how many times faster votes are counted here, once both agree on every example."""
    ratios = []
    for name, (goal, vote) in list_peers(stored.votes).items():
        np.testing.assert_array_equal(combine(stored, LOWEST).predicted, vote())
        ratios.append(
            measure(
                "majority from stored votes (times faster)",
                lambda: combine(stored, LOWEST),
                name,
                vote,
                goal=goal,
                n_repeats=5,
            )
        )
    return ratios


def main() -> None:
    """Print the table."""
    predictions = make_predictions()
    probabilities = predictions.probabilities
    assert probabilities is not None
    stored = replace(predictions, probabilities=None)
    check_same_work(predictions, stored)
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
    ]
    finish([*ratios, *compare_libraries(stored)], "scikit-learn", "mlxtend", "scipy")


if __name__ == "__main__":
    main()
