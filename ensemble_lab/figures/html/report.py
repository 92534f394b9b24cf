"""What a report tells beside its pictures: tables, charts and words, in sections."""

from dataclasses import dataclass

from ensemble_lab.analysis.subsets.curve import SubsetCurve
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.html.page import Page

__all__ = ["Report", "Section", "Table"]


@dataclass(frozen=True)
class Table:
    """Rows of texts under a caption.

    Attributes
    ----------
    caption : str
    columns : tuple of str
        The first one names the rows.
    rows : tuple of tuple of str
    numbers : tuple of str
        Columns that are aligned to the right.
    whiskers : tuple of (low, value, high)
        An interval for each row, drawn behind it on one scale from 0; none where empty.
    unit : str
        Of the intervals, such as `` %``.
    has_total : bool
        Whether the last row sums up the others.

    Raises
    ------
    PredictionError
        A row of another length, or other than one interval for each row.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()
    whiskers: tuple[tuple[float, float, float], ...] = ()
    unit: str = ""
    has_total: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise PredictionError(
                    f"a row must have one text for each of {len(self.columns)} columns; "
                    f"got {len(row)}, in the table {self.caption!r}."
                )
        if self.whiskers and len(self.whiskers) != len(self.rows):
            raise PredictionError(
                f"whiskers must be one for each of {len(self.rows)} rows; got "
                f"{len(self.whiskers)}, in the table {self.caption!r}."
            )

    @property
    def end(self) -> float:
        """Where the scale of the intervals ends."""
        return max((high for _, _, high in self.whiskers), default=0.0) or 1.0

    @property
    def end_text(self) -> str:
        """That end, as it is written over the scale."""
        return (f"{self.end:.0f}" if self.end >= 10 else f"{self.end:.2g}") + self.unit


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a report under a heading of its own.

    Attributes
    ----------
    title : str
    words : tuple of str
        Paragraphs above all else.
    tables : tuple of Table
    curve : SubsetCurve or None
        Drawn above the tables.
    has_confusion : bool
        Whether the page's confusion matrix stands here.
    is_wide : bool
        Whether it takes the whole width, its tables beside each other.
    """

    title: str
    words: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    curve: SubsetCurve | None = None
    has_confusion: bool = False
    is_wide: bool = False


@dataclass(frozen=True, eq=False)
class Report:
    """A page of pictures with what stands before and after it.

    Attributes
    ----------
    page : Page
    sections : tuple of Section
        Before the pictures.
    foot : tuple of Section
        After them: what was asked of the test set, and how the report was made.
    """

    page: Page
    sections: tuple[Section, ...]
    foot: tuple[Section, ...] = ()
