"""Images that come more than once, against comparing each with each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data import repeats
from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.data.repeats import Repeats, find_repeats

VALUES = st.lists(st.integers(0, 4), min_size=1, max_size=12)


def build(values: list[int], name: str, labels: list[int] | None = None, first: int = 0) -> Split:
    """Images of two pixels, equal where the values are."""
    images = np.repeat(np.array(values, np.uint8), 2).reshape(-1, 1, 2, 1)
    given = None if labels is None else np.array(labels)
    return build_split(name, "none", np.arange(len(values)) + first, images, given)


def pairs_by_hand(of: list[int], values: list[int], *, is_own: bool) -> list[tuple[int, int]]:
    found = []
    for at, value in enumerate(values):
        before = of[:at] if is_own else of
        if value in before:
            found.append((before.index(value), at))
    return found


@given(VALUES, VALUES)
def test_pairs_are_those_that_comparing_each_with_each_finds(train, test):
    found = {
        (each.of, each.split): list(each.pairs)
        for each in find_repeats((build(train, "train"), build(test, "test")))
    }
    expected = {
        ("train", "train"): pairs_by_hand(train, train, is_own=True),
        ("test", "test"): pairs_by_hand(test, test, is_own=True),
        ("train", "test"): pairs_by_hand(train, test, is_own=False),
    }
    assert found == {splits: pairs for splits, pairs in expected.items() if pairs}


@given(VALUES, VALUES)
def test_equal_hashes_of_other_images_are_no_repeats(train, test):
    splits = (build(train, "train"), build(test, "test"))
    expected = find_repeats(splits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_hash_rows", lambda images: np.zeros(len(images), np.int64))
        assert find_repeats(splits) == expected


def test_pairs_name_published_indices_and_count_other_labels():
    train = build([1, 2, 1], "train", [0, 1, 0], first=100)
    test = build([2, 1, 3], "test", [1, 1, 1], first=50)
    assert find_repeats((train, test)) == (
        Repeats("train", "train", ((100, 102),), 0),
        Repeats("test", "train", ((101, 50), (100, 51)), 1),
    )


def test_without_labels_on_both_sides_they_cannot_agree():
    (found,) = find_repeats((build([1], "train", [0]), build([1], "test")))
    assert found.n_relabelled is None


def test_a_single_image_repeats_nothing():
    assert find_repeats((build([1], "train"),)) == ()
