"""Means over standard deviations: where each class stands, and in which strength."""

import numpy as np
import pytest

from ensemble_lab.data.class_means import build_class_means
from ensemble_lab.data.dataset import build_split
from ensemble_lab.figures.means import draw_class_means
from tests.figures.pixels import build_split_of, render, words


def grey(figure, x: float, y: float) -> list[int]:
    return render(figure)[int(y), int(x)].tolist()


def test_mean_and_sd_stand_below_the_name_of_their_class():
    # Class 0 is half 0 and half 255: mean 127.5, and the largest sd there is. Class 1 never varies.
    images = np.array([0, 255, 55, 55], np.uint8).reshape(4, 1, 1, 1)
    split = build_split("train", "none", np.arange(4), images, np.array([0, 0, 1, 1]))
    figure = draw_class_means(build_class_means(split, 2), class_names=("some", "same"))
    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    (x0, top), (x1, _) = places["some"], places["same"]
    assert grey(figure, x0, top + 60) == [127] * 3
    assert grey(figure, x0, top + 60 + 180) == [0] * 3
    assert grey(figure, x1, top + 60) == [200] * 3
    assert grey(figure, x1, top + 60 + 180) == [255] * 3


def test_ten_classes_stand_side_by_side_and_more_below():
    def count_rows(n_classes):
        means = build_class_means(build_split_of(300, n_classes=n_classes), n_classes)
        return words(draw_class_means(means)).count("mean")

    assert [count_rows(n) for n in (2, 10, 11, 100)] == [1, 1, 2, 10]


def test_class_without_examples_has_no_picture():
    figure = draw_class_means(build_class_means(build_split_of(6, n_classes=2), 3))
    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert "none" in places
    x, top = places["2"]
    assert (render(figure)[int(top) + 10 : int(top) + 300, int(x)] == 255).all()


def test_heading_counts_examples_and_classes():
    means = build_class_means(build_split_of(6, n_classes=2), 2)
    shown = words(draw_class_means(means, title="mine train"))
    assert shown[0] == "mine train"
    assert "6 examples of 2 classes" in shown[1]
    assert shown.count("3") == 2


@pytest.mark.parametrize("n_classes", [2, 10, 100])
@pytest.mark.parametrize("shape", [(28, 28, 1), (20, 32, 3), (64, 20, 1)])
def test_letters_stay_on_the_sheet_and_apart(n_classes, shape):
    means = build_class_means(
        build_split_of(n_classes, shape=shape, n_classes=n_classes), n_classes
    )
    names = tuple(f"photographs of the sea {number}" for number in range(n_classes))
    figure = draw_class_means(means, class_names=names)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for at, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:at])
