"""The frontier: what is drawn where, that no name is on another thing, and what is refused."""

import random
from itertools import combinations
from pathlib import Path

import matplotlib
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.frontier import FrontierPoint, draw_frontier
from ensemble_lab.figures.placement import Box, crosses, overlaps, place_labels
from ensemble_lab.figures.quoted import QUOTED

FRAME = Box(0, 0, 100, 100)
POINT = FrontierPoint("a net", 1, 76.7, 5.5, 9.17)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def extents(figure: Figure, labels: list[str]) -> list[Bbox]:
    """Where the names are drawn, in pixels, as the raster has them."""
    FigureCanvasAgg(figure).draw()
    found = {text.get_text(): text.get_window_extent() for text in figure.texts}
    return [found[label] for label in labels]


def build_crowd(n_points: int, *, seed: int = 0) -> list[FrontierPoint]:
    """Points of three families, each close together."""
    rng = random.Random(seed)
    centres = [(2.0, 200.0), (300.0, 40.0), (5000.0, 28.0)]
    points = []
    for number in range(n_points):
        cost, errors = centres[number % 3]
        points.append(
            FrontierPoint(
                f"family-{number % 3}-member-{number}",
                1 + 3 * (number % 4 == 0),
                errors * 10 ** rng.gauss(0, 0.1),
                errors / 20,
                cost * 10 ** rng.gauss(0, 0.35),
            )
        )
    return points


def test_points_are_drawn_where_their_numbers_say() -> None:
    vote = FrontierPoint("a vote", 4, 53, None, 308.0)
    figure = draw_frontier([POINT, vote], ())
    (axes,) = figure.axes
    drawn = {
        line.get_marker(): (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if line.get_marker() in ("o", "D")
    }
    assert drawn == {"o": (9.17, 76.7), "D": (308.0, 53)}
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    (bar,) = [each for each in axes.collections if each.get_segments()]
    assert bar.get_segments()[0][:, 1].tolist() == pytest.approx([71.2, 82.2])


def test_ours_are_filled_and_what_is_quoted_is_hollow_and_said_to_be() -> None:
    (axes,) = draw_frontier([POINT]).axes
    filled = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() in ("o", "D")]
    assert filled.count("white") == len(QUOTED) == len(filled) - 1
    meanings = [text.get_text() for text in axes.get_legend().get_texts()]
    assert [meaning.startswith("quoted") for meaning in meanings] == [False, False, True, True]


@pytest.mark.parametrize("n_points", [0, 1, 2, 15, 30])
@pytest.mark.parametrize("has_quoted", [True, False])
def test_names_are_whole_and_on_no_other_name_and_no_marker(
    n_points: int, has_quoted: bool
) -> None:
    points, quoted = build_crowd(n_points), QUOTED if has_quoted else ()
    figure = draw_frontier(points, quoted)
    labels = [p.label for p in points] + [q.label for q in quoted]
    named = [label for label in labels if label in words(figure)]
    assert len(named) >= 0.85 * len(labels)
    boxes = extents(figure, named)
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    (axes,) = figure.axes
    width, height = figure.canvas.get_width_height()
    for box in boxes:
        assert 0 < box.x0 < box.x1 < width
        assert 0 < box.y0 < box.y1 < height
        for row in (*points, *quoted):
            x, y = axes.transData.transform((row.tflop, row.errors))
            assert not box.contains(x, y)


def test_nothing_is_cut_at_the_edges() -> None:
    figure = draw_frontier(build_crowd(30))
    FigureCanvasAgg(figure).draw()
    width, height = figure.canvas.get_width_height()
    (axes,) = figure.axes
    for box in (axes.get_tightbbox(), *(text.get_window_extent() for text in figure.texts)):
        assert 0 <= box.x0 <= box.x1 <= width
        assert 0 <= box.y0 <= box.y1 <= height


def test_points_without_a_name_are_named_below() -> None:
    crowd = [FrontierPoint(f"one place {n}", 1, 50.0, None, 10.0) for n in range(60)]
    figure = draw_frontier(crowd, ())
    (note,) = [text for text in words(figure) if text.startswith("Drawn without a name")]
    assert "more" in note


def test_points_without_cost_or_errors_are_named_and_not_drawn() -> None:
    points = [
        POINT,
        FrontierPoint("naive-bayes", 1, 4400.0, None, 0.0),
        FrontierPoint("perfect", 1, 0.0, None, 3.0),
    ]
    figure = draw_frontier(points, ())
    (axes,) = figure.axes
    assert sum(line.get_marker() == "o" for line in axes.lines) == 1
    assert any("naive-bayes, perfect" in text for text in words(figure))


def test_bar_that_would_reach_zero_has_no_lower_end() -> None:
    figure = draw_frontier([FrontierPoint("rare", 1, 2.0, 3.0, 1.0)], ())
    (axes,) = figure.axes
    assert axes.get_ylim()[0] > 0


def test_names_that_letters_or_length_forbid_are_drawn_all_the_same() -> None:
    labels = ["$5", "猫", "long " * 40]
    points = [FrontierPoint(n, 1, 50.0 + 9 * i, None, 9.0) for i, n in enumerate(labels)]
    shown = words(draw_frontier(points, ()))
    assert "$5" in shown
    assert "?" in shown
    assert any(text.startswith("long long") and text.endswith("…") for text in shown)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_points_give_the_same_bytes_whatever_style_is_set(ending: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"a/one.{ending}", tmp_path / f"two.{ending}"
    draw_frontier(build_crowd(9), path=first)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        draw_frontier(build_crowd(9), path=second)
    assert first.read_bytes() == second.read_bytes()


def test_other_endings_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"\.png.*frontier\.jpg"):
        draw_frontier([], path=tmp_path / "frontier.jpg")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="could not be written"):
        draw_frontier([], path=tmp_path / "file/frontier.png")


def test_quoted_cost_is_nets_times_epochs_times_cost_of_an_epoch() -> None:
    costs = {row.label: row.tflop for row in QUOTED}
    assert costs["Matuzas 2020"] == 20 * 240
    assert costs["Matuzas 2020, 20 nets"] == 96_000
    assert costs["Doucet 2019, 5 nets"] == 5 * 11 * 119
    assert costs["Deotte 2018, 15 nets"] == 15 * 30 * 5.5
    assert len(costs) == len(QUOTED)
    assert all(row.source and row.how_chosen for row in QUOTED)


def test_quoted_cost_of_the_net_that_is_a_preset_is_what_its_layers_count() -> None:
    from ensemble_lab.spec.presets import load_preset
    from ensemble_lab.training.architectures import describe_layers
    from ensemble_lab.training.architectures.tracing import trace
    from ensemble_lab.training.plan import count_tflop

    layers = trace(describe_layers(load_preset("cdeotte").architecture, 10), (28, 28, 1))
    counted = count_tflop(sum(layer.macs for layer in layers), 60_000, 1)
    assert QUOTED[0].name == "Deotte 2018"
    assert QUOTED[0].tflop_per_epoch == pytest.approx(counted, rel=0.02)


def test_a_lone_label_stands_beside_its_point() -> None:
    (place,) = place_labels([(50, 50)], [(20, 10)], [], FRAME)
    assert place is not None
    assert place.box == Box(57, 45, 77, 55)
    assert not place.is_far


def test_a_label_at_the_edge_goes_to_the_other_side() -> None:
    (place,) = place_labels([(90, 50)], [(20, 10)], [], FRAME)
    assert place is not None
    assert place.box == pytest.approx((63, 45, 83, 55))


def test_a_label_goes_around_what_is_in_its_way() -> None:
    (place,) = place_labels([(50, 50)], [(20, 10)], [Box(55, 40, 100, 60)], FRAME)
    assert place is not None
    assert place.box == pytest.approx((23, 45, 43, 55))


def test_a_label_without_room_has_no_place() -> None:
    assert place_labels([(50, 50)], [(101, 10)], [], FRAME) == [None]
    assert place_labels([], [], [], FRAME) == []


def test_labels_of_one_point_keep_off_each_other_and_off_their_lines() -> None:
    places = place_labels([(50, 50)] * 12, [(20, 8)] * 12, [], FRAME)
    kept = [place for place in places if place is not None]
    assert len(kept) >= 7
    for one, other in combinations(kept, 2):
        assert not overlaps(one.box, other.box)
        if one.is_far:
            assert not crosses((50, 50), one.end, other.box)


def test_a_label_is_clearly_nearer_to_its_own_point_or_has_a_line() -> None:
    # Room to the left only: the second point's label would stand beside the first.
    points = [(40.0, 50.0), (75.0, 50.0)]
    walls = [Box(78, 0, 100, 100), Box(0, 56, 100, 100), Box(0, 0, 100, 44)]
    first, second = place_labels(points, [(10, 8), (24, 8)], walls, FRAME)
    assert first is not None
    assert second is not None
    assert not first.is_far
    assert second.is_far
