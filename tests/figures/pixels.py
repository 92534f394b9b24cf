"""What a figure shows, as pixels and as words."""

import io

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

from ensemble_lab.data.dataset import Split, build_split

__all__ = ["build_split_of", "find_picture", "render", "words"]


def render(figure: Figure) -> np.ndarray:
    """Return uint8 (height, width, 3), as the figure's PNG has them."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi)
    file.seek(0)
    return np.rint(imread(file)[..., :3] * 255).astype(np.uint8)


def words(figure: Figure) -> list[str]:
    """Return the texts of all axes and of the figure."""
    texts = [text for axes in figure.axes for text in axes.texts]
    return [text.get_text() for text in (*texts, *figure.texts)]


def find_picture(sheet: np.ndarray, picture: np.ndarray) -> list[tuple[int, int]]:
    """Return top and left of each place where a picture stands on a sheet, pixel for pixel.

    Matplotlib's grey may be one step off.
    """
    height, width = picture.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (height, width), axis=(0, 1))
    wanted = np.moveaxis(picture, -1, 0).astype(np.int16)
    # A few pixels first: comparing all windows in full would take long.
    near = np.ones(windows.shape[:2], np.bool_)
    for row, column in ((0, 0), (height // 2, width // 3), (height - 1, width - 1)):
        near &= (abs(windows[..., row, column] - wanted[:, row, column]) <= 1).all(axis=-1)
    places = [tuple(map(int, place)) for place in np.argwhere(near)]
    return [place for place in places if (abs(windows[place] - wanted) <= 1).all()]


def build_split_of(
    n_examples: int,
    *,
    shape: tuple[int, int, int] = (7, 7, 1),
    n_classes: int = 3,
    first_index: int = 0,
    is_labelled: bool = True,
) -> Split:
    """Random images whose index begins at `first_index`."""
    images = np.random.default_rng(0).integers(0, 256, (n_examples, *shape), dtype=np.uint8)
    labels = np.arange(n_examples) % n_classes if is_labelled else None
    return build_split("train", "none", np.arange(n_examples) + first_index, images, labels)
