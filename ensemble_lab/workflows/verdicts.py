"""The errors that more members of the same kind would not mend."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.subsets.verdicts import Verdicts, judge_examples
from ensemble_lab.arrays import Index
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.scoring import score

__all__ = ["VerdictReport", "judge_run"]

_RANDOM_TIES = Decision(rule="majority", ties="random")


@dataclass(frozen=True, eq=False)
class VerdictReport:
    """Verdicts, and what they are about.

    Attributes
    ----------
    run, split : str
    n_examples : int
    members : tuple of str
    index : int64 (judged,)
        Published positions of the examples that some member gets wrong.
    labels : int64 (judged,)
    verdicts : Verdicts
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    n_examples: int
    members: tuple[str, ...]
    index: Index
    labels: Index
    verdicts: Verdicts
    look: Look | None


def judge_run(
    run: Run | Path | str,
    split: str | None = None,
    *,
    k: int | None = None,
    members: tuple[str, ...] = (),
) -> VerdictReport:
    """Return for each example that some member gets wrong whether more members would mend it.

    Parameters
    ----------
    run : Run or path
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given.
    k : int, optional
        Members of the vote whose chance of error is told; half of them, rounded up, unless given:
        the vote of all has no chance, only a result.
    members : tuple of str
        Patterns of keys; none for all.

    Raises
    ------
    MissingError, PredictionError
        As `ensemble_lab.workflows.curve.build_curve`; also a `k` that is no number of members,
        which is refused before labels are read.
    """
    run = open_run(run)
    split = run.choose_split(split)
    n_members = len(find_voters(run, load_record(run, split), members))
    size = (n_members + 1) // 2 if k is None else k
    if not 1 <= size <= n_members:
        raise PredictionError(f"k must be from 1 to the {n_members} members; got {size}.")
    scored = score(run, split, _RANDOM_TIES, members, command="curve")
    predictions, labels = scored.predictions, scored.labels
    votes = predictions.without_probabilities().load().votes
    verdicts = judge_examples(votes, labels.values, run.n_classes, size)
    return VerdictReport(
        run=run.name,
        split=split,
        n_examples=len(labels.values),
        members=predictions.members,
        index=predictions.index[verdicts.rows],
        labels=labels.values[verdicts.rows],
        verdicts=verdicts,
        look=labels.look,
    )
