"""What an interactive session shows of a value: one line, no arrays."""

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.data.dataset import build_split
from tests.toy import toy_labels, toy_predictions


def values():
    predictions = toy_predictions()
    vote = lab.combine(predictions, lab.Decision())
    images = np.zeros((2, 5, 4, 1), np.uint8)
    return [
        (predictions, "probabilities of 3 members on 6 examples, 3 classes"),
        (toy_labels(), "6 labels"),
        (vote, f"6 examples, {vote.is_tied.sum()} ties: majority"),
        (lab.build_catalogue(predictions, vote, toy_labels()), "rows, vote of 3, majority"),
        (build_split("test", "report", np.arange(2), images, None), "2 images 5×4×1, no labels"),
    ]


@pytest.mark.parametrize(("value", "fact"), values(), ids=lambda each: type(each).__name__)
def test_value_is_shown_in_one_short_line(value, fact):
    shown = repr(value)
    assert fact in shown
    assert shown.startswith(f"{type(value).__name__}(")
    assert len(shown) < 120
    assert "\n" not in shown
