"""The gallery: one tile for each row of a catalogue, on pages."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import find_positions
from ensemble_lab.data.dataset import Split
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.files import house_style, page_paths, save_numbered
from ensemble_lab.figures.layout import TILES_PER_PAGE, plan
from ensemble_lab.figures.pages import Heading, draw_page
from ensemble_lab.figures.tiles import build_pictures, build_tiles, picture_shape
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_gallery", "gallery_paths", "save_gallery_pages"]


def gallery_paths(path: str | Path, n_pages: int) -> tuple[Path, ...]:
    """Return the files that a gallery of so many pages is written to.

    A PDF holds all pages; of ``png`` and ``svg`` there is a file for each page, numbered where
    there are several.

    Raises
    ------
    PredictionError
        Another ending.

    Examples
    --------
    >>> [file.name for file in gallery_paths("errors.png", 1)]
    ['errors.png']
    >>> [file.name for file in gallery_paths("errors.png", 2)]
    ['errors-1.png', 'errors-2.png']
    >>> [file.name for file in gallery_paths("errors.pdf", 2)]
    ['errors.pdf']
    """
    return page_paths(path, n_pages, what="gallery")


def draw_gallery(
    catalogue: Catalogue,
    images: Split,
    *,
    path: str | Path | None = None,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
) -> list["Figure"]:
    """Return pages with one tile for each row, in the rows' order, and write them to `path`.

    A tile shows the image, its index, ``label → predicted``, the confidence gap (of a right
    example, which has none, the margin), the votes for the predicted class, and a bar of all
    votes. The same input gives the same bytes.

    Parameters
    ----------
    catalogue : Catalogue
        Without rows, the one page says so.
    images : Split
        Holds every index of the catalogue. One channel is drawn inverted, so that ink is dark
        on white; three are red, green and blue; of any other number the first is drawn.
    path : path, optional
        Ends in ``.png``, ``.svg`` (see `gallery_paths` for several pages) or ``.pdf``. Missing
        folders are made.
    class_names : tuple of str, optional
        One for each class; numbers unless given. A name with letters that the font lacks is
        replaced by its number.
    title : str, optional
        Stands over the tiles; the split and the number of rows and errors unless given.

    Returns
    -------
    list of matplotlib.figure.Figure
        Known to no pyplot; nothing has to be closed.

    Raises
    ------
    PredictionError
        A row without an image, images of another split, a class without a name, or a path that
        ends otherwise.
    StoreError
        The files cannot be written.
    """
    if path is not None:
        gallery_paths(path, 1)
    with house_style():
        pages = list(_draw_pages(catalogue, images, class_names, title))
        if path is not None:
            save_numbered(pages, path, len(pages))
    return pages


def save_gallery_pages(
    catalogue: Catalogue,
    images: Split,
    path: str | Path,
    *,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
) -> tuple[Path, ...]:
    """Write what `draw_gallery` draws, one page after another, and return the files.

    Memory holds one page, however many there are.
    """
    n_pages = len(_list_starts(catalogue))
    paths = gallery_paths(path, n_pages)
    with house_style():
        save_numbered(_draw_pages(catalogue, images, class_names, title), path, n_pages)
    return paths


def _list_starts(catalogue: Catalogue) -> range:
    """Return the first row of each page."""
    return range(0, max(1, len(catalogue)), TILES_PER_PAGE)


def _draw_pages(
    catalogue: Catalogue,
    images: Split,
    class_names: tuple[str, ...] | None,
    title: str | None,
) -> Iterator["Figure"]:
    if images.name != catalogue.split:
        raise PredictionError(
            f"images must be those of the catalogue's split {catalogue.split!r}; "
            f"got split {images.name!r}."
        )
    positions = find_positions(images.index, catalogue.index, split=images.name)
    tiles = build_tiles(catalogue, class_names)
    layout = plan(tiles, picture_shape(*images.image_shape[:2]))
    starts = _list_starts(catalogue)
    for number, start in enumerate(starts, start=1):
        rows = slice(start, start + TILES_PER_PAGE)
        pictures = build_pictures(images.images[positions[rows]])
        heading = _write_heading(catalogue, title, number, len(starts))
        yield draw_page(tiles[rows], pictures, heading, layout)


def _write_heading(catalogue: Catalogue, title: str | None, page: int, n_pages: int) -> Heading:
    n_rows, n_members = len(catalogue), len(catalogue.members)
    n_errors = int(np.count_nonzero(catalogue.label != catalogue.predicted))
    counts = [render_count(n_errors, "error")]
    if n_errors < n_rows:
        counts.insert(0, render_count(n_rows, "example"))
    if n_rows == 0:
        remark = "There is nothing to show."
    elif np.isfinite(catalogue.gap).any():
        remarks = ["gap = p(predicted) − p(label)"] * (n_errors > 0)
        remarks += ["margin = p(label) − largest other"] * (n_errors < n_rows)
        remark = ", ".join(remarks)
    else:
        remark = "gap –: only votes are known"
    return Heading(
        title=title or f"{catalogue.split}: {', '.join(counts)}",
        note=f"Vote of {render_count(n_members, 'member')}: {catalogue.decision.text}",
        page=f"page {page} of {n_pages}" if n_pages > 1 else "",
        remark=remark,
    )
