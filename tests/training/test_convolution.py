"""The convolution of the stacked engine is Keras's."""

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("size", "strides"), [(1, 1), (3, 1), (4, 1), (5, 2), (2, 3), (3, 2)])
def test_product_of_matrices_is_the_convolution(backend, padding, size, strides, n_channels):
    import keras

    from ensemble_lab.training.convolution import Conv2D

    images = np.random.default_rng(size).random((2, 9, 8, n_channels)).astype(np.float32)
    layers = [
        each(5, size, strides=strides, padding=padding, activation="relu")
        for each in (keras.layers.Conv2D, Conv2D)
    ]
    for layer in layers:
        layer.build(images.shape)
    layers[1].set_weights(layers[0].get_weights())
    expected, found = (keras.ops.convert_to_numpy(layer(images)) for layer in layers)
    assert expected.shape == found.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)
