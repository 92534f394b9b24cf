"""Two maps side by side: points, names at medians, and what is said of the method."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from ensemble_lab.data.projection import Projection
from ensemble_lab.figures.projection import draw_map, draw_projection
from tests.figures.pixels import words


def build(n_examples: int = 200, n_classes: int = 10) -> Projection:
    """Clouds in a ring, one a class."""
    rng = np.random.default_rng(0)
    labels = np.arange(n_examples) % n_classes
    angles = labels / n_classes * 2 * np.pi
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = centres + rng.normal(0, 0.05, (n_examples, 2))
    return Projection(
        split="train",
        n_in_split=5000,
        seed=7,
        index=np.arange(n_examples),
        labels=labels,
        components=points,
        explained=(0.25, 0.125),
        n_components=50,
        neighbours=points[:, ::-1],
        perplexity=30.0,
        divergence=1.234,
    )


def names_of(axes) -> list[str]:
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_figure_states_sample_seed_shares_and_perplexity():
    said = " ".join(words(draw_projection(build(), title="mine train")))
    for fact in ("mine train", "200 of 5,000", "seed 7", "25.0 %", "12.5 %", "first 50"):
        assert fact in said
    assert "perplexity 30, divergence 1.23" in said
    assert "all 200 examples" in " ".join(words(draw_projection(replace(build(), n_in_split=200))))


def test_each_map_shows_its_own_points_with_every_class():
    projection = build()
    figure = draw_projection(projection)
    for axes, points in zip(
        figure.axes, (projection.components, projection.neighbours), strict=True
    ):
        drawn = np.concatenate([each.get_offsets() for each in axes.collections])
        assert sorted(map(tuple, drawn.tolist())) == sorted(map(tuple, points.tolist()))
        assert sorted(names_of(axes)) == list("0123456789")


def test_name_stands_nearest_to_the_median_of_its_class():
    projection = build()
    figure = draw_projection(projection)
    axes = figure.axes[0]
    medians = np.array(
        [np.median(projection.components[projection.labels == k], axis=0) for k in range(10)]
    )
    spots = axes.transData.transform(medians)
    for text in axes.texts:
        if text.get_text():
            box = text.get_window_extent()
            middle = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
            nearest = np.argmin(np.linalg.norm(spots - middle, axis=1))
            assert nearest == int(text.get_text())


def test_first_classes_differ_without_colour_and_35_with_it():
    figure = draw_projection(build(700, 35))
    looks = [each.get_paths()[0].vertices.round(6).tobytes() for each in figure.axes[0].collections]
    assert len(set(looks[:5])) == 5
    both = [
        (look, tuple(each.get_facecolor()[0]))
        for look, each in zip(looks, figure.axes[0].collections, strict=True)
    ]
    assert len(set(both)) == 35


@pytest.mark.parametrize("n_classes", [2, 10, 100])
def test_names_stay_in_their_map_and_off_each_other(n_classes):
    names = tuple(f"mountains and valleys {number}" for number in range(n_classes))
    figure = draw_projection(build(600, n_classes), class_names=names)
    for axes in figure.axes:
        frame = axes.get_window_extent()
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
        assert boxes
        for at, box in enumerate(boxes):
            assert frame.x0 <= box.x0 < box.x1 <= frame.x1
            assert not any(box.shrunk(0.9, 0.6).overlaps(other) for other in boxes[:at])


def test_heads_of_the_maps_do_not_meet():
    figure = draw_projection(replace(build(), n_in_split=10**7, perplexity=12.34))
    heads = sorted(
        (t.get_window_extent() for t in figure.texts if " of " in t.get_text()), key=lambda b: b.x0
    )
    rows = [(a, b) for a, b in pairwise(heads) if abs(a.y0 - b.y0) < 2]
    assert all(a.x1 < b.x0 for a, b in rows)


def test_unlabelled_examples_have_no_names():
    figure = draw_projection(replace(build(), labels=None))
    assert [names_of(axes) for axes in figure.axes] == [[], []]
    assert "no labels" in " ".join(words(figure))


def test_axes_of_ones_own_are_drawn_on():
    projection, figure = build(), Figure(figsize=(3, 3))
    axes = figure.subplots()
    assert draw_map(axes, projection.neighbours, projection) is figure
    assert len(names_of(axes)) == 10
