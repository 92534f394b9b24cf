"""The picture of slices: what is drawn is what was counted, and nothing is cut or covered."""

import numpy as np
import pytest

from ensemble_lab.data.categories import Categories
from ensemble_lab.errors.slices import slice_errors
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.slices import draw_slices
from tests.conftest import need
from tests.figures.letters import check_letters, words


def slices_of(n_errors, n_values, *, n_examples=2_000, name="writer", value="{}"):
    rng = np.random.default_rng(0)
    place = rng.permutation(np.arange(n_examples) % n_values)
    is_wrong = np.zeros(n_examples, bool)
    # The first value errs more than the rest.
    order = np.argsort(place != 0, kind="stable")
    is_wrong[order[: n_errors // 2]] = True
    is_wrong[rng.choice(order[n_errors // 2 :], n_errors - n_errors // 2, replace=False)] = True
    values = tuple(value.format(number) for number in range(n_values))
    return slice_errors(Categories(name, values, place), is_wrong)


def draw(*columns, n_errors, n_examples=2_000, **options):
    need("matplotlib")
    return draw_slices(columns, errors=n_errors, n_examples=n_examples, **options)


@pytest.mark.parametrize(
    ("n_errors", "n_values"), [(0, 10), (1, 1), (1, 539), (20, 2), (20, 539), (400, 539)]
)
def test_letters_are_on_the_page_and_on_nothing_else(n_errors, n_values):
    found = slices_of(n_errors, n_values)
    figure = draw(found, slices_of(n_errors, 2, name="series"), n_errors=n_errors, title="test")
    check_letters(figure)
    assert len(figure.axes) == 2
    assert len(figure.axes[0].get_yticks()) == min(10, n_values)
    more = any("529 more not shown" in word for word in words(figure))
    assert more == (n_values == 539)


def test_dots_stand_at_the_rates_in_the_order_of_evidence():
    found = slices_of(60, 10)
    axes = draw(found, n_errors=60).axes[0]
    dots = [line for line in axes.lines if line.get_marker() in ("o", "D")]
    assert [line.get_xdata()[0] for line in dots] == [100 * each.rate for each in found.slices]
    assert [line.get_ydata()[0] for line in dots] == list(range(10))
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [each.value for each in found.slices]
    low, high = sorted(axes.get_ylim())
    assert axes.get_ylim() == (high, low)  # The first stands on top.
    assert axes.lines[0].get_xdata()[0] == 100 * 60 / 2_000


def test_what_differs_has_another_shape_and_colour():
    found = slices_of(60, 10)
    axes = draw(found, n_errors=60).axes[0]
    shapes = [line.get_marker() for line in axes.lines if line.get_marker() in ("o", "D")]
    assert shapes == ["D" if each.p_holm <= 0.05 else "o" for each in found.slices]
    assert set(shapes) == {"D", "o"}


def test_long_intervals_end_in_an_arrow():
    found = slices_of(3, 200)
    axes = draw(found, n_errors=3).axes[0]
    end = axes.get_xlim()[1]
    cut = [each for each in found.slices[:10] if 100 * each.high > end]
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert len(arrows) == len(cut) > 0
    assert all(100 * each.rate <= end for each in found.slices[:10])


def test_limit_is_kept_and_long_or_strange_names_stay_on_the_page():
    found = slices_of(30, 30, name="a very long name of a column " * 3, value="$猫_{} " + "x" * 30)
    figure = draw(found, n_errors=30, limit=20, title="$" + "long " * 20)
    check_letters(figure)
    assert len(figure.axes[0].get_yticks()) == 20


def test_names_that_begin_alike_are_told_apart():
    figure = draw(slices_of(30, 8, value="Staphylococcus aureus subspecies {}"), n_errors=30)
    names = {text.get_text() for text in figure.axes[0].get_yticklabels()}
    assert len(names) == 8
    assert all("…" in name for name in names)


def test_same_slices_give_the_same_bytes(tmp_path):
    found = slices_of(30, 12)
    paths = [tmp_path / f"{number}.svg" for number in range(2)]
    for path in paths:
        draw(found, n_errors=30, path=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_to_draw_and_other_files_are_refused(tmp_path):
    with pytest.raises(PredictionError, match="one or more"):
        draw(n_errors=0)
    with pytest.raises(PredictionError, match=r"\.png, \.svg, \.pdf"):
        draw(slices_of(1, 2), n_errors=1, path=tmp_path / "slices.gif")


def test_column_without_slices_has_an_empty_panel():
    found = slice_errors(
        Categories("hand", ("l", "r"), np.array([0, 1])), np.array([True, False]), min_size=2
    )
    check_letters(draw(found, n_errors=1, n_examples=2))
