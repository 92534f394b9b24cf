"""Cuts by writer: nobody's hand is on both sides, and every series gives its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data.dataset import Split, build_split, number_classes
from ensemble_lab.data.folds import number_folds_by_place, take_fold
from ensemble_lab.data.loading import load_dataset, load_metadata
from ensemble_lab.data.metadata import Column, Metadata, build_metadata
from ensemble_lab.data.splits import cut_validation_by_place
from ensemble_lab.data.writers import place_by_writer, place_writers
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Digits, Mnist, ValidationSpec

N_CLASSES = 4


def make_train(n_examples: int) -> Split:
    index = np.arange(n_examples)
    images = np.zeros((n_examples, 1, 1, 1), np.uint8)
    return build_split("train", "none", index, images, index % N_CLASSES)


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=40),
    n_series=st.integers(1, 3),
    seed=st.integers(0, 2**63 - 1),
)
def test_places_lie_side_by_side_in_each_series(sizes: list[int], n_series: int, seed: int) -> None:
    writer = np.repeat(np.arange(len(sizes)) * 7 + 3, sizes)
    series = writer % n_series
    places = place_writers(writer, series, seed)
    for number in set(series.tolist()):
        of_series = series == number
        n_examples = of_series.sum()
        found, counts = np.unique(places[of_series], return_counts=True)
        # The blocks of the writers, one after another, fill 0 … 1.
        ends = np.cumsum(counts)
        np.testing.assert_allclose(found, (ends - counts / 2) / n_examples, rtol=1e-12)
        assert len(found) == len(np.unique(writer[of_series]))


def test_place_depends_on_the_writer_and_not_on_the_order_of_examples() -> None:
    rng = np.random.default_rng(0)
    writer = rng.integers(0, 20, 300)
    shuffled = rng.permutation(300)
    places = place_writers(writer, np.zeros(300, np.int64), 5)
    again = place_writers(writer[shuffled], np.zeros(300, np.int64), 5)
    assert np.array_equal(places[shuffled], again)
    assert not np.array_equal(places, place_writers(writer, np.zeros(300, np.int64), 6))


def test_places_of_seed_zero_never_change() -> None:
    writer = np.array([4, 4, 9, 9, 9, 2])
    places = place_writers(writer, np.array([0, 0, 0, 0, 0, 1]), 0)
    assert (10 * places).round().astype(int).tolist() == [2, 2, 7, 7, 7, 5]


def test_share_takes_whole_writers() -> None:
    train = make_train(400)
    writer = np.arange(400) // 8
    places = place_writers(writer, writer % 2, 0)
    rest, validation = cut_validation_by_place(train, ValidationSpec(share=0.2), places)
    assert not set(writer[rest.index]) & set(writer[validation.index])
    assert (validation.name, validation.role) == ("validation", "choose")
    assert validation.n_examples == 80
    assert (writer[validation.index] % 2).mean() == 0.5
    larger = cut_validation_by_place(train, ValidationSpec(share=0.5), places)[1]
    assert set(validation.index) < set(larger.index)


def test_first_fold_of_five_is_the_share_of_a_fifth() -> None:
    writer = np.arange(400) // 8
    places = place_writers(writer, writer % 2, 3)
    _, validation = cut_validation_by_place(make_train(400), ValidationSpec(share=0.2), places)
    fold = number_folds_by_place(places, 5)
    assert np.array_equal(np.flatnonzero(fold == 0), validation.index)


@pytest.mark.parametrize(
    ("share", "writer", "facts"),
    [
        (0.0, np.arange(40), "at least one writer; 0.0 takes none"),
        (0.01, np.arange(40) // 20, "at least one writer; 0.01 takes none.*larger share"),
        (0.7, np.arange(40) % 4, r"takes all of class \d\. Use a smaller share"),
    ],
)
def test_share_that_takes_nobody_or_a_whole_class_is_refused(
    share: float, writer: np.ndarray, facts: str
) -> None:
    places = place_writers(writer, np.zeros(40, np.int64), 0)
    with pytest.raises(DataError, match=facts):
        cut_validation_by_place(make_train(40), ValidationSpec(share=share), places)


def test_who_wrote_must_be_known() -> None:
    spec = Digits(name="digits", validation=ValidationSpec(by="writer"))
    with pytest.raises(DataError, match=r"digits does not say\. Use by = 'example'"):
        load_dataset(spec)
    without = build_metadata(np.arange(3), (Column("pen", np.arange(3)),))
    with pytest.raises(DataError, match="mine does not say"):
        place_by_writer(without, 0, source="mine")


def test_writers_without_series_are_one_series() -> None:
    writer = np.arange(60) // 5
    known = build_metadata(np.arange(60), (Column("writer", writer),))
    expected = place_writers(writer, np.zeros(60, np.int64), 2)
    assert np.array_equal(place_by_writer(known, 2, source="mine"), expected)


@pytest.mark.mnist
def test_real_mnist_by_writer(mnist_dir) -> None:
    spec = Mnist(name="mnist", validation=ValidationSpec(by="writer"))
    dataset = load_dataset(spec, mnist_dir)
    known = load_metadata(spec, "train", mnist_dir)
    assert isinstance(known, Metadata)
    writer, series = known.column("writer"), known.column("series")
    train, validation = dataset.split("train"), dataset.split("validation")
    assert train.n_examples + validation.n_examples == 60_000
    assert not set(writer[train.index]) & set(writer[validation.index])
    for number in np.unique(series):
        of_series = series == number
        share = of_series[validation.index].sum() / of_series.sum()
        # A series of few examples cannot do better than its largest writer.
        largest = np.bincount(writer[of_series]).max() / of_series.sum()
        assert abs(share - 0.1) <= largest
    assert set(np.unique(train.labels)) == set(range(10))


@pytest.mark.mnist
def test_real_mnist_in_folds_by_writer(mnist_dir) -> None:
    spec = Mnist(name="mnist", validation=ValidationSpec(by="writer", folds=10))
    dataset = load_dataset(spec, mnist_dir)
    known = load_metadata(spec, "train", mnist_dir)
    assert known is not None
    writer = known.column("writer")
    held_out = np.zeros(60_000, np.int64)
    for fold in range(10):
        seen = take_fold(dataset, fold)
        assert seen.validation is not None
        assert 5_000 < seen.validation.n_examples < 7_000
        assert not set(writer[seen.split("train").index]) & set(writer[seen.validation.index])
        held_out[seen.validation.index] += 1
    assert (held_out == 1).all()
    assert dataset.class_names == number_classes(10)
