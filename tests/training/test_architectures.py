import numpy as np
import pytest
from pydantic import TypeAdapter

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.architecture import WITHOUT_RECIPE, ArchitectureSpec
from ensemble_lab.training.architectures import ARCHITECTURES, describe_layers
from ensemble_lab.training.architectures.layers import Conv, Dense, Flatten, MaxPool
from ensemble_lab.training.architectures.standardise import Standardise
from ensemble_lab.training.architectures.tracing import architecture_sha256, trace
from ensemble_lab.training.network import build_model, build_network, draw_weights
from ensemble_lab.training.plan import describe_plan
from tests.training.members import build_member, everything_layers

SHAPE = (28, 28, 1)
# name: arguments, parameters, trainable, multiply-adds, shapes that leave, digest.
# A digest here is in stored members: if one changes, they can no longer predict.
PINNED = {
    "mlp": (
        {"hidden": [64, 32], "dropout": 0.25},
        52_650,
        52_650,
        784 * 64 + 64 * 32 + 32 * 10,
        [(784,), (64,), (64,), (32,), (32,), (10,)],
        "58547e48daf0ef25d4f8338607c91c9030b3789143f8dd91c6433dd75202ee7a",
    ),
    "cnn3": (
        {},
        130_890,
        130_890,
        2_831_744,
        [
            *[(26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (3, 3, 64)],
            *[(576,), (128,), (10,)],
        ],
        "a2c886beefa923e487063a4fdddc2cc2362986d2d0a54b87e6a6c584ac2a8b43",
    ),
    "bn_elu": (
        {},
        1_245_322,
        1_245_322 - 896,
        86_543_872,
        [
            *[(28, 28, 64), (14, 14, 64), (14, 14, 64), (14, 14, 128), (14, 14, 128)],
            *[(7, 7, 128), (7, 7, 128), (7, 7, 256), (3, 3, 256), (3, 3, 256)],
            *[(2304,), (256,), (10,)],
        ],
        "cfc699e00a5de869c77737b3bbc2574f3baf723ab2b9ed3d41fd6759c1c1bf03",
    ),
    "cnn": (
        {
            "stages": [[32, 32], [48]],
            "first_padding": "same",
            "dropout": 0.25,
            "hidden": [16],
            "hidden_dropout": 0.5,
        },
        42_826,
        42_826,
        8_147_872,
        [
            *[(28, 28, 32), (26, 26, 32), (13, 13, 32), (11, 11, 48), (5, 5, 48), (5, 5, 48)],
            *[(1200,), (16,), (16,), (10,)],
        ],
        "294bec5b7536f10051d811566e794e7ef70f94b2f19ed6277ef85c21ec4ecdcf",
    ),
    "light": (
        {},
        95_002,
        95_002 - 448,
        2_916_096,
        [
            *[*[(24, 24, 16)] * 3, (12, 12, 16), *[(10, 10, 48)] * 3, *[(8, 8, 64)] * 3],
            *[(4, 4, 64), *[(2, 2, 96)] * 3, (384,), (384,), (10,)],
        ],
        "582f339554ba1c61a04ff63d859b5f195e514f426c76aa5d78863cbc66892cce",
    ),
    "cdeotte": (
        {},
        327_242,
        327_242 - 832,
        15_162_752,
        [
            *[*[(26, 26, 32)] * 2, *[(24, 24, 32)] * 2, *[(12, 12, 32)] * 3],
            *[*[(10, 10, 64)] * 2, *[(8, 8, 64)] * 2, *[(4, 4, 64)] * 3],
            *[(1, 1, 128), (1, 1, 128), (128,), (128,), (10,)],
        ],
        "0bbbd0d5d50595829e290d7896a058e6c23733afd8c845de94ae0bb31e429c96",
    ),
    "m_net": (
        {},
        1_126_280,
        1_124_180,
        173_383_808,
        [
            *[
                (size, size, filters)
                for size, filters in zip(range(26, 7, -2), range(32, 177, 16), strict=True)
                for _ in range(3)
            ],
            *[(11_264,), (10,), (10,)],
        ],
        "a918b71ad63ac682ae53604d45e3d901a6902f9e072f4f21da02195d757cc6e2",
    ),
    "naive_bayes": (
        {"scaled": True},
        17_258,
        0,
        784 + 2 * 784 * 10,
        [(784,), (784,), (10,)],
        "cfebe40188290e162ec1569e4c44c21ceedca69775db3911d4579f5ee26ac281",
    ),
    "sgd_linear": (
        {},
        7_850,
        7_850,
        784 * 10,
        [(784,), (10,)],
        "9052368bd3ad784ab52fdf9aec755b4886abbe23111cb90aa70d7625162543bb",
    ),
    # Convolutions, predictions, three sums and two agreements, decoder.
    "capsnet": (
        {},
        8_215_568,
        8_215_568,
        400 * 256 * 81
        + 36 * 256 * 81 * 256
        + 1152 * 160 * (8 + 3 + 2)
        + (160 * 512 + 512 * 1024 + 1024 * 784),
        [(20, 20, 256), (6, 6, 256), (1152, 8), (10, 16), (10, 16), (10,)],
        "e4092f01f51aefd8e930b541684d799217f4beaf313af17c0d87df2adc0853cc",
    ),
}


def parse(name, arguments=None):
    values = {"name": name} | (PINNED[name][0] if arguments is None else arguments)
    return TypeAdapter(ArchitectureSpec).validate_python(values)


def test_every_registry_row_is_pinned():
    assert set(ARCHITECTURES) == set(PINNED)


@pytest.mark.parametrize("name", PINNED)
def test_row_has_the_pinned_size_and_digest(name):
    _, parameters, trainable, macs, shapes, digest = PINNED[name]
    layers = describe_layers(parse(name), 10)
    traced = trace(layers, SHAPE)
    assert sum(each.parameters for each in traced) == parameters
    assert sum(each.trainable for each in traced) == trainable
    assert sum(each.macs for each in traced) == macs
    assert [each.output_shape for each in traced] == shapes
    assert architecture_sha256(layers, SHAPE) == digest


@pytest.mark.keras
@pytest.mark.parametrize("name", [name for name in PINNED if name not in WITHOUT_RECIPE])
def test_keras_counts_and_shapes_are_the_same(name, backend):
    layers = describe_layers(parse(name), 10)
    model = build_model(layers, SHAPE)
    traced = trace(layers, SHAPE)
    assert model.count_params() == PINNED[name][1]
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == PINNED[name][2]
    assert [tuple(layer.output.shape[1:]) for layer in model.layers[1:-1]] == PINNED[name][4]
    assert [tuple(w.shape) for w in model.weights] == [
        weight.shape for each in traced for weight in each.weights
    ]


def test_multiply_adds_of_a_convolution_counted_by_hand():
    # 3 × 3 outputs, 2 filters, 2 × 2 × 5 values under each.
    assert Conv(2, 2, "relu").macs((4, 4, 5)) == 9 * 2 * 20


def test_strides_shorten_and_same_padding_keeps():
    assert Conv(1, 3, "relu", "same", strides=2).output_shape((5, 6, 1)) == (3, 3, 1)
    assert Conv(1, 3, "relu", "valid", strides=2).output_shape((5, 6, 1)) == (2, 2, 1)


def test_digest_sees_activation_order_and_shape():
    layers = (Flatten(), Dense(4, "relu"), Dense(4, "elu"), Dense(3))
    variants = [
        layers,
        (Flatten(), Dense(4, "elu"), Dense(4, "relu"), Dense(3)),
        (Flatten(), Dense(4, "relu"), Dense(4, "relu"), Dense(3)),
    ]
    digests = {architecture_sha256(variant, (2, 2, 1)) for variant in variants}
    assert len(digests | {architecture_sha256(layers, (1, 4, 1))}) == 4


def test_default_arguments_stay_out_of_the_description():
    assert MaxPool().describe() == {"layer": "MaxPool"}
    assert MaxPool(3).describe() == {"layer": "MaxPool", "size": 3}


def test_light_pools_between_stages_and_a_stride_takes_the_place_of_the_first_pool():
    stages = {"stages": [[4], [8, 8], [6]]}
    pooled, strided = (
        trace(describe_layers(parse("light", stages | {"strided": is_strided}), 10), SHAPE)
        for is_strided in (False, True)
    )
    shapes = [each.output_shape for each in pooled if isinstance(each.layer, Conv | MaxPool)]
    first, pool, *after = shapes
    assert (first, pool) == ((24, 24, 4), (12, 12, 4))
    assert after == [(10, 10, 8), (8, 8, 8), (4, 4, 8), (2, 2, 6)]
    assert [each.output_shape for each in strided if isinstance(each.layer, Conv | MaxPool)] == [
        (12, 12, 4),
        *after,
    ]
    assert sum(each.parameters for each in strided) == sum(each.parameters for each in pooled)
    assert strided[0].macs * 4 == pooled[0].macs


def test_standardising_is_one_more_layer_in_front_and_has_no_weights():
    plain = describe_layers(parse("cnn3", {"standardise": False}), 10)
    assert plain == describe_layers(parse("cnn3"), 10)
    with_it = describe_layers(parse("cnn3", {"standardise": True}), 10)
    assert with_it == (Standardise(), *plain)
    first = trace(with_it, SHAPE)[0]
    assert (first.output_shape, first.parameters, first.macs) == (SHAPE, 0, 0)
    assert architecture_sha256(with_it, SHAPE) != architecture_sha256(plain, SHAPE)


@pytest.mark.keras
def test_each_image_is_standardised_by_itself_in_training_and_in_inference(backend):
    images = np.random.default_rng(0).random((6, 8, 8, 2), dtype=np.float32)
    images[1] *= 0.01
    images[2] = 0.7
    images[3] = 0.0
    images[4] = 0.0
    images[4, 0, 0, 0] = 1e-3
    pixels = images.reshape(6, -1).astype(np.float64)
    # Even images and nearly even ones: divided by 1 / sqrt(128), not by nothing.
    least = np.maximum(pixels.std(axis=1), 1 / np.sqrt(8 * 8 * 2))
    expected = (pixels - pixels.mean(axis=1)[:, None]) / least[:, None]
    model = build_model((Standardise(), Flatten(), Dense(3)), (8, 8, 2))
    for is_training in (False, True):
        shown = np.asarray(model.layers[1](images, training=is_training)).reshape(6, -1)
        np.testing.assert_allclose(shown, expected, atol=2e-5)
    assert np.abs(expected[4]).max() < 0.02


def test_too_small_images_are_refused_in_one_line():
    with pytest.raises(SpecError, match=r"got 9 × 9 × 1, of which layer 3 \(MaxPool\)") as caught:
        describe_plan(build_member("tensorflow", architecture={"name": "cnn3"}), (9, 9, 1), 10, 100)
    assert "\n" not in str(caught.value)


def test_outputs_may_exceed_the_classes_but_not_fall_short():
    wide = describe_layers(parse("cnn3", {"outputs": 12}), 10)
    assert wide[-1] == Dense(12)
    with pytest.raises(SpecError, match=r"at least the number of classes, 10; got 9"):
        describe_layers(parse("cnn3", {"outputs": 9}), 10)


def test_plan_counts_steps_and_operations():
    member = build_member("tensorflow", architecture={"name": "cnn3"}, epochs=3, batch_size=128)
    plan = describe_plan(member, SHAPE, 10, 1000)
    assert (plan.parameters, plan.steps_per_epoch, plan.images) == (130_890, 8, 1000)
    assert plan.tflop == pytest.approx(2_831_744 * 2 * 3 * 1000 * 3 / 1e12)


def test_first_weights_follow_seed_and_layer_alone():
    layers = everything_layers()
    weights = draw_weights(layers, (8, 8, 1), seed=5)
    again = draw_weights(layers, (8, 8, 1), seed=5)
    other = draw_weights(layers, (8, 8, 1), seed=6)
    assert all(np.array_equal(a, b) for a, b in zip(weights, again, strict=True))
    assert not np.array_equal(weights[0], other[0])
    # The first layer is the same in a net that goes on differently.
    shorter = draw_weights((layers[0], Flatten(), Dense(3)), (8, 8, 1), seed=5)
    assert np.array_equal(weights[0], shorter[0])


def test_kernels_fill_glorots_interval_and_the_rest_is_zeros_and_ones():
    kernel, bias = draw_weights((Dense(300),), (200,), seed=1)
    limit = np.sqrt(6 / 500)
    assert kernel.dtype == np.float32
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not bias.any()
    *_, gamma, beta, mean, variance = draw_weights(everything_layers()[:3], (8, 8, 1), seed=1)
    assert (gamma == 1).all()
    assert (variance == 1).all()
    assert not beta.any()
    assert not mean.any()


@pytest.mark.keras
def test_probabilities_are_the_softmax_of_the_logits(backend):
    network = build_network(everything_layers(), (8, 8, 1), seed=2)
    images = np.random.default_rng(0).random((5, 8, 8, 1), dtype=np.float32)
    labels = np.zeros(5, np.int32)
    logits = np.asarray(network.training([images, labels], training=False))
    probabilities = np.asarray(network.model(images, training=False))
    exponentials = np.exp(logits)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)
    assert len(network.seed_states) == 2
