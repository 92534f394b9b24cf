"""Predictions: what is stored, what is refused, and how they are cut."""

import dataclasses

import h5py
import numpy as np
import pytest

from ensemble_lab.exceptions import DamagedError, MismatchError, MissingError, PredictionError
from ensemble_lab.store.epoch_votes import load_epoch_votes, save_epoch_votes
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.predictions import (
    load_predictions,
    predictions_path,
    save_predictions,
)
from ensemble_lab.store.run import open_run, save_run
from tests.store.conftest import KEY
from tests.store.damage import edit_hdf5, edit_header, replace_dataset

INDEX = np.arange(4)
GOOD = np.full((4, 3), 1 / 3, np.float32)


def path_of(run):
    return predictions_path(run, KEY, "test")


def test_predictions_come_back(make_run):
    given = np.random.default_rng(3).dirichlet(np.ones(5), (2, 7)).astype(np.float32)
    run = make_run(probabilities=given)
    found = load_predictions(run, "test")
    np.testing.assert_array_equal(found.probabilities, given)
    np.testing.assert_array_equal(found.votes, given.argmax(axis=-1))
    assert found.votes.dtype == np.uint8
    assert found.probabilities.dtype == np.float32
    assert found.members == ("a-0000", "a-0001")
    assert found.n_classes == 5
    assert found.index.tolist() == list(range(7))
    by_path = load_predictions(str(run.path))
    assert by_path.digests == found.digests


def test_validation_keeps_the_index_in_train(run):
    found = load_predictions(run, "validation")
    assert found.index.tolist() != list(range(len(found.index)))
    assert found.index.max() < 24


def test_patterns_name_members(run):
    assert load_predictions(run, "test", members=("*1",)).members == ("a-0001",)
    with pytest.raises(MissingError, match="'b-"):
        load_predictions(run, "test", members=("b-*",))


def test_member_without_predictions_is_named(run):
    path_of(run).unlink()
    with pytest.raises(MissingError, match=r"'test'.*a-0000.*--members"):
        load_predictions(run, "test")
    assert load_predictions(run, "test", members=("*1",)).members == ("a-0001",)


def test_unknown_split_names_the_closest(run):
    with pytest.raises(MissingError, match=r"got 'tset'.*did you mean 'test'"):
        load_predictions(run, "tset")


@pytest.mark.parametrize(
    ("probabilities", "fact"),
    [
        (np.full((4, 3), np.nan, np.float32), "row 0"),
        (np.where(np.eye(4, 3) > 0, np.inf, GOOD), "row 0"),
        (GOOD + np.float32(0.1), "sums to 1.3"),
        (np.tile(np.float32([1.5, -0.5, 0]), (4, 1)), "-0.5"),
        (GOOD[:, :2], "classes"),
        (GOOD[:3], "examples"),
        (GOOD[0], "axes"),
    ],
)
def test_what_is_no_probabilities_is_refused_and_replaces_nothing(
    run, refusal, probabilities, fact
):
    before = path_of(run).read_bytes()
    error = refusal(
        lambda: save_predictions(run, KEY, "test", probabilities, INDEX, parent="a" * 64)
    )
    assert isinstance(error, PredictionError)
    assert fact in str(error)
    assert path_of(run).read_bytes() == before


def test_predictions_of_other_weights_are_refused(run, refusal):
    save_predictions(run, KEY, "test", GOOD, INDEX, parent="f" * 64)
    error = refusal(lambda: load_predictions(run, "test"))
    assert isinstance(error, MismatchError)
    assert "ffffffffffff" in str(error)
    assert str(path_of(run)) in str(error)


def test_predictions_outlive_weights_left_behind(run):
    (run.member_folder(KEY) / "member.weights.h5").unlink()
    assert load_predictions(run, "test").members == run.keys


def test_predictions_of_other_examples_are_refused(run, refusal):
    from ensemble_lab.store.members import load_member

    parent = load_member(run, KEY).weights_sha256
    for index in (INDEX + 1, INDEX[::-1].copy()):
        save_predictions(run, KEY, "test", GOOD, index, parent=parent)
        error = refusal(lambda: load_predictions(run, "test"))
        assert isinstance(error, MismatchError)
        assert "other" in str(error)


def test_predictions_of_another_split_or_member_are_refused(run, refusal):
    path_of(run).write_bytes(predictions_path(run, "a-0001", "test").read_bytes())
    assert "'a-0001'" in str(refusal(lambda: load_predictions(run, "test")))
    path_of(run).write_bytes(predictions_path(run, KEY, "validation").read_bytes())
    assert "'validation'" in str(refusal(lambda: load_predictions(run, "test")))


@pytest.mark.parametrize(
    "values",
    [
        np.array([0, 1, 2, 3], np.uint8),
        np.array([0, 1, 2, 255], np.uint8),
        np.array([0, 1, 2], np.uint8),
        np.array([[0, 1, 2, 0]], np.uint8),
        np.array([0, 1, 2, 0], np.int64),
        np.array([0, 1, 2, 0], np.float32),
        np.uint8(1),
    ],
)
def test_votes_that_no_member_can_give_are_refused(run, refusal, values):
    replace_dataset(path_of(run), "votes", values)
    error = refusal(lambda: load_predictions(run, "test"))
    assert isinstance(error, DamagedError)
    assert "votes must be" in str(error)


@pytest.mark.parametrize("values", [GOOD[:3], GOOD[:, :2], GOOD.astype(np.float64), np.float32(1)])
def test_probabilities_of_another_shape_are_refused(run, refusal, values):
    replace_dataset(path_of(run), "probabilities", values)
    assert "probabilities must be" in str(refusal(lambda: load_predictions(run, "test")))


def test_hard_votes_need_no_probabilities(run):
    def harden(file: h5py.File) -> None:
        del file["probabilities"]

    edit_hdf5(path_of(run), harden)
    found = load_predictions(run, "test")
    assert found.probabilities is None
    assert found.votes.shape == (2, 4)
    assert load_predictions(run, "test", members=("*1",)).probabilities is not None


def test_select_takes_members_in_the_order_asked_for(run):
    found = load_predictions(run, "test")
    swapped = found.select(("a-0001", "a-0000"))
    np.testing.assert_array_equal(swapped.votes, found.votes[::-1])
    np.testing.assert_array_equal(swapped.probabilities, found.probabilities[::-1])
    assert swapped.digests == found.digests[::-1]
    assert swapped.digest != found.digest
    assert found.select(found.members) is found
    with pytest.raises(PredictionError, match=r"'a-0003'; did you mean 'a-000"):
        found.select(("a-0003",))
    with pytest.raises(PredictionError, match="at least one member"):
        found.select(())


@pytest.mark.parametrize("n_examples", [1, 3, 4, 100])
def test_blocks_are_views_that_cover_all_examples(run, n_examples):
    found = load_predictions(run, "test")
    blocks = list(found.blocks(n_examples))
    assert max(len(block.index) for block in blocks) <= n_examples
    np.testing.assert_array_equal(np.concatenate([block.index for block in blocks]), found.index)
    votes = np.concatenate([block.votes for block in blocks], axis=1)
    np.testing.assert_array_equal(votes, found.votes)
    assert all(np.shares_memory(block.votes, found.votes) for block in blocks)
    assert all(np.shares_memory(block.probabilities, found.probabilities) for block in blocks)


def test_axes_of_predictions_must_agree(run):
    found = load_predictions(run, "test")
    for change in (
        {"votes": found.votes[:1]},
        {"index": found.index[:2]},
        {"n_classes": 4},
        {"members": ("a-0000",)},
    ):
        with pytest.raises(PredictionError):
            dataclasses.replace(found, **change)


def test_more_than_256_classes_take_two_bytes(make_run):
    given = np.zeros((1, 3, 300), np.float32)
    given[0, [0, 1, 2], [299, 0, 256]] = 1
    found = load_predictions(make_run(probabilities=given), "test")
    assert found.votes.dtype == np.uint16
    assert found.votes.tolist() == [[299, 0, 256]]


def test_epoch_votes_come_back_and_are_checked(run, refusal):
    found = load_epoch_votes(run, KEY, "test")
    assert found.shape == (2, 4)
    path = run.member_folder(KEY) / "epoch-votes-test.h5"
    replace_dataset(path, "votes", np.full((2, 4), 3, np.uint8))
    assert "below 3" in str(refusal(lambda: load_epoch_votes(run, KEY, "test")))
    replace_dataset(path, "votes", np.uint8(3))
    refusal(lambda: load_epoch_votes(run, KEY, "test"))
    path.unlink()
    assert "epoch_votes = true" in str(refusal(lambda: load_epoch_votes(run, KEY, "test")))
    with pytest.raises(PredictionError, match="axes"):
        save_epoch_votes(run, KEY, "test", np.zeros(4, np.uint8), INDEX, parent="a")


def test_run_of_other_classes_refuses_the_predictions(run, refusal):
    edit_header(path_of(run), lambda values: values.update(n_classes=4))
    wider = dataclasses.replace(run, class_names=("0", "1", "2", "3"))
    save_run(wider)
    assert isinstance(refusal(lambda: load_predictions(open_run(run.path))), DamagedError)


def test_votes_against_the_probabilities_are_refused(run, refusal):
    path = path_of(run)
    with open_sealed(path, "predictions") as file:
        header, votes, rows = file.header, file.read("votes"), file.read("probabilities")
    write_sealed(path, "predictions", header, {"votes": (votes + 1) % 3, "probabilities": rows})
    assert "largest probability" in str(refusal(lambda: load_predictions(run, "test")))


def test_probabilities_that_are_none_are_refused_with_their_file(run, refusal):
    path = path_of(run)
    with open_sealed(path, "predictions") as file:
        header, votes, rows = file.header, file.read("votes"), file.read("probabilities")
    rows[0] = [7, -6, 0]
    write_sealed(path, "predictions", header, {"votes": votes, "probabilities": rows})
    assert path.name in str(refusal(lambda: load_predictions(run, "test")))


def test_one_member_cannot_be_selected_twice(run):
    with pytest.raises(PredictionError, match="different keys"):
        load_predictions(run, "test").select((KEY, KEY))
