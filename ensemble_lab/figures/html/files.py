"""Pages on disk: whole or not at all."""

from pathlib import Path

from ensemble_lab.figures.files import check_figure_path
from ensemble_lab.figures.html.page import Page
from ensemble_lab.figures.html.render import render_gallery, render_report
from ensemble_lab.figures.html.report import Report
from ensemble_lab.store.files import replacing

__all__ = ["FORMATS", "is_page", "save_page", "save_report"]

FORMATS = ("html",)
"""What a page can be written as, by the ending of its path."""


def is_page(path: Path | str) -> bool:
    """Whether a path is that of a page, not of a figure.

    Examples
    --------
    >>> is_page("errors.html"), is_page("errors.png")
    (True, False)
    """
    return Path(path).suffix.lower().removeprefix(".") in FORMATS


def save_page(page: Page, path: Path | str) -> None:
    """Write a page of pictures to one HTML file. Missing folders are made.

    Raises
    ------
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    check_figure_path(path, what="page", formats=FORMATS)
    _save_text(render_gallery(page), Path(path))


def save_report(report: Report, path: Path | str) -> None:
    """Write a report as `save_page` writes a page."""
    check_figure_path(path, what="report", formats=FORMATS)
    _save_text(render_report(report), Path(path))


def _save_text(text: str, path: Path) -> None:
    """Write HTML; what is no letter at all (half a surrogate pair) becomes a question mark."""
    with replacing(path) as partial:
        partial.write_bytes(text.encode("utf-8", "replace"))
