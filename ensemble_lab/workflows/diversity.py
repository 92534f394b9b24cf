"""How differently the members of a run err."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.calibration.log_loss import LogLossParts, decompose_log_loss
from ensemble_lab.analysis.diversity.ensemble import Diversity, check_several, measure_diversity
from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.canonical import digest_of
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters

__all__ = ["DiversityReport", "build_diversity", "save_diversity"]


@dataclass(frozen=True)
class DiversityReport:
    """Measures of diversity, and what they were taken on.

    Attributes
    ----------
    run, split : str
    members : tuple of str
        Keys, in the order of every axis of members.
    diversity : Diversity
        By votes.
    log_loss : LogLossParts or None
        By probabilities; None where a member has votes only.
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    members: tuple[str, ...]
    diversity: Diversity
    log_loss: LogLossParts | None
    look: Look | None


def build_diversity(
    run: Run | Path | str, split: str | None = None, *, members: tuple[str, ...] = ()
) -> DiversityReport:
    """Return how differently members err: pair by pair, all together, and by log loss.

    Parameters
    ----------
    run : Run or path
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given.
    members : tuple of str
        Patterns of keys; none for all.

    Raises
    ------
    MissingError
        No such run, split or member, predictions are missing, or no split is given and the
        run has none to choose on.
    PredictionError
        Fewer than two members.
    """
    run = open_run(run)
    split = run.choose_split(split)
    check_several(len(find_voters(run, load_record(run, split), members)))
    predictions = load_predictions(run, split, members=members)
    labels = load_labels(
        run,
        split,
        command="diversity",
        decision=digest_of({"diversity": list(predictions.members)}),
        members=predictions.digest,
        words=f"diversity of {len(predictions.members)} members{predictions.clause}",
    )
    probabilities = predictions.probabilities
    return DiversityReport(
        run=run.title,
        split=split,
        members=predictions.members,
        diversity=measure_diversity(predictions.votes, labels.values),
        log_loss=None
        if probabilities is None
        else decompose_log_loss(probabilities, labels.values, number_groups(predictions.members)),
        look=labels.look,
    )


def save_diversity(
    run: Run | Path | str,
    path: Path | str,
    split: str | None = None,
    *,
    measure: str = "error-correlation",
    members: tuple[str, ...] = (),
) -> DiversityReport:
    """Draw a matrix of `build_diversity` to a png, svg or pdf file and return it all.

    Parameters
    ----------
    run : Run or path
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    split, members
        As in `build_diversity`.
    measure : {"disagreement", "class-disagreement", "double-fault", "error-correlation"}
        What is drawn of each pair.

    Raises
    ------
    MissingError
        As `build_diversity`.
    PredictionError
        As `build_diversity`, no such measure, or the path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.analysis.diversity.pair_measures import find_pair_measure
    from ensemble_lab.figures.diversity import draw_diversity
    from ensemble_lab.figures.files import check_figure_path

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    find_pair_measure(measure)
    report = build_diversity(run, split, members=members)
    draw_diversity(
        report.diversity,
        report.members,
        measure=measure,
        title=f"{report.run}, {report.split}",
        path=path,
    )
    return report
