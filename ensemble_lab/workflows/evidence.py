"""Who is wrong beside the vote: what the views of a question look at."""

from dataclasses import dataclass, replace

import numpy as np

from ensemble_lab.analysis.votes.groups import has_levels
from ensemble_lab.analysis.votes.member_errors import count_wrong_members
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.vote import Choice, choose
from ensemble_lab.arrays import Votes, smallest_unsigned
from ensemble_lab.decision import Decision
from ensemble_lab.errors.views import Evidence, Need
from ensemble_lab.exceptions import MissingError, PredictionError
from ensemble_lab.store.predictions import StoredPredictions, has_predictions
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.scoring import Scored, load_judged, weigh

__all__ = ["Witnesses", "build_evidence", "call_witnesses"]


@dataclass(frozen=True, eq=False)
class Witnesses:
    """What a view needs beside the vote, before a label of the split is read.

    Attributes
    ----------
    best : str
        The best member on validation, or empty.
    rules : tuple of str
        The rules that could be computed, or none.
    rule_votes : unsigned (rules, examples) or None
        The class that each of them chooses.
    """

    best: str = ""
    rules: tuple[str, ...] = ()
    rule_votes: Votes | None = None


def call_witnesses(
    run: Run, predictions: StoredPredictions, vote: Choice, need: Need | None
) -> Witnesses:
    """Find what a view needs, or refuse it, without a look at the split's labels.

    The best member is what ``select --method best`` takes on the run's validation split: fewest
    errors, then the smaller log loss where probabilities are known, then the first in order. The
    rules are all that can be computed: on votes alone those that need no probabilities,
    ``two-level`` where groups have several members, ``weighted-majority`` where all members
    predicted validation.

    Raises
    ------
    MissingError
        The best member of a run without a validation split, or without predictions on it.
    PredictionError
        Probabilities where only votes are known.
    """
    members = vote.decision.members
    if need == "probabilities" and vote.p_predicted is None:
        raise PredictionError(
            f"the view must have probabilities to go by; got only votes, on split "
            f"{predictions.split!r}. Choose another view."
        )
    if need == "best":
        # No other view has members selected: most questions do without.
        from ensemble_lab.analysis.selection.methods import select_members

        judged, labels = load_judged(run, members, split=predictions.split, what="compared")
        return Witnesses(best=select_members(judged.load(), labels, "best").members[0])
    if need == "rules":
        voters = predictions.select(members)
        decisions = _list_decisions(run, voters, vote.decision)
        chosen = [choose(voters, decision).predicted for decision in decisions]
        rules = tuple(decision.rule for decision in decisions)
        return Witnesses(
            rules=rules, rule_votes=np.stack(chosen).astype(smallest_unsigned(run.n_classes))
        )
    return Witnesses()


def build_evidence(scored: Scored, witnesses: Witnesses) -> Evidence:
    """Return who is wrong by the labels of a split."""
    vote, labels = scored.vote, scored.labels.values
    voters = scored.predictions.select(vote.decision.members).without_probabilities()
    best = witnesses.best
    return Evidence(
        wrong=vote.predicted != labels,
        tied=vote.is_tied,
        n_members=len(voters.members),
        n_wrong=count_wrong_members(voters, labels),
        p_predicted=vote.p_predicted,
        best=best,
        wrong_best=voters.select((best,)).load().votes[0] != labels if best else None,
        rules=witnesses.rules,
        wrong_rules=None if witnesses.rule_votes is None else witnesses.rule_votes != labels,
    )


def _list_decisions(run: Run, voters: StoredPredictions, asked: Decision) -> list[Decision]:
    """Return a decision for each rule that can be computed, the one asked for as it is."""
    plain = Decision(members=voters.members, ties=asked.ties, tie_seed=asked.tie_seed)
    decisions = []
    for name, rule in RULES.items():
        wanted = asked if name == asked.rule else replace(plain, rule=name)
        if rule.uses_probabilities and not voters.has_probabilities:
            continue
        if rule.by_group and not has_levels(voters.members):
            continue
        if rule.weights == "must" and not wanted.weights:
            if not _have_predicted_validation(run, voters.members):
                continue
            wanted = weigh(run, voters.members, wanted, voters.split)
        decisions.append(wanted)
    return decisions


def _have_predicted_validation(run: Run, members: tuple[str, ...]) -> bool:
    try:
        name = run.validation_split
    except MissingError:
        return False
    voters = {voter.key: voter.parts for voter in find_voters(run, load_record(run, name))}
    return all(
        key in voters and all(has_predictions(run, part.key, name) for part in voters[key])
        for key in members
    )
