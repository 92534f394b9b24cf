"""A decision as it can be carried out on the predictions at hand."""

from dataclasses import replace

from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.ties import TIES
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import PredictionBlocks

__all__ = ["settle_decision"]


def settle_decision(predictions: PredictionBlocks, decision: Decision) -> Decision:
    """Return the decision as it can be carried out, with the members that vote.

    Where only votes are known, a tie policy that needs probabilities gives way to the one that
    takes its place.

    Parameters
    ----------
    predictions : PredictionBlocks
        Of the members that vote, in their order.
    decision : Decision

    Raises
    ------
    PredictionError
        Predictions of another variant than the decision is about; a rule on probabilities where
        only votes are known; weights for a rule that has none, none
        for one that needs some, or such as it cannot have.
    """
    ties, rule = decision.ties, RULES[decision.rule]
    _check_weights(decision)
    if decision.variant not in (None, predictions.variant):
        raise PredictionError(
            f"predictions must be those of the variant {decision.variant!r}, which the decision is "
            f"about; got {predictions.variant or 'plain ones'}, on split {predictions.split!r}. "
            f"Ask RUN@{decision.variant}."
        )
    if not predictions.has_probabilities:
        if rule.uses_probabilities:
            enough = [name for name, rule in RULES.items() if not rule.uses_probabilities]
            raise PredictionError(
                f"rule must be {' or '.join(enough)} where only votes are known; got "
                f"{decision.rule!r}, on split {predictions.split!r}."
            )
        ties = TIES[ties].without_probabilities
    return replace(decision, ties=ties, members=predictions.members, variant=predictions.variant)


def _check_weights(decision: Decision) -> None:
    """Refuse weights that a rule knows nothing of, or the lack of those that it lives by."""
    wanted, weights = RULES[decision.rule].weights, decision.weights
    if weights and wanted == "none":
        rules = [name for name, rule in RULES.items() if rule.weights != "none"]
        raise PredictionError(
            f"rule must be {', '.join(rules[:-1])} or {rules[-1]} where members have weights; "
            f"got {decision.rule!r}."
        )
    if wanted == "must" and not weights:
        raise PredictionError(
            f"{decision.rule} must have a weight for each member; got none. "
            "Fit them on validation: ensemble_lab.fit_log_odds."
        )
    if wanted == "may" and weights and (min(weights) < 0 or sum(weights) <= 0):
        raise PredictionError(
            f"weights of {decision.rule} must be 0 or more, and one above; got {weights!r:.80}."
        )
