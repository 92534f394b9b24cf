"""Figures on disk: what they can be written as, in one style, whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.files import check_target, replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DPI",
    "FORMATS",
    "check_figure_path",
    "house_figure",
    "house_style",
    "page_paths",
    "save_figure",
    "save_numbered",
    "save_pages",
]

_Asked = ParamSpec("_Asked")

FORMATS = ("png", "svg", "pdf")
"""What a figure can be written as, by the ending of its path."""

DPI = 160

# A date would make different bytes of the same picture.
_DATES: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def check_figure_path(
    path: Path | str, *, what: str = "figure", formats: tuple[str, ...] = FORMATS
) -> None:
    """Refuse a path that ends otherwise than in one of the formats, or cannot be written.

    Raises
    ------
    PredictionError
        It ends otherwise.
    StoreError
        See `ensemble_lab.store.files.check_target`.
    """
    ending = _format(Path(path))
    if ending not in formats:
        raise PredictionError(
            f"path of a {what} must end in .{', .'.join(formats)}; got {str(path)!r}"
            + closest(ending, formats)
        )
    check_target(Path(path))


@contextmanager
def house_style() -> Iterator[None]:
    """Draw as matplotlib does by default, whatever the caller has set, and give that back.

    The same drawing, made and saved in here, gives the same bytes.
    """
    import matplotlib.style

    # Without the salt the names inside an SVG are random.
    with matplotlib.style.context(["default", {"svg.hashsalt": "ensemble_lab"}]):
        yield


def house_figure(draw: "Callable[_Asked, Figure]") -> "Callable[_Asked, Figure]":
    """Let a function draw in the house's style, and write what it returns to its `path`.

    `path` is a keyword of the function; nothing is drawn for one that cannot be written as a
    figure, and nothing is written without one.
    """

    @wraps(draw)
    def draw_and_save(*given: _Asked.args, **named: _Asked.kwargs) -> "Figure":
        path = named.get("path")
        if path is not None:
            check_figure_path(path)  # type: ignore[arg-type]
        with house_style():
            figure = draw(*given, **named)
            if path is not None:
                save_figure(figure, Path(path))  # type: ignore[arg-type]
        return figure

    return draw_and_save


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure in the format of its path's ending. Missing folders are made.

    Raises
    ------
    StoreError
        The disk is full, or the folder cannot be written to.
    """
    ending = _format(path)
    with replacing(path) as partial:
        figure.savefig(partial, format=ending, dpi=DPI, metadata=_DATES.get(ending, {}))


def save_pages(pages: Iterable["Figure"], path: Path) -> None:
    """Write figures as the pages of one PDF. Missing folders are made.

    Raises
    ------
    StoreError
        The disk is full, or the folder cannot be written to.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    with replacing(path) as partial, PdfPages(partial, metadata=_DATES["pdf"]) as file:
        for page in pages:
            file.savefig(page)


def page_paths(path: Path | str, n_pages: int, *, what: str = "figure") -> tuple[Path, ...]:
    """Return the files that so many pages are written to.

    A PDF holds all pages; of ``png`` and ``svg`` there is a file for each page, numbered where
    there are several.

    Raises
    ------
    PredictionError
        Another ending.

    Examples
    --------
    >>> [file.name for file in page_paths("why.png", 2)], page_paths("why.pdf", 2)[0].name
    (['why-1.png', 'why-2.png'], 'why.pdf')
    """
    check_figure_path(path, what=what)
    path = Path(path)
    if n_pages == 1 or _format(path) == "pdf":
        return (path,)
    return tuple(path.with_stem(f"{path.stem}-{page}") for page in range(1, n_pages + 1))


def save_numbered(pages: Iterable["Figure"], path: Path | str, n_pages: int) -> None:
    """Write figures to the files that `page_paths` names: all to a PDF, or each to its own.

    A page is written before the next one is asked for: memory need not hold more than one.

    Raises
    ------
    StoreError
        The disk is full, or the folder cannot be written to.
    """
    paths = page_paths(path, n_pages)
    if _format(paths[0]) == "pdf":
        save_pages(pages, paths[0])
        return
    for page, file in zip(pages, paths, strict=True):
        save_figure(page, file)


def _format(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")
