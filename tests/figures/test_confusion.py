"""The picture of a confusion matrix, at 1, 2, 10, 50 and 100 classes."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ensemble_lab.analysis.confusion import Confusion
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.confusion import draw_confusion
from tests.figures.letters import check_letters, words

MEMBER = Decision(members=("cnn3-0001",))
VOTE = Decision(
    rule="mean-probability", ties="random", tie_seed=2**63 - 1, members=("a-0000", "a-0001")
)


def build_confusion(
    n_classes: int,
    *,
    names: tuple[str, ...] | None = None,
    decision: Decision = MEMBER,
    right: int = 9000,
    errors: float = 0.4,
) -> Confusion:
    """Errors of many sizes beside a large diagonal; the second class is absent."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(errors, 20, (n_classes, n_classes)) * (errors > 0))
    np.fill_diagonal(counts, right)
    if n_classes > 1:
        counts[1] = 0
    names = names or tuple(map(str, range(n_classes)))
    return Confusion("test", counts.astype(np.int64), names, decision)


def colours(figure: Figure) -> np.ndarray:
    """Red, green and blue of each cell."""
    (image,) = figure.axes[0].images
    return np.asarray(image.get_array())


def numbers(figure: Figure) -> dict[tuple[int, int], str]:
    """What stands in each cell."""
    places = ((text.get_position(), text.get_text()) for text in figure.axes[0].texts)
    return {(round(y), round(x)): word for (x, y), word in places}


@pytest.mark.parametrize("n_classes", [2, 10, 20])
def test_cells_say_their_counts_and_nothing_where_there_is_none(n_classes: int) -> None:
    confusion = build_confusion(n_classes)
    wanted = {
        (int(label), int(predicted)): str(confusion.counts[label, predicted])
        for label, predicted in np.argwhere(confusion.counts)
    }
    assert numbers(draw_confusion(confusion)) == wanted


def test_two_classes_have_larger_numbers_than_ten() -> None:
    sizes = [draw_confusion(build_confusion(n)).axes[0].texts[0].get_fontsize() for n in (2, 10)]
    assert sizes[0] >= 20 > sizes[1] >= 10


def test_colour_is_scaled_by_errors_alone() -> None:
    small, large = build_confusion(10, right=20), build_confusion(10, right=10**6)
    np.testing.assert_array_equal(colours(draw_confusion(small)), colours(draw_confusion(large)))


def test_more_errors_are_darker_and_one_is_not_white() -> None:
    counts = np.array([[1000, 1, 50], [0, 1000, 100], [25, 0, 1000]])
    cells = colours(draw_confusion(Confusion("test", counts, ("a", "b", "c"), MEMBER))).sum(axis=2)
    assert cells[1, 2] < cells[0, 2] < cells[2, 0] < cells[0, 1] < 2.9 < cells[1, 0] == 3


def test_diagonal_is_grey() -> None:
    figure = draw_confusion(build_confusion(10))
    (patches,) = [c for c in figure.axes[0].collections if len(c.get_paths()) == 10]
    red, green, blue, _ = patches.get_facecolor()[0]
    assert red == green == blue < 1


def test_hundred_classes_have_no_numbers_but_marks_and_a_list_of_the_largest() -> None:
    confusion = build_confusion(100, names=tuple(f"class {n}" for n in range(100)), errors=0.1)
    figure = draw_confusion(confusion)
    assert numbers(figure) == {}
    off = confusion.counts - np.diag(np.diagonal(confusion.counts))
    label, predicted = np.unravel_index(off.argmax(), off.shape)
    assert f"class {label} → class {predicted}" in words(figure)
    assert str(off.max()) in words(figure)
    axes = figure.axes[0]
    frames = [
        patch.get_window_extent()
        for patch in figure.findobj(Rectangle)
        if not patch.get_fill() and patch.get_width() < 0.1
    ]
    assert len(frames) == 12
    middle = axes.transData.transform((predicted, label))
    assert any(box.contains(*middle) and box.width < 20 for box in frames)
    assert len(axes.get_xticks()) == 20


def test_normalised_cells_are_percent_of_the_label_and_an_absent_class_is_empty() -> None:
    counts = np.array([[99, 1, 0], [0, 0, 0], [1, 1, 2]])
    figure = draw_confusion(Confusion("test", counts, ("a", "b", "c"), MEMBER), normalise=True)
    assert numbers(figure) == {
        (0, 0): "99.0", (0, 1): "1.0", (2, 0): "25", (2, 1): "25", (2, 2): "50",
    }  # fmt: skip
    assert "no example" in words(figure)
    assert any("percent of the label's examples" in text for text in words(figure))


def test_bars_count_the_errors_of_each_label() -> None:
    confusion = build_confusion(10)
    bars = [bar.get_width() for bar in draw_confusion(confusion).axes[1].patches]
    wrong = confusion.counts.sum(axis=1) - np.diagonal(confusion.counts)
    assert bars == wrong.tolist()


def test_heading_says_whose_matrix_it_is() -> None:
    alone = words(draw_confusion(build_confusion(2)))
    assert "Member cnn3-0001" in alone
    voted = words(draw_confusion(build_confusion(2, decision=VOTE)))
    assert any(text.startswith("Vote of 2 members: mean-probability") for text in voted)
    confusion = build_confusion(10)
    title = f"test: {confusion.n_errors:,} errors in {confusion.n_examples:,} examples"
    assert title in words(draw_confusion(confusion))


LONG = "of a very long name $x$"
CASES = {
    "one": build_confusion(1),
    "two": build_confusion(2, names=("no", "yes"), decision=VOTE),
    "two long": build_confusion(2, names=(f"no {LONG}", f"yes {LONG}")),
    "ten": build_confusion(10),
    "ten named": build_confusion(10, names=tuple(f"{word} {LONG}" for word in "abcdefghij")),
    "odd names": build_confusion(3, names=("猫", "two\nlines", " ")),
    "twenty": build_confusion(20, decision=VOTE),
    "fifty": build_confusion(50, names=tuple(f"class {n}" for n in range(50))),
    "hundred": build_confusion(100, names=tuple(f"{n} {LONG}" for n in range(100))),
    "thousand": build_confusion(1000, errors=0.01),
    "no errors": build_confusion(10, errors=0),
    "no errors of a hundred": build_confusion(100, errors=0),
    "millions": build_confusion(10, right=12_345_678),
}


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_no_text_leaves_the_page_or_covers_another(case: str, normalise: bool) -> None:
    check_letters(draw_confusion(CASES[case], normalise=normalise))


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_matrix_gives_the_same_bytes_whatever_style_is_set(
    ending: str, tmp_path: Path
) -> None:
    first, second = tmp_path / f"a/one.{ending}", tmp_path / f"two.{ending}"
    draw_confusion(build_confusion(30), path=first)
    with matplotlib.rc_context({"font.size": 30, "image.cmap": "gray"}):
        draw_confusion(build_confusion(30), path=second)
    assert first.read_bytes() == second.read_bytes()


def test_other_endings_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"matrix\.jpg"):
        draw_confusion(build_confusion(2), path=tmp_path / "matrix.jpg")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        draw_confusion(build_confusion(2), path=tmp_path / "file/matrix.png")
