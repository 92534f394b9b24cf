"""Entropies and mutual information: by hand, against scipy, and their bounds."""

import numpy as np
import pytest
from hypothesis import given

from ensemble_lab.analysis.calibration import uncertainty
from ensemble_lab.exceptions import PredictionError
from tests.analysis.strategies import ensembles
from tests.conftest import need


def measure_uncertainty(probabilities):
    keys = tuple(f"m-{number:04d}" for number in range(len(probabilities)))
    return uncertainty.measure_uncertainty(probabilities, keys)


NAMES = ("predictive_entropy", "expected_entropy", "mutual_information")


@given(predictions=ensembles())
def test_entropies_are_those_of_scipy_and_within_bounds(predictions):
    entropy = need("scipy.stats").entropy
    rows = predictions.probabilities.astype(np.float64)
    rows /= rows.sum(axis=-1, keepdims=True)
    found = measure_uncertainty(predictions.probabilities)
    np.testing.assert_allclose(found.predictive_entropy, entropy(rows.mean(axis=0), axis=-1))
    np.testing.assert_allclose(found.expected_entropy, entropy(rows, axis=-1).mean(axis=0))
    difference = found.predictive_entropy - found.expected_entropy
    np.testing.assert_allclose(found.mutual_information, np.maximum(difference, 0), atol=1e-12)
    assert (found.mutual_information >= 0).all()
    n_members, _, n_classes = rows.shape
    assert (found.mutual_information <= np.log(min(n_members, n_classes)) + 1e-9).all()
    assert (found.predictive_entropy <= np.log(n_classes) + 1e-9).all()


@pytest.mark.parametrize("n_members", [1, 2, 7, 13])
def test_equal_members_do_not_disagree(n_members):
    rows = np.random.default_rng(0).dirichlet(np.ones(5), 30).astype(np.float32)
    found = measure_uncertainty(np.stack([rows] * n_members))
    # To the bit: a rounding would order examples that are all alike.
    assert not found.mutual_information.any()
    np.testing.assert_allclose(found.predictive_entropy, found.expected_entropy)


def test_members_that_are_sure_of_different_classes_disagree_most():
    found = measure_uncertainty(np.eye(4, dtype=np.float32)[:, np.newaxis])
    assert found.expected_entropy.tolist() == [0]
    assert found.mutual_information[0] == pytest.approx(np.log(4))


def test_members_that_all_doubt_do_not_disagree():
    found = measure_uncertainty(np.full((3, 1, 2), 0.5, np.float32))
    assert found.predictive_entropy[0] == pytest.approx(np.log(2))
    assert found.mutual_information[0] == pytest.approx(0)


def test_blocks_change_nothing(monkeypatch):
    rows = np.random.default_rng(0).dirichlet(np.ones(3), (4, 50)).astype(np.float32)
    whole = measure_uncertainty(rows)
    monkeypatch.setattr("ensemble_lab.analysis.calibration.uncertainty._BLOCK_CELLS", 21)
    parts = measure_uncertainty(rows)
    for name in NAMES:
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def test_order_of_members_changes_no_bit():
    rng = np.random.default_rng(0)
    rows, keys = rng.dirichlet(np.ones(3), (7, 50)).astype(np.float32), tuple("abcdefg")
    one = uncertainty.measure_uncertainty(rows, keys)
    order = rng.permutation(7)
    other = uncertainty.measure_uncertainty(rows[order], tuple(keys[place] for place in order))
    for name in NAMES:
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_other_axes_are_refused():
    with pytest.raises(PredictionError, match="members, examples, classes"):
        measure_uncertainty(np.ones((2, 3), np.float32))
