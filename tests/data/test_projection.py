"""Maps of images: what their axes are, that they repeat, and what is refused."""

import numpy as np
import pytest

from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.data.projection import build_projection
from ensemble_lab.exceptions import DataError
from tests.conftest import need

pytestmark = pytest.mark.usefixtures("_scikit_learn")


@pytest.fixture
def _scikit_learn() -> None:
    need("sklearn")


def build(n_examples: int = 60, shape: tuple[int, int, int] = (4, 5, 1)) -> Split:
    """Three classes, each around an image of its own."""
    rng = np.random.default_rng(0)
    labels = np.arange(n_examples) % 3
    images = rng.integers(0, 200, (3, *shape))[labels] + rng.integers(0, 30, (n_examples, *shape))
    return build_split("train", "none", np.arange(n_examples), images.astype(np.uint8), labels)


def test_components_are_those_of_the_singular_values():
    split = build()
    found = build_projection(split)
    pixels = split.images.reshape(60, -1) / 255
    left, values, _ = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
    expected = left[:, :2] * values[:2]
    signs = np.sign((found.components * expected).sum(axis=0))
    np.testing.assert_allclose(found.components * signs, expected, atol=1e-5)
    np.testing.assert_allclose(found.explained, (values**2 / (values**2).sum())[:2], atol=1e-5)
    assert found.n_components == 20


def test_neighbours_of_a_point_are_of_its_class():
    found = build_projection(build())
    distances = np.linalg.norm(found.neighbours[:, None] - found.neighbours, axis=-1)
    nearest = np.argsort(distances, axis=1)[:, 1]
    assert (found.labels[nearest] == found.labels).mean() > 0.95


def test_same_arguments_give_the_same_map_and_another_seed_another():
    one, again, other = (build_projection(build(), n_examples=40, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.neighbours, again.neighbours)
    assert one.divergence == again.divergence
    assert one.index.tolist() != other.index.tolist()
    assert (len(one.index), one.n_in_split) == (40, 60)


@pytest.mark.parametrize(("n_examples", "perplexity"), [(60, 20.0), (120, 30.0)])
def test_perplexity_is_thirty_or_a_third_of_the_examples(n_examples, perplexity):
    assert build_projection(build(n_examples)).perplexity == perplexity


def test_largest_seed_of_a_member_is_no_error():
    assert build_projection(build(12), seed=2**63 - 1).seed == 2**63 - 1


def test_unlabelled_examples_are_projected_too():
    split = build(12)
    bare = build_split("test", "report", split.index, split.images, None)
    assert build_projection(bare).labels is None


@pytest.mark.parametrize("perplexity", [0.0, -1.0, 12.0, float("nan")])
def test_perplexity_without_neighbours_is_refused(perplexity):
    with pytest.raises(DataError, match=r"below the number of examples, 12; got"):
        build_projection(build(12), perplexity=perplexity)


def test_few_examples_are_refused():
    with pytest.raises(DataError, match="at least 5; got 4"):
        build_projection(build(4))


@pytest.mark.parametrize("shape", [(12, 2, 2, 1), (12, 1, 1, 1)])
def test_images_without_a_difference_or_one_pixel_are_refused(shape):
    images = np.zeros(shape, np.uint8)
    images[0] = 255 if shape[1] == 1 else 0
    split = build_split("train", "none", np.arange(12), images, None)
    with pytest.raises(DataError, match="several pixels and differ"):
        build_projection(split)
