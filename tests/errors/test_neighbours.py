"""Nearest examples in pixels: the same as by brute force, however many there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.errors import neighbours
from ensemble_lab.errors.neighbours import find_nearest
from ensemble_lab.exceptions import PredictionError


def draw(n_images, *, levels=256, shape=(3, 2, 1), seed=0):
    return np.random.default_rng(seed).integers(0, levels, (n_images, *shape)).astype(np.uint8)


def by_hand(images, wanted, n_nearest):
    """Positions and squared distances, one pair at a time, in Python's whole numbers."""
    for image in wanted.astype(object):
        squared = [int(((image - other) ** 2).sum()) for other in images.astype(object)]
        order = sorted(range(len(images)), key=lambda place: (squared[place], place))[:n_nearest]
        yield order, [squared[place] for place in order]


@given(
    seed=st.integers(0, 2**20),
    n_images=st.integers(1, 30),
    levels=st.sampled_from([2, 3, 256]),
    n_nearest=st.integers(1, 8),
)
def test_same_as_brute_force_ties_to_the_first(seed, n_images, levels, n_nearest):
    images = draw(n_images, levels=levels, seed=seed)
    wanted = draw(3, levels=levels, seed=seed + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_BLOCK_CELLS", 24)  # Blocks of four images.
        found = find_nearest(images, wanted, n_nearest)
    for nearest, (order, squared) in zip(found, by_hand(images, wanted, n_nearest), strict=True):
        assert nearest.positions.tolist() == order
        assert nearest.distances.tolist() == (np.sqrt(squared) / 255).tolist()


def test_distances_are_those_of_scipy():
    from scipy.spatial.distance import cdist

    images, wanted = draw(500, shape=(28, 28, 1)), draw(4, shape=(28, 28, 1), seed=1)
    expected = cdist(wanted.reshape(4, -1) / 255, images.reshape(500, -1) / 255)
    for nearest, row in zip(find_nearest(images, wanted, 500), expected, strict=True):
        assert np.array_equal(nearest.positions, row.argsort(kind="stable"))
        assert np.allclose(nearest.distances, np.sort(row), rtol=1e-12, atol=0)


def test_black_against_white_differs_exactly_by_the_number_of_pixels():
    """In float32 such a sum would be rounded: it is 784 · 255², above 2²⁴."""
    white = np.full((1, 28, 28, 1), 255, np.uint8)
    nearly = white.copy()
    nearly[0, 0, 0] = 254
    black = np.zeros_like(white)
    (found,) = find_nearest(np.concatenate([white, nearly, nearly]), black, 3)
    assert found.positions.tolist() == [1, 2, 0]
    assert found.distances[2] == 28.0
    assert found.distances[0] == np.sqrt(783 * 255**2 + 254**2) / 255


def test_the_same_picture_is_at_distance_zero():
    images = draw(9)
    (found,) = find_nearest(images, images[4:5], 2)
    assert (found.positions[0], found.distances[0]) == (4, 0.0)
    assert found.distances[1] > 0


def test_an_example_left_out_is_no_neighbour():
    images = draw(9)
    is_left_out = np.eye(9, dtype=np.bool_)[:2]
    found = find_nearest(images, images[:2], 20, is_left_out=is_left_out)
    assert [len(each.positions) for each in found] == [8, 8]
    assert [place in each.positions for place, each in enumerate(found)] == [False, False]
    nobody = np.ones((1, 9), np.bool_)
    assert find_nearest(images, images[:1], 3, is_left_out=nobody)[0].positions.tolist() == []


@pytest.mark.parametrize(
    ("images", "wanted", "n_nearest", "fact"),
    [
        (draw(3), draw(1), 0, "1 or more; got 0"),
        (draw(3), draw(1, shape=(2, 3, 1)), 1, r"\(2, 3, 1\); got \(3, 2, 1\)"),
        (draw(3).astype(float), draw(1), 1, "uint8; got float64"),
        (draw(3)[0], draw(1), 1, "axes"),
    ],
)
def test_images_that_cannot_be_compared_are_refused(images, wanted, n_nearest, fact):
    with pytest.raises(PredictionError, match=fact):
        find_nearest(images, wanted, n_nearest)
