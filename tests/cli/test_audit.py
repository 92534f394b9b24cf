"""What picking on test would buy, told by the command and its Python twin."""

import csv
import io
import json

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.store.epoch_votes import save_epoch_votes
from tests.conftest import need

NAMES = ["best epoch", "best member", "best triple", "best subset"]


@pytest.fixture
def pool(make_run):
    """Seven members alike, with what they chose after each of three epochs."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 80)
    given = rng.dirichlet(np.ones(3), (7, 80)) + 0.5 * np.eye(3)[labels]
    run = make_run(probabilities=given / given.sum(axis=-1, keepdims=True), labels=labels)
    for key in run.keys:
        parent = lab.load_member(run, key).weights_sha256
        for split in ("validation", "test"):
            last = lab.load_predictions(run, split, members=(key,))
            drawn = rng.integers(0, 3, (2, len(last.index)))
            votes = np.concatenate([drawn, last.votes]).astype(np.uint8)
            save_epoch_votes(run, key, split, votes, last.index, parent=parent)
    return run


def test_each_shortcut_is_counted_as_a_reader_would(call, pool):
    found = json.loads(call("audit", pool.path, "--format", "json").out)
    labels, votes = lab.load_labels(pool).values, lab.load_predictions(pool).votes
    errors = (votes != labels).sum(axis=1)
    rows = {row["name"]: row for row in found["shortcuts"]}
    assert list(rows) == NAMES
    assert [row["n_candidates"] for row in rows.values()] == [3, 7, 35, 127]
    member = rows["best member"]
    assert (member["picked"], member["unpicked"]) == (errors.min(), pytest.approx(errors.mean()))
    assert member["members"] == [pool.keys[int(errors.argmin())]]
    own = (
        lab.load_predictions(pool, "validation").votes != lab.load_validation_labels(pool).values
    ).sum(axis=1)
    assert member["by_validation"] == pytest.approx(errors[own == own.min()].mean())
    epochs = np.array(
        [(lab.load_epoch_votes(pool, key, "test") != labels).sum(axis=1) for key in pool.keys]
    )
    assert rows["best epoch"]["picked"] == pytest.approx(epochs.min(axis=1).mean())
    assert rows["best epoch"]["unpicked"] == pytest.approx(errors.mean())
    whole = lab.score_vote(pool).band
    assert rows["best subset"]["unpicked"] == pytest.approx(whole.expected)
    assert rows["best subset"]["picked"] <= rows["best triple"]["picked"]
    assert found["luck"]["mean"] == pytest.approx(errors.mean())
    assert found["luck"]["expected"] < errors.mean()
    best = rows["best triple"]["members"]
    band = lab.score_vote(pool, members=tuple(best)).band
    assert rows["best triple"]["picked"] == pytest.approx(band.expected)


def test_audit_is_a_choice_in_the_ledger(call, pool):
    answer = call("audit", pool.path)
    assert answer.err == "look 1 on this test set\n"
    (row,) = lab.load_ledger(pool)
    assert (row["command"], row["purpose"]) == ("audit", "choose")
    assert row["n_candidates"] == 7 * 3 + 7 + 35 + 127
    assert "1 to choose" in call("ledger", pool.path).out.splitlines()[0]


def test_table_fits_and_says_what_was_left_out(call, make_run):
    run = make_run(n_members=2, n_examples=40)
    lines = call("audit", run.path).out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:3]] == ["best member", "best subset"]
    left_out = [line for line in lines if line.startswith("left out:")]
    assert len(left_out) == 2
    assert "epoch_votes = true" in left_out[0]
    assert "3 members or more" in left_out[1]
    assert "by luck alone the best of 2" in lines[-2]
    assert max(map(len, lines)) <= 80


def test_more_members_than_subsets_allow_leave_them_out(call, make_run):
    run = make_run(n_members=21, n_examples=20)
    text = call("audit", run.path).out
    assert "best subset: needs 2 to 20 members; choose some with --members" in text
    assert "best triple" in text
    assert "best subset: " not in call("audit", run.path, "--members", "a-000*").out


def test_one_member_has_nothing_to_pick_among(call, make_run):
    run = make_run(n_members=1)
    answer = call("audit", run.path)
    assert answer.code == 1
    assert "something to pick among; best epoch needs epoch_votes = true" in answer.err
    assert lab.load_ledger(run) == []


def test_luck_is_told_of_members_of_one_recipe_only(call, make_run, tmp_path):
    one, two = make_run(tmp_path / "one"), make_run(tmp_path / "two", groups={"a": 2, "b": 1})
    assert "by luck alone the best of 3" in call("audit", one.path).out
    assert "by luck alone" not in call("audit", two.path).out
    assert lab.audit_run(two, members=("a-*",)).luck is not None


def test_members_in_folds_have_no_common_validation(call, make_run):
    run = make_run(groups={"a": 2}, folds=2)
    found = json.loads(call("audit", run.path, "--format", "json").out)
    assert {row["by_validation"] for row in found["shortcuts"]} == {None}


def test_seed_draws_other_halves_and_nothing_else(pool):
    first, again, other = (lab.audit_run(pool, seed=seed) for seed in (0, 0, 1))
    assert first.shortcuts == again.shortcuts != other.shortcuts
    assert [s.picked for s in first.shortcuts] == [s.picked for s in other.shortcuts]


def test_csv_has_a_row_a_shortcut(call, pool):
    rows = list(csv.DictReader(io.StringIO(call("audit", pool.path, "--format", "csv").out)))
    assert [row["name"] for row in rows] == NAMES
    assert float(rows[1]["gained"]) > 0


def test_validation_is_no_split_to_audit(call, pool):
    answer = call("audit", pool.path, "--split", "validation")
    assert answer.code == 1
    assert "one to report on" in answer.err
    assert "'validation'" in answer.err


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_audit_is_drawn(call, pool, tmp_path, ending):
    need("matplotlib")
    path = tmp_path / f"audit.{ending}"
    assert call("audit", pool.path, "-o", path).out == f"{path}\n"
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_figure_that_cannot_be_drawn_costs_no_look(call, pool, tmp_path):
    answer = call("audit", pool.path, "-o", tmp_path / "audit.jpg")
    assert (answer.code, lab.load_ledger(pool)) == (1, [])
    answer = call("audit", pool.path, "-o", tmp_path / "audit.png", "--format", "json")
    assert (answer.code, lab.load_ledger(pool)) == (2, [])


def test_pool_says_that_it_has_no_votes_after_every_epoch(call, pool, tmp_path):
    lab.pool_runs(tmp_path / "pooled", [pool.path])
    said = call("audit", tmp_path / "pooled").out
    assert "best epoch: needs votes after every epoch; a pool copies none" in said
