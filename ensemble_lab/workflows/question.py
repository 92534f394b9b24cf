"""A question about the examples of a split, and the rows that answer it."""

from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Index, find_positions
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import Catalogue, catalogue_examples
from ensemble_lab.errors.orders import OrderName
from ensemble_lab.errors.pairs import Pair
from ensemble_lab.errors.views import DEFAULT_SHARE, View, find_view
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import StoredPredictions
from ensemble_lab.store.review import Review
from ensemble_lab.store.reviews import load_reviews
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.evidence import Witnesses, build_evidence, call_witnesses
from ensemble_lab.workflows.scoring import Scored, cast_vote, read_labels

__all__ = ["ALL", "Answer", "Question", "answer_question"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which examples are asked for.

    Different conditions must all hold; of several values of one, one must hold.

    Attributes
    ----------
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.
    view : str
        What to look at, a name of `ensemble_lab.errors.views.VIEWS`.
    share : float or None
        How much ``persistent``, ``persistent-rules`` and ``confident`` ask for at least; None
        for a half. Other views have none.
    index : tuple of int
        These examples, right or wrong; of another view than ``errors`` those that it holds.
    label, predicted : tuple of int
    pair : tuple of (label, predicted)
    min_gap, max_gap : float or None
        Bounds of the confidence gap, both included.
    tied : bool
        Only where a tie policy decided.
    where : str or None
        A condition in SQL; see `Catalogue.where`.
    sort : str or None
        A name of `ensemble_lab.errors.orders.ORDERS`; None for the view's own order.
    reverse : bool
    limit : int or None
    """

    split: str = "test"
    decision: Decision = DEFAULT
    members: tuple[str, ...] = ()
    view: str = "errors"
    share: float | None = None
    index: tuple[int, ...] = ()
    label: tuple[int, ...] = ()
    predicted: tuple[int, ...] = ()
    pair: tuple[Pair, ...] = ()
    min_gap: float | None = None
    max_gap: float | None = None
    tied: bool = False
    where: str | None = None
    sort: OrderName | None = None
    reverse: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        # One class or pair alone is what one would type.
        for name in ("label", "predicted", "index"):
            value = getattr(self, name)
            if isinstance(value, int | np.integer):
                object.__setattr__(self, name, (int(value),))
            elif isinstance(value, str):
                raise PredictionError(f"{name} must be whole numbers; got {value!r:.40}.")
        if isinstance(self.pair, str):
            raise PredictionError(
                f"pair must be (label, predicted), such as (4, 9); got {self.pair!r}. Read text "
                "with parse_pair."
            )
        if self.pair and all(isinstance(each, int | np.integer) for each in self.pair):
            object.__setattr__(self, "pair", (self.pair,))


ALL = Question()
"""All errors of the majority vote on test, most confident first."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The rows that answer a question, and what they were found among.

    Attributes
    ----------
    scored : Scored
    rows : Catalogue
        All of them, in no order that was asked for.
    view : View
    n_held : int
        Rows that the view holds, before conditions narrow them.
    noun, clause : str
        What one row is, and what is so of the rows, behind the noun.
    reviews : tuple of Review
        What people said of labels of the split.
    """

    scored: Scored
    rows: Catalogue
    view: View
    n_held: int
    noun: str
    clause: str
    reviews: tuple[Review, ...]


def answer_question(
    run: Run, question: Question, *, command: str, needs_gaps: bool = False
) -> Answer:
    """Combine predictions as a question asks, and find its rows by the labels: one look.

    What can have no answer is refused before the labels are read.

    Parameters
    ----------
    run : Run
    question : Question
        Its order and limit are left to the caller.
    command : str
        Who asks, for the ledger.
    needs_gaps : bool
        Whether gaps are needed, also where the question does not bound them.

    Raises
    ------
    MissingError
        No such split or member, predictions are missing, or the view needs a validation split
        that the run does not have.
    PredictionError
        An unknown view, a share that it does not have, what is no condition, an index that the
        split does not hold, a class that the run does not have, or a gap or view of
        probabilities where only votes are known; names the members.
    """
    view = find_view(question.view, question.share)
    _check_condition(question.where)
    _check_classes(question, run)
    predictions, vote = cast_vote(run, question.split, question.decision, question.members)
    asked = _find(predictions, question.index) if question.index else None
    asks_gaps = needs_gaps or (question.min_gap, question.max_gap) != (None, None)
    if asks_gaps and vote.p_predicted is None:
        from ensemble_lab.workflows.temperatures import load_with_probabilities

        # Says whose probabilities are missing.
        load_with_probabilities(run, question.split, predictions.members)
    witnesses = call_witnesses(run, predictions, vote, view.need)
    reviews = load_reviews(run, question.split)
    labels = read_labels(run, predictions, vote.decision, command=command)
    scored = Scored(predictions, vote, labels)
    held = _hold(view, question, asked, scored, witnesses)
    rows = catalogue_examples(predictions, vote, labels, held.positions)
    return Answer(
        scored=scored,
        rows=_narrow(rows, question, run.class_names),
        view=view,
        n_held=held.number,
        noun=held.noun,
        clause=held.clause,
        reviews=reviews,
    )


@dataclass(frozen=True, eq=False)
class _Held:
    number: int
    positions: Index
    noun: str
    clause: str


def _hold(
    view: View, question: Question, asked: Index | None, scored: Scored, witnesses: Witnesses
) -> _Held:
    """Return the examples that a view holds, and where those are that were asked for."""
    if asked is not None and question.view == ALL.view:
        return _Held(len(asked), asked, "example", " asked for by index")
    evidence = build_evidence(scored, witnesses)
    share = DEFAULT_SHARE if question.share is None else question.share
    is_held = view.holds(evidence, share)
    positions = np.flatnonzero(is_held) if asked is None else asked[is_held[asked]]
    number = int(np.count_nonzero(is_held))
    return _Held(number, positions, view.noun, view.clause(evidence, share))


def _narrow(rows: Catalogue, question: Question, class_names: tuple[str, ...]) -> Catalogue:
    rows = rows.filter(
        label=question.label or None,
        predicted=question.predicted or None,
        pair=question.pair or None,
        min_gap=question.min_gap,
        max_gap=question.max_gap,
        tied=True if question.tied else None,
    )
    if question.where is None:
        return rows
    return rows.where(question.where, class_names=class_names)


def _find(predictions: StoredPredictions, index: tuple[int, ...]) -> Index:
    """Return the positions of indices, each once."""
    for number in index:
        if not 0 <= number < 2**63:
            raise PredictionError(f"index must be from 0 to 2**63 - 1; got {number}.")
    wanted = np.asarray(list(dict.fromkeys(index)), np.int64)
    return find_positions(predictions.index, wanted, split=predictions.split)


def _check_condition(text: str | None) -> None:
    if text is not None:
        # Questions without a condition do without SQLite.
        from ensemble_lab.errors.where import read_condition

        read_condition(text)


def _check_classes(question: Question, run: Run) -> None:
    """Refuse classes that the run does not have: no row could ever match."""
    pairs = [number for pair in question.pair for number in pair]
    asked = (("label", question.label), ("predicted", question.predicted), ("pair", pairs))
    for name, numbers in asked:
        for number in numbers:
            if not 0 <= number < run.n_classes:
                raise PredictionError(
                    f"{name} must name classes from 0 to {run.n_classes - 1}; got {number}."
                )
