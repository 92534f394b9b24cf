"""Lines of the curve stand where their numbers say."""

import itertools

import numpy as np
import pytest

from ensemble_lab.analysis.subsets.curve import build_subset_curve
from ensemble_lab.figures.html.curve import draw_curve, round_steps


@pytest.fixture
def curve():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 50)
    votes = np.where(rng.random((7, 50)) < 0.7, labels, rng.integers(0, 3, (7, 50)))
    return build_subset_curve(votes.astype(np.uint8), labels, 3, n_orders=20)


def read(points):
    return np.array([[float(number) for number in point.split(",")] for point in points.split()])


def test_points_are_on_the_scale_of_the_ticks(curve):
    lines = draw_curve(curve)
    zero, *_, last = lines.up
    per_error = (last.at - zero.at) / float(last.text)
    assert zero.at == lines.bottom
    down = read(lines.expected)[:, 1]
    np.testing.assert_allclose(down, zero.at + curve.expected * per_error, atol=0.3)
    assert [tick.text for tick in lines.across] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [tick.at for tick in lines.across] == [x for x, _ in lines.dots]


def test_bands_hold_their_line_and_stay_in_the_picture(curve):
    lines = draw_curve(curve)
    line = read(lines.expected)[:, 1]
    for band in (lines.spread, lines.ties):
        points = read(band)
        lower, upper = points[:7, 1], points[7:, 1][::-1]
        assert (upper <= line + 0.1).all()
        assert (line <= lower + 0.1).all()
        assert points[:, 1].min() >= lines.top
        assert points[:, 1].max() <= lines.bottom


def test_curve_without_errors_lies_on_the_axis():
    votes = np.zeros((2, 5), np.uint8)
    lines = draw_curve(build_subset_curve(votes, np.zeros(5, np.int64), 2, n_orders=2))
    assert {y for _, y in lines.dots} == {lines.bottom}


@pytest.mark.parametrize("n_members", [1, 2, 13, 21, 31, 51, 101])
def test_ticks_do_not_run_into_each_other(n_members):
    votes = np.zeros((n_members, 5), np.uint8)
    lines = draw_curve(build_subset_curve(votes, np.zeros(5, np.int64), 2, n_orders=2))
    assert [lines.across[0].text, lines.across[-1].text] == ["1", str(n_members)][-2:]
    places = [tick.at for tick in lines.across]
    # Three digits of the page's letters are 18 wide.
    assert all(after - before >= 18 for before, after in itertools.pairwise(places))


@pytest.mark.parametrize("highest", [0.07, 1, 3.2, 10, 99, 1234])
def test_steps_are_few_and_round(highest):
    steps = round_steps(highest)
    assert 2 <= len(steps) <= 5
    assert steps[-1] <= highest
    assert f"{steps[0]:e}"[0] in "125"
