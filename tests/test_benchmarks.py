"""What benchmarks share: ratios, records, and the page made of them."""

import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SHARED = ("timing", "records", "run")


@pytest.fixture
def bench(monkeypatch):
    """The modules that scripts share, as scripts see them: beside one another."""
    monkeypatch.syspath_prepend(FOLDER)
    for name in SHARED:
        monkeypatch.delitem(sys.modules, name, raising=False)
    import records
    import run
    import timing

    yield {"records": records, "run": run, "timing": timing}
    for name in SHARED:
        sys.modules.pop(name)


def record(bench, name="fast", figure=2.0, why="", script="vote", date="2026-01-01"):
    amounts = {"value": 2.0, "peer_value": 1.0, "figure": figure, "met": True, "unit": "s"}
    return bench["records"].Record(
        script=script,
        name=name,
        peer="peer",
        goal="<= 2",
        why=why,
        date=date,
        commit="a" * 40,
        hardware={"cpu": "Abacus", "cores": 2, "gpus": []},
        versions={"python": "3.11"},
        **({} if why else amounts),
    )


@pytest.mark.parametrize(
    ("ours", "peer", "goal", "figure", "verdict"),
    [
        (3.0, 2.0, "<= 2", 1.5, "yes"),
        (4.0, 2.0, "<= 2", 2.0, "yes"),
        (5.0, 2.0, "<= 2", 2.5, "NO"),
        (1.0, 20.0, ">= 20", 20.0, "yes"),
        (1.0, 19.0, ">= 20", 19.0, "NO"),
        (3.0, 2.0, "", 1.5, ""),
    ],
)
def test_figure_is_read_in_the_direction_of_its_goal(bench, ours, peer, goal, figure, verdict):
    ratio = bench["timing"].Ratio("a", "b", ours, peer, goal)
    assert (ratio.figure, ratio.verdict) == (figure, verdict)


def test_table_tells_values_in_their_units_and_what_was_not_measured(bench):
    timing = bench["timing"]
    ratios = [
        timing.Ratio("vote", "sum", 0.0213, 0.0170, "<= 2"),
        timing.Ratio("peak", "limit", 480.0, 500.0, "<= 1", "MB"),
        timing.Ratio("train", "fit", 90.0, 4000.0, ""),
        timing.Unmeasured("stacked", "fit", ">= 10", "no GPU"),
    ]
    lines = [line.split("  ") for line in timing.render_ratios(ratios).splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells == [
        ["what", "ours", "peer", "theirs", "ratio", "goal", "met"],
        ["vote", "21.3 ms", "sum", "17 ms", "1.25", "<= 2", "yes"],
        ["peak", "480 MB", "limit", "500 MB", "0.96", "<= 1", "yes"],
        ["train", "90 s", "fit", "4,000 s", "0.02"],
        ["stacked", "–", "fit", "–", "–", ">= 10", "not measured: no GPU"],
    ]


def test_both_sides_take_turns_and_the_first_is_not_counted(bench, monkeypatch):
    timing, turns, now = bench["timing"], [], [0.0]
    costs = {"ours": iter([100, 1, 5, 3]), "peer": iter([100, 4, 2, 2])}

    def take(side):
        turns.append(side)
        now[0] += next(costs[side])

    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
    ratio = timing.measure("a", lambda: take("ours"), "b", lambda: take("peer"), n_repeats=3)
    assert turns == ["ours", "peer"] * 4
    assert (ratio.value, ratio.peer_value) == (3, 2)


def test_records_come_back_as_they_were_appended(bench, tmp_path):
    records, path = bench["records"], tmp_path / "results.json"
    assert records.load_records(path) == []
    first, second = record(bench), record(bench, "stacked", why="no GPU")
    records.append_records(path, [first])
    records.append_records(path, [second])
    assert records.load_records(path) == [first, second]
    assert [row["name"] for row in json.loads(path.read_text())] == ["fast", "stacked"]
    assert list(tmp_path.iterdir()) == [path]


def test_of_each_claim_the_newest_records_are_kept(bench, tmp_path):
    records, path = bench["records"], tmp_path / "results.json"
    many = [record(bench, figure=float(place)) for place in range(9)]
    records.append_records(path, [record(bench, "other"), *many])
    kept = records.load_records(path)
    assert [each.name for each in kept] == ["other"] + ["fast"] * records.MOST_OF_A_CLAIM
    assert [each.figure for each in kept[1:]] == [4.0, 5.0, 6.0, 7.0, 8.0]


def test_a_figure_outlives_many_runs_that_could_not_measure_it(bench, tmp_path):
    records, path = bench["records"], tmp_path / "results.json"
    lacking = record(bench, why="no GPU")
    records.append_records(path, [record(bench, figure=3.0), *[lacking] * 9])
    kept = records.load_records(path)
    assert kept == [record(bench, figure=3.0), *[lacking] * records.MOST_OF_A_CLAIM]


def test_a_figure_outlives_that_it_could_not_be_measured_later(bench):
    choose = bench["records"].choose_newest
    old, new, lacking = record(bench, figure=1.0), record(bench), record(bench, why="no GPU")
    assert choose([old, new, lacking]) == [new]
    assert choose([lacking, old]) == [old]
    assert choose([lacking]) == [lacking]
    assert [each.script for each in choose([record(bench, script="z"), old])] == ["vote", "z"]


def test_page_puts_a_figure_beside_those_before_it(bench):
    """One lucky run on a shared machine must not hide the unlucky ones."""
    figures = [record(bench, figure=figure) for figure in (1.63, 2.0, 2.3)]
    other, lacking = record(bench, "other", figure=9.0), record(bench, why="no GPU")
    page = bench["records"].render_markdown([figures[0], other, *figures[1:], lacking])
    assert "| 2.30 | 1.63, 2.00 | <= 2 |" in page
    assert "| 9.00 |  | <= 2 |" in page


def test_finish_prints_the_table_and_appends_what_it_says(bench, tmp_path, monkeypatch, capsys):
    records, timing = bench["records"], bench["timing"]
    path = tmp_path / "results.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks/memory.py", "--full"])
    monkeypatch.setattr(records, "RESULTS", path)
    ratios = [
        timing.Ratio("peak", "limit", 600.0, 500.0, "<= 1", "MB"),
        timing.Unmeasured("stacked", "fit", ">= 10", "no GPU"),
    ]
    records.finish(ratios, "scipy", "no-such-package")
    assert capsys.readouterr().out == timing.render_ratios(ratios) + "\n"
    peak, stacked = records.load_records(path)
    assert (peak.script, peak.value, peak.figure, peak.met, peak.unit) == (
        "memory", 600.0, 1.2, False, "MB",
    )  # fmt: skip
    assert (stacked.figure, stacked.met, stacked.why) == (None, None, "no GPU")
    assert set(peak.versions) == {"python", "numpy", "h5py", "scipy", "no-such-package"}
    assert peak.versions["no-such-package"] == "absent"
    assert peak.hardware["cores"] >= 1


def test_page_is_the_one_that_the_results_make(bench):
    """Nobody types a figure: what README links to is what results.json says."""
    records = bench["records"]
    page = (FOLDER / "RESULTS.md").read_text(encoding="utf-8")
    assert page == records.render_markdown(records.load_records(records.RESULTS))


def test_every_script_of_claims_is_run_and_has_a_record(bench):
    records = bench["records"]
    scripts = {
        path.stem
        for path in FOLDER.glob("*.py")
        if path.stem not in SHARED and "finish(" in path.read_text(encoding="utf-8")
    }
    assert scripts == set(bench["run"].SCRIPTS)
    assert scripts <= {each.script for each in records.load_records(records.RESULTS)}
