"""How the errors of a run's vote fall with the number of members that are asked."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.subsets.curve import N_ORDERS, SubsetCurve, build_curve_of
from ensemble_lab.analysis.votes.settling import settle_decision
from ensemble_lab.decision import Decision
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import open_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.scoring import read_labels

__all__ = ["CurveReport", "build_curve", "save_curve"]

_RANDOM_TIES = Decision(rule="majority", ties="random")


@dataclass(frozen=True)
class CurveReport:
    """A curve, and what it was counted on.

    Attributes
    ----------
    run, split : str
    members : tuple of str
        The pool.
    curve : SubsetCurve
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    members: tuple[str, ...]
    curve: SubsetCurve
    look: Look | None


def build_curve(
    run: Run | Path | str,
    split: str | None = None,
    *,
    members: tuple[str, ...] = (),
    n_orders: int = N_ORDERS,
    seed: int = 0,
) -> CurveReport:
    """Return the expected errors of the majority of k members, for every k.

    Parameters
    ----------
    run : Run or path
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given.
    members : tuple of str
        Patterns of keys; none for all.
    n_orders, seed : int
        As in `ensemble_lab.analysis.subsets.curve.build_subset_curve`.

    Raises
    ------
    MissingError
        No such run, split or member, predictions are missing, or no split is given and the
        run has none to choose on.
    PredictionError
        More than 1,000 members.
    """
    run = open_run(run)
    split = run.choose_split(split)
    predictions = open_predictions(run, split, members=members)
    # Nothing is voted on: who votes, and how ties fall, is all that the ledger is told.
    decision = settle_decision(predictions, _RANDOM_TIES)
    labels = read_labels(run, predictions, decision, command="curve")
    return CurveReport(
        run=run.title,
        split=split,
        members=predictions.members,
        curve=build_curve_of(predictions, labels.values, n_orders=n_orders, seed=seed),
        look=labels.look,
    )


def save_curve(
    run: Run | Path | str,
    path: Path | str,
    split: str | None = None,
    *,
    members: tuple[str, ...] = (),
) -> CurveReport:
    """Draw `build_curve` to a png, svg or pdf file and return it.

    Raises
    ------
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.files import check_figure_path
    from ensemble_lab.figures.subset_curve import draw_subset_curve

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    report = build_curve(run, split, members=members)
    draw_subset_curve(report.curve, title=f"{report.run}, {report.split}", path=path)
    return report
