"""Folds: every training example is held out once, and nobody learns from what it is asked."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data.dataset import Dataset, Split, build_split, number_classes
from ensemble_lab.data.folds import number_folds, number_folds_by_place, take_fold, with_folds
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Digits, ValidationSpec


def make_train(labels: Sequence[int]) -> Split:
    """Return a split whose pixels tell the published index of their example."""
    index = np.arange(len(labels))
    images = (index % 256).astype(np.uint8).reshape(-1, 1, 1, 1)
    return build_split("train", "none", index, images, np.array(labels))


def make_published(labels: Sequence[int]) -> Dataset:
    test = build_split("test", "report", np.arange(2), np.zeros((2, 1, 1, 1), np.uint8), None)
    return Dataset("toy", number_classes(5), (make_train(labels), test))


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=90),
    n_folds=st.integers(2, 7),
    seed=st.integers(0, 2**63 - 1),
)
def test_folds_differ_by_one_at_most_as_a_whole_and_in_every_class(
    labels: list[int], n_folds: int, seed: int
) -> None:
    fold = number_folds(make_train(labels), n_folds, seed)
    assert np.ptp(np.bincount(fold, minlength=n_folds)) <= 1
    for label in set(labels):
        of_class = fold[np.array(labels) == label]
        assert np.ptp(np.bincount(of_class, minlength=n_folds)) <= 1


def test_folds_depend_on_the_seed_alone() -> None:
    train = make_train([0, 1, 2] * 20)
    folds = [number_folds(train, 4, seed).tolist() for seed in (0, 0, 1)]
    assert folds[0] == folds[1] != folds[2]


def test_folds_of_seed_zero_never_change() -> None:
    assert number_folds(make_train([0, 1] * 5), 3, 0).tolist() == [0, 2, 2, 1, 1, 2, 0, 0, 1, 0]


def test_every_example_is_held_out_once_and_learnt_from_in_the_other_folds() -> None:
    published = make_published([0, 1, 2, 3] * 6)
    fold = number_folds(published.split("train"), 3, 0)
    dataset = with_folds(published, fold, 3)
    assert [(s.name, s.role) for s in dataset.splits] == [
        ("train", "none"),
        ("train-oof", "choose"),
        ("test", "report"),
    ]
    held_out = []
    for number in range(3):
        seen = take_fold(dataset, number)
        own = seen.validation
        assert own is not None
        assert (own.name, own.role) == ("train-oof", "choose")
        learnt = seen.split("train").index
        assert np.array_equal(np.sort(np.r_[learnt, own.index]), np.arange(24))
        assert np.array_equal(own.images[:, 0, 0, 0], own.index)
        assert own.labels is not None
        assert np.array_equal(own.labels, own.index % 4)
        assert seen.split("test") is dataset.split("test")
        held_out.append(own.index)
    assert np.array_equal(np.sort(np.concatenate(held_out)), np.arange(24))


def test_without_a_fold_the_data_set_stays_as_it_is() -> None:
    published = make_published([0, 1] * 4)
    assert take_fold(published, None) is published
    assert published.validation is None


def test_more_folds_than_examples_are_refused() -> None:
    published = make_published([0, 0, 1, 1])
    with pytest.raises(DataError, match=r"none in fold 4 of 6 from 4 training examples.*fewer"):
        with_folds(published, number_folds(published.split("train"), 6, 0), 6)


def test_class_that_one_fold_holds_whole_is_refused() -> None:
    published = make_published([0, 0, 0, 1, 1, 1, 4])
    places = np.array([0.1, 0.4, 0.7, 0.1, 0.4, 0.7, 0.9])
    with pytest.raises(DataError, match="all of class 4 are in fold 1"):
        with_folds(published, number_folds_by_place(places, 2), 2)


def test_unlabelled_train_is_refused() -> None:
    train = build_split("train", "none", np.arange(3), np.zeros((3, 1, 1, 1), np.uint8), None)
    with pytest.raises(DataError, match="labelled"):
        number_folds(train, 2, 0)


def test_digits_in_folds() -> None:
    spec = Digits(name="digits", validation=ValidationSpec(folds=10))
    dataset = load_dataset(spec)
    assert [split.n_examples for split in dataset.splits] == [898, 898, 899]
    assert dataset.split("train-oof").images_sha256 == dataset.split("train").images_sha256
    sizes = [take_fold(dataset, fold).split("train").n_examples for fold in range(10)]
    assert sizes == [808] * 8 + [809] * 2
