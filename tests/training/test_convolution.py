"""The convolution of stacked members is Keras's."""

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("size", "strides"), [(1, 1), (3, 1), (4, 1), (5, 2), (2, 3), (3, 2)])
def test_product_of_matrices_is_the_convolution(backend, padding, size, strides):
    import keras

    from ensemble_lab.training.convolution import Conv2D

    rng = np.random.default_rng(size)
    images = rng.random((2, 9, 8, 3)).astype(np.float32)
    layers = [
        kind(5, size, strides=strides, padding=padding, activation="relu")
        for kind in (keras.layers.Conv2D, Conv2D)
    ]
    for layer in layers:
        layer.build(images.shape)
    layers[1].set_weights(layers[0].get_weights())
    expected, found = (keras.ops.convert_to_numpy(layer(images)) for layer in layers)
    assert expected.shape == found.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)
