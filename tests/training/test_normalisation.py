"""The batch norm of TensorFlow's steps is Keras's, in one operation where that is faster."""

import numpy as np
import pytest

from ensemble_lab.training.backends import load_backend

SHAPES = [(6, 5, 4, 3), (2, 1, 1, 7), (1, 1, 1, 2), (9, 3)]


def learn(layer, values, gradients):
    """Return what the layer makes of values, its weights after it, and all gradients."""
    import tensorflow as tf

    inputs = tf.constant(values)
    sources = [layer.gamma.value, layer.beta.value]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
    found = tape.gradient(outputs, [inputs, *sources], tf.constant(gradients))
    return [outputs.numpy(), *layer.get_weights(), *(each.numpy() for each in found)]


@pytest.mark.keras
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_batch_norm_has_the_values_statistics_and_gradients_of_keras(backend, shape):
    if backend != "tensorflow":
        pytest.skip("JAX has Keras's own")
    import keras

    rng = np.random.default_rng(len(shape))
    values = rng.normal(3, 2, shape).astype(np.float32)
    gradients = rng.normal(size=shape).astype(np.float32)
    weights = [rng.uniform(0.5, 2, shape[-1]).astype(np.float32) for _ in range(4)]
    kinds = load_backend(backend).layer_classes.BatchNormalization, keras.layers.BatchNormalization
    layers = [kind(axis=-1, momentum=0.9, epsilon=1e-3) for kind in kinds]
    for layer in layers:
        layer.build(shape)
        layer.set_weights(weights)
    for ours, kerass in zip(*(learn(layer, values, gradients) for layer in layers), strict=True):
        np.testing.assert_allclose(ours, kerass, rtol=2e-4, atol=2e-4)
    # After it both ask the same statistics.
    ours, kerass = (layer(values, training=False).numpy() for layer in layers)
    np.testing.assert_allclose(ours, kerass, rtol=1e-4, atol=1e-4)
    assert np.abs(np.subtract(layers[0].get_weights()[2], weights[2])).max() > 0.01


@pytest.mark.keras
@pytest.mark.parametrize(("shape", "n_fused"), [((None, 5, 4, 3), 1), ((None, 3), 0)], ids=str)
def test_images_are_normalised_in_one_operation(backend, shape, n_fused):
    if backend != "tensorflow":
        pytest.skip("JAX has Keras's own")
    import tensorflow as tf

    layer = load_backend(backend).layer_classes.BatchNormalization()
    layer.build(shape)
    spec = tf.TensorSpec(shape, tf.float32)
    learning, asking = (
        tf.function(lambda values, training=training: layer(values, training=training))
        .get_concrete_function(spec)
        .graph.get_operations()
        for training in (True, False)
    )
    assert [each.type for each in learning].count("FusedBatchNormV3") == n_fused
    assert "FusedBatchNormV3" not in [each.type for each in asking]
