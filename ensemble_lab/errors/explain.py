"""Explanations built from predictions: what members and rules say, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ensemble_lab.analysis.subsets.curve import tabulate_chances
from ensemble_lab.analysis.subsets.joining import follow_members
from ensemble_lab.analysis.subsets.verdicts import Verdicts, judge_examples
from ensemble_lab.analysis.votes.counts import count_votes
from ensemble_lab.analysis.votes.vote import Vote
from ensemble_lab.arrays import Floats, Index
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.errors.explanation import Answer, Explanation, Joining, Outlook, RuleAnswer
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import PredictionBlocks, Predictions

__all__ = ["build_explanations", "rank_by_gap", "take_rows"]


def take_rows(
    predictions: PredictionBlocks, positions: Index, members: tuple[str, ...]
) -> Predictions:
    """Return the predictions of some members on some examples; no others are copied."""
    return predictions.take(positions).select(members)


def rank_by_gap(errors: Catalogue, index: int) -> int | None:
    """Return an example's place among the errors by descending gap, from 1.

    None where it is no error, or there are no gaps because only votes are known.

    Parameters
    ----------
    errors : Catalogue
        All errors of a vote.
    index : int
    """
    (row,) = np.nonzero(errors.index == index)
    if not row.size or np.isnan(errors.gap).any():
        return None
    return errors.sort("gap").indices.index(index) + 1


def build_explanations(
    run: str,
    class_names: tuple[str, ...],
    rows: Predictions,
    vote: Vote,
    catalogue: Catalogue,
    errors: Catalogue,
    *,
    by_rule: Mapping[str, Vote | str],
    n_examples: int,
    look: Look | None,
) -> tuple[Explanation, ...]:
    """Return an explanation of each example, without images, facts and reviews.

    Parameters
    ----------
    run : str
        The run's name.
    class_names : tuple of str
    rows : Predictions
        Of the examples, by the members that vote in their order (`take_rows`).
    vote, catalogue : Vote, Catalogue
        The vote on these examples, and its rows.
    errors : Catalogue
        All errors of the vote on the split.
    by_rule : mapping of str to Vote or str
        What each rule says of the examples, or why it cannot be asked.
    n_examples : int
        Of the split.
    look : Look or None
    """
    counts = count_votes(rows.votes, rows.n_classes)
    chances = tabulate_chances(rows.votes, catalogue.label, rows.n_classes)
    verdicts = judge_examples(rows.votes, catalogue.label, rows.n_classes, k=1)
    means = vote.mean_probabilities
    return tuple(
        Explanation(
            run=run,
            split=rows.split,
            index=row["index"],
            class_names=class_names,
            label=row["label"],
            predicted=row["predicted"],
            decision=vote.decision,
            is_tied=row["tied"],
            confidence=row["confidence"],
            gap=row["gap"],
            margin=row["margin"],
            rank=rank_by_gap(errors, row["index"]),
            n_errors=len(errors),
            n_examples=n_examples,
            vote_counts=counts[place],
            means=None if means is None else means[place],
            members=_list_answers(rows, place, row["label"]),
            probabilities=None if rows.probabilities is None else rows.probabilities[:, place],
            rules=_list_rules(by_rule, place, row["label"]),
            joining=_follow(rows, place, vote.decision, chances[place]),
            outlook=_look_out(verdicts, place),
            facts=(),
            facts_note="",
            reviews=(),
            image=None,
            neighbourhood=None,
            images_note="",
            look=look,
        )
        for place, row in enumerate(catalogue.to_rows())
    )


def _list_answers(rows: Predictions, place: int, label: int) -> tuple[Answer, ...]:
    votes = rows.votes[:, place].tolist()
    n_members = len(votes)
    p_votes: Sequence[float | None] = [None] * n_members
    p_labels: Sequence[float | None] = [None] * n_members
    if rows.probabilities is not None:
        said = rows.probabilities[:, place]
        p_votes, p_labels = said[np.arange(n_members), votes].tolist(), said[:, label].tolist()
    return tuple(
        Answer(key, vote, p_vote, p_label, vote == label)
        for key, vote, p_vote, p_label in zip(rows.members, votes, p_votes, p_labels, strict=True)
    )


def _list_rules(
    by_rule: Mapping[str, Vote | str], place: int, label: int
) -> tuple[RuleAnswer, ...]:
    answers = []
    for rule, vote in by_rule.items():
        if isinstance(vote, str):
            answers.append(RuleAnswer(rule, None, None, None, vote))
        else:
            predicted = int(vote.predicted[place])
            is_tied = bool(vote.is_tied[place])
            answers.append(RuleAnswer(rule, predicted, predicted == label, is_tied))
    return tuple(answers)


def _follow(rows: Predictions, place: int, decision: Decision, chances: Floats) -> Joining:
    example = take_rows(rows, np.array([place]), rows.members)
    has_means = rows.probabilities is not None
    return Joining(
        majority=follow_members(example, replace(decision, rule="majority")),
        mean=follow_members(example, replace(decision, rule="mean-probability"))
        if has_means
        else None,
        chances=chances,
    )


def _look_out(verdicts: Verdicts, place: int) -> Outlook:
    (found,) = np.nonzero(verdicts.rows == place)
    if not found.size:
        return Outlook("right")
    row = int(found[0])
    return Outlook(
        "irreducible" if verdicts.is_irreducible[row] else "undecided",
        rival=int(verdicts.rivals[row]),
        p=float(verdicts.p_values[row]),
    )
