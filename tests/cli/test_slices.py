"""Slices, as a reader who asks who the errors belong to sees them."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.exceptions import DataError
from tests.conftest import find_mnist, need

FIELDS = [
    "value", "n_examples", "errors", "rate", "low", "high", "ratio", "p", "p_holm", "p_cluster",
    "p_cluster_holm",
]  # fmt: skip
N = 240


@pytest.fixture
def pool(make_run):
    """Three members that err on every fourth of the first 120 examples, and nowhere else."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, N)
    shown = np.where((np.arange(N) < 120) & (np.arange(N) % 4 == 0), (labels + 1) % 3, labels)
    given = np.tile(0.1 + 0.7 * np.eye(3)[shown], (3, 1, 1))
    return make_run(probabilities=given, labels=labels)


@pytest.fixture
def who(tmp_path) -> Path:
    """Series A wrote the first half, six writers each half; sizes mean nothing."""
    path = tmp_path / "who.csv"
    rows = [f"{i},{'AB'[i // 120]},{100 + i // 20},{(i * 37) % 240 / 7},note {i}" for i in range(N)]
    path.write_text("\n".join(["index,series,writer,size,note", *rows[::-1]]))
    return path


def columns_of(answer) -> dict:
    return {each["column"]: each for each in json.loads(answer.out)["columns"]}


def test_finds_by_itself_which_series_carries_the_errors(call, pool, who):
    answer = call("slices", pool.path, "--metadata", who)
    assert answer.code == 0
    text = " ".join(answer.out.split())
    assert "series: A differs from B. It has 30 of 30 errors in 120 of 240 examples" in text
    assert "the rest has none; p = " in text
    assert "with each writer kept whole" in text
    assert "writer: no single writer after Holm over 12 tests." in text
    assert text.index("series: A") < text.index("writer: no single")
    assert "30 errors in 240 examples of test, 12.50 %; vote of 3, majority" in text
    assert answer.err.splitlines() == [
        "note has 240 values in 240 examples, too many to slice by",
        "look 1 on this test set",
    ]


def test_numbers_are_those_of_counting(call, pool, who):
    stats = need("scipy.stats")
    report = json.loads(call("slices", pool.path, "--metadata", who, "--format", "json").out)
    names = {each["column"] for each in report["columns"]}
    assert names == {"label", "series", "writer", "size"}
    assert (report["split"], report["n_examples"], report["errors"]) == ("test", N, 30)
    assert (report["cluster"], report["n_clusters"]) == ("writer", 12)
    assert len(report["sentences"]) == len(names)
    labels = lab.load_labels(pool).values
    is_wrong = (np.arange(N) < 120) & (np.arange(N) % 4 == 0)
    by_label = next(each for each in report["columns"] if each["column"] == "label")
    assert by_label["n_tests"] == 3
    for row in by_label["slices"]:
        assert list(row) == FIELDS
        is_in = labels == int(row["value"])
        assert row["n_examples"] == is_in.sum()
        assert row["errors"] == is_wrong[is_in].sum()
        table = [[is_wrong[side].sum(), (~is_wrong)[side].sum()] for side in (is_in, ~is_in)]
        assert row["p"] == pytest.approx(stats.fisher_exact(table).pvalue)
        assert row["p_cluster"] is None
    assert report["columns"][0]["column"] == "series"


def test_csv_has_a_row_a_slice(call, pool, who):
    answer = call("slices", pool.path, "--metadata", who, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert list(rows[0]) == ["column", *FIELDS]
    assert len(rows) == 3 + 2 + 12 + 4
    assert rows[0]["ratio"] == ""
    limited = call("slices", pool.path, "--metadata", who, "--format", "csv", "--limit", 1)
    assert len(limited.out.splitlines()) == 1 + 4


def test_table_shows_ten_slices_of_a_column_and_says_of_the_others(call, pool, who):
    words = ("slices", pool.path, "--metadata", who, "--column", "writer")
    lines = call(*words).out.splitlines()
    assert lines[0].split() == ["writer", "examples", "errors", "rate", "95", "%", "p", "Holm"]
    assert lines[11] == "and 2 more, Holm 1"
    assert len([line for line in call(*words, "--limit", 12).out.splitlines() if "%" in line]) > 12
    assert lines[-1] != ""


def test_without_a_file_labels_are_sliced_by(call, make_run):
    run = make_run()
    assert list(columns_of(call("slices", run.path, "--format", "json"))) == ["label"]


def test_bins_are_the_rule_or_what_is_asked_for(call, pool, who):
    words = ("slices", pool.path, "--metadata", who, "--format", "json")
    assert len(columns_of(call(*words))["size"]["slices"]) == 4
    found = columns_of(call(*words, "--bins", "size=6", "--bins", "writer=2"))
    assert len(found["size"]["slices"]) == 6
    assert {each["value"] for each in found["writer"]["slices"]} == {"100 to 105", "106 to 111"}
    # Whole clusters are drawn by the writers themselves, however these are sliced.
    assert found["writer"]["slices"][0]["p_cluster"] < 0.1


def test_examples_that_a_file_does_not_name_are_a_slice_of_their_own(call, pool, tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("index,hand\n" + "\n".join(f"{i},left" for i in range(200)))
    answer = call("slices", pool.path, "--metadata", path, "--format", "json")
    sizes = {each["value"]: each["n_examples"] for each in columns_of(answer)["hand"]["slices"]}
    assert sizes == {"left": 200, "(none)": 40}
    assert "does not name 40 of the 240 examples of test" in answer.err


def test_rows_in_order_are_said_to_be(call, pool, tmp_path):
    path = tmp_path / "hands.csv"
    path.write_text("hand\n" + "left\nright\n" * 120)
    answer = call("slices", pool.path, "--metadata", path, "--column", "hand")
    assert answer.code == 0
    assert "hands.csv names no index: its rows are taken as examples 0 to 239" in answer.err


def test_parquet_and_several_files(call, pool, who, tmp_path):
    need("pyarrow")
    pandas = need("pandas")
    path = tmp_path / "ages.parquet"
    pandas.DataFrame({"index": range(N), "age": [8, 31] * 120}).to_parquet(path, index=False)
    words = ("slices", pool.path, "--metadata", who, "--metadata", path, "--format", "json")
    assert "age" in columns_of(call(*words))


def test_small_slices_are_left_out_and_counted(call, pool, who):
    words = ("slices", pool.path, "--metadata", who, "--column", "writer", "--min-size", 21)
    text = call(*words).out
    assert "not tested for being small: 12 with 240 examples in all" in text
    assert "writer: no value has so many examples." in text


def test_cluster_may_be_another_column(call, pool, who):
    words = ("slices", pool.path, "--metadata", who, "--format", "json", "--cluster", "note")
    answer = call(*words)
    other = json.loads(answer.out)
    assert (other["cluster"], other["n_clusters"]) == ("note", N)
    assert columns_of(answer)["series"]["slices"][0]["p_cluster"] < 0.001


def test_strange_names_keep_the_table_in_80_columns(call, pool, tmp_path):
    path = tmp_path / "names.csv"
    rows = "".join(f"{'long ' * 30}{i % 3},{i % 2}\n" for i in range(N))
    path.write_text(f'"{"column " * 20}",errors\n{rows}')
    answer = call("slices", pool.path, "--metadata", path)
    assert answer.code == 0
    table = [line for line in answer.out.splitlines() if "…" in line or "errors" in line]
    assert max(map(len, table)) <= 80
    assert "column errors  examples" in answer.out


def test_run_without_errors_says_so(call, make_run):
    labels = np.arange(12) % 3
    run = make_run(probabilities=np.tile(np.eye(3)[labels], (2, 1, 1)), labels=labels)
    text = call("slices", run.path).out
    assert "label: no errors, so no difference." in text
    assert "0 errors in 12 examples of test, 0.00 %" in text


def test_decision_and_members_are_those_of_other_commands(call, make_run):
    run = make_run(n_members=5, n_examples=80, lead=0.2)
    for more in ([], ["--members", "a-0002"], ["--rule", "mean-probability"]):
        report = json.loads(call("slices", run.path, *more, "--format", "json").out)
        vote = json.loads(call("vote", run.path, *more, "--format", "json").out)
        assert report["errors"] == vote["errors"]
        assert sum(row["errors"] for row in report["columns"][0]["slices"]) == vote["errors"]


def test_validation_and_folds_need_no_look(call, make_run, tmp_path):
    run, folds = make_run(), make_run(tmp_path / "folds", folds=3)
    for each, split in ((run, "validation"), (folds, "train-oof")):
        answer = call("slices", each.path, "--split", split, "--format", "json")
        assert (answer.code, answer.err) == (0, "")
        assert lab.load_ledger(each) == []
    assert json.loads(answer.out)["n_examples"] == 24


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_figure_is_written_in_the_place_of_the_table(call, pool, who, tmp_path, ending):
    need("matplotlib")
    path = tmp_path / "new" / f"slices.{ending}"
    answer = call("slices", pool.path, "--metadata", who, "-o", path)
    assert (answer.code, answer.out) == (0, f"{path}\n")
    assert path.stat().st_size > 1_000


@pytest.mark.parametrize(
    ("more", "code", "facts"),
    [
        (["-o", "slices.gif"], 1, ".png, .svg, .pdf"),
        (["-o", "slices.png", "--format", "csv"], 2, "leave out --format or -o"),
        (["--column", "writr"], 1, "did you mean 'writer'"),
        (["--column", "note"], 1, "two examples or more on average; note has 240 values"),
        (["--bins", "size"], 2, "--bins must be NAME=K"),
        (["--bins", "size=x"], 1, "bins must be a whole number from 0; got 'x'"),
        (["--bins", "size=1"], 1, "bins of 'size' must be from 2 to 100"),
        (["--bins", "series=2"], 1, "bins must be of numbers; got 'series'"),
        (["--bins", "sise=2"], 1, "did you mean 'size'"),
        (["--bins", "label=2"], 1, "bins must be of numbers; got 'label'"),
        (["--cluster", "writr"], 1, "did you mean 'writer'"),
        (["--cluster", "label"], 1, "cluster must be known of each example; got 'label'"),
        (["--metadata", "none.csv"], 1, "No such file or directory, in none.csv"),
        (["--metadata", "none.xlsx"], 1, "must end in .csv, .parquet"),
        (["--min-size", "0"], 2, "must be from 1; got 0"),
        (["--limit", "0"], 2, "must be from 1; got 0"),
        (["--split", "tset"], 1, "did you mean 'test'"),
    ],
)
def test_refusals_are_one_line_and_cost_no_look(call, pool, who, more, code, facts):
    answer = call("slices", pool.path, "--metadata", who, *more)
    assert (answer.code, answer.out) == (code, "")
    assert facts in answer.err
    assert len(answer.err.splitlines()) == 1
    assert lab.load_ledger(pool) == []


def test_all_examples_of_one_cluster_are_refused_when_asked_for(call, pool, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("city,writer\n" + "Turku,1\n" * N)
    words = ("slices", pool.path, "--metadata", path)
    assert "all examples have one city" in call(*words, "--cluster", "city").err
    answer = call(*words, "--format", "json")
    assert json.loads(answer.out)["cluster"] is None
    (only,) = columns_of(answer)["city"]["slices"]
    assert only["p"] == 1.0
    assert "city: all examples have Turku; there is no rest" in " ".join(call(*words).out.split())


def test_python_refuses_a_size_below_one(pool):
    with pytest.raises(lab.EnsembleLabError, match="min_size must be 1 or more; got 0"):
        lab.build_slices(pool, lab.SliceQuestion(min_size=0))
    assert lab.load_ledger(pool) == []


def test_slicing_loads_nothing_heavy(pool, who):
    script = (
        "import sys\n"
        "from ensemble_lab.cli import main\n"
        "try:\n"
        f"    main(['slices', {str(pool.path)!r}, '--metadata', {str(who)!r}])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'pandas', 'sklearn', 'scipy', 'pyarrow'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    root = Path(lab.__file__).parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root
    )
    assert answer.returncode == 0, answer.stderr


@pytest.fixture
def mnist_run(make_run, monkeypatch):
    """Errors on real MNIST's first 10,000: the students' three times as often as the others'."""
    from ensemble_lab.workflows import metadata

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 10_000)
    is_wrong = rng.random(10_000) < np.where(np.arange(10_000) < 5_000, 0.006, 0.002)
    shown = np.where(is_wrong, (labels + 1) % 10, labels)
    run = make_run(probabilities=np.eye(10)[shown][np.newaxis], labels=labels)
    real = metadata.load_record

    def of_mnist(run, name):
        record = real(run, name)
        return replace(record, source={"data": {"name": "mnist"}, "split": "test"})

    monkeypatch.setattr(metadata, "load_record", of_mnist)
    return run


@pytest.mark.mnist
def test_students_of_mnist_are_found_and_no_single_writer(call, mnist_run):
    folder = find_mnist()
    answer = call("slices", mnist_run.path, "--data-dir", folder)
    text = " ".join(answer.out.split())
    assert "series: 4 differs from 0." in text
    assert "with each writer kept whole" in text
    assert "writer: no single writer after Holm over 297 tests." in text
    assert "nist_index" not in text
    assert max(map(len, answer.out.splitlines())) <= 80
    asked = call("slices", mnist_run.path, "--data-dir", folder, "--column", "nist_index")
    assert "over 4 tests" in asked.out


def test_what_the_source_lacks_is_said_and_labels_are_sliced_by(call, pool, monkeypatch):
    from ensemble_lab.workflows import metadata

    def lack(*_):
        raise DataError("labels must lie somewhere; got none.")

    monkeypatch.setattr(metadata, "load_metadata", lack)
    answer = call("slices", pool.path, "--format", "json")
    assert list(columns_of(answer)) == ["label"]
    assert "no series and writer: labels must lie somewhere; got none." in answer.err
    refused = call("slices", pool.path, "--column", "writer")
    assert refused.code == 1
    assert "column must be one of label; got 'writer'. labels must lie somewhere" in refused.err


def test_column_in_the_place_of_the_sources_own_is_said(monkeypatch, call, pool, tmp_path):
    from ensemble_lab.data.metadata import Column, build_metadata
    from ensemble_lab.workflows import metadata

    index = lab.load_predictions(pool).index
    known = build_metadata(index, [Column("writer", index % 7)])
    monkeypatch.setattr(metadata, "load_metadata", lambda spec, split, data_dir: known)
    rows = "".join(f"{number},{number % 5}\n" for number in index)
    (tmp_path / "own.csv").write_text(f"index,writer\n{rows}", encoding="utf-8")
    assert (
        "column 'writer' is that of"
        in call("slices", pool.path, "--metadata", tmp_path / "own.csv").err
    )


def test_pipe_is_no_metadata(call, pool, tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    answer = call("slices", pool.path, "--metadata", tmp_path / "a.csv")
    assert answer.code == 1
    assert "a folder or a device" in answer.err


def test_dates_that_python_cannot_name_are_one_line(call, pool, tmp_path):
    pyarrow, parquet = need("pyarrow"), need("pyarrow.parquet")
    n_examples = len(lab.load_predictions(pool).index)
    days = pyarrow.array(np.full(n_examples, 2**30, np.int32)).cast(pyarrow.date32())
    parquet.write_table(pyarrow.table({"day": days}), tmp_path / "a.parquet")
    answer = call("slices", pool.path, "--metadata", tmp_path / "a.parquet")
    assert answer.code == 1
    assert "column 'day'" in answer.err


def test_values_cannot_move_the_cursor_or_turn_the_line(call, pool, tmp_path):
    index = lab.load_predictions(pool).index
    rows = "".join(f"{number},\x1b[31m" + "x\u202e"[number % 2] + "\n" for number in index)
    (tmp_path / "a.csv").write_text(f"index,\x1b[2J\n{rows}", encoding="utf-8")
    answer = call("slices", pool.path, "--metadata", tmp_path / "a.csv")
    assert answer.code == 0
    assert not {"\x1b", "\u202e"} & set(answer.out + answer.err)
