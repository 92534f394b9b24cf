"""The picture of shared errors: what is drawn is what was counted."""

from itertools import pairwise

import numpy as np
import pytest

from ensemble_lab.errors.compare import build_joint_errors
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.upset import draw_upset
from ensemble_lab.figures.upset_plan import MOST_COLUMNS, build_plan
from tests.conftest import need

HOSTILE = "$x^2$ <script> 猫 \n" + "very-long-" * 30


def make_errors(n_ensembles: int, n_hard: int, n_examples: int = 500):
    """Errors on some examples only, each with a chance of its own."""
    rng = np.random.default_rng(0)
    chance = np.where(np.arange(n_examples) < n_hard, rng.random(n_examples), 0)
    predicted = (rng.random((n_ensembles, n_examples)) < chance).astype(np.int64)
    return build_joint_errors(np.arange(n_examples), np.zeros(n_examples, np.int64), predicted)


def names_of(errors) -> list[str]:
    return [f"run {place}" for place in range(errors.n_ensembles)]


def boxes_of(figure, texts):
    """Return what each text covers, as the Agg backend draws it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    return [text.get_window_extent(renderer) for text in texts]


def texts_of(figure) -> list[str]:
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return [text.get_text() for text in texts]


@pytest.fixture(autouse=True)
def matplotlib():
    need("matplotlib")


@pytest.fixture(params=[(1, 9), (2, 40), (8, 100), (20, 400), (30, 1)])
def errors(request):
    return make_errors(*request.param)


def test_bars_are_the_intersections_largest_first(errors):
    bars, matrix, _, sets = draw_upset(errors, names_of(errors)).axes
    shown = errors.intersections()[:MOST_COLUMNS]
    assert [bar.get_height() for bar in bars.patches] == [each.count for each in shown]
    assert [text.get_text() for text in bars.texts] == [f"{each.count:,}" for each in shown]
    dots = matrix.collections[-1].get_offsets().tolist()
    assert dots == [[x, y] for x, each in enumerate(shown) for y in each.ensembles]
    assert [line.get_ydata().tolist() for line in matrix.lines] == [
        [each.ensembles[0], each.ensembles[-1]] for each in shown
    ]
    sizes = errors.is_wrong.sum(axis=1).tolist()
    assert [bar.get_width() for bar in sets.patches] == sizes


def test_rows_go_down_in_the_order_of_the_ensembles():
    errors = make_errors(20, 40)
    figure = draw_upset(errors, names_of(errors))
    assert all(axes.get_ylim()[0] > axes.get_ylim()[1] for axes in figure.axes[1:])
    heights = {text.get_text(): text.get_position()[1] for text in figure.texts}
    assert sorted(names_of(errors), key=heights.__getitem__, reverse=True) == names_of(errors)


def test_what_is_left_out_is_counted():
    errors = make_errors(20, 400)
    found = errors.intersections()
    rest = found[MOST_COLUMNS:]
    assert len(rest) > 1
    text = f"and {len(rest):,} more sets, with {sum(each.count for each in rest):,} examples"
    assert text in texts_of(draw_upset(errors, names_of(errors)))
    few = make_errors(3, 40)
    assert not [text for text in texts_of(draw_upset(few, names_of(few))) if "more set" in text]


def test_heading_counts_the_errors():
    errors = make_errors(3, 40)
    texts = texts_of(draw_upset(errors, names_of(errors), title="test"))
    assert "test: errors of 3 ensembles" in texts
    n_shared = len(errors.view("shared"))
    told = f"{len(errors)} of 500 examples wrong in at least one, {n_shared} in every one"
    assert told in texts


def test_no_error_is_said_so():
    errors = make_errors(2, 0)
    figure = draw_upset(errors, names_of(errors))
    assert "There is nothing to show." in texts_of(figure)
    assert not figure.axes[0].patches


def test_long_and_hostile_names_stay_text_inside_their_column(tmp_path):
    errors = make_errors(3, 40)
    names = [HOSTILE, "猫", "x"]
    plan = build_plan(errors.intersections(), names, [1, 2, 3])
    assert plan.names[0].startswith("$x^2$ <script> ? very-long-")
    assert plan.names[0].endswith("…")
    assert plan.names[1:] == ("?", "x")
    figure = draw_upset(errors, names, title=HOSTILE, path=tmp_path / "upset.svg")
    edge = plan.sets_left * figure.dpi / 72
    written = [text for text in figure.texts if text.get_text() in plan.names]
    assert len(written) == 3
    assert all(box.x1 < edge for box in boxes_of(figure, written))
    assert b"<script>" not in (tmp_path / "upset.svg").read_bytes()


def test_everything_is_inside_the_figure(errors):
    figure = draw_upset(errors, [HOSTILE] * errors.n_ensembles, title=HOSTILE)
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    width, height = figure.bbox.size
    for box in boxes_of(figure, texts):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


def test_counts_of_one_height_do_not_touch():
    """Counts of four digits widen their columns."""
    n_examples = 20_000
    predicted = (np.arange(n_examples) % 4 == np.arange(1, 5)[:, np.newaxis]).astype(np.int64)
    labels = np.zeros(n_examples, np.int64)
    errors = build_joint_errors(np.arange(n_examples), labels, predicted)
    figure = draw_upset(errors, names_of(errors))
    boxes = boxes_of(figure, figure.axes[0].texts)
    assert len(boxes) > 2
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_errors_give_the_same_bytes(ending, tmp_path):
    errors = make_errors(3, 40)
    paths = [tmp_path / f"{number}.{ending}" for number in range(2)]
    for path in paths:
        draw_upset(errors, names_of(errors), path=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_path_of_another_kind_and_missing_names_are_refused(tmp_path):
    errors = make_errors(3, 40)
    with pytest.raises(PredictionError, match=r"\.png, \.svg, \.pdf"):
        draw_upset(errors, names_of(errors), path=tmp_path / "upset.gif")
    with pytest.raises(PredictionError, match="each of the 3 ensembles; got 2"):
        draw_upset(errors, ["a", "b"])
