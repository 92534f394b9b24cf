"""Parts of the log loss: by hand, by peers, and against the expectations they estimate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.calibration.log_loss import decompose_log_loss
from ensemble_lab.analysis.logs import FLOOR
from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.exceptions import PredictionError
from tests.analysis.strategies import ensembles
from tests.conftest import need


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def draw(seed=0, n_members=6, n_examples=30, n_classes=4, spread=1.0):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n_examples, n_classes))
    own = spread * rng.normal(size=(n_members, n_examples, n_classes))
    return softmax(shared + own).astype(np.float32), rng.integers(0, n_classes, n_examples)


def combine_geometrically(probabilities):
    powers = np.prod(probabilities.astype(np.float64), axis=0) ** (1 / len(probabilities))
    return powers / powers.sum(axis=-1, keepdims=True)


def divergence(p, q):
    return (p * np.log(p / q)).sum(axis=-1)


ONE = np.zeros(6, np.int64)


def test_two_members_by_hand():
    # Geometric means √(½ · ¼) and √(½ · ¾), or 1 : √3 when divided by their sum.
    pair = np.array([[[0.5, 0.5]], [[0.25, 0.75]]], np.float32)
    parts = decompose_log_loss(pair, np.array([1]), np.array([0, 0]))
    root = 3**0.5
    assert parts.members == pytest.approx(-np.log(0.5 * 0.75) / 2)
    assert parts.ensemble == pytest.approx(-np.log(root / (1 + root)))
    assert parts.diversity == pytest.approx(-np.log((1 + root) / 8**0.5))
    # Of two members one alone has no diversity, so the jackknife doubles that of both.
    assert parts.variance == pytest.approx(2 * parts.diversity)
    assert parts.bias == pytest.approx(parts.members - 2 * parts.diversity)
    assert parts.n_floored == 0


@given(predictions=ensembles(), data=st.data())
def test_ensemble_is_members_less_diversity_and_diversity_is_mean_divergence(predictions, data):
    probabilities = predictions.probabilities
    _, n_examples, n_classes = probabilities.shape
    labels = np.array(
        data.draw(st.lists(st.integers(0, n_classes - 1), min_size=n_examples, max_size=n_examples))
    )
    groups = number_groups(predictions.members)
    parts = decompose_log_loss(probabilities, labels, groups)
    rows = probabilities / probabilities.astype(np.float64).sum(axis=-1, keepdims=True)
    combined = combine_geometrically(rows)
    loss = -np.log(combined[np.arange(n_examples), labels]).mean()
    assert parts.ensemble == pytest.approx(loss, abs=1e-9)
    assert parts.diversity == pytest.approx(divergence(combined, rows).mean(), abs=1e-9)
    assert parts.ensemble == parts.members - parts.diversity
    assert parts.diversity >= 0
    is_known = np.bincount(groups).min() > 1
    assert (parts.variance is not None) == (parts.bias is not None) == is_known
    if is_known:
        assert parts.bias + parts.variance - parts.diversity == pytest.approx(parts.ensemble)
        assert parts.variance >= 0


def test_losses_agree_with_scikit_learn():
    log_loss = need("sklearn.metrics").log_loss
    probabilities, labels = draw()
    parts = decompose_log_loss(probabilities, labels, ONE)
    rows = probabilities / probabilities.astype(np.float64).sum(axis=2, keepdims=True)
    losses = [log_loss(labels, each, labels=range(4)) for each in rows]
    assert parts.members == pytest.approx(np.mean(losses), abs=1e-12)
    combined = combine_geometrically(probabilities)
    assert parts.ensemble == pytest.approx(log_loss(labels, combined, labels=range(4)), abs=1e-12)


def test_one_group_has_the_jackknife_of_its_diversity():
    probabilities, labels = draw()

    def diversity_without(member):
        rest = np.delete(probabilities, member, axis=0)
        return decompose_log_loss(rest, labels, ONE[1:]).diversity

    parts = decompose_log_loss(probabilities, labels, ONE)
    without = np.mean([diversity_without(member) for member in range(6)])
    assert parts.variance == pytest.approx(6 * parts.diversity - 5 * without)
    assert parts.variance >= parts.diversity


def test_variance_is_within_groups_and_weighs_each_member_the_same():
    probabilities, labels = draw()
    groups = np.array([0, 1, 0, 1, 1, 1])
    parts = decompose_log_loss(probabilities, labels, groups)
    of_each = [
        decompose_log_loss(probabilities[groups == g], labels, np.zeros((groups == g).sum(), int))
        for g in (0, 1)
    ]
    assert parts.variance == pytest.approx((2 * of_each[0].variance + 4 * of_each[1].variance) / 6)
    assert parts.bias == pytest.approx((2 * of_each[0].bias + 4 * of_each[1].bias) / 6)


def test_groups_that_differ_give_diversity_without_variance():
    probabilities, labels = draw(n_members=2)
    doubled = np.repeat(probabilities, 3, axis=0)
    parts = decompose_log_loss(doubled, labels, np.repeat([0, 1], 3))
    assert parts.variance == pytest.approx(0, abs=1e-12)
    assert parts.diversity > 0.1
    assert parts.bias == pytest.approx(parts.members)


def test_variance_is_on_average_that_of_many_seeds():
    """The pool's own mean in the place of the seeds' would give half of it with two members."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(50, 3))
    many = softmax(shared + 0.8 * rng.normal(size=(4000, 50, 3)))
    true = -np.log(np.exp(np.log(many).mean(axis=0)).sum(axis=-1)).mean()
    labels = np.zeros(50, np.int64)
    for n_members, tolerance in ((2, 0.06), (5, 0.03)):
        pools = many[: 400 * n_members].reshape(400, n_members, 50, 3)
        parts = [decompose_log_loss(pool, labels, ONE[:n_members]) for pool in pools]
        assert np.mean([each.variance for each in parts]) == pytest.approx(true, rel=tolerance)
        assert np.mean([each.diversity for each in parts]) == pytest.approx(
            (n_members - 1) / n_members * true, rel=tolerance
        )


def test_members_that_agree_have_no_diversity_and_their_own_loss():
    probabilities, labels = draw(n_members=1)
    parts = decompose_log_loss(np.repeat(probabilities, 3, axis=0), labels, ONE[:3])
    alone = decompose_log_loss(probabilities, labels, ONE[:1])
    assert parts.diversity == pytest.approx(0, abs=1e-12)
    assert parts.ensemble == pytest.approx(alone.ensemble)
    assert alone.diversity == pytest.approx(0, abs=1e-12)
    assert alone.bias is alone.variance is None


def test_group_of_one_leaves_bias_and_variance_unknown():
    probabilities, labels = draw()
    parts = decompose_log_loss(probabilities, labels, np.array([0, 0, 0, 0, 0, 1]))
    assert parts.bias is parts.variance is None
    assert parts.diversity > 0


def test_zeros_count_as_the_floor_and_are_counted():
    certain = np.array([[[0, 1]], [[0, 1]]], np.float32)
    parts = decompose_log_loss(certain, np.array([0]), np.array([0, 0]))
    assert parts.ensemble == pytest.approx(-np.log(FLOOR)) == pytest.approx(87.3365, abs=1e-4)
    assert parts.n_floored == 2
    assert decompose_log_loss(certain, np.array([1]), np.array([0, 0])).ensemble == 0


def test_rows_that_float32_did_not_sum_to_one_are_divided_by_their_sum():
    probabilities, labels = draw()
    scaled = (probabilities * np.float32(1.0009)).astype(np.float32)
    one, other = (decompose_log_loss(rows, labels, ONE) for rows in (probabilities, scaled))
    assert one.members == pytest.approx(other.members, abs=1e-6)
    assert one.diversity == pytest.approx(other.diversity, abs=1e-6)


def test_blocks_and_order_of_members_change_nothing(monkeypatch):
    probabilities, labels = draw()
    groups = np.array([0, 0, 1, 1, 1, 0])
    whole = decompose_log_loss(probabilities, labels, groups)
    order = np.random.default_rng(4).permutation(6)
    monkeypatch.setattr("ensemble_lab.analysis.calibration.log_loss._BLOCK_CELLS", 50)
    parts = decompose_log_loss(probabilities[order], labels, groups[order])
    for name in ("ensemble", "members", "diversity", "bias", "variance"):
        assert getattr(whole, name) == pytest.approx(getattr(parts, name), abs=1e-12)


@pytest.mark.parametrize(
    ("shape", "labels", "groups", "facts"),
    [
        ((2, 3), [0, 0, 0], [0, 0], "probabilities must have the axes"),
        ((2, 3, 2), [0, 0], [0, 0], "labels must have 3 examples; got 2"),
        ((2, 3, 2), [0, 0, 2], [0, 0], "labels must be from 0 to 1; got 0 to 2"),
        ((2, 3, 2), [0, 0, 0], [0], "groups must have 2 members; got 1"),
        ((2, 0, 2), [], [0, 0], "at least one member and one example"),
    ],
)
def test_what_has_no_loss_is_refused(shape, labels, groups, facts):
    with pytest.raises(PredictionError, match=facts):
        decompose_log_loss(
            np.full(shape, 0.5, np.float32), np.array(labels, np.int64), np.array(groups)
        )
