"""Examples ranked by how likely their label is wrong."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.votes.vote import average
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.label_scores import find_label_score, rank_label_scores
from ensemble_lab.errors.review_range import Judged, ReviewRange, count_range, judge_labels
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.reviews import load_reviews
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.scoring import cast_vote, read_labels

__all__ = ["LabelRanking", "RankedLabel", "rank_labels"]


@dataclass(frozen=True)
class RankedLabel:
    """One example.

    Attributes
    ----------
    index, label, predicted : int
    score : float
        Lower = the label is more likely wrong.
    votes_for_label, votes_for_predicted : int
        Members.
    judged : Judged or None
        What people say of it; None where nobody does.
    """

    index: int
    label: int
    predicted: int
    score: float
    votes_for_label: int
    votes_for_predicted: int
    judged: Judged | None


@dataclass(frozen=True)
class LabelRanking:
    """Examples, most likely wrong label first.

    Attributes
    ----------
    split, score : str
    decision : Decision
        How the members voted.
    n_members, n_examples, n_ranked : int
        Members, examples of the split, and how many of them the score ranks.
    rows : tuple of RankedLabel
        The first of them, as many as were asked for.
    reviewed : ReviewRange or None
        The vote's errors by what people say of labels.
    look : Look or None
        What the ledger did.
    """

    split: str
    score: str
    decision: Decision
    n_members: int
    n_examples: int
    n_ranked: int
    rows: tuple[RankedLabel, ...]
    reviewed: ReviewRange | None
    look: Look | None


def rank_labels(
    run: Run | Path | str,
    score: str = "self-confidence",
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    limit: int | None = None,
) -> LabelRanking:
    """Rank the examples of a split by how likely their label is wrong.

    The scores are of the members' mean probabilities, whatever the rule of the vote; equal
    scores go by index. Members that learned from these examples would have learned their labels,
    wrong ones too: test, validation and ``train-oof`` are for this.

    Parameters
    ----------
    run : Run or path
    score : str
        A name of `ensemble_lab.errors.label_scores.LABEL_SCORES`.
    split : str
    decision : Decision
        Of the vote that is shown beside.
    members : tuple of str
        Patterns of keys; none for all.
    limit : int, optional
        The most rows; all unless given.

    Raises
    ------
    PredictionError
        An unknown score, or members of which only votes are known.
    MissingExtraError
        The score needs cleanlab, which is not installed.
    MissingError
        No such run, split or member, or predictions are missing.
    """
    run = open_run(run)
    row = find_label_score(score)
    reviews = load_reviews(run, split)
    predictions, vote = cast_vote(run, split, decision, members)
    if vote.p_predicted is None:
        raise PredictionError(
            f"labels must be ranked by probabilities; got members with votes only, in {run.path}."
        )
    labels = read_labels(run, predictions, vote.decision, command="review")
    means = average(predictions, vote.decision)
    assert means is not None, "there is a probability of the class that was chosen"
    positions, scores = rank_label_scores(row, labels.values, means, labels.index)
    first = positions[:limit]
    votes = predictions.select(vote.decision.members).take_votes(first)
    columns = [
        column.tolist()
        for column in (
            labels.index[first],
            labels.values[first],
            vote.predicted[first],
            scores[first],
            np.count_nonzero(votes == labels.values[first], axis=0),
            np.count_nonzero(votes == vote.predicted[first], axis=0),
        )
    ]
    judged = {each.index: each for each in judge_labels(reviews)}
    return LabelRanking(
        split=split,
        score=row.name,
        decision=vote.decision,
        n_members=len(votes),
        n_examples=len(labels.values),
        n_ranked=len(positions),
        rows=tuple(
            RankedLabel(*values)
            for values in zip(*columns, map(judged.get, columns[0]), strict=True)
        ),
        reviewed=count_range(reviews, vote.predicted != labels.values, labels.index),
        look=labels.look,
    )
