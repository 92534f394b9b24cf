import numpy as np
import pytest

from ensemble_lab.exceptions import InterruptedTraining, TrainingError
from ensemble_lab.training.infer import infer, measure


def mean_and_rest(images):
    share = images.reshape(len(images), -1).mean(axis=1, dtype=np.float32) / 255
    return np.stack([share, 1 - share], axis=1)


@pytest.mark.parametrize("n_examples", [1, 255, 256, 257, 700])
def test_batches_do_not_change_the_result(n_examples):
    images = np.random.default_rng(0).integers(0, 255, (n_examples, 2, 2, 1), dtype=np.uint8)
    sizes = []

    def predictor(batch):
        sizes.append(len(batch))
        return mean_and_rest(batch)

    probabilities = infer(predictor, images, name="toy")
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(probabilities, mean_and_rest(images))
    assert len(set(sizes)) == 1
    assert max(sizes) <= 256
    assert sum(sizes) - n_examples < len(sizes)


def test_probabilities_that_are_not_finite_are_refused():
    def predictor(batch):
        probabilities = mean_and_rest(batch)
        probabilities[1] = np.nan
        return probabilities

    with pytest.raises(TrainingError, match=r"toy on test must be finite; row 1 of 3"):
        infer(predictor, np.zeros((3, 2, 2, 1), np.uint8), name="toy on test")


def test_stopping_between_batches_is_possible():
    def stop():
        raise InterruptedTraining

    with pytest.raises(InterruptedTraining):
        infer(mean_and_rest, np.zeros((600, 2, 2, 1), np.uint8), name="toy", on_batch=stop)


def test_loss_and_accuracy_counted_by_hand():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75], [1, 0]], np.float32)
    loss, accuracy = measure(probabilities, np.array([0, 1, 0]))
    assert loss == pytest.approx((np.log(2) - np.log(0.75)) / 3)
    assert accuracy == 1.0
    loss, _ = measure(probabilities[2:], np.array([1]))
    assert 87 < loss < 88
