"""Which classes the vote of a run, or one of its members, takes for which."""

from pathlib import Path

from ensemble_lab.analysis.confusion import Confusion, count_cells
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.scoring import score

__all__ = ["count_confusion", "save_confusion"]


def count_confusion(
    run: Run | Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    command: str = "confusion",
) -> Confusion:
    """Return the confusion matrix of the vote on a split; of one member, its own.

    Parameters
    ----------
    run : Run or path
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all. The vote of one member is what it says.
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    """
    run = open_run(run)
    scored = score(run, split, decision, members, command=command)
    return Confusion(
        split=split,
        counts=count_cells(scored.labels.values, scored.vote.predicted, run.n_classes),
        class_names=run.class_names,
        decision=scored.vote.decision,
        look=scored.labels.look,
    )


def save_confusion(
    run: Run | Path | str,
    path: Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    normalise: bool = False,
) -> Confusion:
    """Draw the confusion matrix of the vote on a split; return it.

    Parameters
    ----------
    run : Run or path
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    split, decision, members
        As in `count_confusion`.
    normalise : bool
        Draw shares of each label's examples, not counts.

    Raises
    ------
    MissingError
        As `count_confusion`.
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.confusion import draw_confusion
    from ensemble_lab.figures.files import check_figure_path

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    confusion = count_confusion(run, split, decision, members=members)
    draw_confusion(confusion, normalise=normalise, path=path)
    return confusion
