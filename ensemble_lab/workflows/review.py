"""What people say of labels: recorded one by one, or imported from a file."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ensemble_lab.arrays import find_positions
from ensemble_lab.exceptions import DataError, MismatchError
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.review import Review
from ensemble_lab.store.review_files import REVIEW_FILES, ReviewRow, load_review_rows
from ensemble_lab.store.reviews import (
    append_new_reviews,
    append_reviews,
    check_writable,
    load_reviews,
)
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record

__all__ = ["Imported", "add_review", "import_reviews", "list_reviews"]


@dataclass(frozen=True)
class Imported:
    """What a file of verdicts held, and what of it was new.

    Attributes
    ----------
    reviews : tuple of Review
        All rows; without a date where the file has none.
    added : tuple of Review
        Those that the run did not have yet.
    look : Look or None
        What the ledger did when labels were compared; None where the file has none.
    """

    reviews: tuple[Review, ...]
    added: tuple[Review, ...]
    look: Look | None


def add_review(
    run: Run | Path | str,
    index: int | Sequence[int],
    verdict: str,
    *,
    author: str | None = None,
    note: str = "",
    seen: int | None = None,
    split: str = "test",
) -> tuple[Review, ...]:
    """Record what somebody says of the labels of one or several examples; return the reviews.

    No label is changed by it: see `ensemble_lab.errors.review_range` for what it does to numbers.
    Labels are read for it, as the ledger says, only where a wrong one is said to be another class.

    Parameters
    ----------
    run : Run or path
    index : int or sequence of int
        As published.
    verdict : {"label-error", "label-right", "ambiguous"}
    author : str, optional
        The name of the system's user unless given.
    note : str
    seen : int, optional
        The class that the author sees.
    split : str

    Raises
    ------
    DataError
        An unknown verdict, no author, a note that is no line of text, or a label that is said to
        be wrong and to be that class.
    MismatchError
        An index that the split does not hold, or a class that the run does not have.
    StoreError
        The run is read-only.
    """
    run = open_run(run)
    check_writable(run)
    labels_sha256 = load_record(run, split).labels_sha256 or ""
    numbers = [index] if isinstance(index, int) else list(dict.fromkeys(index))
    author = _find_user() if author is None else author
    reviews = [
        Review(
            split=split,
            index=number,
            labels_sha256=labels_sha256,
            verdict=verdict,
            author=author,
            note=note,
            seen=seen,
        )
        for number in numbers
    ]
    _check_labels(run, split, reviews)
    return append_reviews(run, reviews)


def import_reviews(
    run: Run | Path | str, path: Path | str, *, author: str | None = None, split: str = "test"
) -> Imported:
    """Record the verdicts of a file that the run does not have yet; twice is once.

    Parameters
    ----------
    run : Run or path
    path : path
        ``.csv`` with the columns ``index`` and ``verdict``, and ``author``, ``note``, ``date``,
        ``class`` and ``label`` if it has them; or ``.json`` as cleanlab's label-errors has it,
        by the author ``mturk``, where a label that half of the people or fewer chose is wrong.
        Where the file says which labels were judged, they must be those of the split, which are
        read and in the ledger then.
    author : str, optional
        Of the rows that name none.
    split : str

    Raises
    ------
    DataError
        A row that is no review; names it.
    MismatchError
        Another label, example or class than the split's.
    StoreError
        The run is read-only.
    """
    run = open_run(run)
    rows = load_review_rows(path)
    check_writable(run)
    labels_sha256 = load_record(run, split).labels_sha256 or ""
    author = author or REVIEW_FILES[Path(path).suffix.lower()].author
    reviews = tuple(
        _build_review(row, split, labels_sha256, author, Path(path).name) for row in rows
    )
    look = _check_labels(run, split, reviews, rows)
    return Imported(reviews, append_new_reviews(run, reviews), look)


def list_reviews(
    run: Run | Path | str, index: Sequence[int] = (), *, split: str = "test"
) -> tuple[Review, ...]:
    """Return what was said of the labels of these examples, or of all, in the order recorded.

    Raises
    ------
    MismatchError
        An index that the split does not hold.
    DamagedError, NewerFormatError
        As `ensemble_lab.store.reviews.load_reviews`.
    """
    run = open_run(run)
    record = load_record(run, split)
    find_positions(record.index, np.array(index, np.int64), split=split, error=MismatchError)
    reviews, wanted = load_reviews(run, split), set(index)
    return tuple(review for review in reviews if not wanted or review.index in wanted)


def _build_review(
    row: ReviewRow, split: str, labels_sha256: str, author: str | None, source: str
) -> Review:
    # The latest verdict counts: one from the future would outrank all that is said from now on.
    if row.date is not None and row.date > (now := datetime.now(UTC).isoformat()):
        raise DataError(f"date must not be later than {now[:10]}; got {row.date}, in {row.where}.")
    try:
        return Review(
            split=split,
            index=row.index,
            labels_sha256=labels_sha256,
            verdict=row.verdict,
            author=row.author or author or "",
            date=row.date,
            note=row.note,
            seen=row.seen,
            votes=row.votes,
            source=source,
        )
    except DataError as error:
        raise DataError(f"{row.where} must hold a review; {error}") from None


def _check_labels(
    run: Run, split: str, reviews: Sequence[Review], rows: Sequence[ReviewRow] = ()
) -> Look | None:
    """Refuse reviews of other labels than the split's, and what takes a label for wrong and right.

    Labels are read where something is said of them, once; returns what the ledger did.
    """
    judged = [row for row in rows if row.label is not None]
    seen = [each for each in reviews if each.verdict == "label-error" and each.seen is not None]
    if not judged and not seen:
        return None
    wanted = np.array([row.index for row in judged] + [each.index for each in seen])
    # Before the labels are read: what is not in the split costs no entry in the ledger.
    index = load_record(run, split).index
    positions = find_positions(index, wanted, split=split, error=MismatchError)
    labels = load_labels(run, split, command="review")
    label_of = dict(zip(wanted.tolist(), labels.values[positions].tolist(), strict=True))
    for row in judged:
        if row.label != label_of[row.index]:
            raise MismatchError(
                f"the label of {row.index} in {split!r} must be {label_of[row.index]}, as in "
                f"{run.path}; got {row.label}, in {row.where}."
            )
    for each in seen:
        if each.seen == label_of[each.index]:
            raise DataError(
                f"class must be another than the label where that is wrong; got {each.seen} of "
                f"{each.index} in {split!r}."
            )
    return labels.look


def _find_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise DataError("author must be a name; the system knows none. Say --author.") from None
