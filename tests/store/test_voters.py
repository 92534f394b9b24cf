"""Who votes on a split: members, or the members of a seed's folds under one key."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.arrays import smallest_unsigned
from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import DamagedError, MismatchError, MissingError
from ensemble_lab.store.epoch_votes import load_epoch_votes, save_epoch_votes
from ensemble_lab.store.labels import load_validation_labels
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import (
    check_predictions,
    load_predictions,
    predictions_path,
    save_predictions,
    save_votes,
)
from ensemble_lab.store.run import open_run
from ensemble_lab.store.seal import peek_digest
from ensemble_lab.store.splits import load_record, save_split
from ensemble_lab.store.voters import find_voters
from tests.store.damage import replace_dataset

SPLIT = "train-oof"


@pytest.fixture
def folded(make_run):
    return make_run(groups={"a": 2, "b": 1}, folds=3)


def test_members_vote_for_themselves_on_an_ordinary_split(folded):
    voters = find_voters(folded, load_record(folded, "test"))
    assert [voter.key for voter in voters] == list(folded.keys)
    assert [voter.parts[0].key for voter in voters] == list(folded.keys)
    assert folded.keys[:2] == ("a-0000-fold-0", "a-0000-fold-1")
    assert len(folded.keys) == 9


def test_folds_of_a_seed_vote_together_on_their_split(folded):
    voters = find_voters(folded, load_record(folded, SPLIT))
    assert [(v.key, v.group, v.seed) for v in voters] == [
        ("a-0000", "a", 0),
        ("a-0001", "a", 1),
        ("b-0000", "b", 0),
    ]
    assert [entry.fold for entry in voters[1].parts] == [0, 1, 2]
    assert [v.key for v in find_voters(folded, load_record(folded, SPLIT), ("b-*",))] == ["b-0000"]


def test_each_example_is_answered_by_the_member_of_its_fold(folded):
    record = load_record(folded, SPLIT)
    found = load_predictions(folded, SPLIT)
    assert found.members == ("a-0000", "a-0001", "b-0000")
    assert np.array_equal(found.index, record.index)
    member = load_member(folded, "a-0001-fold-2")
    rows = record.rows_of(2)
    certain = np.tile(np.float32([0, 0, 1]), (len(rows), 1))
    save_predictions(
        folded, member.key, SPLIT, certain, record.index[rows], parent=member.weights_sha256
    )
    changed = load_predictions(folded, SPLIT)
    assert np.array_equal(changed.probabilities[1, rows], certain)
    assert (changed.votes[1, rows] == 2).all()
    others = np.setdiff1d(np.arange(len(record.index)), rows)
    assert np.array_equal(changed.probabilities[:, others], found.probabilities[:, others])
    assert np.array_equal(changed.probabilities[[0, 2]], found.probabilities[[0, 2]])
    assert (changed.digests[0], changed.digests[2]) == (found.digests[0], found.digests[2])
    assert changed.digests[1] != found.digests[1]


def test_digest_of_a_row_is_that_of_its_files(folded):
    files = [peek_digest(predictions_path(folded, f"a-0000-fold-{k}", SPLIT)) for k in range(3)]
    assert load_predictions(folded, SPLIT).digests[0] == digest_of(files)
    record = load_record(folded, SPLIT)
    assert record.n_folds == 3
    assert sum(len(record.rows_of(fold)) for fold in range(3)) == len(record.index)


def test_one_fold_with_votes_alone_leaves_votes_alone(folded):
    record, member = load_record(folded, SPLIT), load_member(folded, "b-0000-fold-1")
    rows = record.rows_of(1)
    votes = np.ones(len(rows), smallest_unsigned(folded.n_classes))
    predictions_path(folded, member.key, SPLIT).unlink()
    save_votes(folded, member.key, SPLIT, votes, record.index[rows], parent=member.weights_sha256)
    assert load_predictions(folded, SPLIT).probabilities is None
    assert (load_predictions(folded, SPLIT).votes[2, rows] == 1).all()
    assert load_predictions(folded, SPLIT, members=("a-*",)).probabilities is not None


def test_member_without_its_fold_is_named(folded):
    predictions_path(folded, "a-0001-fold-2", SPLIT).unlink()
    with pytest.raises(MissingError, match=r"a-0001-fold-2.*has none.*ensemble-lab train"):
        load_predictions(folded, SPLIT)
    with pytest.raises(MissingError, match=r"a-0001-fold-2 must have predictions"):
        check_predictions(folded, "a-0001-fold-2", SPLIT)


def test_fold_that_no_member_has_is_named(folded):
    short = replace(folded, members=folded.members[:-1])
    with pytest.raises(MissingError, match=r"b with seed 0 has none for fold 2"):
        load_predictions(short, SPLIT)


def test_unknown_voter_is_answered_with_the_closest(folded):
    with pytest.raises(MissingError, match="'a-0002'"):
        load_predictions(folded, SPLIT, members=("a-0002",))


def test_file_of_another_fold_is_refused(folded):
    paths = [predictions_path(folded, f"a-0000-fold-{k}", SPLIT) for k in range(2)]
    whole = load_record(folded, SPLIT)
    member = load_member(folded, "a-0000-fold-0")
    rows = whole.rows_of(1)
    wrong = np.full((len(rows), folded.n_classes), 1 / folded.n_classes, np.float32)
    paths[0].unlink()
    save_predictions(
        folded, member.key, SPLIT, wrong, whole.index[rows], parent=member.weights_sha256
    )
    with pytest.raises(MismatchError, match="examples of their split"):
        load_predictions(folded, SPLIT)


@pytest.mark.parametrize(
    "change",
    [
        lambda fold: fold + 1,
        lambda fold: fold[1:],
        lambda fold: fold.astype(np.int32),
        lambda f: -f,
    ],
)
def test_damaged_folds_are_refused(folded, change):
    fold = load_record(folded, SPLIT).fold
    replace_dataset(folded.path / "splits" / f"{SPLIT}.h5", "fold", change(fold))
    with pytest.raises(DamagedError, match="fold must be int64"):
        load_record(open_run(folded.path), SPLIT)


def test_epoch_votes_are_about_the_fold_of_the_member(folded):
    record, member = load_record(folded, SPLIT), load_member(folded, "a-0000-fold-1")
    index = record.index[record.rows_of(1)]
    votes = np.zeros((4, len(index)), np.uint8)
    save_epoch_votes(folded, member.key, SPLIT, votes, index, parent=member.weights_sha256)
    assert load_epoch_votes(folded, member.key, SPLIT).shape == (4, len(index))


def test_split_without_folds_has_no_folds_in_its_file(run):
    record = load_record(run, "test")
    assert (record.fold, record.n_folds) == (None, 0)
    assert record.rows_of(None).tolist() == list(range(len(record.index)))


@pytest.mark.parametrize("change", [lambda fold: fold[::-1], lambda fold: None])
def test_other_folds_of_the_same_examples_are_refused(folded, change):
    record = load_record(folded, SPLIT)
    labels = load_validation_labels(folded, SPLIT).values
    save_split(folded, record, labels)
    with pytest.raises(MismatchError, match=r"folds of split 'train-oof'.*--run"):
        save_split(folded, replace(record, fold=change(record.fold)), labels)
