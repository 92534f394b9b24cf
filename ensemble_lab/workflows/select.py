"""Who shall vote, chosen on validation, and what that is worth there."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.selection.methods import (
    DEFAULT_SIZE,
    count_compared,
    find_method,
    select_members,
)
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.canonical import digest_of
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import LabelAccessError
from ensemble_lab.store.decisions import save_decision
from ensemble_lab.store.files import check_target
from ensemble_lab.store.labels import TestSelection, load_validation_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import Predictions, load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record

__all__ = ["SelectionReport", "select"]


@dataclass(frozen=True)
class SelectionReport:
    """What was selected, and how it does on the examples that it was chosen on.

    Attributes
    ----------
    run, split, method : str
    n_examples : int
    decision : Decision
        Who votes and how, with what it was chosen on.
    errors : int
        Of that vote on `split`: too good an estimate, for it was chosen there.
    all_errors : int
        Of the vote of all members by the same rule, without weights.
    member_errors : tuple of int
        Of each member of the decision.
    n_members : int
        Members that could be chosen.
    look : Look or None
        What the ledger did; None on validation.
    """

    run: str
    split: str
    method: str
    n_examples: int
    decision: Decision
    errors: int
    all_errors: int
    member_errors: tuple[int, ...]
    n_members: int
    look: Look | None


def select(
    run: Run | Path | str,
    method: str = "greedy",
    split: str | None = None,
    *,
    size: int = DEFAULT_SIZE,
    members: tuple[str, ...] = (),
    seed: int = 0,
    allow_test_selection: bool = False,
    path: Path | str | None = None,
) -> SelectionReport:
    """Select members by a run's validation labels, and keep the decision in a file if asked.

    Parameters
    ----------
    run : Run or path
    method : str
        A name of `ensemble_lab.analysis.selection.methods.METHODS`.
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given.
    size : int
        Members of ``top``.
    members : tuple of str
        Patterns of the keys to choose among; none for all.
    seed : int
        Of the bags of ``greedy``.
    allow_test_selection : bool
        Whether a test split may be chosen on. The decision then says so wherever it goes, and
        the ledger has it as a choice.
    path : path, optional
        Where to write the decision as JSON.

    Raises
    ------
    LabelAccessError
        A test split without leave, or a split that is for neither.
    MissingError
        No such run, split or member, or predictions are missing.
    PredictionError
        An unknown method, or one that needs more members.
    """
    if path is not None:
        check_target(Path(path))
    run = open_run(run)
    split = run.choose_split(split)
    predictions = load_predictions(run, split, members=members)
    n_members = len(predictions.members)
    find_method(method, n_members, size)
    if load_record(run, split).role == "report" and not allow_test_selection:
        raise LabelAccessError(
            f"members must be selected on validation; got {split!r}, a split to report on. "
            "--allow-test-selection does it all the same, and says so ever after."
        )
    selection = _declare(predictions, method, size, seed)
    labels = load_validation_labels(run, split, test_selection=selection)
    decision = select_members(predictions, labels, method, size=size, seed=seed)
    if path is not None:
        save_decision(path, decision)
    chosen = predictions.select(decision.members)
    plain = Decision(rule="majority" if predictions.probabilities is None else decision.rule)
    return SelectionReport(
        run=run.title,
        split=split,
        method=method,
        n_examples=len(labels.values),
        decision=decision,
        errors=int((combine(chosen, decision).predicted != labels.values).sum()),
        all_errors=int((combine(predictions, plain).predicted != labels.values).sum()),
        member_errors=tuple((chosen.votes != labels.values).sum(axis=1).tolist()),
        n_members=n_members,
        look=labels.look,
    )


def _declare(predictions: Predictions, method: str, size: int, seed: int) -> TestSelection:
    way = {"select": method, "members": list(predictions.members), "size": size, "seed": seed}
    n_members = len(predictions.members)
    return TestSelection(
        command="select",
        members=predictions.digest,
        decision=digest_of(way),
        words=f"{method} of {n_members} members selected{predictions.clause}",
        n_candidates=count_compared(method, n_members),
    )
