"""The picture of a curve: what is drawn is what was counted."""

import numpy as np
import pytest

from ensemble_lab.analysis.subsets.curve import build_subset_curve
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.subset_curve import draw_subset_curve
from tests.conftest import need


@pytest.fixture(params=[1, 2, 7, 60])
def curve(request):
    need("matplotlib")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 50)
    votes = np.where(
        rng.random((request.param, 50)) < 0.2, rng.integers(0, 3, (request.param, 50)), labels
    )
    return build_subset_curve(votes.astype(np.uint8), labels, 3, n_orders=20)


def test_line_is_the_expectation(curve):
    axes = draw_subset_curve(curve).axes[0]
    (line,) = axes.lines
    assert np.array_equal(line.get_xdata(), curve.k)
    assert np.array_equal(line.get_ydata(), curve.expected)
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylabel() == "errors of 50"
    assert all(tick == round(tick) for tick in axes.get_xticks())
    assert max(tick for tick in axes.get_xticks() if tick <= axes.get_xlim()[1]) <= len(curve.k)


def test_no_errors_have_whole_numbers_on_the_axis():
    votes = np.zeros((3, 5), np.uint8)
    curve = build_subset_curve(votes, np.zeros(5, np.int64), 2, n_orders=2)
    assert draw_subset_curve(curve).axes[0].get_ylim() == (0, 1)


def test_given_axes_are_drawn_on(curve):
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw_subset_curve(curve, axes=right, title="$5") is figure
    assert not left.lines
    assert right.get_title(loc="left") == "$5"


def test_same_curve_gives_the_same_bytes(curve, tmp_path):
    paths = [tmp_path / f"{number}.svg" for number in range(2)]
    for path in paths:
        draw_subset_curve(curve, path=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_path_of_another_kind_is_refused(curve, tmp_path):
    with pytest.raises(PredictionError, match=r"\.png, \.svg, \.pdf"):
        draw_subset_curve(curve, path=tmp_path / "curve.gif")
