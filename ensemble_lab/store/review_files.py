"""Files in which people's verdicts come from elsewhere: a table, or votes on flagged labels."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import DataError
from ensemble_lab.spelling import closest, parse_whole
from ensemble_lab.store.files import check_file, one_line
from ensemble_lab.store.review import ClassVotes, parse_date

__all__ = ["REVIEW_FILES", "ReviewFile", "ReviewRow", "load_review_rows"]

_COLUMNS = ("index", "verdict", "author", "note", "date", "class", "label")


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """One row of a file, before it is known which split it is about.

    Attributes
    ----------
    where : str
        File and row, for messages.
    index : int
    verdict : str
    author, date : str or None
        None where the file does not say.
    note : str
    seen : int or None
        The class that the author sees.
    votes : tuple of (class or None, count)
    label : int or None
        The label that the file says was judged.
    """

    where: str
    index: int
    verdict: str
    author: str | None = None
    date: str | None = None
    note: str = ""
    seen: int | None = None
    votes: ClassVotes = ()
    label: int | None = None


@dataclass(frozen=True)
class ReviewFile:
    """One kind of file.

    Attributes
    ----------
    words : str
        What it is for a reader.
    read : callable
        From its path to its rows.
    author : str or None
        Who its rows are by, where nobody else is named.
    """

    words: str
    read: Callable[[Path], Iterator[ReviewRow]]
    author: str | None


def load_review_rows(path: Path | str) -> tuple[ReviewRow, ...]:
    """Return the rows of a file of verdicts, by the kind that its ending tells.

    Raises
    ------
    MissingError
        No such file.
    DataError
        Another ending, or a row that says nothing that can be used; names it.
    """
    path = Path(path)
    kind = REVIEW_FILES.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"a file of verdicts must end in {' or '.join(REVIEW_FILES)}; got {path}.")
    check_file(path, what="the file of verdicts")
    try:
        return tuple(kind.read(path))
    except (OSError, RecursionError, ValueError, csv.Error) as error:
        raise DataError(
            f"a file of verdicts must be {kind.words}; got {one_line(error)}, in {path}."
        ) from None


def _read_table(path: Path) -> Iterator[ReviewRow]:
    """Read a CSV file with the columns index and verdict, and others of `_COLUMNS` if it has."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file, strict=True)
        names = table.fieldnames or ()
        for name in names:
            if name not in _COLUMNS:
                raise DataError(
                    f"a column must be one of {', '.join(_COLUMNS)}; got {name!r:.80}, in {path}"
                    + closest(name, _COLUMNS)
                )
        if "index" not in names or "verdict" not in names or len(set(names)) < len(names):
            raise DataError(
                f"columns must be index and verdict at least, each once; got "
                f"{', '.join(names)!r:.80}, in {path}."
            )
        for values in table:
            yield _parse_table_row(values, f"{path}:{table.line_num}", len(names))


def _parse_table_row(values: Mapping[str, Any], where: str, n_columns: int) -> ReviewRow:
    # A longer row's rest is under None, a shorter one's lack is None.
    n_cells = sum(name is not None and value is not None for name, value in values.items())
    if None in values or n_cells < n_columns:
        raise DataError(f"a row must have {n_columns} columns; got another number, in {where}.")

    def whole(name: str) -> int | None:
        text = values.get(name, "")
        if not text:
            return None
        return parse_whole(text, name=f"{where}: {name}", error=DataError)

    index = whole("index")
    if index is None:
        raise DataError(f"index must be in every row; got none, in {where}.")
    try:
        date = parse_date(values["date"]) if values.get("date") else None
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    return ReviewRow(
        where=where,
        index=index,
        verdict=values["verdict"].strip(),
        author=values.get("author") or None,
        date=date,
        note=values.get("note", ""),
        seen=whole("class"),
        label=whole("label"),
    )


def _read_class_votes(path: Path) -> Iterator[ReviewRow]:
    """Read a list of examples with their label, another guess, and how many people chose which.

    As cleanlab's label-errors has them: ``id``, ``given_original_label``, ``our_guessed_label``
    and ``mturk`` with ``given``, ``guessed`` and ``neither``. The label is right where more than
    half of the people chose it, and else wrong. Where guess and label are the same class, both
    counts are of the same people.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise DataError(f"verdicts must be a list; got {type(entries).__name__}, in {path}.")
    for number, entry in enumerate(entries, start=1):
        yield _parse_entry(entry, f"entry {number} of {path}")


def _parse_entry(entry: Any, where: str) -> ReviewRow:
    index = _take_whole(entry, "id", where)
    label = _take_whole(entry, "given_original_label", where)
    guess = _take_whole(entry, "our_guessed_label", where)
    counts = entry.get("mturk")
    given, guessed, neither = (_take_whole(counts, n, where) for n in _CHOICES)
    if label == guess and given != guessed:
        raise DataError(
            f"given and guessed must be equal where both are class {label}; got {given} and "
            f"{guessed}, in {where}."
        )
    votes = {label: given, guess: guessed, None: neither}
    n_people = sum(votes.values())
    if n_people == 0:
        raise DataError(f"votes must be of one person or more; got none, in {where}.")
    is_right = 2 * given > n_people
    return ReviewRow(
        where=where,
        index=index,
        verdict="label-right" if is_right else "label-error",
        seen=guess if guess != label and 2 * guessed > n_people else None,
        votes=tuple(votes.items()),
        label=label,
    )


_CHOICES = ("given", "guessed", "neither")


def _take_whole(values: Any, name: str, where: str) -> int:
    value = values.get(name) if isinstance(values, dict) else None
    if type(value) is not int or value < 0:
        raise DataError(f"{name} must be a whole number from 0; got {value!r:.80}, in {where}.")
    return value


REVIEW_FILES = {
    ".csv": ReviewFile("a table in UTF-8", _read_table, None),
    ".json": ReviewFile("JSON as cleanlab's label-errors has it", _read_class_votes, "mturk"),
}
"""Kinds of files by their ending."""
