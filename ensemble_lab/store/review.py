"""A review: what a person said of an example's label."""

import datetime
import unicodedata
from dataclasses import dataclass
from typing import Any, TypeAlias

from ensemble_lab.exceptions import DataError
from ensemble_lab.spelling import closest

__all__ = ["VERDICTS", "ClassVotes", "Review", "parse_date"]

VERDICTS = {
    "label-error": "the label is wrong",
    "label-right": "the label is right",
    "ambiguous": "several classes can be read, or none",
}
"""What can be said of a label, and what it means."""

ClassVotes: TypeAlias = tuple[tuple[int | None, int], ...]
"""(class, people who chose it), each class once; None for none of those they were offered."""

_MAX_AUTHOR = 100
_MAX_NOTE = 1000
_MAX_NAME = 255
_LARGEST = 2**63
# What steers a terminal or breaks a line. Joiners and marks of direction, which many scripts
# need, are letters like others; embeddings and overrides would turn what stands around them.
_FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, kw_only=True)
class Review:
    """What one author said of the label of one example.

    Attributes
    ----------
    split : str
    index : int
        0-based position in the split as published.
    labels_sha256 : str
        Which labels it is about.
    verdict : str
        A name of `VERDICTS`.
    author : str
        At most 100 characters.
    date : str or None
        When it was said, in UTC, as `parse_date` returns it; None until it is recorded.
    note : str
        One line of any script, at most 1,000 characters.
    seen : int or None
        The class that the author sees; not with ``label-right``, which says it.
    votes : tuple of (class or None, count)
        What several people chose, where they count as one author; empty otherwise.
    source : str or None
        Name of the file that it was imported from.

    Raises
    ------
    DataError
        Whatever of this does not hold.

    Examples
    --------
    >>> Review(split="test", index=947, labels_sha256="7" * 64, verdict="wrong", author="Ada")
    Traceback (most recent call last):
    ensemble_lab.exceptions.DataError: verdict must be one of label-error, label-right, \
ambiguous; got 'wrong'.
    """

    split: str
    index: int
    labels_sha256: str
    verdict: str
    author: str
    date: str | None = None
    note: str = ""
    seen: int | None = None
    votes: ClassVotes = ()
    source: str | None = None

    @property
    def said(self) -> str:
        """The note, or else the votes of several people, such as ``8: 0, 9: 5, none: 0``."""
        return self.note or ", ".join(
            f"{'none' if number is None else number}: {count}" for number, count in self.votes
        )

    @property
    def text(self) -> str:
        """Who said what, in one line.

        Examples
        --------
        >>> Review(
        ...     split="test",
        ...     index=947,
        ...     labels_sha256="",
        ...     verdict="label-error",
        ...     author="Ada",
        ...     seen=9,
        ...     note="an open loop",
        ... ).text
        'Ada says label-error and sees 9 (an open loop)'
        """
        sees = "" if self.seen is None else f" and sees {self.seen}"
        return f"{self.author} says {self.verdict}{sees}" + (f" ({self.said})" if self.said else "")

    def __post_init__(self) -> None:
        _check_whole("index", self.index)
        if self.verdict not in VERDICTS:
            raise DataError(
                f"verdict must be one of {', '.join(VERDICTS)}; got {self.verdict!r:.80}"
                + closest(str(self.verdict), VERDICTS)
            )
        if not _check_line("author", self.author, _MAX_AUTHOR).strip():
            raise DataError("author must be a name; got none. Say who with --author.")
        _check_line("note", self.note, _MAX_NOTE)
        _check_line("split", self.split, _MAX_NAME)
        _check_line("source", self.source or "", _MAX_NAME)
        if self.date is not None and parse_date(self.date) != self.date:
            raise DataError(f"date must be as parse_date returns it; got {self.date!r}.")
        if self.seen is not None:
            _check_whole("class", self.seen)
            if self.verdict == "label-right":
                raise DataError(
                    f"class must be left out where the label is right; got {self.seen}."
                )
        for number, count in self.votes:
            if number is not None:
                _check_whole("class of votes", number)
            _check_whole("count of votes", count)
        if len({number for number, _ in self.votes}) < len(self.votes):
            raise DataError(f"votes must name each class once; got {self.votes!r:.80}.")


def parse_date(text: str) -> str:
    """Return a date or time in ISO 8601 as UTC to the second; without a zone it is UTC.

    Raises
    ------
    DataError
        It is none.

    Examples
    --------
    >>> parse_date("2024-05-01"), parse_date("2024-05-01T09:30+02:00")
    ('2024-05-01T00:00:00+00:00', '2024-05-01T07:30:00+00:00')
    """
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return moment.astimezone(datetime.UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        raise DataError(
            f"date must be an ISO 8601 date or time, such as 2024-05-01; got {text!r:.80}."
        ) from None


def _check_whole(name: str, value: Any) -> None:
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise DataError(f"{name} must be a whole number from 0; got {value!r:.80}.")


def _check_line(name: str, text: Any, longest: int) -> str:
    if not isinstance(text, str) or len(text) > longest:
        got = f"{len(text):,}" if isinstance(text, str) else repr(text)[:80]
        raise DataError(f"{name} must be text of at most {longest:,} characters; got {got}.")
    for letter in text:
        if unicodedata.category(letter) in _FORBIDDEN or letter in _TURNING:
            raise DataError(
                f"{name} must be one line without control characters; got U+{ord(letter):04X}."
            )
    return text
