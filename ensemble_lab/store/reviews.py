"""Reviews of a run's labels, in ``verdicts.jsonl``: lines are added, none is changed.

The file is specified in checkpoints/README.md.
"""

import datetime
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import DamagedError, DataError, MismatchError, StoreError
from ensemble_lab.store.files import FORMAT_VERSION, check_field, check_version, one_line
from ensemble_lab.store.lines import READ_ONLY, append_lines, load_lines
from ensemble_lab.store.lock import lock_run
from ensemble_lab.store.review import ClassVotes, Review, parse_date
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import SplitRecord, load_record

__all__ = [
    "REVIEWS",
    "append_new_reviews",
    "append_reviews",
    "check_writable",
    "current_reviews",
    "load_reviews",
]

REVIEWS = "verdicts.jsonl"
_COPY = " Copy the run to a folder that you can write."


def load_reviews(run: Run | Path | str, split: str = "test") -> tuple[Review, ...]:
    """Return all reviews of a split's labels in the order they were recorded; none without a file.

    An author may have reviewed an example more than once: see `current_reviews`.

    Parameters
    ----------
    run : Run or path
    split : str

    Raises
    ------
    DamagedError
        A line, also one about another split, that holds no review; names it by its number. A
        last line without an end is a write that was cut off, and is passed over.
    MismatchError
        A review of other labels than the split's, of an example that it does not hold, or of a
        class that the run does not have.
    NewerFormatError
        A line that a later version wrote.
    """
    run = open_run(run)
    path = run.path / REVIEWS
    rows = load_lines(path, what="file of reviews")
    if not rows:
        return ()
    placed = [(Path(f"{path}:{number}"), row) for number, row in enumerate(rows, start=1)]
    reviews = [(where, _parse(row, where)) for where, row in placed]
    wanted = [(where, review) for where, review in reviews if review.split == split]
    if wanted:
        _check_belong(run, load_record(run, split), wanted)
    return tuple(review for _, review in wanted)


def current_reviews(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """Return the latest review of each author on each example; of equal dates the last.

    Parameters
    ----------
    reviews : iterable of Review
        In the order they were recorded.

    Returns
    -------
    tuple of Review
        In that order.

    Examples
    --------
    >>> first = Review(split="test", index=7, labels_sha256="", verdict="ambiguous", author="Ada")
    >>> found = current_reviews([first, replace(first, verdict="label-error")])
    >>> [review.verdict for review in found]
    ['label-error']
    """
    ordered = list(reviews)
    latest: dict[tuple[str, int, str], int] = {}
    for place, review in enumerate(ordered):
        who = (review.split, review.index, review.author)
        before = latest.get(who)
        # Dates are all in UTC and of one form, so that they sort as text.
        if before is None or (review.date or "") >= (ordered[before].date or ""):
            latest[who] = place
    return tuple(ordered[place] for place in sorted(latest.values()))


def append_reviews(run: Run, reviews: Sequence[Review]) -> tuple[Review, ...]:
    """Append reviews to the run's file and return them; one without a date is of now.

    Raises
    ------
    MismatchError
        As `load_reviews`; nothing is appended then.
    StoreError
        The run is read-only, or the disk is full.
    """
    return _append(run, reviews, lambda given: list(given))


def append_new_reviews(run: Run, reviews: Sequence[Review]) -> tuple[Review, ...]:
    """Append the reviews that are not there yet and return them, so that twice is once.

    Reviews are equal where index, verdict, author, note and class are, and the date if one is
    given. Of several equal ones in `reviews` as many are appended as are missing.

    Raises
    ------
    MismatchError, StoreError
        As `append_reviews`.
    DamagedError, NewerFormatError
        As `load_reviews`.
    """
    return _append(run, reviews, lambda given: _leave_out_known(run, given))


def check_writable(run: Run) -> None:
    """Refuse a run in which no review can be recorded, before anything is read for one.

    Raises
    ------
    StoreError
        The run's folder, or its file of reviews, is read-only.
    """
    path = run.path / REVIEWS
    for place in (run.path, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(f"reviews must be written in the run; {place} is read-only.{_COPY}")


def _append(
    run: Run, reviews: Sequence[Review], choose: Callable[[Sequence[Review]], list[Review]]
) -> tuple[Review, ...]:
    for split in dict.fromkeys(review.split for review in reviews):
        record = load_record(run, split)
        _check_belong(run, record, [(None, each) for each in reviews if each.split == split])
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    path = run.path / REVIEWS
    try:
        with lock_run(run.path):
            chosen = [
                each if each.date is not None else replace(each, date=now)
                for each in choose(reviews)
            ]
            if chosen:
                append_lines(path, [_build_row(review) for review in chosen])
    except (StoreError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(cause, OSError):
            raise
        advice = _COPY if cause.errno in READ_ONLY else ""
        raise StoreError(
            f"reviews must be written in the run; got {one_line(cause)}, in {path}.{advice}"
        ) from error
    return tuple(chosen)


def _leave_out_known(run: Run, reviews: Sequence[Review]) -> list[Review]:
    known: Counter[tuple[object, ...]] = Counter()
    for split in {review.split for review in reviews}:
        for review in load_reviews(run, split):
            known.update((_content(review), _content(replace(review, date=None))))
    new = []
    for review in reviews:
        content = _content(review)
        if known[content]:
            known[content] -= 1
        else:
            new.append(review)
    return new


def _content(review: Review) -> tuple[object, ...]:
    seen, date = review.seen, review.date
    return (review.split, review.index, review.verdict, review.author, review.note, seen, date)


def _check_belong(
    run: Run, record: SplitRecord, reviews: Sequence[tuple[Path | None, Review]]
) -> None:
    """Refuse reviews of other labels, examples or classes than those of a split of the run."""
    index = set(record.index.tolist())
    for where, review in reviews:
        place = "" if where is None else f", in {where}"
        if record.labels_sha256 is None or review.labels_sha256 != record.labels_sha256:
            ours = "none" if record.labels_sha256 is None else record.labels_sha256[:12]
            raise MismatchError(
                f"a review must be of the labels of split {record.name!r}, {ours}; got "
                f"{review.labels_sha256[:12]}{place}."
            )
        if review.index not in index:
            raise MismatchError(
                f"index must be one of the {len(index):,} of split {record.name!r}, from "
                f"{min(index)} to {max(index)}; got {review.index}{place}."
            )
        for number in (review.seen, *(number for number, _ in review.votes)):
            if number is not None and number >= run.n_classes:
                raise MismatchError(
                    f"class must be from 0 to {run.n_classes - 1}; got {number}{place}."
                )


def _build_row(review: Review) -> dict[str, Any]:
    """Return the line of a review; what it does not say is left out."""
    row: dict[str, Any] = {
        "version": FORMAT_VERSION,
        "split": review.split,
        "index": review.index,
        "labels_sha256": review.labels_sha256,
        "verdict": review.verdict,
        "author": review.author,
        "date": review.date,
    }
    more = {
        "note": review.note,
        "class": review.seen,
        "votes": [list(pair) for pair in review.votes],
        "source": review.source,
    }
    return row | {name: value for name, value in more.items() if value not in ("", None, [])}


def _parse(row: dict[str, Any], where: Path) -> Review:
    check_version(row.get("version"), where)
    try:
        return Review(
            split=check_field(row, "split", str, where),
            index=check_field(row, "index", int, where),
            labels_sha256=check_field(row, "labels_sha256", str, where),
            verdict=check_field(row, "verdict", str, where),
            author=check_field(row, "author", str, where),
            date=parse_date(check_field(row, "date", str, where)),
            note=check_field(row, "note", str, where) if "note" in row else "",
            seen=row.get("class"),
            votes=_parse_votes(row, where),
            source=check_field(row, "source", str, where) if "source" in row else None,
        )
    except DataError as error:
        raise DamagedError(f"{where} must hold a review; {error}") from None


def _parse_votes(row: dict[str, Any], where: Path) -> ClassVotes:
    pairs = check_field(row, "votes", list, where) if "votes" in row else []
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise DamagedError(f"votes must be pairs of class and count; got others, in {where}.")
    return tuple((number, count) for number, count in pairs)
