"""Pictures of the errors that a vote leaves."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.errors import Question, find_errors
from ensemble_lab.workflows.images import load_images

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
    data_dir: Path | str | None = None,
) -> Drawn:
    """Draw the examples that a question asks for, one tile each.

    Parameters
    ----------
    run : Run or path
    question : Question
        Its order is the order of the tiles.
    path : path
        ``.png`` or ``.svg`` (numbered where there are several pages), or ``.pdf``.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.
    """
    from ensemble_lab.figures.gallery import draw_gallery, gallery_paths

    # What cannot be drawn must cost no look at the labels.
    gallery_paths(path, 1)
    run = run if isinstance(run, Run) else open_run(run)
    images = load_images(run, question.split, data_dir=data_dir)
    found = find_errors(run, question, command="gallery")
    pages = draw_gallery(
        found.catalogue,
        images,
        path=path,
        class_names=run.class_names,
        title=found.text if found.clause else None,
    )
    return Drawn(gallery_paths(path, len(pages)), found.look)
