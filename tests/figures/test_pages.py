"""Where things are on a page, looked up in its letters and in its pixels."""

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from ensemble_lab.data.dataset import Split
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.figures.gallery import draw_gallery
from ensemble_lab.figures.layout import Layout
from ensemble_lab.figures.tiles import BOX, picture_shape

Rows = Callable[..., Catalogue]
Images = Callable[..., Split]

PREDICTED, OTHER, LABEL = (0xD5, 0x5E, 0x00), (0x99, 0x99, 0x99), (0x00, 0x72, 0xB2)
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
FASHION += ("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
LONG_DECISION = Decision(
    rule="mean-probability",
    ties="random",
    tie_seed=2**63 - 1,
    chosen_on="validation",
    chosen_among=1_048_576,
)


def render(figure: Figure) -> np.ndarray:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi)
    file.seek(0)
    return np.rint(imread(file)[..., :3] * 255).astype(np.uint8)


def corners(figure: Figure, indices: tuple[int, ...]) -> list[tuple[int, int]]:
    """Left and top of each picture's box, from where the page writes the row's index."""
    at = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    down = Layout.picture_top - Layout.header
    return [(int(at[str(i)][0]), int(at[str(i)][1]) + down) for i in indices]


@pytest.mark.parametrize(
    ("height", "width", "channels"),
    [(28, 28, 1), (8, 8, 1), (56, 56, 1), (64, 20, 1), (32, 32, 3), (28, 28, 3), (5, 9, 2)],
)
def test_every_image_pixel_stands_at_the_row_of_its_index(
    height: int, width: int, channels: int, rows: Rows, images: Images
) -> None:
    catalogue = rows(7, first_index=1000)
    split = images(catalogue, height=height, width=width, channels=channels)
    (page,) = draw_gallery(catalogue, split)
    pixels = render(page)
    tall, wide = picture_shape(height, width)
    scale = tall // height
    for index, (x, y) in zip(catalogue.indices, corners(page, catalogue.indices), strict=True):
        image = split.images[split.index.tolist().index(index)]
        shown = image if channels == 3 else 255 - image[..., :1].repeat(3, axis=2)
        x += (BOX - wide) // 2
        expected = shown.repeat(scale, axis=0).repeat(scale, axis=1)
        # Matplotlib's scale of greys may be one level off.
        difference = pixels[y : y + tall, x : x + wide] - expected.astype(int)
        assert np.abs(difference).max() <= (channels != 3)
        frame = pixels[y - 1 : y + tall + 1, x - 1 : x + wide + 1].copy()
        frame[1:-1, 1:-1] = 0xCC
        assert np.all(frame == 0xCC)


def test_large_images_are_averaged_to_fit(rows: Rows, images: Images) -> None:
    catalogue = rows(1, first_index=1000)
    split = images(catalogue, height=2 * BOX, width=BOX)
    (page,) = draw_gallery(catalogue, split)
    ((x, y),) = corners(page, catalogue.indices)
    means = (255 - split.images[0, ..., 0].astype(float)).reshape(BOX, 2, BOX // 2, 2).mean((1, 3))
    shown = render(page)[y : y + BOX, x + BOX // 4 : x + BOX // 4 + BOX // 2, 0]
    # Rounded once for each axis, and once more by the scale of greys.
    assert np.abs(shown - means).max() <= 2


def test_bar_has_the_votes_for_predicted_others_and_label(rows: Rows, images: Images) -> None:
    catalogue = rows(2, n_members=4, first_index=1000)
    catalogue = replace(
        catalogue,
        label=np.array([4, 7]),
        predicted=np.array([9, 7]),
        votes_for_predicted=np.array([2, 3]),
        votes_for_label=np.array([1, 3]),
    )
    (page,) = draw_gallery(catalogue, images(catalogue))
    pixels = render(page)
    bars = []
    for x, y in corners(page, catalogue.indices):
        bar = pixels[y + BOX + 10, x : x + BOX]
        bars.append([tuple(map(int, bar[BOX * (2 * vote + 1) // 8])) for vote in range(4)])
        assert np.all(bar[BOX // 4 - 1 : BOX // 4 + 1] == 255)
    assert bars == [[PREDICTED, PREDICTED, OTHER, LABEL], [OTHER, LABEL, LABEL, LABEL]]


def test_class_without_votes_has_no_box(rows: Rows, images: Images) -> None:
    catalogue = rows(3)
    (page,) = draw_gallery(catalogue, images(catalogue))
    paths = [path for boxes in page.axes[0].collections for path in boxes.get_paths()]
    assert min(path.get_extents().width for path in paths) > 0


def test_many_votes_make_one_unbroken_bar(rows: Rows, images: Images) -> None:
    catalogue = rows(1, n_members=100, first_index=1000)
    (page,) = draw_gallery(catalogue, images(catalogue))
    ((x, y),) = corners(page, catalogue.indices)
    assert np.all(render(page)[y + BOX + 10, x : x + BOX] == PREDICTED)


NAMES = {
    "numbers": None,
    "fashion": FASHION,
    "long": tuple(f"{word} of a very long name $x$" for word in "abcdefghij"),
}
ROWS = {
    "none": {"n_rows": 0, "decision": LONG_DECISION},
    "one": {"n_rows": 1},
    "seven": {"n_rows": 7},
    "two pages": {"n_rows": 61, "n_members": 100},
    "no probabilities": {"n_rows": 3, "has_gaps": False},
    "six digits": {"n_rows": 24, "first_index": 999_930, "n_members": 20},
    "twelve digits": {"n_rows": 4, "first_index": 10**11},
    "long decision": {"n_rows": 1, "decision": LONG_DECISION, "n_members": 1000},
}


def text_boxes(figure: Figure) -> dict[str, np.ndarray]:
    """Left, bottom, right and top of each text, in pixels from the bottom left."""
    renderer = figure.canvas.get_renderer()
    return {
        f"{number}: {text.get_text()}": text.get_window_extent(renderer).extents
        for number, text in enumerate(figure.axes[0].texts)
        if text.get_text()
    }


def picture_boxes(figure: Figure, indices: tuple[int, ...], height: int) -> dict[str, np.ndarray]:
    """The same of each picture and its bar."""
    top = figure.canvas.get_width_height()[1]
    return {
        f"picture {x} {y}": np.array([x, top - y - height - 14, x + BOX, top - y])
        for x, y in corners(figure, indices)
    }


@pytest.mark.parametrize("names", list(NAMES))
@pytest.mark.parametrize(
    ("case", "shape"),
    [(case, (28, 28)) for case in ROWS] + [("seven", (8, 8)), ("seven", (56, 20))],
)
def test_no_text_overlaps_another_or_a_picture_or_leaves_the_page(
    case: str, shape: tuple[int, int], names: str, rows: Rows, images: Images
) -> None:
    catalogue = rows(**{"first_index": 1000} | ROWS[case])
    split = images(catalogue, height=shape[0], width=shape[1])
    pages = draw_gallery(catalogue, split, class_names=NAMES[names])
    for number, page in enumerate(pages):
        FigureCanvasAgg(page)
        boxes = text_boxes(page)
        extents = np.array(list(boxes.values()))
        assert extents.min() >= 20
        assert np.all(extents[:, 2:].max(axis=0) <= np.array(page.canvas.get_width_height()) - 20)
        drawn = catalogue.indices[60 * number : 60 * (number + 1)]
        boxes |= picture_boxes(page, drawn, picture_shape(*shape)[0])
        for (one, a), (other, b) in combinations(boxes.items(), 2):
            size = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
            assert size.min() <= 0, f"{one!r} overlaps {other!r} by {size}"
