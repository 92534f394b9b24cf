"""The cut of validation from train: disjoint, stratified, seeded, index kept."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.data.splits import cut_validation
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import ValidationSpec


def make_train(labels: Sequence[int], first: int = 0) -> Split:
    """Return a split whose pixels tell the published index of their example."""
    index = np.arange(len(labels)) + first
    images = (index % 256).astype(np.uint8).reshape(-1, 1, 1, 1)
    return build_split("train", "none", index, images, np.array(labels))


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=120),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**63 - 1),
    first=st.integers(0, 10**6),
)
def test_cut_is_disjoint_complete_stratified_and_keeps_the_index(
    labels: list[int], share: float, seed: int, first: int
) -> None:
    train = make_train(labels, first)
    spec = ValidationSpec(share=share, seed=seed)
    total = round(share * len(labels))
    counts = np.bincount(labels, minlength=5)
    spare = np.maximum(counts - 1, 0)
    if not 0 < total <= spare.sum():
        with pytest.raises(DataError):
            cut_validation(train, spec)
        return
    rest, validation = cut_validation(train, spec)
    assert validation.n_examples == total
    both = np.concatenate([rest.index, validation.index])
    assert np.array_equal(np.sort(both), train.index)
    for part in (rest, validation):
        assert part.labels is not None
        assert (np.diff(part.index) > 0).all()
        assert np.array_equal(part.labels, np.array(labels)[part.index - first])
        assert np.array_equal(part.images[:, 0, 0, 0], part.index % 256)
    taken = np.bincount(validation.labels, minlength=5)
    exact = counts * total / len(labels)
    assert (taken <= spare).all()
    assert ((taken > exact - 1) | (taken == spare)).all()
    if (exact <= spare - 1).all():
        assert (abs(taken - exact) < 1).all()


@given(seed=st.integers(0, 2**63 - 1), share=st.floats(0.05, 0.8))
def test_same_seed_gives_the_same_split(seed: int, share: float) -> None:
    train = make_train([0, 1, 2] * 20)
    spec = ValidationSpec(share=share, seed=seed)
    first, again = cut_validation(train, spec), cut_validation(train, spec)
    assert [part.images_sha256 for part in first] == [part.images_sha256 for part in again]
    assert np.array_equal(first[1].index, again[1].index)


def test_another_seed_gives_another_split() -> None:
    train = make_train([0, 1] * 100)
    cuts = [cut_validation(train, ValidationSpec(share=0.5, seed=seed))[1] for seed in (0, 1)]
    assert not np.array_equal(cuts[0].index, cuts[1].index)


def test_larger_share_takes_what_a_smaller_one_takes() -> None:
    train = make_train([0, 1, 2, 3] * 25)
    small, large = (
        cut_validation(train, ValidationSpec(share=share))[1].index for share in (0.12, 0.4)
    )
    assert set(small) < set(large)


def test_cut_of_seed_zero_never_changes() -> None:
    _, validation = cut_validation(make_train([0, 1] * 10), ValidationSpec(share=0.3, seed=0))
    assert validation.index.tolist() == [0, 1, 3, 9, 14, 16]


def test_order_of_the_examples_in_memory_changes_nothing_in_the_order_of_the_cut() -> None:
    train = make_train([0, 1, 0, 1, 0, 1])
    backwards = build_split(
        "train", "none", train.index[::-1], train.images[::-1], train.labels[::-1]
    )
    for part in cut_validation(backwards, ValidationSpec(share=0.5)):
        assert (np.diff(part.index) > 0).all()


def test_class_with_one_example_keeps_it_for_training() -> None:
    rest, validation = cut_validation(make_train([0] * 9 + [1]), ValidationSpec(share=0.8))
    assert rest.labels is not None
    assert rest.labels.tolist() == [0, 1]
    assert validation.n_examples == 8


def test_many_scarce_classes_leave_the_share_to_the_others() -> None:
    labels = [*range(200), *[200] * 100, *[201] * 300]
    rest, validation = cut_validation(make_train(labels), ValidationSpec(share=0.6))
    assert validation.n_examples == 360
    assert set(np.unique(rest.labels)) == set(range(202))


def test_roles_and_names() -> None:
    train, validation = cut_validation(make_train([0, 1] * 5), ValidationSpec(share=0.5))
    assert (train.name, train.role) == ("train", "none")
    assert (validation.name, validation.role) == ("validation", "choose")


@pytest.mark.parametrize(
    ("share", "facts"),
    [
        (0.01, r"at least one of 10.*0\.01 takes none.*Say 0"),
        (0.0, r"above 0.*got 0"),
        (0.9, r"one training example of each class; 0\.9 takes 9 of 10 and at most 8"),
    ],
)
def test_share_that_takes_nothing_or_too_much_is_refused(share: float, facts: str) -> None:
    with pytest.raises(DataError, match=facts):
        cut_validation(make_train([0, 1] * 5), ValidationSpec(share=share))


def test_unlabelled_train_is_refused() -> None:
    train = build_split("train", "none", np.arange(3), np.zeros((3, 1, 1, 1), np.uint8), None)
    with pytest.raises(DataError, match="labelled"):
        cut_validation(train, ValidationSpec(share=0.5))
