import numpy as np
import pytest

from ensemble_lab.spec.training import CrossEntropy
from ensemble_lab.training.losses import LOSSES, batch_loss, penalise

LOGITS = np.array([[2.0, 0.0, -1.0], [0.5, 0.0, 1.0]], np.float32)
LABELS = np.array([0, 1], np.int32)


def by_hand(targets):
    """Return the mean cross-entropy against rows of targets."""
    log_sums = np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    return float(-(targets * (LOGITS - log_sums)).sum(axis=1).mean())


@pytest.mark.keras
def test_cross_entropy_is_that_of_the_label(backend):
    loss, n_right = batch_loss(CrossEntropy(name="cross-entropy"), LABELS, LOGITS)
    assert float(loss) == pytest.approx(by_hand(np.eye(3)[LABELS]), rel=1e-6)
    assert int(n_right) == 1


@pytest.mark.keras
def test_smoothing_spreads_the_label_over_all_classes(backend):
    spec = CrossEntropy(name="cross-entropy", smoothing=0.3)
    loss, _ = batch_loss(spec, LABELS, LOGITS)
    targets = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert float(loss) == pytest.approx(by_hand(targets), rel=1e-6)


@pytest.mark.keras
def test_penalties_are_sums_over_the_named_arrays(backend):
    weights = [np.array([9.0]), np.array([[1.0, -2.0]]), np.array([3.0])]
    assert float(penalise(((1, 0.5, 0.0),), weights)) == pytest.approx(0.5 * 3)
    assert float(penalise(((1, 0.0, 0.5), (2, 1.0, 2.0)), weights)) == pytest.approx(2.5 + 3 + 18)
    assert penalise((), weights) == 0


def test_every_row_is_tested():
    assert set(LOSSES) == {"cross-entropy"}
