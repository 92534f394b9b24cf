"""What vote, errors and gallery share: predictions and labels of a split, and the vote on them."""

from dataclasses import dataclass, replace

from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.vote import Choice, choose
from ensemble_lab.analysis.votes.weights import fit_log_odds
from ensemble_lab.decision import Decision, check_decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.labels import (
    SplitLabels,
    ValidationLabels,
    load_labels,
    load_validation_labels,
)
from ensemble_lab.store.predictions import (
    PredictionBlocks,
    StoredPredictions,
    open_predictions,
)
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters

__all__ = ["Scored", "cast_vote", "describe", "load_judged", "read_labels", "score", "weigh"]


@dataclass(frozen=True)
class Scored:
    """A vote beside the labels it is scored on.

    Attributes
    ----------
    predictions : StoredPredictions
    vote : Choice
    labels : SplitLabels
        Its `look` says what the ledger did.
    """

    predictions: StoredPredictions
    vote: Choice
    labels: SplitLabels


def describe(decision: Decision) -> str:
    """Return a decision that names its members, for the ledger: ``15 members, majority, …``."""
    n_members = len(decision.members)
    members = decision.members[0] if n_members == 1 else f"{n_members} members"
    return f"{members}, {decision.text}"


def score(
    run: Run, split: str, decision: Decision, members: tuple[str, ...], *, command: str
) -> Scored:
    """Combine members' predictions on a split and read its labels, which enters the ledger.

    Predictions stay in their files, of which a block is read at a time. Where the rule needs
    weights and the decision has none, they are fitted on the run's validation split.

    Parameters
    ----------
    members : tuple of str
        Patterns of keys; none for those of the decision, or all.
    command : str
        Who asks, for the ledger.
    """
    predictions, vote = cast_vote(run, split, decision, members)
    labels = read_labels(run, predictions, vote.decision, command=command)
    return Scored(predictions, vote, labels)


def cast_vote(
    run: Run, split: str, decision: Decision, members: tuple[str, ...]
) -> tuple[StoredPredictions, Choice]:
    """Combine members' predictions as `score` does, without a look at the split's labels."""
    check_decision(decision)
    predictions = open_predictions(run, split, members=members or decision.members)
    if RULES[decision.rule].weights == "must" and not decision.weights:
        decision = weigh(run, predictions.members, decision, split)
    return predictions, choose(predictions, decision)


def read_labels(
    run: Run, predictions: PredictionBlocks, decision: Decision, *, command: str
) -> SplitLabels:
    """Read the labels that predictions are scored on, which enters the ledger.

    Parameters
    ----------
    decision : Decision
        How they vote; it names its members.
    command : str
        Who asks, for the ledger.
    """
    return load_labels(
        run,
        predictions.split,
        command=command,
        decision=decision.digest,
        members=predictions.digest,
        words=describe(decision),
    )


def weigh(run: Run, members: tuple[str, ...], decision: Decision, split: str) -> Decision:
    """Return the decision with weights that the run's validation split gives its members.

    Parameters
    ----------
    members : tuple of str
        Keys of those that vote on `split`.
    """
    judged, labels = load_judged(run, members, split=split, what="weighed")
    weights = fit_log_odds(judged, labels)
    return replace(decision, members=judged.members, weights=weights, chosen_on="validation")


def load_judged(
    run: Run, members: tuple[str, ...], *, split: str, what: str
) -> tuple[StoredPredictions, ValidationLabels]:
    """Open what members said of the run's validation split, and the labels to judge them by.

    Parameters
    ----------
    members : tuple of str
        Keys, in the order wanted.
    split : str
        Where they vote, for the message.
    what : str
        What is done with them, for the message: ``weighed``.

    Raises
    ------
    MissingError
        The run has no validation split, or a member has no predictions on it.
    PredictionError
        A member that does not vote on it.
    """
    name = run.validation_split
    voters = {voter.key for voter in find_voters(run, load_record(run, name))}
    unknown = [key for key in members if key not in voters]
    if unknown:
        raise PredictionError(
            f"members that are {what} must all have predicted validation; got {unknown[0]}, "
            f"which votes on {split!r} and not on {name!r}, in {run.path}."
        )
    judged = open_predictions(run, name, members=members).select(members)
    return judged, load_validation_labels(run, name)
