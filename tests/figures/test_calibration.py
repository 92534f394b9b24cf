"""The picture of calibration: what is drawn is what was counted."""

import numpy as np
import pytest

from ensemble_lab.analysis.calibration.measures import measure_calibration
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.calibration import Line, draw_calibration
from tests.conftest import need


def build(n_examples=400, n_wrong=20, seed=0, sure=0.99):
    """Answers with so many errors, the surest of them at `sure`."""
    rng = np.random.default_rng(seed)
    confidence = 1 - (1 - sure) ** rng.uniform(0.2, 1, n_examples)
    labels = np.zeros(n_examples, np.int64)
    labels[rng.permutation(n_examples)[:n_wrong]] = 1
    rows = np.stack([confidence, 1 - confidence], axis=1)
    return measure_calibration(rows, np.zeros(n_examples, np.uint8), labels)


@pytest.fixture(autouse=True)
def _drawable():
    need("matplotlib")


def test_points_are_the_doubt_and_the_errors_of_their_bins():
    found = build(sure=0.9)
    above = draw_calibration([Line("one", found)]).axes[0]
    (points,) = (c.lines[0] for c in above.containers)
    x, y = points.get_xdata(), points.get_ydata()
    doubt = 1 - found.confidence
    edges = 10 ** (-np.arange(13) / 3)
    for place, share in zip(x, y, strict=True):
        high = edges[edges >= place].min()
        chosen = (doubt <= high) & (doubt >= high / 10 ** (1 / 3))
        assert doubt[chosen].mean() == pytest.approx(place)
        assert (~found.is_right[chosen]).mean() == pytest.approx(share)


def test_counts_below_are_all_examples():
    below = draw_calibration([Line("one", build()), Line("other", build(seed=1))]).axes[1]
    assert [patch.get_data().values.sum() for patch in below.patches] == [400, 400]
    assert all(below.get_ylim()[1] > p.get_data().values.max() for p in below.patches)


def test_curve_is_the_risk_and_the_mark_the_errors_left():
    found = build()
    axes = draw_calibration([Line("one", found)], [found, found], n_referred=7).axes[2]
    line = axes.lines[-1]
    kept = np.round(400 * (1 - line.get_xdata())).astype(int)
    np.testing.assert_allclose(line.get_ydata(), found.risk_coverage.errors[kept] / kept)
    assert kept[line.get_markevery()].tolist() == [393]
    left = found.risk_coverage.count_left(7)
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words[-1] == f"one\n{left:.4g} of 20 errors left at the mark"
    assert words.count("each member") == 1


@pytest.mark.parametrize("n_referred", [0, 400])
def test_nobody_or_everybody_referred_has_no_mark(n_referred):
    axes = draw_calibration([Line("one", build())], n_referred=n_referred).axes[2]
    assert axes.get_legend().get_texts()[-1].get_text() == "one"


@pytest.mark.parametrize(
    ("n_examples", "n_wrong", "sure"),
    [(1, 0, 0.9), (1, 1, 0.9), (2, 1, 1.0), (50, 0, 1.0), (50, 50, 1 - 1e-12), (30_000, 90, 0.999)],
)
def test_few_and_many_examples_without_and_with_errors_are_drawn(
    n_examples, n_wrong, sure, tmp_path
):
    found = build(n_examples, n_wrong, sure=sure)
    path = tmp_path / "calibration.svg"
    figure = draw_calibration([Line("one", found), Line("two", found)], path=path)
    for axes in figure.axes:
        assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
    assert figure.axes[2].get_yticks().max() <= 1
    assert all(len(line.get_xdata()) <= 401 for line in figure.axes[2].lines)


def test_same_figures_give_the_same_bytes(tmp_path):
    paths = [tmp_path / f"{number}.svg" for number in range(2)]
    for path in paths:
        draw_calibration([Line("one", build())], title="$5", path=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("count", [0, 3])
def test_other_than_one_or_two_lines_are_refused(count):
    with pytest.raises(PredictionError, match=f"1 or 2; got {count}"):
        draw_calibration([Line("one", build())] * count)


def test_path_of_another_kind_is_refused(tmp_path):
    with pytest.raises(PredictionError, match=r"\.png, \.svg, \.pdf"):
        draw_calibration([Line("one", build())], path=tmp_path / "calibration.gif")
