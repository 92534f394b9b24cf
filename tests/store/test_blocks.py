"""Predictions that stay in their files: the same as those in memory, wherever blocks begin."""

import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.exceptions import DamagedError, PredictionError
from ensemble_lab.store import blocks as module
from ensemble_lab.store import rows as rows_module
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import (
    Predictions,
    load_predictions,
    open_predictions,
    predictions_path,
    save_votes,
)
from ensemble_lab.store.rows import StoredPart, StoredRow
from ensemble_lab.store.seal import check_seal
from ensemble_lab.store.stored_array import StoredArray, identify
from tests.conftest import write_run
from tests.store.conftest import KEY
from tests.store.damage import edit_hdf5

SIZES = [1, 7, 1000]


@pytest.fixture(scope="module", params=[None, 3], ids=["whole", "folds"])
def big(request, tmp_path_factory):
    """Five members and 23 test examples; in folds, also 32 examples of ``train-oof``."""
    path = tmp_path_factory.mktemp("big") / "run"
    return write_run(path, n_members=5, n_examples=23, n_classes=4, folds=request.param)


@pytest.fixture(params=SIZES)
def block_size(request, monkeypatch):
    """How many examples a block of four classes has."""
    monkeypatch.setattr(module, "_BLOCK_CELLS", 4 * request.param)
    return request.param


def splits_of(run):
    return [name for name in run.splits if name != "train"]


def assert_same(found, expected):
    for name in ("index", "votes", "probabilities"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)
    for name in ("split", "members", "n_classes", "digests", "digest", "has_probabilities"):
        assert getattr(found, name) == getattr(expected, name), name


def test_blocks_in_files_are_those_in_memory(big, block_size):
    for split in splits_of(big):
        stored, whole = open_predictions(big, split), load_predictions(big, split)
        assert_same(stored.load(), whole)
        blocks = list(stored.blocks())
        assert {len(block.index) for block in blocks[:-1]} <= {block_size}
        for block, expected in zip(blocks, whole.blocks(), strict=True):
            assert_same(block, expected)


def test_votes_alone_are_those_in_memory_and_read_no_probabilities(big, monkeypatch):
    stored = open_predictions(big, "test").without_probabilities()
    whole = load_predictions(big, "test")
    monkeypatch.setattr(StoredRow, "read_probabilities", None)
    assert_same(stored.load(), whole.without_probabilities())
    assert not stored.has_probabilities
    np.testing.assert_array_equal(stored.take_votes(np.array([3, 1])), whole.votes[:, [3, 1]])


@pytest.mark.parametrize("positions", [[0], [22, 0, 7, 7, 1], list(range(23))[::-1], []])
def test_examples_are_taken_in_the_order_asked_for(big, block_size, positions):
    wanted = np.array(positions, np.int64)
    stored, whole = open_predictions(big, "test"), load_predictions(big, "test")
    np.testing.assert_array_equal(stored.take_votes(wanted), whole.votes[:, wanted])
    if positions:
        assert_same(stored.take(wanted), whole.take(wanted))
    seen = [places for places, _ in stored.blocks_at(wanted)]
    assert sorted(np.concatenate([[], *seen])) == list(range(len(positions)))


def test_members_are_selected_as_in_memory(big):
    stored, whole = open_predictions(big, "test"), load_predictions(big, "test")
    members = whole.members[3:0:-1]
    assert_same(stored.select(members).load(), whole.select(members))
    with pytest.raises(PredictionError, match="got 'a'"):
        stored.select(("a",))
    with pytest.raises(PredictionError, match="different"):
        stored.select((members[0],) * 2)


def test_one_member_of_which_votes_are_known_leaves_all_with_votes(run):
    save_votes(run, KEY, "test", np.zeros(4, np.uint8), np.arange(4), parent=_parent(run))
    stored = open_predictions(run)
    assert not stored.has_probabilities
    assert stored.load().probabilities is None
    assert not stored.select(stored.members[1:]).has_probabilities


def test_representation_says_where_they_are(big):
    assert repr(open_predictions(big, "test")).startswith("StoredPredictions('test': probab")


@pytest.mark.parametrize("change", ["rewritten", "replaced", "gone"])
def test_file_that_changes_while_it_is_read_is_refused(run, refusal, change):
    stored = open_predictions(run)
    path = predictions_path(run, KEY, "test")
    if change == "gone":
        path.unlink()
    elif change == "rewritten":
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
    else:
        shutil.copyfile(path, path.with_suffix(".other"))
        path.with_suffix(".other").replace(path)
    error = refusal(stored.load)
    assert isinstance(error, DamagedError)
    assert str(path) in str(error)


def test_what_is_not_in_one_piece_is_read_by_hdf5(run):
    expected = load_predictions(run)
    path = predictions_path(run, KEY, "test")

    def cut(file: h5py.File) -> None:
        for name in ("votes", "probabilities"):
            values = file[name][...]
            del file[name]
            file.create_dataset(name, data=values, chunks=(3, *values.shape[1:]))

    edit_hdf5(path, cut)
    stored = open_predictions(run)
    assert stored.rows[0].parts[0].votes.offset is None
    np.testing.assert_array_equal(stored.cut(1, 4).probabilities, expected.probabilities[:, 1:4])
    np.testing.assert_array_equal(stored.cut(1, 4).votes, expected.votes[:, 1:4])


def test_every_file_is_hashed_once_however_many_blocks_follow(run, monkeypatch):
    hashed = []

    def check(path):
        hashed.append(path.name)
        return check_seal(path)

    monkeypatch.setattr("ensemble_lab.store.hdf5.check_seal", check)
    monkeypatch.setattr(module, "_BLOCK_CELLS", 1)
    stored = open_predictions(run)
    for _ in range(2):
        assert len(list(stored.blocks())) == len(stored.index) > 1
    assert hashed.count("predictions-test.h5") == len(stored.members) > 1


def test_bad_row_is_named_by_its_place_in_the_file(run, refusal, monkeypatch):
    monkeypatch.setattr(rows_module, "_CHECK_NUMBERS", 3)

    def spoil(file: h5py.File) -> None:
        file["probabilities"][2] = 0.5

    edit_hdf5(predictions_path(run, KEY, "test"), spoil)
    assert "row 2 of 4 sums to 1.5" in str(refusal(lambda: open_predictions(run)))


def test_vote_for_a_smaller_probability_is_refused_in_any_block(run, refusal, monkeypatch):
    monkeypatch.setattr(rows_module, "_CHECK_NUMBERS", 3)

    def spoil(file: h5py.File) -> None:
        file["probabilities"][3] = np.float32([0.2, 0.3, 0.5])
        file["votes"][3] = 1

    edit_hdf5(predictions_path(run, KEY, "test"), spoil)
    assert "votes must be for a largest" in str(refusal(lambda: open_predictions(run)))


def test_block_is_of_few_examples_where_there_are_many_members_or_classes():
    def size(n_members: int, n_classes: int) -> int:
        votes = np.zeros((n_members, 1), np.uint16)
        keys = tuple(map(str, range(n_members)))
        one = Predictions("test", np.arange(1), keys, votes, None, n_classes, keys)
        return one.block_examples

    assert size(1, 10) == size(100, 10) == 16_384
    assert size(400, 10) == 2**26 // (4 * 400 * 10)
    assert size(20, 1_000) == 163
    assert size(2, 2**18) == 1


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12), st.data())
def test_folds_of_any_shape_are_stitched_as_by_hand(fold, data):
    whole = np.arange(len(fold), dtype=np.uint8) * 5
    start = data.draw(st.integers(0, len(fold) - 1))
    stop = data.draw(st.integers(start + 1, len(fold)))
    out = np.empty(stop - start, np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        parts = tuple(
            write_part(Path(folder) / str(number), whole, np.flatnonzero(np.array(fold) == number))
            for number in range(3)
        )
        StoredRow(parts, "").read_votes(start, out)
    np.testing.assert_array_equal(out, whole[start:stop])


def write_part(path, whole, places):
    """The votes of one fold, without HDF5 around them."""
    path.write_bytes(whole[places].tobytes())
    array = StoredArray(path, (len(places),), whole.dtype, 0, identify(path), None)
    return StoredPart(array, None, "", places)


def _parent(run):
    return load_member(run, KEY).weights_sha256
