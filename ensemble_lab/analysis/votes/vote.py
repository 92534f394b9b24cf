"""The vote: from what each member says to one class for each example."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from ensemble_lab.analysis.votes.ballots import cast_ballots
from ensemble_lab.analysis.votes.choice import Choice, TiedClasses, join_choices
from ensemble_lab.analysis.votes.counts import count_true, count_votes
from ensemble_lab.analysis.votes.groups import number_groups, weigh_members
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.settling import settle_decision
from ensemble_lab.analysis.votes.sums import settle_near_ties, sum_members
from ensemble_lab.analysis.votes.tally import Tally
from ensemble_lab.analysis.votes.ties import choose_best
from ensemble_lab.arrays import Floats, Index, Votes
from ensemble_lab.decision import DEFAULT, Decision, check_decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import PredictionBlocks, Predictions

__all__ = ["Choice", "Vote", "average", "choose", "combine", "combine_blocks"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Vote(Choice):
    """One class for each example, and what it rests on.

    Attributes
    ----------
    predicted, p_predicted, is_tied, decision, tied_classes
        As in `Choice`.
    vote_counts : smallest unsigned type that holds the voters (examples, classes)
        Members that chose each class; under ``two-level``, groups that chose it.
    mean_probabilities : float64 (examples, classes) or None
        Mean over the members, by their weights where a rule on probabilities has some; under
        ``two-level``, mean over the groups of each group's mean. None where only votes are known.
    """

    vote_counts: Votes
    mean_probabilities: Floats | None


def combine(predictions: PredictionBlocks, decision: Decision = DEFAULT) -> Vote:
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
    predictions : PredictionBlocks
    decision : Decision
        Majority unless given. `decision.members` selects and orders the members; none for all.

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
    if not isinstance(predictions, PredictionBlocks):
        raise PredictionError(
            "predictions must be what load_predictions gives; got "
            f"{type(predictions).__name__}. Arrays become a run by import_predictions."
        )
    return combine_blocks(predictions.blocks(), decision)


def choose(predictions: PredictionBlocks, decision: Decision) -> Choice:
    """Return what the vote of an ensemble chooses, a block of examples at a time.

    As `combine`, of which it keeps what does not grow with the classes: of 50,000 × 1,000 the
    mean probabilities alone are 400 MB. Every rule looks at one example at a time, so that blocks
    change no bit of the result.

    Parameters
    ----------
    predictions : PredictionBlocks
    decision : Decision

    Raises
    ------
    PredictionError
        As `combine`.

    Examples
    --------
    >>> votes = np.array([[1, 0], [1, 2], [0, 2]], np.uint8)
    >>> hard = Predictions("test", np.arange(2), ("a", "b", "c"), votes, None, 3, ("", "", ""))
    >>> choose(hard, Decision(rule="majority")).predicted.tolist()
    [1, 2]
    """
    voters = predictions.select(decision.members) if decision.members else predictions
    parts = []
    for vote in _vote_by_block(voters.blocks(), decision):
        kept = {each.name: getattr(vote, each.name) for each in fields(Choice)}
        parts.append(Choice(**kept))
    return join_choices(parts, parts[0].decision)


def average(predictions: PredictionBlocks, decision: Decision) -> Floats | None:
    """Return the mean probabilities of a vote, to the bit those of `combine`, without the vote.

    So whoever asks for those of few examples need not keep those of all.

    Parameters
    ----------
    predictions : PredictionBlocks
    decision : Decision
        As it was carried out: `Choice.decision`.

    Returns
    -------
    mean_probabilities : float64 (examples, classes) or None
        None where only votes are known.
    """
    if not predictions.has_probabilities:
        return None
    means = []
    for block in predictions.blocks():
        chosen = block.select(decision.members) if decision.members else block
        weights = _weigh(chosen, decision).shares
        sums = _sum_probabilities(chosen, weights)
        means.append(sums / weights.sum())
    return np.ascontiguousarray(np.concatenate(means))


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
    parts = list(_vote_by_block(blocks, decision))
    if not parts:
        raise PredictionError("predictions must have at least one block of examples; got none.")
    means = [part.mean_probabilities for part in parts if part.mean_probabilities is not None]
    chosen = join_choices(parts, parts[0].decision)
    return Vote(
        **{each.name: getattr(chosen, each.name) for each in fields(Choice)},
        vote_counts=np.ascontiguousarray(np.concatenate([part.vote_counts for part in parts])),
        mean_probabilities=np.ascontiguousarray(np.concatenate(means)) if means else None,
    )


def _vote_by_block(blocks: Iterable[Predictions], decision: Decision) -> Iterator[Vote]:
    """Yield the vote on each block, all by one settled decision."""
    check_decision(decision)
    first, settled = None, decision
    for block in blocks:
        chosen = block.select(decision.members) if decision.members else block
        if first is None:
            # Not the block itself, whose probabilities are to go when the next one comes.
            first, settled = chosen.take(np.arange(1)), settle_decision(chosen, decision)
        _check_same_ensemble(first, chosen)
        yield _combine_block(chosen, settled)
        del block, chosen  # Before the next one is read.


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


class _Weights(NamedTuple):
    """Number of each member's group; what a member weighs to the rule, and in the means."""

    groups: Index
    given: Floats
    shares: Floats


def _weigh(block: Predictions, decision: Decision) -> _Weights:
    rule, everyone = RULES[decision.rule], np.arange(len(block.members))
    groups = number_groups(block.members) if rule.by_group else everyone
    given = np.array(decision.weights) if decision.weights else weigh_members(groups)
    # Log-odds may be negative, and are no shares: means, and ties by them, are over members.
    return _Weights(groups, given, np.ones(len(everyone)) if rule.weights == "must" else given)


def _combine_block(block: Predictions, decision: Decision) -> Vote:
    rule, everyone = RULES[decision.rule], np.arange(len(block.members))
    groups, given, weights = _weigh(block, decision)
    ballots = cast_ballots(block, groups, decision)
    sums = _sum_probabilities(block, weights) if block.has_probabilities else None
    tally = Tally(count_votes(ballots.votes, block.n_classes), sums, block, given)
    predicted, is_best = choose_best(rule.score(tally), block, everyone, decision, weights)
    is_tied = count_true(is_best) > 1
    tied = np.flatnonzero(is_tied)
    means = None if sums is None else sums / weights.sum()
    return Vote(
        predicted=predicted.astype(np.int64),
        p_predicted=None if means is None else means[np.arange(len(means)), predicted],
        is_tied=is_tied | ballots.is_open,
        decision=decision,
        tied_classes=TiedClasses(tied, is_best[tied]),
        vote_counts=tally.vote_counts,
        mean_probabilities=means,
    )


def _sum_probabilities(block: Predictions, weights: Floats) -> Floats:
    assert block.probabilities is not None, "asked only where there are some"
    sums = np.asfortranarray(sum_members(block.probabilities, block.members, weights))
    is_finite = np.isfinite(sums).all(axis=1)
    if not is_finite.all():
        raise PredictionError(
            f"probabilities must be finite; got other numbers at index "
            f"{block.index[~is_finite][0]} of split {block.split!r}."
        )
    return settle_near_ties(sums, block.probabilities, weights)
