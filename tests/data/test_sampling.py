"""Examples drawn to be looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data.dataset import build_split
from ensemble_lab.data.sampling import sample_positions, sample_split
from ensemble_lab.exceptions import DataError

INDEX = st.lists(st.integers(0, 10**9), min_size=1, max_size=40, unique=True).map(np.array)
SEED = st.integers(0, 2**63 - 1)


@given(INDEX, st.integers(1, 50), SEED)
def test_sample_is_of_that_size_without_repetition_and_ascending(index, n, seed):
    drawn = index[sample_positions(index, n, seed=seed)]
    assert len(drawn) == min(n, len(index))
    assert (np.diff(drawn) > 0).all()


@given(INDEX, st.integers(1, 40), SEED)
def test_larger_sample_holds_the_smaller_one(index, n, seed):
    small, large = (set(sample_positions(index, k, seed=seed).tolist()) for k in (n, n + 3))
    assert small <= large


@given(INDEX, st.integers(1, 40), SEED)
def test_order_of_the_split_changes_nothing(index, n, seed):
    shuffled = np.random.default_rng(0).permutation(index)
    one, other = (i[sample_positions(i, n, seed=seed)].tolist() for i in (index, shuffled))
    assert one == other


def test_seeds_draw_different_examples_and_every_part_of_the_split():
    index = np.arange(1000)
    drawn = [sample_positions(index, 100, seed=seed) for seed in range(20)]
    assert len({tuple(each.tolist()) for each in drawn}) == 20
    assert 450 < np.mean(drawn) < 550


def test_sample_of_a_split_keeps_images_and_labels_with_their_index():
    images = np.arange(30, dtype=np.uint8).reshape(30, 1, 1, 1)
    split = build_split("train", "none", np.arange(30) + 5, images, np.arange(30) % 7)
    drawn = sample_split(split, 6, seed=3)
    assert drawn.name == "train"
    assert drawn.images.ravel().tolist() == (drawn.index - 5).tolist()
    assert drawn.labels.tolist() == ((drawn.index - 5) % 7).tolist()


@pytest.mark.parametrize("n", [0, -3])
def test_sample_of_nothing_is_refused(n):
    with pytest.raises(DataError, match=f"1 or more; got {n}"):
        sample_positions(np.arange(4), n)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seed_that_is_none_is_refused(seed):
    with pytest.raises(DataError, match=f"got {seed}"):
        sample_positions(np.arange(4), 1, seed=seed)
