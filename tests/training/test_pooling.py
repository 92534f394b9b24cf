"""The pool on JAX, beside a loop over the tiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.conftest import need


def pool_plainly(values, gradients, size):
    """Return each tile's largest value, and its gradient shared by the places that have it."""
    n_images, height, width, n_channels = values.shape
    largest = np.zeros((n_images, height // size, width // size, n_channels), np.float32)
    spread = np.zeros_like(values)
    for image, row, column, channel in np.ndindex(largest.shape):
        rows = slice(row * size, row * size + size)
        columns = slice(column * size, column * size + size)
        tile = values[image, rows, columns, channel]
        largest[image, row, column, channel] = tile.max()
        is_largest = tile == tile.max()
        gradient = gradients[image, row, column, channel]
        spread[image, rows, columns, channel] = is_largest * gradient / is_largest.sum()
    return largest, spread


@st.composite
def images_to_pool(draw):
    size = draw(st.integers(1, 3))
    sides = [draw(st.integers(size, 3 * size + 1)) for _ in range(2)]
    shape = (draw(st.integers(1, 2)), *sides, draw(st.integers(1, 3)))
    # Few values, so that many of a tile are equal, as on the empty border of a digit.
    values = draw(arrays(np.float32, shape, elements=st.sampled_from([-1.0, -0.0, 0.0, 0.5, 2.0])))
    return size, values


@pytest.mark.keras
@settings(max_examples=60, deadline=None)
@given(images_to_pool())
def test_equal_values_share_the_gradient(backend, drawn):
    jax = need("jax")
    from ensemble_lab.training.steps_jax import MaxPooling2D

    size, values = drawn
    rng = np.random.default_rng(values.size)
    n_images, height, width, n_channels = values.shape
    gradients = rng.normal(size=(n_images, height // size, width // size, n_channels))
    gradients = gradients.astype(np.float32)
    layer = MaxPooling2D(size, strides=size, padding="valid")
    # What Keras does around `call` is the business of the backend that the tests run on.
    largest, find_gradient = jax.vjp(layer.call, values)
    (spread,) = find_gradient(gradients)
    expected = pool_plainly(values, gradients, size)
    np.testing.assert_array_equal(largest, expected[0])
    np.testing.assert_allclose(spread, expected[1], rtol=1e-6)
