"""How many errors each member and their vote make on a split."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.analysis.votes.bands import TieBand, count_band
from ensemble_lab.analysis.votes.member_errors import count_member_errors
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.review_range import ReviewRange, count_range
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.review import Review
from ensemble_lab.store.reviews import load_reviews
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.scoring import Scored, score

__all__ = ["MemberErrors", "VoteReport", "report_vote", "score_vote", "score_vote_by_group"]


@dataclass(frozen=True)
class MemberErrors:
    """Errors of one member that votes, with their 95 % interval (low, high)."""

    key: str
    group: str
    seed: int | None
    errors: int
    interval: tuple[float, float]


@dataclass(frozen=True)
class VoteReport:
    """A scored vote.

    Attributes
    ----------
    split : str
    n_examples : int
    decision : Decision
    errors : int
    interval : tuple of float
        95 % interval of the errors in `n_examples`: (low, high).
    n_ties : int
        Examples on which the rule alone did not decide.
    band : TieBand or None
        Errors if ties fell otherwise; None of a vote by groups.
    members : tuple of MemberErrors
    group : str or None
        The group whose members these are, where groups vote apart.
    reviewed : ReviewRange or None
        The errors by what people say of labels; None where nobody says anything.
    look : Look or None
        What the ledger did.
    """

    split: str
    n_examples: int
    decision: Decision
    errors: int
    interval: tuple[float, float]
    n_ties: int
    band: TieBand | None
    members: tuple[MemberErrors, ...]
    group: str | None = None
    reviewed: ReviewRange | None = None
    look: Look | None = None

    interval_method = "wilson"

    @property
    def accuracy(self) -> float:
        """Share of examples that the vote gets right."""
        return 1 - self.errors / self.n_examples

    def to_json(self) -> dict[str, Any]:
        """Return the report under its JSON keys.

        `group` only where groups vote apart, `reviewed` only where people reviewed labels,
        `variant` only where other predictions vote than the plain ones.
        """
        values = {
            "n_examples": self.n_examples,
            "n_members": len(self.members),
            "split": self.split,
            "rule": self.decision.rule,
            "tie_policy": self.decision.tie_policy,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "interval": {"low": self.interval[0], "high": self.interval[1]},
            "interval_method": self.interval_method,
            "n_ties": self.n_ties,
            "tie_band": None if self.band is None else asdict(self.band),
            "members": [
                {"key": m.key, "group": m.group, "seed": m.seed, "errors": m.errors}
                for m in self.members
            ],
        }
        if self.reviewed is not None:
            values["reviewed"] = asdict(self.reviewed)
        if self.decision.variant is not None:
            values["variant"] = self.decision.variant
        return values if self.group is None else {"group": self.group} | values


def score_vote(
    run: Run | Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    command: str = "vote",
) -> VoteReport:
    """Score the vote of a run's members on a split.

    Parameters
    ----------
    run : Run or path
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    """
    run = open_run(run)
    reviews = load_reviews(run, split)
    scored = score(run, split, decision, members, command=command)
    return report_vote(run, scored, reviews)


def score_vote_by_group(
    run: Run | Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
) -> tuple[VoteReport, ...]:
    """Score the vote of each group of members apart, in the order of the run (see `score_vote`)."""
    run = open_run(run)
    groups: dict[str, list[str]] = {}
    for voter in find_voters(run, load_record(run, split), members):
        groups.setdefault(voter.group, []).append(voter.key)
    reviews, reports = load_reviews(run, split), []
    for group, keys in groups.items():
        scored = score(run, split, decision, tuple(keys), command="vote")
        reports.append(report_vote(run, scored, reviews, group))
    return tuple(reports)


def report_vote(
    run: Run, scored: Scored, reviews: Iterable[Review] = (), group: str | None = None
) -> VoteReport:
    """Return what a vote beside its labels comes to, and each of its members.

    Parameters
    ----------
    run : Run
    scored : Scored
    reviews : iterable of Review
        Of the split: see `ensemble_lab.store.reviews.load_reviews`.
    group : str, optional
        The group whose members these are, where groups vote apart.
    """
    predictions, combined, labels = scored.predictions, scored.vote, scored.labels
    n = len(labels.values)
    is_wrong = combined.predicted != labels.values
    errors = int(np.count_nonzero(is_wrong))
    by_member = count_member_errors(predictions, labels.values)
    voters = find_voters(run, load_record(run, predictions.split), predictions.members)
    is_by_group = RULES[combined.decision.rule].by_group
    return VoteReport(
        split=predictions.split,
        n_examples=n,
        decision=combined.decision,
        errors=errors,
        interval=wilson(errors, n),
        n_ties=int(combined.is_tied.sum()),
        band=None if is_by_group else count_band(combined, labels.values),
        members=tuple(
            MemberErrors(voter.key, voter.group, voter.seed, int(count), wilson(int(count), n))
            for voter, count in zip(voters, by_member, strict=True)
        ),
        group=group,
        reviewed=count_range(reviews, is_wrong, labels.index),
        look=labels.look,
    )
