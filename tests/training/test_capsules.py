"""Capsules: worked by hand, and trained small enough to take a moment."""

import numpy as np
import pytest

from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.capsnet import Decoder, RoutedCapsules
from ensemble_lab.training.architectures.tracing import trace
from ensemble_lab.training.fit import Callbacks, Examples, fit
from ensemble_lab.training.infer import infer
from ensemble_lab.training.network import build_network
from tests.training.members import WARP, build_capsule_member, draw_examples

ROUTINGS = ("softmax", "max-min")
TRAIN = draw_examples(60)
VALIDATION = draw_examples(20, seed=1)

# Two capsules below, three classes: agreed on the first, at right angles on the second,
# opposed on the third. (batch, classes, below, dimension)
PREDICTIONS = np.array([[[[1, 0], [1, 0]], [[1, 0], [0, 1]], [[1, 0], [-1, 0]]]], np.float32)


def squash(vector):
    square = (vector**2).sum()
    return vector * np.sqrt(square) / (1 + square)


def share_out(agreements, routing):
    """Return the shares of one capsule below: float64 (classes,)."""
    if routing == "softmax":
        return np.exp(agreements) / np.exp(agreements).sum()
    lowest, highest = agreements.min(), agreements.max()
    if lowest == highest:
        return np.ones_like(agreements)
    return (agreements - lowest) / (highest - lowest)


def route_one_by_one(predictions, routings, routing):
    """Return procedure 1 of the paper for one image, a number at a time."""
    classes, below, dimension = predictions.shape
    agreements = np.zeros((below, classes))
    for _ in range(routings):
        shares = np.array([share_out(row, routing) for row in agreements])
        capsules = np.zeros((classes, dimension))
        for j in range(classes):
            capsules[j] = squash(sum(shares[i, j] * predictions[j, i] for i in range(below)))
        for i in range(below):
            for j in range(classes):
                agreements[i, j] += predictions[j, i] @ capsules[j]
    return capsules


def build(backend, routing="softmax", seed=3):
    architecture = build_capsule_member(backend, routing=routing).architecture
    layers = describe_layers(architecture, 3)
    return build_network(layers, (8, 8, 1), seed)


def weights_of(net):
    """Return the arrays of a network, or of what was fitted."""
    return [np.asarray(weight.value) for weight in net.model.weights]


@pytest.mark.keras
def test_squash_keeps_the_direction_and_bounds_the_length(backend):
    from ensemble_lab.training.capsules import squash

    vectors = np.array([[3, 4], [0.6, 0.8], [0, 0]], np.float32)
    # Lengths 5, 1 and 0 become 25/26, 1/2 and 0.
    expected = [[15 / 26, 20 / 26], [0.3, 0.4], [0, 0]]
    np.testing.assert_allclose(np.asarray(squash(vectors)), expected, atol=1e-6)


@pytest.mark.keras
def test_softmax_routing_worked_by_hand(backend):
    from ensemble_lab.training.capsules import route

    once = np.asarray(route(PREDICTIONS, 1, "softmax"))[0]
    # Thirds: sums (2/3, 0), (1/3, 1/3) and 0, of squared length 4/9 and 2/9.
    first, second = (4 / 9) / (13 / 9), (1 / 3) * np.sqrt(2 / 9) / (11 / 9)
    np.testing.assert_allclose(once, [[first, 0], [second, second], [0, 0]], atol=1e-6)
    # Both capsules below agree by these numbers, and by 0 with the third class.
    weights = np.exp([first, second, 0])
    share, other, _ = weights / weights.sum()
    s, t = 2 * share, other
    expected = [
        [s * s / (1 + s * s), 0],
        [t * np.sqrt(2 * t * t) / (1 + 2 * t * t)] * 2,
        [0, 0],
    ]
    twice = np.asarray(route(PREDICTIONS, 2, "softmax"))[0]
    np.testing.assert_allclose(twice, expected, atol=1e-6)


@pytest.mark.keras
def test_max_min_routing_worked_by_hand(backend):
    from ensemble_lab.training.capsules import route

    once = np.asarray(route(PREDICTIONS, 1, "max-min"))[0]
    # Ones: sums (2, 0), (1, 1) and 0, of squared length 4 and 2.
    second = np.sqrt(2) / 3
    np.testing.assert_allclose(once, [[0.8, 0], [second, second], [0, 0]], atol=1e-6)
    # Agreements 0.8, √2/3 and 0 become shares 1, √2/2.4 and 0; √2/2.4 · (1, 1) has length 5/6.
    third = np.sqrt(2) / 2.4 * (5 / 6) / (61 / 36)
    twice = np.asarray(route(PREDICTIONS, 2, "max-min"))[0]
    np.testing.assert_allclose(twice, [[0.8, 0], [third, third], [0, 0]], atol=1e-6)


@pytest.mark.keras
@pytest.mark.parametrize("routing", ROUTINGS)
def test_routing_is_the_papers_procedure(routing, backend):
    from ensemble_lab.training.capsules import route

    predictions = np.random.default_rng(0).normal(0, 0.4, (4, 5, 7, 3)).astype(np.float32)
    expected = [route_one_by_one(one.astype(np.float64), 3, routing) for one in predictions]
    np.testing.assert_allclose(
        np.asarray(route(predictions, 3, routing)), expected, rtol=1e-4, atol=1e-5
    )


@pytest.mark.keras
def test_every_routing_of_the_spec_has_a_row(backend):
    from ensemble_lab.training.capsules import ROUTINGS as ROWS

    assert set(ROWS) == set(ROUTINGS)


@pytest.mark.keras
def test_max_min_shares_are_ones_where_all_agree_alike(backend):
    from ensemble_lab.training.capsules import ROUTINGS as ROWS

    agreements = np.array([[[0.0, 3.0, 1.0], [0.0, 3.0, 3.0], [0.0, 3.0, 2.0]]], np.float32)
    shares = np.asarray(ROWS["max-min"](agreements))
    np.testing.assert_allclose(shares, [[[1, 1, 0], [1, 1, 1], [1, 1, 0.5]]])


@pytest.mark.keras
def test_predictions_are_one_matrix_a_pair(backend):
    from ensemble_lab.training.capsules import predict

    generator = np.random.default_rng(0)
    capsules = generator.random((2, 5, 4), dtype=np.float32)
    kernel = generator.random((5, 3, 6, 4), dtype=np.float32)
    expected = np.einsum("bie,ijde->bjid", capsules, kernel)
    np.testing.assert_allclose(np.asarray(predict(capsules, kernel)), expected, rtol=1e-5)


@pytest.mark.keras
def test_capsules_are_neighbouring_channels_of_one_place(backend):
    from ensemble_lab.training.capsules import Capsules

    channels = np.arange(2 * 2 * 6, dtype=np.float32).reshape(1, 2, 2, 6)
    capsules = np.asarray(Capsules(3, name="capsules")(channels))
    assert capsules.shape == (1, 8, 3)
    expected = squash(np.array([9.0, 10.0, 11.0]))
    np.testing.assert_allclose(capsules[0, 3], expected, rtol=1e-5)


@pytest.mark.keras
def test_only_the_labels_capsule_is_drawn(backend):
    import keras

    from ensemble_lab.training.capsules import Decoder

    decoder = Decoder([keras.layers.Dense(2, "sigmoid")], name="decoder")
    capsules = np.array([[[0.5], [2.0]], [[0.5], [2.0]]], np.float32)
    passed = np.asarray(decoder(capsules))
    np.testing.assert_array_equal(passed, capsules)
    kernel, bias = np.array([[1.0, -1.0], [3.0, 0.0]], np.float32), np.array([0.0, 1.0])
    decoder.set_weights([kernel, bias])
    images = np.array([0.1, 0.9, 0.4, 0.6], np.float32).reshape(2, 2, 1, 1)
    drawn = 1 / (1 + np.exp(-np.array([[0.5, -0.5 + 1], [6.0, 1.0]])))
    expected = ((drawn - images.reshape(2, 2)) ** 2).sum(axis=1)
    found = np.asarray(decoder.measure(capsules, images, np.array([0, 1], np.int32)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.keras
@pytest.mark.parametrize("routing", ROUTINGS)
def test_probabilities_are_lengths_divided_by_their_sum(routing, backend):
    network = build(backend, routing)
    images = np.random.default_rng(0).random((5, 8, 8, 1), dtype=np.float32)
    lengths, squares = network.training([images, np.zeros(5, np.int32)], training=False)
    lengths = np.asarray(lengths)
    probabilities = np.asarray(network.model(images, training=False))
    np.testing.assert_allclose(probabilities, lengths / lengths.sum(1, keepdims=True), rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), lengths.argmax(axis=1))
    assert squares.shape == (5,)


@pytest.mark.keras
def test_routings_give_different_probabilities_from_the_same_weights(backend):
    softmax, max_min = (build(backend, routing) for routing in ROUTINGS)
    max_min.model.set_weights(weights_of(softmax))
    images = np.random.default_rng(0).random((5, 8, 8, 1), dtype=np.float32)
    first, second = (np.asarray(each.model(images)) for each in (softmax, max_min))
    assert np.abs(first - second).max() > 0.01


@pytest.mark.keras
def test_trained_arrays_come_in_the_order_of_the_stored_ones(backend):
    network = build(backend)
    stored = [id(each) for each in network.model.trainable_variables]
    assert [id(each) for each in network.training.trainable_variables] == stored
    assert len(stored) == 9


@pytest.mark.keras
@pytest.mark.parametrize("routing", ROUTINGS)
def test_small_net_learns_all_its_images(routing, backend):
    member = build_capsule_member(backend, routing=routing, epochs=25)
    fitted = fit(member, TRAIN, n_classes=3)
    assert fitted.history[-1].loss < 0.1 * fitted.history[0].loss
    assert fitted.history[-1].accuracy == 1.0
    probabilities = infer(fitted.predictor, TRAIN.images, name="toy")
    assert (probabilities.argmax(axis=1) == TRAIN.labels).all()


@pytest.mark.keras
def test_decoder_learns_to_draw(backend):
    member = build_capsule_member(backend, epochs=8)
    network = build_network(describe_layers(member.architecture, 3), (8, 8, 1), member.seed)
    images = TRAIN.images.astype(np.float32) / 255
    labels = TRAIN.labels.astype(np.int32)
    before = np.asarray(network.training([images, labels])[1]).mean()
    network.model.set_weights(weights_of(fit(member, TRAIN, n_classes=3)))
    assert np.asarray(network.training([images, labels])[1]).mean() < 0.8 * before


@pytest.mark.keras
def test_stopping_and_going_on_changes_no_bit(backend):
    member = build_capsule_member(backend, epochs=4, augmentation=[WARP], keep="average")
    states = []
    whole = fit(member, TRAIN, VALIDATION, n_classes=3, callbacks=Callbacks(on_state=states.append))
    resumed = fit(member, TRAIN, VALIDATION, n_classes=3, resume=states[1])
    for left, right in zip(weights_of(whole), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(left, right)
    # The decoder is averaged like the rest.
    assert not np.array_equal(weights_of(whole)[-1], states[-1].weights[-1])


@pytest.mark.keras
@pytest.mark.parametrize("routing", ROUTINGS)
def test_black_images_leave_every_weight_finite(routing, backend):
    black = Examples(np.zeros_like(TRAIN.images), TRAIN.labels)
    fitted = fit(build_capsule_member(backend, routing=routing, epochs=1), black, n_classes=3)
    assert all(np.isfinite(weight).all() for weight in weights_of(fitted))


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_stored_weights_give_the_same_probabilities(backend, tmp_path):
    saved, loaded = build(backend), build(backend, seed=4)
    path = tmp_path / "member.weights.h5"
    saved.model.save_weights(path)
    loaded.model.load_weights(path)
    images = np.random.default_rng(0).random((5, 8, 8, 1), dtype=np.float32)
    inputs = [images, np.arange(5, dtype=np.int32) % 3]
    for first, second in zip(saved.training(inputs), loaded.training(inputs), strict=True):
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second))
    np.testing.assert_array_equal(np.asarray(saved.model(images)), np.asarray(loaded.model(images)))


@pytest.mark.parametrize("routing", ROUTINGS)
def test_published_net_has_the_published_size(routing):
    architecture = {"name": "capsnet", "routing": routing}
    layers = describe_layers(
        build_capsule_member("tensorflow", architecture=architecture).architecture, 10
    )
    traced = trace(layers, (28, 28, 1))
    assert sum(each.parameters for each in traced) == 8_215_568
    without = [each for each in traced if not isinstance(each.layer, Decoder)]
    assert sum(each.parameters for each in without) == 6_804_224
    routed = next(each for each in traced if isinstance(each.layer, RoutedCapsules))
    assert routed.weights[0].shape == (1152, 10, 16, 8)


def test_multiply_adds_are_counted_by_hand():
    # 4 capsules of 5 below: 4 · 3 · 2 predictions of 5 terms; 3 sums over 4, 2 agreements of 2.
    assert RoutedCapsules(3, 2).macs((4, 5)) == 24 * 5 + 3 * 24 + 2 * 24
    assert RoutedCapsules(3, 2, routings=1).macs((4, 5)) == 24 * 5 + 24
    # 6 values in, 7 hidden, 8 pixels out.
    assert Decoder((7,), (2, 4, 1)).macs((3, 2)) == 6 * 7 + 7 * 8
