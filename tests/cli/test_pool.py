"""`pool` on the command line: what it prints and what it refuses."""

import json

import pytest

import ensemble_lab as lab


@pytest.fixture
def runs(make_run, tmp_path):
    paths = [tmp_path / name for name in ("one", "two")]
    return [
        make_run(path, groups=groups).path
        for path, groups in zip(paths, ({"a": 2}, {"b": 1, "c": 1, "d": 1}), strict=True)
    ]


def test_table_names_runs_members_and_splits(call, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = call("pool", "pool", "one", "two")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "run  members  groups",
        "one        2  a",
        "two        3  b c +1",
        "pool: 5 members on train (18 examples), validation (6 examples), test (6",
        "examples)",
    ]


def test_json_has_runs_splits_and_notes(call, runs, make_run, tmp_path):
    other = make_run(tmp_path / "folded", groups={"e": 1}, folds=2).path
    found = json.loads(call("pool", tmp_path / "pool", *runs, other, "--format", "json").out)
    assert [(row["run"], row["members"], row["groups"]) for row in found["runs"]] == [
        (str(runs[0]), 2, ["a"]),
        (str(runs[1]), 3, ["b", "c", "d"]),
        (str(other), 2, ["e"]),
    ]
    assert found["members"] == list(lab.open_run(tmp_path / "pool").keys)
    assert found["splits"] == [{"split": "test", "examples": 6}]
    assert len(found["notes"]) == 3


def test_what_votes_works_on_a_pool_and_what_needs_validation_says_so(
    call, runs, make_run, tmp_path
):
    other = make_run(tmp_path / "folded", groups={"e": 1}, folds=2).path
    pool = tmp_path / "pool"
    assert call("pool", pool, *runs, other).code == 0
    assert "7 members, majority" in call("vote", pool).out
    for words in (["errors"], ["confusion"], ["inspect"], ["curve", "--split", "test"]):
        assert call(words[0], pool, *words[1:]).code == 0
    refused = call("curve", pool)
    assert refused.code == 1
    assert "validation split to choose on" in refused.err


def test_inspect_tells_where_weights_are(call, runs, tmp_path):
    call("pool", tmp_path / "pool", *runs)
    text = call("inspect", tmp_path / "pool").out
    assert "5 of 5 members complete" in text
    assert f"2 pooled from {runs[0]}; their weights and histories are there" in text
    found = json.loads(call("inspect", tmp_path / "pool", "--format", "json").out)
    assert [row["origin"] for row in found["members"]] == [str(runs[0])] * 2 + [str(runs[1])] * 3


@pytest.mark.parametrize("command", ["history", "results", "predict", "corruptions"])
def test_what_needs_weights_is_one_line_that_says_where_they_are(call, runs, tmp_path, command):
    call("pool", tmp_path / "pool", *runs)
    more = {
        "results": ["-o", tmp_path / "results.json"],
        "predict": ["--data", f"{runs[0]}.npz:test"],
    }
    answer = call(command, tmp_path / "pool", *more.get(command, []))
    assert answer.code == 1
    (line,) = answer.err.splitlines()
    assert str(runs[0]) in line
    assert "pooled" in line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["new", "one"], "new must not exist yet"),
        (["one/pool", "one"], "folder of its own"),
        (["pool", "one", "nowhere"], "a run is a folder with a run.json"),
        (["pool", "one", "--members", "x-*"], "members must match a key"),
        (["pool", "one", "other"], "runs must agree on a split"),
        (["pool", "one", "classes"], "class_names must be the same"),
        (["pool", "one", "My_Run", "--prefix"], "lower-case"),
    ],
)
def test_refusal_is_one_line_and_leaves_nothing(
    call, runs, make_run, tmp_path, monkeypatch, words, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    make_run(tmp_path / "other", seed=3)
    make_run(tmp_path / "classes", n_classes=4)
    make_run(tmp_path / "mine", groups={"z": 1}).path.rename(tmp_path / "My_Run")
    before = sorted(tmp_path.iterdir())
    answer = call("pool", *words)
    assert (answer.code, answer.out) == (1, "")
    (line,) = answer.err.splitlines()
    assert told in line
    assert sorted(tmp_path.iterdir()) == before


def test_runs_must_be_named(call, tmp_path):
    answer = call("pool", tmp_path / "pool")
    assert answer.code == 2
    assert "RUN..." in answer.err
