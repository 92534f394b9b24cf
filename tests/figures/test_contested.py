"""Members against contested examples: each cell says what its member did."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ensemble_lab.errors.contested import LIKE_VOTE, OTHERWISE, RIGHT
from ensemble_lab.figures.contested import draw_contested
from tests.figures.ensembles import build_drawn
from tests.figures.letters import words


def cells(figure: Figure) -> np.ndarray:
    """Red, green and blue of each cell (members, columns, 3)."""
    return np.asarray(figure.axes[0].images[0].get_array())


def widths(figure: Figure) -> list[float]:
    """Lengths of the bars at the right: like the vote for each member, then otherwise."""
    paths = [path for bars in figure.axes[2].collections for path in bars.get_paths()]
    return [float(np.ptp(path.vertices[:, 0])) for path in paths]


def lightness(colour: tuple[float, ...]) -> float:
    """CIE L*, from 0 to 100."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    y = np.dot(linear, (0.2126, 0.7152, 0.0722))
    return float(116 * np.cbrt(y) - 16)


@pytest.fixture
def contested():
    return build_drawn(4, n_members=5).contested


def test_kinds_of_votes_are_told_apart_by_lightness_alone(contested):
    shown = cells(draw_contested(contested))
    light = {
        kind: {lightness(colour) for colour in shown[contested.kinds == kind]}
        for kind in (RIGHT, OTHERWISE, LIKE_VOTE)
    }
    (right,), (otherwise,), (like,) = light.values()
    assert right - otherwise > 20
    assert otherwise - like > 20


def test_every_cell_is_where_its_member_and_example_are(contested):
    shown = cells(draw_contested(contested))
    assert shown.shape == (5, 8, 3)
    is_white = (shown == 1).all(axis=-1)
    np.testing.assert_array_equal(is_white.T, ~contested.rows.wrong_members)


def test_wrong_cells_say_the_class_chosen_and_columns_the_label_and_index(contested):
    figure = draw_contested(contested)
    axes = figure.axes[0]
    inside = {
        (round(text.get_position()[1]), round(text.get_position()[0])): text.get_text()
        for text in axes.texts
        if text.get_fontweight() != "bold" and text.get_text().isdigit()
    }
    wrong = np.argwhere(contested.kinds != RIGHT).tolist()
    assert inside == {(m, c): str(contested.votes[m, c]) for m, c in wrong}
    labels = [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"]
    assert labels == list(map(str, contested.rows.label))
    indices = [tick.get_text() for tick in axes.get_xticklabels()]
    assert indices == list(map(str, contested.rows.indices))


def test_bars_count_wrong_members_and_errors(contested):
    figure = draw_contested(contested)
    wrong = contested.rows.wrong_members
    dark, light = figure.axes[1].patches
    assert lightness(dark.get_facecolor()) < lightness(light.get_facecolor()) - 20
    dark, light = dark.get_data().values, light.get_data().values
    assert (dark + light).tolist() == wrong.sum(axis=1).tolist()
    assert (dark > 0).tolist() == (contested.rows.label != contested.rows.predicted).tolist()
    like, others = np.split(np.array(widths(figure)), 2)
    assert (like + others).tolist() == wrong.sum(axis=0).tolist()
    assert like.tolist() == (contested.kinds == LIKE_VOTE).sum(axis=1).tolist()


def test_heading_says_how_many_of_which(contested):
    texts = words(draw_contested(contested))
    assert "test: 8 contested examples, the vote wrong on 4" in texts
    assert "Vote of 5 members: majority, ties by mean-probability" in texts
    assert "errors" in texts
    some = replace(contested, rows=contested.rows.head(2), votes=contested.votes[:, :2])
    texts = words(draw_contested(some))
    assert "test: 2 of 8 contested examples, the vote wrong on 2" in texts
    assert "errors here" in texts
    right = replace(contested.rows, wrong_members=np.zeros((8, 5), np.bool_))
    assert any(
        text.startswith("test: 8 examples, ")
        for text in words(draw_contested(replace(contested, rows=right)))
    )


def test_no_contested_example_is_a_picture_that_says_so():
    texts = words(draw_contested(build_drawn(0).contested))
    assert "test: 0 contested examples" in texts
    assert "There is nothing to show." in texts


def test_more_than_six_hundred_columns_are_cut_and_counted():
    contested = build_drawn(320, n_members=3, n_easy=0).contested
    figure = draw_contested(contested)
    assert cells(figure).shape == (3, 600, 3)
    assert any("Not drawn: 40 more, each wrong for at most 1 member." in t for t in words(figure))
    like, others = np.split(np.array(widths(figure)), 2)
    assert (like + others).sum() == contested.rows.wrong_members.sum()


def test_lines_part_groups_of_members():
    figure = draw_contested(build_drawn(4, n_members=6, n_groups=2).contested)
    dark = [
        line for line in figure.axes[0].collections if max(to_rgb(line.get_color()[0][:3])) < 0.5
    ]
    assert [path.vertices[0][1] for path in dark[0].get_paths()] == [2.5]


def test_thousand_members_have_some_keys_and_one_pixel_each():
    figure = draw_contested(build_drawn(3, n_members=1000).contested)
    keys = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert keys[:2] == ["net0-0000", "net0-0050"]
    height = figure.axes[0].get_position().height * figure.get_figheight() * figure.dpi
    assert height >= 1000
