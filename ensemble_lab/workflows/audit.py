"""The literature's shortcuts, taken on a run's own members: what picking on test is worth."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.diversity.ensemble import measure_diversity
from ensemble_lab.analysis.selection.picking import Shortcut, draw_halves, expect_least
from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.arrays import Labels
from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.labels import TestSelection, load_validation_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import Predictions, load_predictions
from ensemble_lab.store.run import Run, open_whole
from ensemble_lab.workflows.shortcuts import (
    SHORTCUTS,
    Audit,
    count_candidates,
    find_obstacles,
    load_judges,
)

__all__ = ["N_HALVES", "AuditReport", "Luck", "audit_run", "save_audit"]

N_HALVES = 200


@dataclass(frozen=True)
class Luck:
    """What the best of equally good members would make by luck alone: see `expect_least`.

    Attributes
    ----------
    expected : float
        Errors of the best.
    mean : float
        Mean errors of the members.
    correlation : float
        Mean correlation of two members' errors.
    """

    expected: float
    mean: float
    correlation: float


@dataclass(frozen=True)
class AuditReport:
    """The shortcuts, one by one.

    Attributes
    ----------
    run, split : str
    n_examples : int
    members : tuple of str
    shortcuts : tuple of Shortcut
    left_out : tuple of str
        A sentence for each shortcut that could not be taken.
    luck : Luck or None
        Of members of one group, which differ in nothing but the seed: others are not equally
        good to begin with. None of one member.
    n_halves : int
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    n_examples: int
    members: tuple[str, ...]
    shortcuts: tuple[Shortcut, ...]
    left_out: tuple[str, ...]
    luck: Luck | None
    n_halves: int
    look: Look | None


def audit_run(
    run: Run | Path | str,
    split: str = "test",
    *,
    members: tuple[str, ...] = (),
    n_halves: int = N_HALVES,
    seed: int = 0,
) -> AuditReport:
    """Return what picking on test would gain with a run's members, and what is left of it.

    Votes are majorities with ties at random on average. Nothing is chosen for use; the look is
    in the ledger as a choice all the same, with the number of candidates.

    Parameters
    ----------
    run : Run or path
    split : str
        A test split.
    members : tuple of str
        Patterns of keys; none for all.
    n_halves : int
        Random halves of the test set on which to pick, to be scored on the other half.
    seed : int
        Of the halves.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    PredictionError
        A split that is not a test split, of which nobody can say what it would be worth; or
        nothing to pick among.
    """
    run = open_whole(run, to="audit")
    test = load_predictions(run, split, members=members)
    left_out = find_obstacles(run, test)
    names = tuple(name for name in SHORTCUTS if name not in left_out)
    if not names:
        # What has no answer must cost no look at the labels.
        reasons = "; ".join(f"{name} {reason}" for name, reason in left_out.items())
        raise PredictionError(f"an audit must have something to pick among; {reasons}.")
    selection = _declare(run, test, names, n_halves)
    labels = load_validation_labels(run, split, test_selection=selection)
    if labels.chosen_on != "test":
        raise PredictionError(
            f"split must be one to report on, whose labels nothing may be chosen by; got {split!r}."
        )
    audit = Audit(
        run=run,
        test=test,
        labels=labels.values,
        validation=load_judges(run, test.members),
        halves=draw_halves(len(labels.values), n_halves, seed),
    )
    return AuditReport(
        run=run.name,
        split=split,
        n_examples=len(labels.values),
        members=test.members,
        shortcuts=tuple(SHORTCUTS[name](audit) for name in names),
        left_out=tuple(f"{name}: {reason}" for name, reason in left_out.items()),
        luck=_expect_luck(test, labels.values),
        n_halves=n_halves,
        look=labels.look,
    )


def save_audit(
    run: Run | Path | str,
    path: Path | str,
    split: str = "test",
    *,
    members: tuple[str, ...] = (),
    seed: int = 0,
) -> AuditReport:
    """Draw `audit_run` to a png, svg or pdf file and return it.

    Raises
    ------
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.audit import draw_audit
    from ensemble_lab.figures.files import check_figure_path

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    report = audit_run(run, split, members=members, seed=seed)
    draw_audit(report.shortcuts, title=f"{report.run}, {report.split}", path=path)
    return report


def _declare(run: Run, test: Predictions, names: tuple[str, ...], n_halves: int) -> TestSelection:
    n_candidates = sum(count_candidates(name, run, test) for name in names)
    way = {"audit": list(names), "members": list(test.members), "halves": n_halves}
    return TestSelection(
        command="audit",
        members=test.digest,
        decision=digest_of(way),
        words=f"audit of {len(test.members)} members, nothing kept",
        n_candidates=n_candidates,
    )


def _expect_luck(test: Predictions, labels: Labels) -> Luck | None:
    if len(test.members) < 2 or number_groups(test.members).any():
        return None
    found = measure_diversity(test.votes, labels)
    correlation = found.means["error-correlation"]
    if correlation is None:
        return None
    mean = float(found.errors.mean())
    expected = expect_least(len(labels), mean / len(labels), correlation, len(test.members))
    return Luck(expected=expected, mean=mean, correlation=correlation)
