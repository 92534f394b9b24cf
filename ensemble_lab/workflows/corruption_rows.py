"""Errors on corrupted images as rows: one a corruption, strength and voter."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.workflows.corruptions import CorruptedVote, CorruptionReport
from ensemble_lab.workflows.vote import MemberErrors

__all__ = ["CorruptionErrors", "list_corruption_errors"]


@dataclass(frozen=True)
class CorruptionErrors:
    """Errors of one voter on images corrupted in one way.

    Attributes
    ----------
    corruption : str
        ``clean`` for the images as they are.
    strength : int
        0 for the images as they are.
    split, voter : str
    kind : {"vote", "group", "member"}
    n_members : int
    errors : float
        A mean over the members of a group.
    sd : float or None
        Sample standard deviation (n - 1) over those; None for one member and for a vote.
    n_examples : int
    low, high : float
        Wilson's 95 % interval of `errors`.
    """

    corruption: str
    strength: int
    split: str
    voter: str
    kind: Literal["vote", "group", "member"]
    n_members: int
    errors: float
    sd: float | None
    n_examples: int
    low: float
    high: float


def list_corruption_errors(
    report: CorruptionReport, *, by: Literal["group", "member"] = "group"
) -> tuple[CorruptionErrors, ...]:
    """Return a row for each corruption, strength and voter: the vote, then groups or members.

    What is not corrupted comes first, where it is known.
    """
    clean = () if report.clean is None else (CorruptedVote("clean", 0, report.clean),)
    return tuple(
        row
        for vote in (*clean, *report.corrupted)
        for row in (_vote_row(vote), *_voter_rows(vote, by))
    )


def _vote_row(vote: CorruptedVote) -> CorruptionErrors:
    report = vote.report
    return _build_row(vote, "vote", "vote", len(report.members), report.errors, None)


def _voter_rows(vote: CorruptedVote, by: Literal["group", "member"]) -> Iterator[CorruptionErrors]:
    voters: dict[str, list[MemberErrors]] = {}
    for member in vote.report.members:
        voters.setdefault(member.group if by == "group" else member.key, []).append(member)
    for name, members in voters.items():
        errors = [member.errors for member in members]
        sd = stdev(errors) if len(errors) > 1 else None
        yield _build_row(vote, name, by, len(errors), fmean(errors), sd)


def _build_row(
    vote: CorruptedVote,
    voter: str,
    kind: Literal["vote", "group", "member"],
    n_members: int,
    errors: float,
    sd: float | None,
) -> CorruptionErrors:
    n, split = vote.report.n_examples, vote.report.split
    where = (vote.corruption, vote.strength, split)
    return CorruptionErrors(*where, voter, kind, n_members, errors, sd, n, *wilson(errors, n))
