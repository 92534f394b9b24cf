"""The vote: from what each member says to one class for each example."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ensemble_lab.analysis.votes.ballots import cast_ballots
from ensemble_lab.analysis.votes.counts import count_true, count_votes
from ensemble_lab.analysis.votes.groups import number_groups, weigh_members
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.sums import settle_near_ties, sum_members
from ensemble_lab.analysis.votes.tally import Tally
from ensemble_lab.analysis.votes.ties import TIES, choose_best
from ensemble_lab.arrays import Booleans, Floats, Index, Labels, Votes
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import Predictions

__all__ = ["TiedClasses", "Vote", "combine", "combine_blocks"]

# Cells (examples x classes) in one block: its sums take 1.3 MB and stay near the processor.
_BLOCK_CELLS = 163_840


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
class Vote:
    """One class for each example, and what it rests on.

    Attributes
    ----------
    predicted : int64 (examples,)
        The class that the ensemble chose.
    vote_counts : smallest unsigned type that holds the voters (examples, classes)
        Members that chose each class; under ``two-level``, groups that chose it.
    mean_probabilities : float64 (examples, classes) or None
        Mean over the members, by their weights where a rule on probabilities has some; under
        ``two-level``, mean over the groups of each group's mean. None where only votes are known.
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
    vote_counts: Votes
    mean_probabilities: Floats | None
    is_tied: Booleans
    decision: Decision
    tied_classes: TiedClasses

    def __repr__(self) -> str:
        n_ties = int(self.is_tied.sum())
        return f"Vote({len(self.predicted):,} examples, {n_ties:,} ties: {self.decision.text})"


def combine(predictions: Predictions, decision: Decision) -> Vote:
    """Return the vote of an ensemble.

    ``majority`` takes the class with most votes (plurality), ``mean-probability`` the one with
    the largest mean; where several are equal, `decision.ties` chooses among them. Where only
    votes are known, the policy ``mean-probability`` becomes ``lowest``, and the vote's decision
    says so. The order of the members changes no result: sums are float64, and classes whose
    means differ by less than 1e-9 are compared by exact sums.

    ``two-level`` lets each group of members (keys ``<group>-<seed, four digits>``) choose by its
    own majority, and takes the class that most groups chose. Ties within a group go by its own
    members alone; ties among groups by all members, weighed so that groups weigh the same. With
    one group, or with groups of one member, it is ``majority``. The other rules stand in
    `ensemble_lab.analysis.votes.rules`.

    Parameters
    ----------
    predictions : Predictions
    decision : Decision
        `decision.members` selects and orders the members; none for all.

    Returns
    -------
    Vote

    Raises
    ------
    PredictionError
        A rule on probabilities where only votes are known, weights for a rule that has none or
        none for one that needs some, a member that is not there, a decision about another variant
        of predictions, votes outside the classes, or probabilities that are not finite.

    References
    ----------
    L. Lam and C. Y. Suen, "Application of majority voting to pattern recognition", IEEE
    Transactions on Systems, Man, and Cybernetics A 27 (1997), 553-568.
    J. Kittler et al., "On combining classifiers", IEEE TPAMI 20 (1998), 226-239 (mean rule).
    S. An et al., "An ensemble of simple convolutional neural network models for MNIST digit
    recognition", arXiv:2008.10400 (2020) (two-level: a vote of three groups of three).

    Examples
    --------
    >>> votes = np.array([[1, 0], [1, 2], [0, 2]], np.uint8)
    >>> hard = Predictions("test", np.arange(2), ("a", "b", "c"), votes, None, 3, ("", "", ""))
    >>> vote = combine(hard, Decision(rule="majority"))
    >>> vote.predicted.tolist(), vote.decision.ties
    ([1, 2], 'lowest')
    """
    n_examples = max(1, _BLOCK_CELLS // predictions.n_classes)
    return combine_blocks(predictions.blocks(n_examples), decision)


def combine_blocks(blocks: Iterable[Predictions], decision: Decision) -> Vote:
    """Return the vote of an ensemble whose predictions come in blocks of examples.

    Memory holds one block of probabilities, however many examples follow; the result does not
    depend on where blocks begin. See `combine`.

    Parameters
    ----------
    blocks : iterable of Predictions
        Of the same members and classes, one after another.
    decision : Decision

    Raises
    ------
    PredictionError
        As `combine`; also no block at all, or blocks that do not belong together.
    """
    parts: list[Vote] = []
    first, settled = None, decision
    for block in blocks:
        chosen = block.select(decision.members) if decision.members else block
        if first is None:
            first, settled = chosen, _settle_decision(chosen, decision)
        _check_same_ensemble(first, chosen)
        parts.append(_combine_block(chosen, settled))
    if not parts:
        raise PredictionError("predictions must have at least one block of examples; got none.")
    means = [part.mean_probabilities for part in parts if part.mean_probabilities is not None]
    return Vote(
        predicted=np.concatenate([part.predicted for part in parts]),
        vote_counts=np.ascontiguousarray(np.concatenate([part.vote_counts for part in parts])),
        mean_probabilities=np.ascontiguousarray(np.concatenate(means)) if means else None,
        is_tied=np.concatenate([part.is_tied for part in parts]),
        decision=settled,
        tied_classes=_join_tied(parts),
    )


def _join_tied(parts: list[Vote]) -> TiedClasses:
    starts = np.cumsum([0, *(len(part.predicted) for part in parts[:-1])])
    return TiedClasses(
        rows=np.concatenate(
            [part.tied_classes.rows + start for part, start in zip(parts, starts, strict=True)]
        ),
        is_best=np.concatenate([part.tied_classes.is_best for part in parts]),
    )


def _settle_decision(predictions: Predictions, decision: Decision) -> Decision:
    """Return the decision as it can be carried out, with the members that vote."""
    ties, rule = decision.ties, RULES[decision.rule]
    _check_weights(decision)
    if decision.variant not in (None, predictions.variant):
        raise PredictionError(
            f"predictions must be those of the variant {decision.variant!r}, which the decision is "
            f"about; got {predictions.variant or 'plain ones'}, on split {predictions.split!r}. "
            f"Ask RUN@{decision.variant}."
        )
    if predictions.probabilities is None:
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


def _check_same_ensemble(first: Predictions, other: Predictions) -> None:
    for what, ours, theirs in (
        ("split", first.split, other.split),
        ("variant", first.variant, other.variant),
        ("members", first.members, other.members),
        ("n_classes", first.n_classes, other.n_classes),
        ("probabilities", first.probabilities is not None, other.probabilities is not None),
    ):
        if ours != theirs:
            raise PredictionError(
                f"{what} must be the same in all blocks of predictions; got {ours} and {theirs}."
            )


def _combine_block(block: Predictions, decision: Decision) -> Vote:
    rule, everyone = RULES[decision.rule], np.arange(len(block.members))
    groups = number_groups(block.members) if rule.by_group else everyone
    given = np.array(decision.weights) if decision.weights else weigh_members(groups)
    # Log-odds may be negative, and are no shares: means, and ties by them, are over members.
    weights = np.ones(len(everyone)) if rule.weights == "must" else given
    ballots = cast_ballots(block, groups, decision)
    sums = _sum_probabilities(block, weights)
    tally = Tally(count_votes(ballots.votes, block.n_classes), sums, block, given)
    predicted, is_best = choose_best(rule.score(tally), block, everyone, decision, weights)
    is_tied = count_true(is_best) > 1
    tied = np.flatnonzero(is_tied)
    return Vote(
        predicted=predicted.astype(np.int64),
        vote_counts=tally.vote_counts,
        mean_probabilities=None if sums is None else sums / weights.sum(),
        is_tied=is_tied | ballots.is_open,
        decision=decision,
        tied_classes=TiedClasses(tied, is_best[tied]),
    )


def _sum_probabilities(block: Predictions, weights: Floats) -> Floats | None:
    if block.probabilities is None:
        return None
    sums = np.asfortranarray(sum_members(block.probabilities, block.members, weights))
    is_finite = np.isfinite(sums).all(axis=1)
    if not is_finite.all():
        raise PredictionError(
            f"probabilities must be finite; got other numbers at index "
            f"{block.index[~is_finite][0]} of split {block.split!r}."
        )
    return settle_near_ties(sums, block.probabilities, weights)
