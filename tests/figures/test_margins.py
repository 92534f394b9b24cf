"""Gaps and margins: every example is in a bar, and few have a stroke too."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from ensemble_lab.decision import Decision
from ensemble_lab.errors.margins import Margins
from ensemble_lab.figures.margins import draw_margins
from tests.figures.letters import words

DECISION = Decision(members=("a-0000", "a-0001"))


def build(right: list[float], wrong: list[float], gap: list[float] | None = None) -> Margins:
    margin = np.array([*right, *wrong], float)
    is_right = np.arange(len(margin)) < len(right)
    gaps = [-value for value in wrong] if gap is None else gap
    return Margins("test", DECISION, np.array(gaps, float), margin, is_right)


def counts(figure: Figure, place: int) -> list[float]:
    """Sum of the bars of each kind in an axes."""
    steps = [patch for patch in figure.axes[place].patches if isinstance(patch, StepPatch)]
    return [float(np.nansum(step.get_data().values)) for step in steps]


def strokes(figure: Figure, place: int) -> list[list[float]]:
    return [line.get_xdata().tolist() for line in figure.axes[place].lines]


def test_every_example_is_in_one_bar():
    rng = np.random.default_rng(0)
    found = build(rng.uniform(0, 1, 500).tolist(), (-rng.uniform(0, 1, 140)).tolist())
    figure = draw_margins(found)
    assert counts(figure, 0) == [140]
    assert counts(figure, 1) == [500, 140]
    assert strokes(figure, 0) == strokes(figure, 1) == []


def test_ends_of_the_range_are_in_the_outermost_bars():
    figure = draw_margins(build([1.0, 1.0000000000000002], [-1.0]))
    first, second = figure.axes[1].patches
    assert first.get_data().values[-1] == 2
    assert second.get_data().values[0] == 1
    assert counts(figure, 0) == [1]


def test_few_examples_have_a_stroke_each():
    figure = draw_margins(build([0.5] * 101, [-0.25, 0.0]))
    assert strokes(figure, 0) == [[0.25, 0.0]]
    assert strokes(figure, 1) == [[-0.25, 0.0]]
    assert len(strokes(draw_margins(build([0.5], [-0.25])), 1)) == 2


def test_one_error_shows_beside_ten_thousand_right():
    axes = draw_margins(build([0.9] * 10_000, [-0.5])).axes[1]
    low, high = axes.get_ylim()
    heights = axes.transData.transform([(0, low), (0, 1), (0, high)])[:, 1]
    assert (heights[1] - heights[0]) / (heights[2] - heights[0]) > 0.1
    assert low == 0


def test_wrong_is_hatched_and_right_is_plain():
    right, wrong = draw_margins(build([0.9], [-0.5])).axes[1].patches
    assert right.get_hatch() is None
    assert wrong.get_hatch()


def test_negative_gaps_widen_the_axis():
    assert draw_margins(build([0.9], [-0.5])).axes[0].get_xlim() == (0, 1)
    assert draw_margins(build([0.9], [0.13], [-0.13])).axes[0].get_xlim() == (-0.2, 1)


def test_disagreement_of_vote_and_means_is_counted():
    texts = words(draw_margins(build([0.5, -0.1], [0.05, -0.4])))
    assert "Vote and mean probabilities disagree: 1 right below 0, 1 wrong above." in texts
    assert not any("disagree" in text for text in words(draw_margins(build([0.5], [-0.4]))))


def test_heading_says_how_many_of_the_errors():
    found = build([0.5] * 4, [-0.5] * 3)
    assert "test: 3 errors in 7 examples" in words(draw_margins(found))
    some = draw_margins(replace(found, gap=found.gap[:1]))
    assert "test: 1 of 3 errors in 7 examples" in words(some)
    assert counts(some, 0) == [1]
    assert counts(some, 1) == [4, 3]


@pytest.mark.parametrize(("right", "wrong"), [([0.5], []), ([], [-0.5])])
def test_one_side_may_be_empty(right: list[float], wrong: list[float]):
    figure = draw_margins(build(right, wrong))
    assert counts(figure, 1) == [len(right), len(wrong)]
    assert ("no error" in words(figure)) is not bool(wrong)
