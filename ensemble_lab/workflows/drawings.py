"""Pictures of a data set: one registry row for each thing that can be drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ensemble_lab.data.dataset import Split
from ensemble_lab.data.sampling import sample_split
from ensemble_lab.exceptions import SpecError
from ensemble_lab.figures.files import check_figure_path
from ensemble_lab.spelling import closest
from ensemble_lab.workflows.data import load_first_split, name_data

__all__ = ["DRAWINGS", "Drawing", "DrawingRow", "save_drawing"]


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn of a data set, and of which examples.

    Attributes
    ----------
    what : str
        One of `DRAWINGS`.
    index : tuple of int
        These examples, in the place of drawn ones.
    n_examples : int or None
        How many are drawn; None for as many as suit.
    seed : int
        Draws the examples; with ``augmented`` it is the member's too.
    by_label : bool
        Of ``mosaic``: class after class.
    perplexity : float or None
        Of ``projection``.
    recipe : str or None
        Of ``augmented``: a preset, or ``FILE.toml[:GROUP]``.
    """

    what: str = "samples"
    index: tuple[int, ...] = ()
    n_examples: int | None = None
    seed: int = 0
    by_label: bool = False
    perplexity: float | None = None
    recipe: str | None = None


class _Shown(NamedTuple):
    """The split that is drawn, and what its classes and the picture are called."""

    split: Split
    class_names: tuple[str, ...]
    title: str


Folder: TypeAlias = Path | str | None


def _load_shown(source: str, data_dir: Folder) -> _Shown:
    dataset = load_first_split(source, data_dir=data_dir)
    split = dataset.splits[0]
    return _Shown(split, dataset.class_names, f"{name_data(source)} {split.name}")


def _draw_samples(source: str, path: Path, drawing: Drawing, data_dir: Folder) -> None:
    from ensemble_lab.figures.samples import draw_samples

    shown = _load_shown(source, data_dir)
    draw_samples(
        shown.split,
        index=drawing.index,
        n_examples=25 if drawing.n_examples is None else drawing.n_examples,
        seed=drawing.seed,
        class_names=shown.class_names,
        title=shown.title,
        path=path,
    )


def _draw_mosaic(source: str, path: Path, drawing: Drawing, data_dir: Folder) -> None:
    from ensemble_lab.figures.mosaic import save_mosaic

    split = _load_shown(source, data_dir).split
    if drawing.n_examples is not None:
        split = sample_split(split, drawing.n_examples, seed=drawing.seed)
    save_mosaic(split, path, by_label=drawing.by_label)


def _draw_means(source: str, path: Path, drawing: Drawing, data_dir: Folder) -> None:
    from ensemble_lab.data.class_means import build_class_means
    from ensemble_lab.figures.means import draw_class_means

    shown = _load_shown(source, data_dir)
    class_means = build_class_means(shown.split, len(shown.class_names))
    draw_class_means(class_means, class_names=shown.class_names, title=shown.title, path=path)


def _draw_projection(source: str, path: Path, drawing: Drawing, data_dir: Folder) -> None:
    from ensemble_lab.data.projection import build_projection
    from ensemble_lab.figures.projection import draw_projection

    shown = _load_shown(source, data_dir)
    projection = build_projection(
        shown.split,
        n_examples=2000 if drawing.n_examples is None else drawing.n_examples,
        seed=drawing.seed,
        perplexity=drawing.perplexity,
    )
    draw_projection(projection, class_names=shown.class_names, title=shown.title, path=path)


def _draw_digit(source: str, path: Path, drawing: Drawing, data_dir: Folder) -> None:
    from ensemble_lab.figures.digit import draw_digit

    shown = _load_shown(source, data_dir)
    index = drawing.index[0] if drawing.index else int(shown.split.index[0])
    draw_digit(shown.split, index, class_names=shown.class_names, title=shown.title, path=path)


def _draw_augmented(source: str, path: Path, drawing: Drawing, data_dir: Folder) -> None:
    from ensemble_lab.figures.augmented import draw_augmented
    from ensemble_lab.workflows.augmented import augment_data

    if drawing.recipe is None:
        raise SpecError("augmented images need a recipe; got none. Name a preset, such as light.")
    augmented = augment_data(
        source,
        drawing.recipe,
        index=drawing.index,
        n_examples=6 if drawing.n_examples is None else drawing.n_examples,
        seed=drawing.seed,
        data_dir=data_dir,
    )
    class_names = load_first_split(source, data_dir=data_dir).class_names
    title = f"{name_data(source)} train, as {augmented.member.key} sees it"
    draw_augmented(augmented, class_names=class_names, title=title, path=path)


class DrawingRow(NamedTuple):
    """How a drawing is made.

    Attributes
    ----------
    save : function (source, path, drawing, data_dir)
        Draws to a file.
    takes : tuple of str
        The attributes of a `Drawing` that change it.
    """

    save: Callable[[str, Path, Drawing, Folder], None]
    takes: tuple[str, ...] = ()


DRAWINGS = {
    "samples": DrawingRow(_draw_samples, ("index", "n_examples", "seed")),
    "mosaic": DrawingRow(_draw_mosaic, ("n_examples", "seed", "by_label")),
    "means": DrawingRow(_draw_means),
    "projection": DrawingRow(_draw_projection, ("n_examples", "seed", "perplexity")),
    "digit": DrawingRow(_draw_digit, ("index",)),
    "augmented": DrawingRow(_draw_augmented, ("index", "n_examples", "seed", "recipe")),
}
"""What can be drawn of a data set, by name."""


def save_drawing(
    source: str,
    path: Path | str,
    drawing: Drawing = Drawing(),
    *,
    data_dir: Path | str | None = None,
) -> Path:
    """Draw a data set to a file; return its path.

    Parameters
    ----------
    source : str
        As in `ensemble_lab.workflows.data.load_data`; of several splits, the first is drawn.
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``; of a mosaic in ``.png``.
    drawing : Drawing
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    SpecError
        No such drawing, or a recipe that is none.
    DataError
        The data are not there, or do not have what is to be drawn.
    PredictionError
        A path that ends otherwise.
    StoreError
        The file cannot be written.
    """
    if drawing.what not in DRAWINGS:
        raise SpecError(
            f"drawing must be one of {', '.join(DRAWINGS)}; got {drawing.what!r}"
            + closest(drawing.what, DRAWINGS)
        )
    # What cannot be written is refused before anything is loaded.
    check_figure_path(path)
    DRAWINGS[drawing.what].save(source, Path(path), drawing, data_dir)
    return Path(path)
