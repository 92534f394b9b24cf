"""One run of several: what is copied, what stays, what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.analysis.votes.groups import number_groups
from ensemble_lab.exceptions import DamagedError, MismatchError, MissingError, StoreError
from ensemble_lab.store.copies import find_parent
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import load_predictions, predictions_path, save_predictions
from ensemble_lab.store.run import open_run
from ensemble_lab.workflows.history import load_histories
from ensemble_lab.workflows.inspect import summarise_run
from ensemble_lab.workflows.pool import pool_runs
from ensemble_lab.workflows.predict import predict
from ensemble_lab.workflows.runs import list_runs
from ensemble_lab.workflows.vote import score_vote
from tests.conftest import draw_probabilities, train_in_name


@pytest.fixture
def one(make_run, tmp_path):
    return make_run(tmp_path / "one", groups={"a": 2})


@pytest.fixture
def two(make_run, tmp_path):
    """On the same data as `one`."""
    return make_run(tmp_path / "two", groups={"b": 3})


@pytest.fixture
def folded(make_run, tmp_path):
    """On the same test images as `one`; all of train is in folds."""
    return make_run(tmp_path / "folded", groups={"a": 1}, folds=2)


def train_again(run, key):
    """Give a member other weights and predictions, as another machine might."""
    rng = np.random.default_rng(99)
    parent = train_in_name(run, key, rng)
    for split in ("validation", "test"):
        labels = load_labels(run, split)
        rows = draw_probabilities(rng, labels.values, run.n_classes, 0.6)
        predictions_path(run, key, split).unlink()
        save_predictions(run, key, split, rows, labels.index, parent=parent)
    (run.path / "test-access.jsonl").unlink()


def state_of(run):
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in run.path.rglob("*") if p.is_file()}


def test_pool_votes_as_the_members_of_its_runs(one, two, tmp_path):
    report = pool_runs(tmp_path / "new" / "pool", (one, two.path))
    run = open_run(tmp_path / "new" / "pool")
    assert run == report.run
    assert (run.name, run.splits) == ("pool", ("train", "validation", "test"))
    assert run.keys == ("a-0000", "a-0001", "b-0000", "b-0001", "b-0002")
    assert report.notes == ()
    for split in ("validation", "test"):
        found = load_predictions(run, split)
        parts = [load_predictions(each, split) for each in (one, two)]
        np.testing.assert_array_equal(found.votes, np.concatenate([p.votes for p in parts]))
        np.testing.assert_array_equal(
            found.probabilities, np.concatenate([p.probabilities for p in parts])
        )
        assert found.digests == parts[0].digests + parts[1].digests
        np.testing.assert_array_equal(
            load_labels(run, split).values, load_labels(one, split).values
        )
    alone = [score_vote(each, "test").members for each in (one, two)]
    together = score_vote(run, "test").members
    assert [m.errors for m in together] == [m.errors for part in alone for m in part]


def test_pool_copies_predictions_and_no_weights(one, two, tmp_path):
    run = pool_runs(tmp_path / "pool", (one, two)).run
    names = {p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file()}
    assert names == {
        "run.json",
        *(f"splits/{name}.h5" for name in run.splits),
        *(f"members/{k}/predictions-{s}.h5" for k in run.keys for s in ("validation", "test")),
    }
    for source, key in ((one, "a-0001"), (two, "b-0002")):
        for split in ("validation", "test"):
            copy, original = (predictions_path(each, key, split) for each in (run, source))
            assert copy.read_bytes() == original.read_bytes()
            assert not copy.samefile(original)


def test_runs_are_read_and_never_written(one, two, tmp_path):
    before = [state_of(each) for each in (one, two)]
    pool_runs(tmp_path / "pool", (one, two), prefix=True)
    assert [state_of(each) for each in (one, two)] == before


def test_pooling_is_no_look_and_starts_an_empty_ledger(one, two, tmp_path):
    load_labels(one, "test")
    run = pool_runs(tmp_path / "pool", (one, two)).run
    assert len(load_ledger(one)) == 1
    assert load_ledger(run) == load_ledger(two) == []


def test_member_keeps_its_digest_and_says_where_it_came_from(one, two, tmp_path):
    run = pool_runs(tmp_path / "pool", (one, two)).run
    assert [e.digest for e in run.members] == [e.digest for r in (one, two) for e in r.members]
    assert [e.origin for e in run.members] == ["../one"] * 2 + ["../two"] * 3
    assert run.origins == (one.path, two.path)


def test_split_that_differs_is_left_out_with_its_reason(one, folded, tmp_path):
    report = pool_runs(tmp_path / "pool", (one, folded), prefix=True)
    assert report.run.splits == ("test",)
    reasons = {note.split(",")[0].removeprefix("left out: "): note for note in report.notes}
    assert list(reasons) == ["train", "validation", "train-oof"]
    assert "images_sha256" in reasons["train"]
    assert reasons["validation"].endswith(f"none in {folded.path}")
    assert reasons["train-oof"].endswith(f"none in {one.path}")
    assert len(load_predictions(report.run).members) == 4


def test_runs_in_the_same_folds_pool_what_is_out_of_fold(make_run, folded, tmp_path):
    other = make_run(tmp_path / "other", groups={"c": 2}, folds=2)
    run = pool_runs(tmp_path / "pool", (folded, other)).run
    assert run.validation_split == "train-oof"
    found = load_predictions(run, "train-oof")
    assert found.members == ("a-0000", "c-0000", "c-0001")
    parts = [load_predictions(each, "train-oof").votes for each in (folded, other)]
    np.testing.assert_array_equal(found.votes, np.concatenate(parts))


def test_other_folds_are_not_the_same_split(make_run, folded, tmp_path):
    other = make_run(tmp_path / "other", groups={"c": 1}, folds=3)
    report = pool_runs(tmp_path / "pool", (folded, other))
    assert report.run.splits == ("train", "test")
    assert any("other folds" in note for note in report.notes)


def test_no_split_in_common_names_both_hashes(make_run, one, tmp_path):
    other = make_run(tmp_path / "other", groups={"c": 1}, seed=5)
    with pytest.raises(MismatchError, match="agree on a split") as caught:
        pool_runs(tmp_path / "pool", (one, other))
    for run in (one, other):
        assert str(run.path) in str(caught.value)
    assert "test with images_sha256" in str(caught.value)
    assert not (tmp_path / "pool").exists()


def test_split_that_nobody_predicted_is_not_enough(one, two, tmp_path):
    bare = [replace(run, splits=("train",)) for run in (one, two)]
    with pytest.raises(MismatchError, match="no predictions in any of them"):
        pool_runs(tmp_path / "pool", bare)


@pytest.mark.parametrize(
    ("what", "value"), [("class_names", ("0", "1", "x")), ("image_shape", (4, 5, 1))]
)
def test_other_classes_or_shapes_are_refused(one, two, tmp_path, what, value):
    with pytest.raises(MismatchError, match=what) as caught:
        pool_runs(tmp_path / "pool", (one, replace(two, **{what: value})))
    assert str(one.path) in str(caught.value)
    assert str(two.path) in str(caught.value)


def test_net_that_is_in_two_runs_is_taken_once(make_run, one, tmp_path):
    more = make_run(tmp_path / "more", groups={"a": 2, "b": 1})
    # Made of the same data by the same draws: the first two are the very same nets.
    report = pool_runs(tmp_path / "pool", (one, more))
    assert report.run.keys == ("a-0000", "a-0001", "b-0000")
    assert report.notes == (f"taken once: a-0000, a-0001 of {more.path}, there before",)
    again = pool_runs(tmp_path / "again", (one, more), prefix=True)
    assert again.run.keys == ("one-a-0000", "one-a-0001", "more-b-0000")


def test_two_nets_of_one_key_are_refused_and_told_apart_by_prefix(make_run, one, tmp_path):
    other = make_run(tmp_path / "other", groups={"a": 2})
    train_again(other, "a-0001")
    with pytest.raises(MismatchError, match="a-0001 must be one net") as caught:
        pool_runs(tmp_path / "pool", (one, other))
    for run in (one, other):
        assert load_member(run, "a-0001").weights_sha256[:12] in str(caught.value)
    assert "--prefix" in str(caught.value)
    run = pool_runs(tmp_path / "pool", (one, other), prefix=True).run
    assert run.keys == ("one-a-0000", "one-a-0001", "other-a-0001")
    assert [entry.group for entry in run.members] == ["one-a", "one-a", "other-a"]
    assert number_groups(run.keys).tolist() == [0, 0, 1]


def test_renamed_member_says_the_same_under_its_new_key(one, two, tmp_path):
    run = pool_runs(tmp_path / "pool", (one, two), prefix=True).run
    found, parts = load_predictions(run), [load_predictions(each) for each in (one, two)]
    np.testing.assert_array_equal(
        found.probabilities, np.concatenate([p.probabilities for p in parts])
    )
    assert not set(found.digests) & {digest for p in parts for digest in p.digests}
    assert find_parent(run, "two-b-0001", "test") == load_member(two, "b-0001").weights_sha256
    entry = run.member("two-b-0001")
    assert entry.digest == two.member("b-0001").digest
    assert (entry.spec["key"], entry.spec["group"]) == ("two-b-0001", "two-b")


def test_folders_of_one_name_need_another_name(make_run, one, tmp_path):
    other = make_run(tmp_path / "elsewhere" / "one", groups={"a": 2})
    train_again(other, "a-0000")
    with pytest.raises(MismatchError, match="another name"):
        pool_runs(tmp_path / "pool", (one, other), prefix=True)


def test_folder_whose_name_makes_no_key_is_refused(make_run, tmp_path):
    run = open_run(make_run(tmp_path / "mine").path.rename(tmp_path / "My_Run"))
    with pytest.raises(StoreError, match="My_Run"):
        pool_runs(tmp_path / "pool", (run,), prefix=True)
    assert pool_runs(tmp_path / "pool", (run,)).run.keys == run.keys


def test_group_of_two_recipes_is_refused_though_no_key_clashes(one, folded, tmp_path):
    with pytest.raises(MismatchError, match="group a must be one recipe"):
        pool_runs(tmp_path / "pool", (one, folded))


def test_other_arguments_make_another_recipe(make_run, one, tmp_path):
    other = make_run(tmp_path / "other", groups={"a": 3})
    last = other.members[2]
    changed = replace(last, spec=last.spec | {"training": {"epochs": 3}})
    with pytest.raises(MismatchError, match="another in"):
        pool_runs(tmp_path / "pool", (one, replace(other, members=(changed,))))
    report = pool_runs(tmp_path / "pool", (one, replace(other, members=(last,))))
    assert report.run.keys == ("a-0000", "a-0001", "a-0002")


def test_patterns_choose_members_of_all_runs(one, two, tmp_path):
    run = pool_runs(tmp_path / "pool", (one, two), members=("*-0001", "b-0002")).run
    assert run.keys == ("a-0001", "b-0001", "b-0002")
    with pytest.raises(MissingError, match="'c-\\*'"):
        pool_runs(tmp_path / "other", (one, two), members=("c-*",))


def test_member_without_predictions_is_left_out_and_named(one, two, tmp_path):
    predictions_path(two, "b-0001", "test").unlink()
    report = pool_runs(tmp_path / "pool", (one, two))
    assert "b-0001" not in report.run.keys
    assert report.notes == (
        f"left out: b-0001 of {two.path}, not predicted on validation and test",
    )


def test_pool_without_members_is_refused(one, tmp_path):
    for key in one.keys:
        predictions_path(one, key, "test").unlink()
    with pytest.raises(MissingError, match="members with predictions"):
        pool_runs(tmp_path / "pool", (one,))


def test_predictions_of_other_weights_are_refused_and_leave_nothing(one, two, tmp_path):
    train_in_name(two, "b-0001", np.random.default_rng(7))
    with pytest.raises(MismatchError, match="must come from its weights"):
        pool_runs(tmp_path / "pool", (one, two))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "one.npz", "two", "two.npz"]


def test_damaged_predictions_are_refused(one, tmp_path):
    path = predictions_path(one, "a-0001", "validation")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError, match="a-0001"):
        pool_runs(tmp_path / "pool", (one,))


def test_what_is_there_is_not_replaced(one, two, tmp_path):
    before = state_of(two)
    with pytest.raises(StoreError, match="must not exist"):
        pool_runs(two.path, (one,))
    assert state_of(two) == before
    with pytest.raises(StoreError, match="folder of its own"):
        pool_runs(one.path / "pool", (one, two))


def test_place_that_cannot_be_written_is_said(one, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="could not be written"):
        pool_runs(tmp_path / "file" / "pool", (one,))


def test_no_run_is_refused(tmp_path):
    with pytest.raises(StoreError, match="one run or more"):
        pool_runs(tmp_path / "pool", ())


def test_pool_of_pools_remembers_where_weights_are(one, two, tmp_path):
    first = pool_runs(tmp_path / "deep" / "first", (one,)).run
    run = pool_runs(tmp_path / "pool", (first, two)).run
    assert run.keys == (*one.keys, *two.keys)
    assert run.origins == (one.path, two.path)


def test_two_levels_of_a_pool_are_its_recipes(one, two, tmp_path):
    run = pool_runs(tmp_path / "pool", (one, two)).run
    assert number_groups(run.keys).tolist() == [0, 0, 1, 1, 1]


def test_inspect_and_runs_count_pooled_members(one, two, tmp_path):
    run = pool_runs(tmp_path / "pools" / "pool", (one, two)).run
    summary = summarise_run(run)
    assert {member.status for member in summary.members} == {"pooled"}
    assert [m.origin for m in summary.members] == [str(one.path)] * 2 + [str(two.path)] * 3
    assert summary.n_complete == 5
    (row,) = list_runs(tmp_path / "pools")
    assert (row.n_trained, row.n_members) == (5, 5)
    predictions_path(run, "a-0000", "test").unlink()
    path = predictions_path(run, "a-0001", "test")
    path.write_bytes(path.read_bytes()[:-1])
    first, second, *_ = summarise_run(run).members
    assert (first.status, first.note) == ("no predictions", "no predictions on test")
    assert second.status == "damaged"
    with pytest.raises(MissingError, match="where they were pooled from"):
        load_predictions(run, "test")


def test_what_needs_weights_says_where_they_are(one, two, tmp_path):
    run = pool_runs(tmp_path / "pool", (one, two)).run
    with pytest.raises(MissingError, match="pooled") as caught:
        load_histories(run)
    assert f"in {one.path}, {two.path}." in str(caught.value)
    with pytest.raises(MissingError, match="Weights of pooled members") as caught:
        predict(run, f"{one.path}.npz:test", "more")
    assert str(two.path) in str(caught.value)
    with pytest.raises(MissingError, match="its weights are there") as caught:
        load_member(run, "b-0000")
    assert str(two.path) in str(caught.value)


def test_weights_that_were_left_behind_do_not_hinder(one, two, tmp_path):
    for key in two.keys:
        member_path(two, key).unlink()
    assert len(pool_runs(tmp_path / "pool", (one, two)).run.keys) == 5
