"""Means and standard deviations of classes, against NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab.data import class_means
from ensemble_lab.data.class_means import build_class_means
from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.exceptions import DataError


def build(images: np.ndarray, labels: np.ndarray | None) -> Split:
    return build_split("train", "none", np.arange(len(images)), images, labels)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), *[st.integers(1, 3)] * 3)),
    st.randoms(use_true_random=False),
)
def test_means_and_sds_are_numpys(images, random):
    labels = np.array([random.randrange(4) for _ in images])
    found = build_class_means(build(images, labels), 4)
    assert found.counts.tolist() == np.bincount(labels, minlength=4).tolist()
    for label in range(4):
        own = images[labels == label]
        if len(own):
            np.testing.assert_allclose(found.means[label], own.mean(axis=0), atol=1e-9)
            np.testing.assert_allclose(found.sds[label], own.std(axis=0), atol=1e-9)
        else:
            assert np.isnan(found.means[label]).all()
            assert np.isnan(found.sds[label]).all()


def test_examples_of_many_blocks_are_all_summed(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (40, 2, 3, 1), dtype=np.uint8)
    split = build(images, np.arange(40) % 2)
    whole = build_class_means(split, 2)
    monkeypatch.setattr(class_means, "_BLOCK_VALUES", 20)
    assert np.array_equal(build_class_means(split, 2).sds, whole.sds)


def test_largest_sd_is_half_the_range():
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    assert build_class_means(build(images, np.zeros(2, int)), 2).sds[0].item() == 127.5


def test_unlabelled_split_has_no_classes():
    with pytest.raises(DataError, match="train must be labelled"):
        build_class_means(build(np.zeros((2, 1, 1, 1), np.uint8), None), 2)
