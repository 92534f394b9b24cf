"""Committees without a common member: what a vote of so many nets is worth, more than once."""

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.vote import VoteReport, score_vote

__all__ = ["CommitteesReport", "score_committees"]

_FEWEST_FOR_SD = 5


@dataclass(frozen=True)
class CommitteesReport:
    """Votes of disjoint committees of one size.

    Attributes
    ----------
    size : int
    committees : tuple of VoteReport
        One a committee, in the order in which they were drawn.
    """

    size: int
    committees: tuple[VoteReport, ...]

    @property
    def errors(self) -> tuple[int, ...]:
        """Errors of each committee."""
        return tuple(report.errors for report in self.committees)

    @property
    def mean(self) -> float:
        """Mean errors of the committees."""
        return fmean(self.errors)

    @property
    def sd(self) -> float | None:
        """Sample standard deviation (n − 1) of the errors; None of fewer than five committees."""
        return stdev(self.errors) if len(self.errors) >= _FEWEST_FOR_SD else None


def score_committees(
    run: Run | Path | str,
    size: int,
    split: str | None = None,
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    seed: int = 0,
) -> CommitteesReport:
    """Score the vote of as many disjoint committees as the members make.

    Members are dealt out in an order drawn from the seed; those left over belong to none.
    Unlike the subsets of `ensemble_lab.workflows.curve`, committees share no member, so their
    spread is that of ensembles trained afresh.

    Parameters
    ----------
    run : Run or path
    size : int
        Members of a committee, 1 or more.
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given.
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.
    seed : int
        Of the order.

    Raises
    ------
    PredictionError
        Fewer members than a committee has.
    MissingError
        No such run, split or member, or predictions are missing.
    """
    run = open_run(run)
    split = run.choose_split(split)
    keys = [voter.key for voter in find_voters(run, load_record(run, split), members)]
    if not 1 <= size <= len(keys):
        raise PredictionError(
            f"size of a committee must be from 1 to the {len(keys)} members; got {size}."
        )
    order = draw_generator(seed, "committees").permutation(len(keys))
    drawn = np.sort(order[: len(keys) // size * size].reshape(-1, size), axis=1)
    return CommitteesReport(
        size,
        tuple(
            score_vote(
                run,
                split,
                decision,
                members=tuple(keys[place] for place in committee),
                command="committees",
            )
            for committee in drawn.tolist()
        ),
    )
