"""Pictures of the errors that a vote leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.data.dataset import Split
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.metadata import join_metadata
from ensemble_lab.workflows.question import Question

__all__ = ["Drawn", "save_gallery"]


@dataclass(frozen=True)
class Drawn:
    """Files of a gallery, and what the ledger did when its rows were looked up."""

    paths: tuple[Path, ...]
    look: Look | None


def save_gallery(
    run: Run | Path | str,
    question: Question,
    path: Path | str,
    *,
    metadata: Sequence[Path | str] = (),
    data_dir: Path | str | None = None,
) -> Drawn:
    """Draw the examples that a question asks for, one tile each.

    Parameters
    ----------
    run : Run or path
    question : Question
        Its order is the order of the tiles.
    path : path
        ``.png`` or ``.svg`` (numbered where there are several pages), ``.pdf``, or ``.html``: one
        page to filter, sort and mark in.
    metadata : sequence of path
        Files with more about the examples, to filter an html page by: see
        `ensemble_lab.workflows.metadata.join_metadata`.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    PredictionError
        The path ends otherwise, or metadata are given and it is no html page.
    DataError
        A file of metadata that cannot be read.
    """
    from ensemble_lab.figures.files import FORMATS, check_figure_path
    from ensemble_lab.figures.html.files import FORMATS as PAGE_FORMATS
    from ensemble_lab.figures.html.files import is_page

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path, what="gallery", formats=(*FORMATS, *PAGE_FORMATS))
    run = open_run(run)
    images = load_images(run, question.split, data_dir=data_dir)
    if is_page(path):
        return _save_page(run, question, images, Path(path), metadata, data_dir)
    if metadata:
        raise PredictionError(
            f"metadata must go into an html page, which filters by it; got {str(path)!r}."
        )
    found = find_errors(run, question, command="gallery")
    from ensemble_lab.figures.gallery import save_gallery_pages

    paths = save_gallery_pages(
        found.catalogue, images, path, class_names=run.class_names, title=found.text
    )
    return Drawn(paths, found.look)


def _save_page(
    run: Run,
    question: Question,
    images: Split,
    path: Path,
    metadata: Sequence[Path | str],
    data_dir: Path | str | None,
) -> Drawn:
    from ensemble_lab.figures.html.files import save_page
    from ensemble_lab.workflows.page import open_page, render_command

    joined = join_metadata(run, question.split, metadata, data_dir=data_dir)
    found = find_errors(run, question, command="gallery")
    made_by = render_command(run, question, command="gallery", path=path.name, metadata=metadata)
    predictions = load_predictions(run, question.split, members=found.catalogue.members)
    page = open_page(run, found, images, predictions, joined=joined, made_by=made_by)
    save_page(page, path)
    return Drawn((path,), found.look)
