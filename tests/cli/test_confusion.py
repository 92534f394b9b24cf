"""The confusion matrix on the command line, of few classes and of many."""

import csv
import io
import json
import warnings

import numpy as np
import pytest

import ensemble_lab as lab
from tests.toy import toy_labels, toy_predictions

TABLE = """\
label  right  errors  0  1  2
0          1       1  –  1  ·
1          1       1  ·  –  1
2          1       1  1  ·  –
columns: predicted; –: right answers, in their own column; ·: none
3 errors in 6 examples of test; vote of 3, majority, ties by mean-probability
"""
SHARES = """\
label  right  errors   0   1   2
0         50       1   –  50   ·
1         50       1   ·   –  50
2         50       1  50   ·   –
columns: predicted; –: right answers, in their own column; ·: none
right and cells: percent of the label's examples
3 errors in 6 examples of test; vote of 3, majority, ties by mean-probability
"""


@pytest.fixture
def toy(make_run):
    """Three members, six examples: see `tests.toy`."""
    predictions, labels = toy_predictions().probabilities, toy_labels().values
    return make_run(probabilities=predictions, labels=labels).path


def build_run(make_run, counts, **wishes):
    """A run of one member, whose matrix is this one."""
    counts = np.asarray(counts)
    labels, chosen = np.repeat(np.argwhere(counts >= 0), counts.ravel(), axis=0).T
    probabilities = np.eye(len(counts), dtype=np.float32)[chosen][np.newaxis]
    return make_run(probabilities=probabilities, labels=labels, **wishes).path


def test_tables_as_they_are_printed(call, toy):
    assert call("confusion", toy).out == TABLE
    assert call("confusion", toy, "--normalise").out == SHARES


def test_matrix_is_the_one_of_scikit_learn(call, make_run):
    from sklearn.metrics import confusion_matrix

    path = make_run(n_examples=200, n_classes=5, lead=0.2).path
    found = json.loads(call("confusion", path, "--format", "json").out)
    run = lab.open_run(path)
    labels = lab.load_labels(run).values
    predicted = lab.combine(lab.load_predictions(run), lab.Decision()).predicted
    assert found["counts"] == confusion_matrix(labels, predicted).tolist()
    assert found["errors"] == int((labels != predicted).sum()) > 0
    assert sum(pair["count"] for pair in found["pairs"]) == found["errors"]
    assert list(found) == [
        "split", "n_examples", "errors", "rule", "tie_policy", "members", "class_names",
        "counts", "pairs",
    ]  # fmt: skip
    shares = json.loads(call("confusion", path, "--format", "json", "--normalise").out)["shares"]
    assert shares == (np.array(found["counts"]) / np.sum(found["counts"], 1)[:, None]).tolist()


def test_one_member_is_what_it_says_whatever_the_rule(call, toy):
    run = lab.open_run(toy)
    votes = lab.load_predictions(run, members=("a-0001",)).votes[0]
    labels = lab.load_labels(run).values
    wanted = np.zeros((3, 3), int)
    np.add.at(wanted, (labels, votes), 1)
    for rule in ("majority", "mean-probability", "two-level"):
        words = ("--member", "a-0001", "--rule", rule)
        found = json.loads(call("confusion", toy, *words, "--format", "json").out)
        assert (found["counts"], found["members"]) == (wanted.tolist(), ["a-0001"])
    assert call("confusion", toy, "--member", "a-0001").out.endswith("; member a-0001\n")


def test_csv_is_the_matrix(call, toy):
    table = list(csv.reader(io.StringIO(call("confusion", toy, "--format", "csv").out)))
    assert table == [
        ["label", "0", "1", "2"], ["0", "1", "1", "0"], ["1", "0", "1", "1"], ["2", "1", "0", "1"],
    ]  # fmt: skip
    shares = list(
        csv.reader(io.StringIO(call("confusion", toy, "--format", "csv", "--normalise").out))
    )
    assert shares[1] == ["0", "0.5", "0.5", "0.0"]


def test_absent_class_is_an_empty_row_and_no_warning(call, make_run):
    path = build_run(make_run, [[3, 1, 0], [0, 0, 0], [0, 0, 2]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = call("confusion", path, "--normalise")
        shares = json.loads(call("confusion", path, "--normalise", "--format", "json").out)
    assert answer.out.splitlines()[2].split() == ["1", "0"]
    assert shares["shares"][1] == [0, 0, 0]


def test_ten_classes_with_a_large_diagonal_fit_a_terminal(call, make_run):
    counts = np.diag([999] * 10)
    counts[4, 9], counts[9, 4] = 12, 1
    path = build_run(make_run, counts)
    for words in ([], ["--normalise"]):
        lines = call("confusion", path, *words).out.splitlines()
        assert lines[0].split() == ["label", "right", "errors", *map(str, range(10))]
        assert max(map(len, lines)) <= 80
    row = call("confusion", path).out.splitlines()[5]
    assert row.split() == ["4", "999", "12", *"····–····", "12"]
    row = call("confusion", path, "--normalise").out.splitlines()[5]
    assert row.split() == ["4", "98.8", "12", *"····–····", "1.2"]


def test_hundred_classes_are_the_largest_pairs_and_the_worst_classes_and_it_says_so(call, make_run):
    counts = np.diag([3] * 100)
    counts[17, 4], counts[17, 5], counts[80, 81] = 5, 2, 4
    for label in range(20, 40):
        counts[label, 0] = 1
    path = build_run(make_run, counts)
    answer = call("confusion", path)
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "100 classes make too wide a matrix for 80 columns" in answer.out
    assert "12 of 23 confused pairs, largest first" in answer.out
    assert "12 of 22 classes with errors, largest first" in answer.out
    rows = [line.split() for line in answer.out.splitlines()]
    assert rows[4] == ["17", "4", "5", "50", "%"]
    assert rows[5] == ["80", "81", "4", "57", "%"]
    worst = next(n for n, row in enumerate(rows) if row[:2] == ["label", "errors"])
    assert rows[worst + 1 : worst + 3] == [
        ["17", "7", "10", "70", "%"],
        ["80", "4", "7", "57", "%"],
    ]
    by_share = [line.split() for line in call("confusion", path, "--normalise").out.splitlines()]
    assert by_share[4] == ["80", "81", "4", "57", "%"]


def test_many_classes_without_an_error_say_so(call, make_run):
    answer = call("confusion", build_run(make_run, np.diag([1] * 100)))
    assert answer.out.splitlines()[0] == "100 classes, no error"


def test_long_names_are_cut_and_stand_beside_their_number(call, make_run):
    from dataclasses import replace

    from ensemble_lab.store.run import open_run, save_run

    path = build_run(make_run, np.diag([5] * 3))
    run = open_run(path)
    names = ("cat", "a dog of the\nfinest breed", "$3")
    save_run(replace(run, class_names=names))
    labels = [line[:20].rstrip() for line in call("confusion", path).out.splitlines()[1:4]]
    assert labels == ["0 cat", "1 a dog of the fi…", "2 $3"]


def test_figure_is_written_and_its_path_printed(call, toy, tmp_path):
    path = tmp_path / "new" / "matrix.svg"
    answer = call("confusion", toy, "-o", path, "--normalise")
    assert (answer.code, answer.out) == (0, f"{path}\n")
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_what_cannot_be_done_costs_no_look(call, toy):
    call("confusion", toy, "-o", "matrix.doc")
    call("confusion", toy, "--member", "a-*")
    call("confusion", toy, "--member", "a-0000", "--members", "a-*")
    call("confusion", toy, "-o", "matrix.png", "--format", "csv")
    assert not (toy / "test-access.jsonl").exists()


def test_matrix_and_vote_count_the_same_errors_on_validation_without_a_look(call, toy):
    matrix = call("confusion", toy, "--split", "validation", "--format", "json")
    vote = call("vote", toy, "--split", "validation", "--format", "json")
    assert json.loads(matrix.out)["errors"] == json.loads(vote.out)["errors"]
    assert not (toy / "test-access.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "code", "facts"),
    [
        (["-o", "matrix.doc"], 1, [".png", "matrix.doc"]),
        (["--member", "a-001"], 1, ["'a-001'", "did you mean 'a-0001'"]),
        (["--member", "a-*"], 1, ["'a-*'"]),
        (["--split", "tset"], 1, ["tset", "did you mean 'test'"]),
        (["--rule", "majorty"], 1, ["did you mean 'majority'"]),
        (["--member", "a-0000", "--members", "a-*"], 2, ["--member", "--members"]),
        (["-o", "matrix.png", "--format", "json"], 2, ["--format"]),
        (["--format", "indices"], 2, ["--format"]),
    ],
)
def test_bad_input_is_one_line(call, toy, words, code, facts):
    answer = call("confusion", toy, *words)
    assert (answer.code, answer.out) == (code, "")
    assert len(answer.err.strip().splitlines()) == 1
    for fact in facts:
        assert fact in answer.err


def test_python_gives_the_same_counts(toy):
    confusion = lab.count_confusion(toy)
    assert confusion.counts.tolist() == [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    assert confusion.decision.members == ("a-0000", "a-0001", "a-0002")
    assert len(lab.draw_confusion(confusion).axes) == 2
