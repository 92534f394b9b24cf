"""The pools of each backend, beside a loop over the tiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ensemble_lab.training.backends import load_backend


def pool_plainly(values, gradients, size):
    """Return each tile's largest value, and its gradient at the first place that has it."""
    n_images, height, width, n_channels = values.shape
    largest = np.zeros((n_images, height // size, width // size, n_channels), np.float32)
    spread = np.zeros_like(values)
    for image, row, column, channel in np.ndindex(largest.shape):
        top, left = row * size, column * size
        tile = values[image, top : top + size, left : left + size, channel]
        place = np.unravel_index(tile.argmax(), tile.shape)
        largest[image, row, column, channel] = tile[place]
        spread[image, top + place[0], left + place[1], channel] = gradients[
            image, row, column, channel
        ]
    return largest, spread


def pool_with(layer, values, gradients):
    import tensorflow as tf

    inputs = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        largest = layer(inputs)
    return largest.numpy(), tape.gradient(largest, inputs, tf.constant(gradients)).numpy()


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
def test_of_equal_values_the_first_gets_the_gradient_as_in_keras(backend, drawn):
    if backend != "tensorflow":
        pytest.skip("equal values share the gradient on JAX")
    import keras

    size, values = drawn
    rng = np.random.default_rng(values.size)
    n_images, height, width, n_channels = values.shape
    gradients = rng.normal(size=(n_images, height // size, width // size, n_channels))
    gradients = gradients.astype(np.float32)
    expected = pool_plainly(values, gradients, size)
    options = {"pool_size": size, "strides": size, "padding": "valid"}
    ours = pool_with(load_backend(backend).layer_classes.MaxPooling2D(**options), values, gradients)
    kerass = pool_with(keras.layers.MaxPooling2D(**options), values, gradients)
    for one, other in ((ours, expected), (kerass, expected)):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
