"""Curves of errors and pictures of corruptions: what is drawn where, whole and readable."""

from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ensemble_lab.data.corruptions import CORRUPTIONS, STRENGTHS, corrupt_images
from ensemble_lab.exceptions import DataError, PredictionError, StoreError
from ensemble_lab.figures.corrupted_images import draw_corruption_examples
from ensemble_lab.figures.corruptions import ErrorCurve, draw_corruption_curves


def build_curve(
    corruption: str = "blur",
    kind: str = "vote",
    voter: str = "vote",
    errors: tuple[float, ...] = (20, 25, 50, 90, 200, 400),
    band: float = 0.2,
) -> ErrorCurve:
    return ErrorCurve(
        corruption=corruption,
        voter=voter,
        kind=kind,
        strengths=tuple(range(len(errors))),
        errors=errors,
        low=tuple(each * (1 - band) for each in errors),
        high=tuple(each * (1 + band) for each in errors),
        n_examples=1000,
    )


def build_curves(n_corruptions: int, n_groups: int) -> list[ErrorCurve]:
    curves = []
    for name in list(CORRUPTIONS)[:n_corruptions]:
        curves.append(build_curve(name))
        for number in range(n_groups):
            errors = tuple(20.0 * (number + 2) * 1.5**strength for strength in range(6))
            curves.append(build_curve(name, "group", f"group-{number}", errors))
    return curves


def panels(figure: Figure) -> list[matplotlib.axes.Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def draw_images(n_images: int, shape: tuple[int, ...] = (28, 28, 1)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n_images, *shape), dtype=np.uint8)


def test_curves_are_drawn_where_their_numbers_say() -> None:
    figure = draw_corruption_curves([build_curve(), build_curve("shift", errors=(20, 300))])
    first, second = panels(figure)
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("blur", "shift")
    (line,) = first.lines
    assert line.get_xdata().tolist() == [0, 1, 2, 3, 4, 5]
    assert list(line.get_ydata()) == pytest.approx([0.02, 0.025, 0.05, 0.09, 0.2, 0.4])
    assert second.lines[0].get_xdata().tolist() == [0, 1]
    (band,) = first.collections
    edges = band.get_paths()[0].get_extents()
    assert (edges.y0, edges.y1) == pytest.approx((0.016, 0.48))
    assert first.get_yscale() == "log"
    assert first.get_ylim() == second.get_ylim()
    assert second.get_xticklabels()[0].get_text() == "clean"


def test_no_error_is_drawn_as_half_an_error_and_said_to_be() -> None:
    figure = draw_corruption_curves([build_curve(errors=(0, 3))])
    assert panels(figure)[0].lines[0].get_ydata()[0] == pytest.approx(0.0005)
    (legend,) = figure.legends
    assert "half an error" in legend.get_title().get_text()
    (other,) = draw_corruption_curves([build_curve()]).legends
    assert "half an error" not in other.get_title().get_text()


def test_legend_names_each_voter_once_and_members_together() -> None:
    curves = build_curves(2, 3)
    curves += [build_curve("noise", "member", f"a-000{n}", band=0) for n in range(4)]
    (legend,) = draw_corruption_curves(curves).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "vote of all", "group-0", "group-1", "group-2", "each member"
    ]  # fmt: skip


def test_groups_differ_without_colour() -> None:
    figure = draw_corruption_curves(build_curves(1, 12))
    styles = [(line.get_marker(), line.get_linestyle()) for line in panels(figure)[0].lines]
    assert len(set(styles)) == 13


@pytest.mark.parametrize("n_corruptions", [1, 2, 4, 9])
@pytest.mark.parametrize("n_groups", [0, 2, 7])
def test_nothing_is_cut_and_no_panel_is_on_another(n_corruptions: int, n_groups: int) -> None:
    curves = build_curves(n_corruptions, n_groups)
    figure = draw_corruption_curves(curves, note="10,000 examples each; vote of 20 members.")
    FigureCanvasAgg(figure).draw()
    width, height = figure.canvas.get_width_height()
    shown = panels(figure)
    assert len(shown) == n_corruptions
    boxes = [axes.get_tightbbox() for axes in shown]
    boxes += [figure.legends[0].get_window_extent(), figure._suptitle.get_window_extent()]
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    for one, other in combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1))
    assert all(axes.bbox.height > 0.1 * height / n_corruptions for axes in shown)


def test_names_that_letters_or_length_forbid_are_drawn_all_the_same() -> None:
    names = ("$5", "猫", "long " * 40 + "end")
    curves = [build_curve(kind="group", voter=name) for name in names]
    figure = draw_corruption_curves(curves, note="$x")
    FigureCanvasAgg(figure).draw()
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert shown[:2] == ["$5", "?"]
    # What differs stands at the end of a name.
    assert "…" in shown[2]
    assert shown[2].endswith("end")


def test_legend_of_long_names_stays_on_the_picture() -> None:
    curves = [
        build_curve(kind="group", voter=f"short-light-deep-cutout-v{n}", corruption=corruption)
        for n in range(9)
        for corruption in ("blur", "noise", "shift")
    ]
    figure = draw_corruption_curves(curves)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    right = max(text.get_window_extent().x1 for text in figure.legends[0].get_texts())
    assert right <= figure.bbox.x1


def test_curves_that_are_all_alike_have_a_scale() -> None:
    for errors in ((5, 5), (0, 0), (1000, 1000)):
        (axes,) = panels(draw_corruption_curves([build_curve(errors=errors, band=0)]))
        low, high = axes.get_ylim()
        assert 0 < low < high < 1.2
        assert low <= max(errors[0], 0.5) / 1000 < high


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_input_gives_the_same_bytes_whatever_style_is_set(ending: str, tmp_path: Path) -> None:
    for draw in (
        lambda path: draw_corruption_curves(build_curves(3, 2), path=path),
        lambda path: draw_corruption_examples(draw_images(2), names=("blur", "shift"), path=path),
    ):
        first, second = tmp_path / f"a/one.{ending}", tmp_path / f"two.{ending}"
        draw(first)
        with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
            draw(second)
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    "draw",
    [
        lambda path: draw_corruption_curves([build_curve()], path=path),
        lambda path: draw_corruption_examples(draw_images(1), names=("blur",), path=path),
    ],
)
def test_other_endings_and_places_are_refused(draw, tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"\.png.*curves\.jpg"):
        draw(tmp_path / "curves.jpg")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="could not be written"):
        draw(tmp_path / "file/curves.png")


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(PredictionError, match="at least one; got none"):
        draw_corruption_curves([])
    with pytest.raises(PredictionError, match="1 to 6 to be drawn; got 0"):
        draw_corruption_examples(draw_images(0))
    with pytest.raises(PredictionError, match="1 to 6 to be drawn; got 7"):
        draw_corruption_examples(draw_images(7))
    with pytest.raises(PredictionError, match="at least one corruption"):
        draw_corruption_examples(draw_images(1), names=())
    with pytest.raises(DataError, match="did you mean 'blur'"):
        draw_corruption_examples(draw_images(1), names=("blurr",))


@pytest.mark.parametrize("n_images", [1, 3])
def test_pictures_are_the_corrupted_images_in_their_places(n_images: int) -> None:
    images, index = draw_images(n_images), np.arange(5, 5 + n_images)
    names = ("noise", "shift")
    figure = draw_corruption_examples(images, names=names, index=index, split="train")
    pictures = [axes.images[0].get_array() for axes in figure.axes]
    expected = []
    for name in names:
        expected += list(images)
        for strength in STRENGTHS:
            expected += list(corrupt_images(images, name, strength, index=index, split="train"))
    assert len(pictures) == len(expected) == 12 * n_images
    for picture, image in zip(pictures, expected, strict=True):
        np.testing.assert_array_equal(picture, 255 - image[..., 0])
    heads = ["clean", "1", "2", "3", "4", "5", "noise", "shift"]
    assert [text.get_text() for text in figure.texts] == heads


def test_three_channels_are_colours() -> None:
    images = draw_images(1, (8, 8, 3))
    figure = draw_corruption_examples(images, names=("blur",))
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), images[0])


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 20, 1), (64, 20, 3), (200, 200, 1)])
@pytest.mark.parametrize("n_images", [1, 4])
def test_pictures_are_whole_and_apart_from_each_other_and_the_words(shape, n_images) -> None:
    figure = draw_corruption_examples(draw_images(n_images, shape), names=("blur", "occlusion"))
    FigureCanvasAgg(figure).draw()
    width, height = figure.canvas.get_width_height()
    boxes = [axes.bbox for axes in figure.axes] + [t.get_window_extent() for t in figure.texts]
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
