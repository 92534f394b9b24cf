"""The errors that a vote leaves: the catalogue behind every question."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import Index, find_positions
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import Catalogue, catalogue_examples
from ensemble_lab.errors.files import save_catalogue
from ensemble_lab.errors.orders import OrderName
from ensemble_lab.errors.pairs import Pair
from ensemble_lab.errors.review_range import ReviewRange, count_range
from ensemble_lab.errors.views import DEFAULT_SHARE, View, find_view
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.labels import SplitLabels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.reviews import load_reviews
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.evidence import Witnesses, build_evidence, call_witnesses
from ensemble_lab.workflows.scoring import Scored, cast_vote, read_labels

__all__ = ["Found", "Question", "find_errors", "keep_errors"]


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


ALL = Question()
"""All errors of the majority vote on test, most confident first."""


@dataclass(frozen=True)
class Found:
    """Rows of a catalogue, and what they were found among.

    Attributes
    ----------
    catalogue : Catalogue
    n_held : int
        How many examples the view holds, or how many were asked for by index.
    noun, clause : str
        What those are: ``example`` and `` that no member gets right``.
    n_errors, n_examples : int
        All errors of the vote on the split, and its examples.
    class_names : tuple of str
        Of the run.
    reviewed : ReviewRange or None
        All errors by what people say of labels; None where nobody says anything.
    look : Look or None
        What the ledger did.
    """

    catalogue: Catalogue
    n_held: int
    noun: str
    clause: str
    n_errors: int
    n_examples: int
    class_names: tuple[str, ...]
    reviewed: ReviewRange | None
    look: Look | None

    @property
    def text(self) -> str:
        """How many rows of what there are, such as ``8 of 26 errors in 10,000 examples of test``.

        Where some of the rows are right and some wrong, it says how many are wrong.
        """
        rows = self.catalogue
        n_wrong = int(np.count_nonzero(rows.label != rows.predicted))
        mixed = f", {n_wrong:,} of them wrong" if 0 < n_wrong < len(rows) else ""
        told = _count(self.n_held, self.noun)
        if len(rows) != self.n_held:
            told = f"{len(rows):,} of {told}"
        examples = f"{_count(self.n_examples, 'example')} of {rows.split}"
        if self.clause:
            return f"{told}{self.clause}{mixed}, among {examples}"
        if self.noun == "example":
            return f"{told} of {rows.split}{mixed}"
        return f"{told} in {examples}{mixed}"


def find_errors(
    run: Run | Path | str, question: Question = ALL, *, command: str = "errors"
) -> Found:
    """Return the examples of a run that a question asks for: all errors unless it says otherwise.

    Parameters
    ----------
    run : Run or path
    question : Question
    command : str
        Who asks, for the ledger.

    Raises
    ------
    MissingError
        No such run, split or member, predictions are missing, or the view needs a validation
        split that the run does not have.
    PredictionError
        An unknown view, a share that it does not have, what is no condition, an index that the
        split does not hold, a class that the run does not have, or a gap or view of
        probabilities where only votes are known.
    """
    run = run if isinstance(run, Run) else open_run(run)
    view = find_view(question.view, question.share)
    _check_condition(question.where)
    _check_classes(question, run)
    predictions, vote = cast_vote(run, question.split, question.decision, question.members)
    witnesses = call_witnesses(run, predictions, vote, view.need)
    reviews = load_reviews(run, question.split)
    labels = read_labels(run, predictions, vote.decision, command=command)
    scored = Scored(predictions, vote, labels)
    held = _look(view, question, scored, witnesses)
    rows = catalogue_examples(predictions, vote, labels, held.positions)
    rows = _narrow(rows, question, run.class_names)
    rows = rows.sort(question.sort or view.order, reverse=question.reverse)
    is_wrong = vote.predicted != labels.values
    return Found(
        catalogue=rows if question.limit is None else rows.head(question.limit),
        n_held=held.number,
        noun=held.noun,
        clause=held.clause,
        n_errors=int(np.count_nonzero(is_wrong)),
        n_examples=len(labels.values),
        class_names=run.class_names,
        reviewed=count_range(reviews, is_wrong, labels.index),
        look=labels.look,
    )


@dataclass(frozen=True)
class _Held:
    number: int
    positions: Index
    noun: str
    clause: str


def _look(view: View, question: Question, scored: Scored, witnesses: Witnesses) -> _Held:
    """Return the examples that a view holds, and where those are that were asked for."""
    wanted = _find(scored.labels, question.index) if question.index else None
    if wanted is not None and question.view == ALL.view:
        return _Held(len(wanted), wanted, "example", " asked for by index")
    evidence = build_evidence(scored, witnesses)
    share = DEFAULT_SHARE if question.share is None else question.share
    is_held = view.holds(evidence, share)
    positions = np.flatnonzero(is_held) if wanted is None else wanted[is_held[wanted]]
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


def keep_errors(
    run: Run | Path | str, catalogue: Catalogue, name: str, *, data_dir: Path | str | None = None
) -> Path:
    """Save rows with thumbnails of their images in the run's catalogues; return the file."""
    # Sources of images bring pydantic and more; a query that saves nothing does without.
    from ensemble_lab.data.dataset import take_index
    from ensemble_lab.workflows.images import load_images

    run = run if isinstance(run, Run) else open_run(run)
    images = load_images(run, catalogue.split, data_dir=data_dir)
    if len(catalogue):
        catalogue = catalogue.with_thumbnails(take_index(images, catalogue.index).images)
    return save_catalogue(run, catalogue, name)


def _find(labels: SplitLabels, index: tuple[int, ...]) -> Index:
    """Return the positions of indices, each once."""
    for number in index:
        if not 0 <= number < 2**63:
            raise PredictionError(f"index must be from 0 to 2**63 - 1; got {number}.")
    wanted = np.asarray(list(dict.fromkeys(index)), np.int64)
    return find_positions(labels.index, wanted, split=labels.split)


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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
