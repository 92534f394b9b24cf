"""The digits that come with scikit-learn: splits, values, hashes."""

import sys

import numpy as np
import pytest

from ensemble_lab.data.dataset import missing_classes
from ensemble_lab.data.loading import load_dataset, load_published, load_split
from ensemble_lab.exceptions import MissingExtraError
from ensemble_lab.spec.data import Digits
from tests.conftest import need

DIGITS = Digits(name="digits")
IMAGES_SHA256 = ["fb791700e50806ea", "2b9d45855772a19a"]
LABELS_SHA256 = ["a666bbb9950a3bfb", "5382ce8be0df030a"]


@pytest.fixture(autouse=True)
def _needs_scikit_learn(request: pytest.FixtureRequest) -> None:
    if "without_scikit_learn" not in request.node.name:
        need("sklearn")


def test_test_split_is_that_of_scikit_learns_own_example() -> None:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    positions = np.arange(1797)
    train, test = train_test_split(positions, test_size=0.5, shuffle=False)
    data = load_published(DIGITS)
    assert np.array_equal(data.split("train").index, train)
    assert np.array_equal(data.split("test").index, test)
    assert (len(train), len(test)) == (898, 899)
    assert np.array_equal(data.split("test").labels, load_digits().target[898:])


def test_images_are_uint8_28x28_and_never_change() -> None:
    data = load_published(DIGITS)
    assert data.image_shape == (28, 28, 1)
    assert data.class_names == tuple("0123456789")
    assert [split.images_sha256[:16] for split in data.splits] == IMAGES_SHA256
    assert [split.labels_sha256[:16] for split in data.splits] == LABELS_SHA256


def test_every_class_is_in_every_split() -> None:
    for split in load_dataset(DIGITS).splits:
        assert missing_classes(split, 10) == ()


def test_validation_is_cut_from_train_only() -> None:
    data = load_dataset(DIGITS)
    assert [split.n_examples for split in data.splits] == [808, 90, 899]
    assert data.split("validation").index.max() < 898


def test_one_split_comes_alone() -> None:
    assert load_split(DIGITS, "test").n_examples == 899


def test_without_scikit_learn_the_message_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ensemble-lab\[train\]'"):
        load_published(DIGITS)
