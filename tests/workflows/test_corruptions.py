"""Errors on corrupted splits: which are made, what is counted, and what is missing."""

import json
import statistics
from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.data.corruptions import CORRUPTIONS, STRENGTHS, corrupt_images
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import DataError, MismatchError, MissingError, StoreError
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import has_predictions, load_predictions, save_predictions
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows import predict as predicting
from ensemble_lab.workflows.corruption_figures import build_curves, save_corruption_curves
from ensemble_lab.workflows.corruption_rows import list_corruption_errors
from ensemble_lab.workflows.corruptions import (
    CorruptionQuestion,
    predict_corruptions,
    score_corruptions,
)
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.predict import predict
from ensemble_lab.workflows.vote import score_vote

TWO = CorruptionQuestion(only=("shift", "contrast"), strengths=(4, 1))
NAMES = ["test-contrast1", "test-contrast4", "test-shift1", "test-shift4"]


@pytest.fixture
def workers(monkeypatch):
    """Workers of this process: a member says, of each image, what its pixels and key decide."""
    asked = []

    def answer(run, keys, arguments, **named):
        option, *names = arguments
        assert option == "--predict"
        asked.append((keys, names))
        for key in keys:
            for name in names:
                if not has_predictions(run, key, name):
                    save(run, key, name)

    monkeypatch.setattr(predicting, "run_members", answer)
    return asked


def save(run, key, name):
    images = load_images(run, name)
    seed = run.keys.index(key)
    sums = images.images.reshape(images.n_examples, -1).sum(axis=1, dtype=np.int64)
    rows = np.eye(run.n_classes, dtype=np.float32)[(sums + seed) % run.n_classes]
    parent = load_member(run, key).weights_sha256
    save_predictions(run, key, name, rows, images.index, parent=parent)


@pytest.fixture
def make(make_run):
    """Make a run of two groups, three members and one, on 40 images."""

    def make(**wishes):
        return make_run(**{"groups": {"a": 3, "b": 1}, "n_examples": 40} | wishes)

    return make


def test_a_split_is_made_for_each_corruption_and_strength(make, workers):
    run = predict_corruptions(make(), TWO)
    assert run.splits == ("train", "validation", "test", *NAMES)
    assert workers == [(run.keys, NAMES)]
    plain = load_images(run, "test")
    for name in NAMES:
        harm, strength = name.removeprefix("test-")[:-1], int(name[-1])
        assert load_record(run, name).source["data"]["transforms"] == [
            {"name": harm, "strength": strength}
        ]
        expected = corrupt_images(plain.images, harm, strength, index=plain.index)
        np.testing.assert_array_equal(load_images(run, name).images, expected)
    assert open_run(run.path) == run
    assert load_ledger(run) == []


def test_all_corruptions_at_all_strengths_unless_told(make, workers):
    run = predict_corruptions(make(groups={"a": 1}, n_examples=4))
    ((_, names),) = workers
    assert names == [f"test-{name}{strength}" for name in CORRUPTIONS for strength in STRENGTHS]
    assert set(names) <= set(run.splits)


def test_what_is_predicted_is_not_predicted_again(make, workers, monkeypatch):
    run = predict_corruptions(make(), CorruptionQuestion(only=("shift",), strengths=(1,)))
    run = predict_corruptions(run, TWO)
    assert [names for _, names in workers] == [["test-shift1"], NAMES[:2] + NAMES[3:]]
    workers.clear()
    monkeypatch.setattr(predicting, "load_split", None)
    assert predict_corruptions(run, TWO) == run
    assert workers == []


def test_member_that_comes_later_is_predicted_alone(make, workers):
    run = make()
    run = predict_corruptions(run, replace(TWO, members=("a-*",)))
    run = predict_corruptions(run, TWO)
    assert [keys for keys, _ in workers] == [("a-0000", "a-0001", "a-0002"), ("b-0000",)]


def test_untrained_member_is_left_out_and_reported(make, workers):
    run = make()
    member_path(run, "a-0001").unlink()
    run = predict_corruptions(run, TWO)
    assert workers[0][0] == ("a-0000", "a-0002", "b-0000")
    assert predict_corruptions(run, TWO) == run
    assert len(workers) == 1
    with pytest.raises(MissingError, match=r"got none of 4, in .*--members"):
        score_corruptions(run, TWO)
    assert load_ledger(run) == []
    assert len(score_corruptions(run, replace(TWO, members=("b-*",))).corrupted) == 4


def test_votes_are_those_of_the_splits(make, workers):
    run = predict_corruptions(make(), TWO)
    question = replace(TWO, decision=Decision(ties="lowest"), members=("a-*",))
    report = score_corruptions(run, question)
    assert [(each.corruption, each.strength) for each in report.corrupted] == [
        ("contrast", 1), ("contrast", 4), ("shift", 1), ("shift", 4)
    ]  # fmt: skip
    for name, each in zip(["test", *NAMES], (report.clean, *report.corrupted), strict=True):
        found = each if name == "test" else each.report
        alone = score_vote(run, name, Decision(ties="lowest"), members=("a-*",))
        assert replace(found, look=None) == replace(alone, look=None)
    assert report.missing == ()


def test_rows_hold_the_vote_and_means_of_groups_or_each_member(make, workers):
    run = predict_corruptions(make(), TWO)
    report = score_corruptions(run, TWO)
    rows = list_corruption_errors(report)
    voters = [("vote", "vote", 4), ("group", "a", 3), ("group", "b", 1)]
    assert [(row.kind, row.voter, row.n_members) for row in rows] == voters * 5
    assert {(row.corruption, row.strength) for row in rows[:3]} == {("clean", 0)}
    assert [row.split for row in rows[::3]] == ["test", *NAMES]
    labels = np.load(f"{run.path}.npz")["y_test"]
    for vote, group, single in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        errors = (load_predictions(run, vote.split).votes != labels).sum(axis=1).tolist()
        assert group.errors == pytest.approx(statistics.fmean(errors[:3]))
        assert group.sd == pytest.approx(statistics.stdev(errors[:3]))
        assert (single.errors, single.sd) == (errors[3], None)
        assert (vote.n_examples, vote.sd) == (40, None)
        assert (group.low, group.high) == wilson(group.errors, 40)
    members = list_corruption_errors(report, by="member")
    assert [row.voter for row in members[:5]] == ["vote", *run.keys]
    assert {row.sd for row in members} == {None}


def test_what_is_not_predicted_is_named(make, workers):
    run = predict_corruptions(make(), CorruptionQuestion(only=("shift",), strengths=(1, 4)))
    (run.member_folder("a-0001") / "predictions-test-shift4.h5").unlink()
    (run.member_folder("b-0000") / "predictions-test.h5").unlink()
    report = score_corruptions(run, TWO)
    assert [each.report.split for each in report.corrupted] == ["test-shift1"]
    assert report.missing == ("test-contrast1", "test-contrast4", "test-shift4")
    assert report.clean is None
    assert {row.strength for row in list_corruption_errors(report)} == {1}


def test_every_split_that_is_scored_is_in_the_ledger(make, workers):
    run = predict_corruptions(make(), TWO)
    first, again = score_corruptions(run, TWO), score_corruptions(run, TWO)
    assert (first.look.is_repeat, again.look.is_repeat) == (False, True)
    rows = load_ledger(run)
    assert sorted(row["split"] for row in rows) == sorted(["test", *NAMES] * 2)
    assert {row["command"] for row in rows} == {"corruptions"}
    assert len({row["labels_sha256"] for row in rows}) == 1


def test_other_data_are_predicted_clean_too(make, workers, tmp_path):
    run = make()
    images = (np.random.default_rng(3).random((7, 5, 4)) * 256).astype(np.uint8)
    np.savez(tmp_path / "My digits.npz", x_test=images, y_test=np.arange(7) % 3)
    question = replace(TWO, data=str(tmp_path / "My digits.npz"), strengths=(2,))
    run = predict_corruptions(run, question)
    names = ["my-digits-test", "my-digits-test-contrast2", "my-digits-test-shift2"]
    assert run.splits[3:] == tuple(names)
    report = score_corruptions(run, question)
    assert report.clean.split == names[0]
    assert [each.report.split for each in report.corrupted] == names[1:]
    assert report.clean.n_examples == 7
    named = predict_corruptions(run, replace(question, name="mine"))
    assert named.splits[6:] == ("mine", "mine-contrast2", "mine-shift2")


def test_the_runs_own_data_are_known_by_their_source(make, workers):
    run = make()
    run = predict_corruptions(run, replace(TWO, data=f"{run.path}.npz"))
    assert run.splits[3:] == tuple(NAMES)
    run = predict_corruptions(run, replace(TWO, data=f"{run.path}.npz:train", strengths=(1,)))
    assert run.splits[7:] == ("toy-train", "toy-train-contrast1", "toy-train-shift1")


def test_corruption_comes_after_what_was_done_to_the_runs_own_images(make, workers):
    run = make()
    harmed = predict(run, f"{run.path}.npz", "mild", transforms=("blur:1",))
    record = (run.path / "splits" / "mild.h5").read_bytes()
    assert record
    # A run whose members learnt from such images has them as its test split.
    (run.path / "splits" / "test.h5").unlink()
    for key in run.keys:
        (run.member_folder(key) / "predictions-test.h5").unlink()
    save_run(replace(harmed, splits=("train", "validation", "test")))
    run = predict(open_run(run.path), f"{run.path}.npz", "test", transforms=("blur:1",))
    run = predict_corruptions(run, TWO)
    assert load_record(run, "test-shift4").source["data"]["transforms"] == [
        {"name": "blur", "strength": 1},
        {"name": "shift", "strength": 4},
    ]


def test_split_of_such_a_name_that_holds_something_else_is_refused(make, workers):
    run = make()
    run = predict(run, f"{run.path}.npz", "test-shift1", transforms=("shift:2",))
    workers.clear()
    facts = r"'test-shift1' must be .*\"strength\":1.*; got .*\"strength\":2.*--as"
    for ask in (predict_corruptions, score_corruptions):
        with pytest.raises(MismatchError, match=facts) as caught:
            ask(run, TWO)
        assert "\n" not in str(caught.value)
    assert workers == []
    assert load_ledger(run) == []
    assert "run-shift1" in predict_corruptions(run, replace(TWO, name="run")).splits


@pytest.mark.parametrize(
    ("wishes", "error", "facts"),
    [
        ({"only": ("shift", "contrats")}, DataError, "did you mean 'contrast'"),
        ({"strengths": (1, 6)}, DataError, "1 to 5; got 6"),
        ({"strengths": (0,)}, DataError, "1 to 5; got 0"),
        ({"data": "minst"}, DataError, "did you mean 'mnist'"),
        ({"members": ("c-*",)}, MissingError, "got 'c-\\*'"),
        ({"name": "Mine"}, StoreError, "lower-case"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(make, workers, wishes, error, facts):
    run = make()
    for ask in (predict_corruptions, score_corruptions):
        with pytest.raises(error, match=facts):
            ask(run, replace(TWO, **wishes))
    assert workers == []
    assert open_run(run.path) == run


def test_unlabelled_images_are_refused_before_anything_is_predicted(make, workers, tmp_path):
    run = make()
    np.savez(tmp_path / "more.npz", x_test=np.zeros((4, 5, 4), np.uint8))
    with pytest.raises(DataError, match=r"must be labelled.*more-test"):
        predict_corruptions(run, replace(TWO, data=str(tmp_path / "more.npz")))
    assert workers == []
    assert open_run(run.path) == run


def test_run_without_a_trained_member_is_refused(make, workers):
    run = make(groups={"a": 1})
    member_path(run, "a-0000").unlink()
    with pytest.raises(MissingError, match="a member must be trained"):
        predict_corruptions(run, TWO)


def test_curves_begin_with_the_clean_images_and_band_what_varies(make, workers, tmp_path):
    run = predict_corruptions(make(), TWO)
    report = score_corruptions(run, TWO)
    rows = {(r.corruption, r.voter, r.strength): r for r in list_corruption_errors(report)}
    curves = build_curves(report)
    assert [(curve.corruption, curve.voter) for curve in curves] == [
        (name, voter) for name in ("contrast", "shift") for voter in ("vote", "a", "b")
    ]
    for curve in curves:
        assert curve.strengths == (0, 1, 4)
        found = [rows["clean", curve.voter, 0]]
        found += [rows[curve.corruption, curve.voter, strength] for strength in (1, 4)]
        assert curve.errors == tuple(row.errors for row in found)
        if curve.kind == "vote":
            assert curve.high == tuple(row.high for row in found)
        else:
            assert curve.high == tuple(row.errors + (row.sd or 0) for row in found)
    save_corruption_curves(report, tmp_path / "curves.png", by="member")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_record_in_the_run_names_the_published_split_and_plain_json(make, workers):
    run = predict_corruptions(make(), replace(TWO, only=("shift",), strengths=(1,)))
    source = load_record(run, "test-shift1").source
    own = load_record(run, "test").source
    assert source["split"] == own["split"] == "test"
    assert {k: v for k, v in source["data"].items() if k != "transforms"} == own["data"]
    assert json.loads(json.dumps(source)) == source
