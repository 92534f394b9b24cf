"""Curves over the number of members, and committees that share none."""

import csv
import io
import json

import numpy as np
import pytest

import ensemble_lab as lab
from tests.conftest import need

SIZES = ["k", "expected", "low", "high", "sd", "n_orders"]


@pytest.fixture
def pool(make_run):
    """Eleven members that err on test in a third of the cases."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    given = rng.dirichlet(np.ones(3), (11, 60)) + 0.5 * np.eye(3)[labels]
    return make_run(probabilities=given / given.sum(axis=-1, keepdims=True), labels=labels)


def test_curve_json_has_a_row_a_size(call, pool):
    rows = json.loads(call("curve", pool.path, "--split", "test", "--format", "json").out)
    assert [list(row) for row in rows] == [SIZES] * 11
    labels, votes = lab.load_labels(pool).values, lab.load_predictions(pool).votes
    errors = (votes != labels).sum(axis=1)
    assert rows[0]["expected"] == pytest.approx(errors.mean())
    assert rows[0]["sd"] == pytest.approx(errors.std())
    whole = lab.combine(lab.load_predictions(pool), lab.Decision(ties="random"))
    assert rows[-1]["low"] <= (whole.predicted != labels).sum() <= rows[-1]["high"]
    assert rows[-1]["sd"] == 0
    assert {row["n_orders"] for row in rows} == {2000}


def test_curve_asks_validation_unless_told_otherwise(call, pool):
    answer = call("curve", pool.path)
    assert "of validation; majority of subsets of 11 members" in answer.out
    assert lab.load_ledger(pool) == []
    call("curve", pool.path, "--split", "test")
    (row,) = lab.load_ledger(pool)
    assert (row["command"], row["split"]) == ("curve", "test")
    assert row["decision"] is not None


def test_curve_asks_out_of_fold_where_validation_is_in_folds(call, make_run):
    run = make_run(groups={"a": 3}, folds=2)
    answer = call("curve", run.path)
    assert "of train-oof; majority of subsets of 3 members" in answer.out


def test_curve_without_a_validation_split_says_so(call, make_run):
    run = make_run()
    values = json.loads((run.path / "run.json").read_text())
    values["splits"] = ["train", "test"]
    (run.path / "run.json").write_text(json.dumps(values))
    answer = call("curve", run.path)
    assert answer.code == 1
    assert "validation split to choose on" in answer.err
    assert "--split" in answer.err


def test_table_of_many_members_leaves_sizes_out_and_says_so(call, make_run):
    answer = call("curve", make_run(n_members=31).path)
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]][-3:] == ["20", "30", "31"]
    assert len(lines) < 20
    assert "--format json has every size" in lines[-1]


def test_curve_csv_and_members(call, pool):
    text = call("curve", pool.path, "--members", "a-000[0-3]", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["k"] for row in rows] == ["1", "2", "3", "4"]
    assert list(rows[0]) == SIZES


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_curve_is_drawn(call, pool, tmp_path, ending):
    need("matplotlib")
    path = tmp_path / "new" / f"curve.{ending}"
    answer = call("curve", pool.path, "-o", path)
    assert answer.out == f"{path}\n"
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_figure_has_a_format_of_its_own(call, pool, tmp_path):
    answer = call("curve", pool.path, "-o", tmp_path / "curve.png", "--format", "json")
    assert answer.code == 2
    assert "leave out --format or -o" in answer.err
    assert not (tmp_path / "curve.png").exists()


def test_figure_that_cannot_be_written_costs_no_look(call, pool, tmp_path):
    answer = call("curve", pool.path, "--split", "test", "-o", tmp_path / "curve.jpg")
    assert answer.code == 1
    assert ".png, .svg, .pdf" in answer.err
    assert lab.load_ledger(pool) == []


def test_committees_share_no_member_and_are_scored_as_a_vote_of_theirs(call, pool):
    words = ["committees", pool.path, "--size", 2, "--split", "test", "--format", "json"]
    found = json.loads(call(*words).out)
    drawn = [row["members"] for row in found["committees"]]
    assert [len(each) for each in drawn] == [2] * 5
    assert len({key for each in drawn for key in each}) == 10
    for row in found["committees"]:
        report = lab.score_vote(pool, members=tuple(row["members"]))
        assert (row["errors"], row["n_ties"]) == (report.errors, report.n_ties)
    errors = [row["errors"] for row in found["committees"]]
    assert found["mean"] == pytest.approx(np.mean(errors))
    assert found["sd"] == pytest.approx(np.std(errors, ddof=1))


def test_fewer_than_five_committees_have_no_deviation(call, pool):
    answer = call("committees", pool.path, "--size", 3)
    assert "sd" not in answer.out
    assert "3 committees of 3, majority" in " ".join(answer.out.split())
    assert (
        json.loads(call("committees", pool.path, "--size", 3, "--format", "json").out)["sd"] is None
    )


def test_seed_deals_other_committees(call, pool):
    dealt = [
        lab.score_committees(pool, 3, seed=seed).committees[0].decision.members
        for seed in (0, 0, 1)
    ]
    assert dealt[0] == dealt[1] != dealt[2]


def test_committee_larger_than_the_pool_is_refused(call, pool):
    answer = call("committees", pool.path, "--size", 12)
    assert answer.code == 1
    assert "from 1 to the 11 members; got 12" in answer.err


def test_committees_csv(call, pool):
    text = call("committees", pool.path, "--size", 5, "--format", "csv").out
    assert text.splitlines()[0] == "committee,errors,n_ties,members"
    assert len(text.splitlines()) == 3


def test_verdicts_say_which_errors_more_members_would_not_mend(call, pool):
    words = ["curve", pool.path, "--split", "test", "--by", "example", "--size", 3]
    rows = json.loads(call(*words, "--format", "json").out)
    labels, votes = lab.load_labels(pool).values, lab.load_predictions(pool).votes
    assert [row["index"] for row in sorted(rows, key=lambda row: row["index"])] == (
        np.flatnonzero((votes != labels).any(axis=0)).tolist()
    )
    chances = [row["chance"] for row in rows]
    assert chances == sorted(chances, reverse=True)
    for row in rows:
        counts = np.bincount(votes[:, row["index"]], minlength=3)
        assert row["label"] == labels[row["index"]]
        assert row["votes_for_label"] == counts[row["label"]]
        assert (
            row["votes_for_rival"]
            == counts[row["rival"]]
            == max(n for c, n in enumerate(counts) if c != row["label"])
        )
        assert row["verdict"] == ("irreducible" if row["p"] <= 0.05 else "undecided")
    curve = {
        row["k"]: row["expected"] for row in json.loads(call(*words[:4], "--format", "json").out)
    }
    assert sum(chances) == pytest.approx(curve[3])


def test_verdict_table_counts_both_kinds(call, pool):
    lines = call("curve", pool.path, "--split", "test", "--by", "example").out.splitlines()
    assert lines[0].split() == ["index", "pair", "for", "label", "for", "rival", "chance", "p",
                                "verdict"]  # fmt: skip
    text = " ".join(" ".join(lines).split())
    n_irreducible = sum(line.endswith(" irreducible") for line in lines)
    assert f"{n_irreducible} irreducible at 95 %" in text
    assert "undecided with 11 members" in text
    assert max(map(len, lines)) <= 80
    csv_lines = call("curve", pool.path, "--by", "example", "--format", "csv").out.splitlines()
    assert csv_lines[0].startswith("index,label,rival")


def test_nothing_wrong_is_no_table(call, make_run):
    probabilities = np.tile(np.eye(3)[[0, 1, 2]], (2, 1, 1))
    run = make_run(probabilities=probabilities, labels=np.array([0, 1, 2]))
    text = call("curve", run.path, "--split", "test", "--by", "example").out
    assert text.startswith("0 irreducible at 95 %, 0 undecided with 2 members")


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["--by", "example", "-o", "x.png"], "no figure"),
        (["--size", "3"], "--by example"),
    ],
)
def test_options_that_do_not_go_together_cost_no_look(call, pool, words, fact):
    answer = call("curve", pool.path, "--split", "test", *words)
    assert (answer.code, fact in answer.err) == (2, True)
    assert lab.load_ledger(pool) == []


def test_more_members_than_there_are_have_no_chance(call, pool):
    words = ["curve", pool.path, "--split", "test", "--by", "example"]
    answer = call(*words, "--size", 12)
    assert (answer.code, "11 members; got 12" in answer.err) == (1, True)
    answer = call(*words, "--members", "a-000[0-3]", "--size", 5)
    assert (answer.code, "4 members; got 5" in answer.err) == (1, True)
    assert lab.load_ledger(pool) == []
