"""The page of an explanation: what is drawn is what was found, and no letter on another."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import build_catalogue, catalogue_examples
from ensemble_lab.errors.explain import build_explanations
from ensemble_lab.errors.explanation import Fact, Neighbour, Neighbourhood
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.explanation import draw_explanation, draw_explanations
from ensemble_lab.figures.explanation_panels import choose_classes_shown
from ensemble_lab.store.predictions import Predictions
from tests.conftest import need
from tests.figures.letters import check_letters, words
from tests.toy import toy_labels


def build(n_members=15, n_classes=10, *, names=None, has_images=True, votes_only=False, lead=0.4):
    """One example whose members disagree, its label 2 unless there are fewer classes."""
    rng = np.random.default_rng(n_members)
    label = min(2, n_classes - 1)
    given = rng.dirichlet(np.full(n_classes, 0.5), (n_members, 1)) * (1 - lead)
    given[:, :, label] += lead
    votes = given.argmax(axis=-1).astype(np.min_scalar_type(n_classes - 1))
    keys = tuple(f"light-{place:04d}" for place in range(n_members))
    probabilities = None if votes_only else given.astype(np.float32)
    rows = Predictions("test", np.array([7]), keys, votes, probabilities, n_classes, keys)
    vote, labels = combine(rows, Decision()), toy_labels((label,), (7,))
    (built,) = build_explanations(
        "run",
        names or tuple(map(str, range(n_classes))),
        rows,
        vote,
        catalogue_examples(rows, vote, labels, np.array([0])),
        build_catalogue(rows, vote, labels),
        by_rule=dict.fromkeys(RULES, vote),
        n_examples=1,
        look=None,
    )
    if not has_images:
        return replace(built, images_note="images of test are unknown")
    pictures = rng.integers(0, 256, (6, 28, 28, 1)).astype(np.uint8)
    around = Neighbourhood(
        "examples that the members learned from",
        54_000,
        tuple(
            Neighbour(50_000 + place, label, 0.0 if place == 0 else place + 0.25, pictures[place])
            for place in range(5)
        ),
        (label,) * 12 + (0,) * 8,
        12,
        8,
    )
    return replace(built, image=pictures[5], neighbourhood=around)


@pytest.fixture(autouse=True)
def _matplotlib():
    need("matplotlib")


HOSTILE = (
    "<script>alert(1)</script> and more of it",
    "$\\frac{1}{$",
    "two\nlines",
    "قط",
    "猫",
    "w" * 60,
    "",
    *"789",
)


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"n_members": 1},
        {"n_members": 3, "n_classes": 2},
        {"n_members": 400},
        {"n_members": 61, "n_classes": 1000, "lead": 0.05},
        {"votes_only": True},
        {"has_images": False},
        {"has_images": False, "votes_only": True, "n_members": 2},
        {"names": HOSTILE},
        {"names": HOSTILE, "lead": 0.0, "has_images": False},
    ],
    ids=lambda wishes: "-".join(wishes) or "plain",
)
def test_letters_stay_on_the_page_and_apart(wishes):
    check_letters(draw_explanation(build(**wishes)))


def test_bars_are_the_mean_probabilities():
    explained = build(lead=0.0)
    assert not explained.is_right
    _, bars, members, chances, _ = draw_explanation(explained).axes[:5]
    widths = [patch.get_width() for patch in bars.patches]
    assert widths == explained.means.tolist()
    ticks = [tick.get_text() for tick in bars.get_yticklabels()]
    assert ticks[2] == "label 2"
    assert ticks[explained.predicted] == f"vote {explained.predicted}"
    right = draw_explanation(build()).axes[1]
    assert right.get_yticklabels()[2].get_text() == "right 2"
    assert np.array_equal(members.images[0].get_array(), explained.probabilities)
    assert chances.lines[0].get_ydata().tolist() == explained.joining.chances.tolist()


def test_a_dot_is_on_each_members_vote():
    explained = build()
    members = draw_explanation(explained).axes[2]
    dots = members.collections[0].get_offsets().tolist()
    assert dots == [[each.vote, row] for row, each in enumerate(explained.members, start=1)]
    crowd = draw_explanation(build(61)).axes[2]
    assert not crowd.collections


def test_strips_are_what_the_first_members_choose():
    explained = build()
    strips = draw_explanation(explained).axes[4]
    for row, predicted in enumerate((explained.joining.majority, explained.joining.mean)):
        drawn = [p for p in strips.patches if round(p.get_y() + p.get_height() / 2) == row]
        ends = [round(patch.get_x() + patch.get_width() - 0.5) for patch in drawn]
        changes = (np.flatnonzero(np.diff(predicted)) + 1).tolist()
        assert ends == [*changes, len(predicted)]


def test_votes_alone_are_counted():
    explained = build(votes_only=True)
    figure = draw_explanation(explained)
    bars, strips = figure.axes[1], figure.axes[4]
    assert [patch.get_width() for patch in bars.patches] == explained.vote_counts.tolist()
    assert [tick.get_text() for tick in strips.get_yticklabels()] == ["majority"]


def test_without_images_the_page_says_so():
    figure = draw_explanation(build(has_images=False))
    assert "images of test are unknown" in words(figure)
    assert len(figure.axes) == 4


def test_neighbours_have_their_labels_and_the_same_picture_is_named():
    figure = draw_explanation(build())
    assert len(figure.axes) == 5 + 5
    assert "50000, same picture" in words(figure)
    assert "50001, at 1.25" in words(figure)
    assert any("2 (12), 0 (8)" in text for text in words(figure))


def test_of_many_neighbours_the_nearest_eight_are_shown():
    explained = build()
    around = explained.neighbourhood
    crowd = replace(explained, neighbourhood=replace(around, nearest=around.nearest * 4))
    figure = draw_explanation(crowd)
    assert len(figure.axes) == 5 + 8
    check_letters(figure)


def test_head_tells_decision_gap_and_facts():
    explained = replace(build(), facts=(Fact("writer", 340),))
    shown = words(draw_explanation(explained))
    assert shown[0].startswith("test 7: label 2")
    assert any("run: vote of 15, majority" in text for text in shown)
    assert any("writer 340" in text for text in shown)


def test_of_many_classes_the_likeliest_are_shown_with_label_and_vote():
    explained = build(15, 1000, lead=0.0)
    shown = choose_classes_shown(explained)
    assert len(shown) == 10
    assert {explained.label, explained.predicted} <= set(shown)
    strength = explained.means[list(shown)]
    assert np.all(np.diff(strength) <= 0)
    others = [place for place in shown if place not in (explained.label, explained.predicted)]
    assert min(explained.means[others]) >= np.sort(explained.means)[-10]
    assert choose_classes_shown(build(3, 2)) == (0, 1)


def test_label_and_vote_differ_without_colour():
    explained = build(lead=0.0)
    assert not explained.is_right
    bars = draw_explanation(explained).axes[1]
    grey = {
        number: np.dot(bars.patches[number].get_facecolor()[:3], (0.299, 0.587, 0.114))
        for number in (explained.label, explained.predicted)
    }
    assert abs(grey[explained.label] - grey[explained.predicted]) > 0.2


def test_same_explanation_gives_the_same_bytes(tmp_path):
    paths = [tmp_path / f"{number}.svg" for number in range(2)]
    for path in paths:
        draw_explanation(build(3), path=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_pages_of_one_pdf(tmp_path):
    pages = draw_explanations([build(3), build(2)], path=tmp_path / "why.pdf")
    assert len(pages) == 2
    assert b"/Count 2" in (tmp_path / "why.pdf").read_bytes()


def test_path_of_another_kind_is_refused(tmp_path):
    with pytest.raises(PredictionError, match=r"\.gif"):
        draw_explanations([build(3)], path=tmp_path / "why.gif")
    assert not list(tmp_path.iterdir())
