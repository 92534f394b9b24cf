"""The convolutions of the engines are Keras's."""

import numpy as np
import pytest

from ensemble_lab.training.backends import load_backend

pytestmark = pytest.mark.keras


def build_both(kind, n_channels, size, strides, padding):
    """Return images, and Keras's layer and the other kind with the same weights."""
    import keras

    rng = np.random.default_rng(size)
    images = rng.random((2, 9, 8, n_channels)).astype(np.float32)
    layers = [
        each(5, size, strides=strides, padding=padding, activation="relu")
        for each in (keras.layers.Conv2D, kind)
    ]
    for layer in layers:
        layer.build(images.shape)
    layers[1].set_weights(layers[0].get_weights())
    return images, layers


SIZES_AND_STRIDES = [(1, 1), (3, 1), (4, 1), (5, 2), (2, 3), (3, 2)]


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("size", "strides"), SIZES_AND_STRIDES)
def test_product_of_matrices_is_the_convolution(backend, padding, size, strides):
    import keras

    from ensemble_lab.training.convolution import Conv2D

    images, layers = build_both(Conv2D, 3, size, strides, padding)
    expected, found = (keras.ops.convert_to_numpy(layer(images)) for layer in layers)
    assert expected.shape == found.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("size", "strides"), SIZES_AND_STRIDES)
def test_convolution_on_tensorflow_has_the_values_and_gradients_of_keras(
    backend, padding, size, strides, n_channels
):
    if backend != "tensorflow":
        pytest.skip("JAX has Keras's own")
    import tensorflow as tf

    kind = load_backend(backend).layer_classes.Conv2D
    images, layers = build_both(kind, n_channels, size, strides, padding)
    found = []
    for layer in layers:
        inputs = tf.constant(images)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            loss = tf.reduce_sum(outputs**2)
        sources = [inputs, layer.kernel.value, layer.bias.value]
        found.append([outputs, *tape.gradient(loss, sources)])
    for expected, ours in zip(*found, strict=True):
        assert expected.shape == ours.shape
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)
