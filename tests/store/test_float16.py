"""Probabilities stored as float16: half the bytes, the same votes, and flips that are counted."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import choose, combine
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.store.copies import copy_predictions
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import (
    count_flipped,
    load_predictions,
    open_predictions,
    predictions_path,
    save_predictions,
)
from ensemble_lab.store.run import open_run, save_run
from tests.conftest import describe
from tests.store.conftest import KEY
from tests.store.damage import edit_hdf5, edit_header

INDEX = np.arange(4)
ROWS = np.array(
    [
        # Equal as float16, whose neighbours at a half are 2**-11 apart: class 0 comes first.
        [0.4999, 0.50002, 0.00008],
        [0.2, 0.3, 0.5],
        [0.50002, 0.4999, 0.00008],
        [1 / 3, 1 / 3, 1 / 3],
    ],
    np.float32,
)


@pytest.fixture
def half(run):
    """A run that stores float16, with the rows above of its first member."""
    run = replace(run, probabilities="float16")
    save_run(run)
    save_predictions(run, KEY, "test", ROWS, INDEX, parent=load_member(run, KEY).weights_sha256)
    return run


def test_rounded_probabilities_come_back_as_float32(half):
    found = load_predictions(half, members=(KEY,))
    assert found.probabilities.dtype == np.float32
    np.testing.assert_array_equal(found.probabilities[0], ROWS.astype(np.float16))
    assert (found.probabilities[0] != ROWS).any()


def test_what_is_unlikely_stays_possible(half):
    rows = np.array([[1, 1e-12, 0], [1, 3e-8, 0], [1, 7e-8, 0], [1, 0, 1e-38]], np.float32)
    save_predictions(half, KEY, "test", rows, INDEX, parent=load_member(half, KEY).weights_sha256)
    (found,) = load_predictions(half, members=(KEY,)).probabilities
    least = np.float32(2**-24)
    wanted = [[1, least, 0], [1, least, 0], [1, least, 0], [1, 0, least]]
    np.testing.assert_array_equal(found, wanted)


def test_votes_are_those_before_rounding_and_flips_are_counted(half):
    found = load_predictions(half, members=(KEY,))
    assert found.votes.tolist() == [[1, 2, 0, 0]]
    assert found.probabilities[0].argmax(axis=1).tolist() == [0, 2, 0, 0]
    assert count_flipped(half, KEY, "test") == 1
    assert count_flipped(half, "a-0001", "test") is None


def test_file_of_float32_has_the_bytes_that_it_had(run):
    path = predictions_path(run, KEY, "test")
    before = path.read_bytes()
    parent = load_member(run, KEY).weights_sha256
    found = load_predictions(run, members=(KEY,))
    save_predictions(run, KEY, "test", found.probabilities[0], INDEX, parent=parent)
    assert path.read_bytes() == before
    with h5py.File(path) as file:
        assert b"n_flipped" not in file["ensemble_lab/header"][()].tobytes()


def test_members_of_both_kinds_vote_together(half):
    stored = open_predictions(half)
    assert [row.parts[0].probabilities.dtype for row in stored.rows] == [np.float16, np.float32]
    decision = Decision(rule="mean-probability")
    np.testing.assert_array_equal(
        choose(stored, decision).predicted, combine(stored.load(), decision).predicted
    )


def test_copy_under_another_name_stays_as_it_is(half, tmp_path):
    target = replace(half, path=tmp_path / "copy", probabilities="float32")
    copy_predictions(half, KEY, "test", target, "b-0000")
    assert count_flipped(target, "b-0000", "test") == 1
    with h5py.File(predictions_path(target, "b-0000", "test")) as file:
        assert file["probabilities"].dtype == np.float16


def test_rows_that_rounding_makes_none_are_refused(half):
    rows = np.full((4, 3), 1 / 3, np.float32)
    rows[2] = [0.9999, 0.001, 0]  # 1.0009, and 0.9999 goes up to 1.
    before = predictions_path(half, KEY, "test").read_bytes()
    with pytest.raises(PredictionError, match=r"as float16.*row 2 of 4 sums to 1.001"):
        save_predictions(half, KEY, "test", rows, INDEX, parent="a" * 64)
    assert predictions_path(half, KEY, "test").read_bytes() == before


def test_other_floats_are_refused(half, refusal):
    def spoil(file: h5py.File) -> None:
        values = file["probabilities"][...].astype(np.float64)
        del file["probabilities"]
        file["probabilities"] = values

    edit_hdf5(predictions_path(half, KEY, "test"), spoil)
    assert "float32 or float16" in str(refusal(lambda: load_predictions(half)))


def test_vote_for_a_smaller_rounded_probability_is_refused(half, refusal):
    edit_hdf5(predictions_path(half, KEY, "test"), lambda file: file["votes"].write_direct(VOTES))
    assert "votes must be for a largest" in str(refusal(lambda: load_predictions(half)))


VOTES = np.array([2, 2, 0, 0], np.uint8)


def test_flips_that_are_no_number_are_damage(half, refusal):
    path = predictions_path(half, KEY, "test")
    edit_header(path, lambda header: header.update(n_flipped="many"))
    assert "n_flipped" in str(refusal(lambda: count_flipped(half, KEY, "test")))


@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_a_vote_stays_for_a_largest_probability_when_they_are_rounded(seed, n_classes):
    """Rounding keeps order, so no written file is refused, whatever the probabilities."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(n_classes, rng.choice([0.01, 1, 100])), 50).astype(np.float32)
    rounded = rows.astype(np.float16).astype(np.float32)
    votes = rows.argmax(axis=1)
    assert (rounded[np.arange(50), votes] == rounded.max(axis=1)).all()


def test_experiment_says_it_and_its_members_stay_what_they_are(tmp_path):
    text = describe("toy", tmp_path / "toy.npz", {"a": 2}, "share = 0.25")
    plain, rounded = parse_experiment(text), parse_experiment('probabilities = "float16"\n' + text)
    assert (plain.probabilities, rounded.probabilities) == ("float32", "float16")
    assert "probabilities" not in plain.to_json()
    assert [member.digest for member in plain.expand()] == [
        member.digest for member in rounded.expand()
    ]


def test_run_that_is_opened_again_stores_what_it_stored(half):
    assert open_run(half.path).probabilities == "float16"
