"""The query, on the toy run whose six examples are named cases."""

import csv
import io
import json
import re

import pytest

from tests.toy import toy_labels, toy_predictions

KEYS = [
    "index", "label", "predicted", "pair", "gap", "margin", "confidence", "p_predicted",
    "p_label", "votes_for_predicted", "votes_for_label", "tied", "wrong_members",
]  # fmt: skip


@pytest.fixture
def run(make_run):
    """Three members, six examples: see `tests.toy`."""
    probabilities = toy_predictions().probabilities
    return make_run(probabilities=probabilities, labels=toy_labels().values).path


@pytest.fixture
def rows(call, run):
    return json.loads(call("errors", run, "--format", "json").out)


def test_json_rows_have_the_documented_keys_and_plain_values(rows, run):
    assert rows
    for row in rows:
        assert list(row) == KEYS
        assert row["pair"] == f"{row['label']}->{row['predicted']}"
        assert row["label"] != row["predicted"]
        assert row["gap"] == pytest.approx(row["p_predicted"] - row["p_label"])
        assert isinstance(row["tied"], bool)
        assert len(row["wrong_members"]) == 3 - row["votes_for_label"]


def test_errors_are_those_that_a_loop_finds(rows, call, run):
    from ensemble_lab import combine, load_labels, load_predictions, open_run
    from ensemble_lab.decision import DEFAULT

    opened = open_run(run)
    vote = combine(load_predictions(opened), DEFAULT)
    labels = load_labels(opened).values
    wrong = [i for i in range(6) if vote.predicted[i] != labels[i]]
    assert sorted(row["index"] for row in rows) == wrong


def test_default_order_is_largest_gap_first(rows):
    gaps = [row["gap"] for row in rows]
    assert gaps == sorted(gaps, reverse=True)


def test_reverse_and_index_order(call, run, rows):
    ascending = call("errors", run, "--sort", "index", "--format", "indices").out.split()
    assert ascending == sorted(str(row["index"]) for row in rows)
    backwards = call("errors", run, "--sort", "index", "--reverse", "--format", "indices")
    assert backwards.out.split() == ascending[::-1]


def test_repeated_options_are_or_and_different_ones_and(call, run, rows):
    def indices(*options):
        return {
            int(word) for word in call("errors", run, "--format", "indices", *options).out.split()
        }

    labels = sorted({row["label"] for row in rows})
    everything = {row["index"] for row in rows}
    assert indices(*(word for label in labels for word in ("--label", label))) == everything
    first = rows[0]
    both = indices("--label", first["label"], "--predicted", first["predicted"])
    assert both == indices("--pair", f"{first['label']}:{first['predicted']}")
    assert both == indices("--pair", first["pair"])
    assert first["index"] in both
    assert indices("--min-gap", first["gap"]) == {
        row["index"] for row in rows if row["gap"] >= first["gap"]
    }
    assert indices("--tied") == {row["index"] for row in rows if row["tied"]}


def test_csv_has_the_same_rows(call, run, rows):
    table = list(csv.DictReader(io.StringIO(call("errors", run, "--format", "csv").out)))
    assert [int(row["index"]) for row in table] == [row["index"] for row in rows]
    assert list(table[0]) == KEYS
    assert [float(row["gap"]) for row in table] == [row["gap"] for row in rows]


def test_index_answers_for_right_images_too(call, run, rows):
    wrong = {row["index"] for row in rows}
    right = next(i for i in range(6) if i not in wrong)
    answer = call("errors", run, "--index", f"{right},{min(wrong)}")
    assert answer.code == 0
    (line,) = (line for line in answer.out.splitlines() if line.split()[0] == str(right))
    assert " right " in line
    assert "2 examples asked for by index, 1 of them wrong" in answer.out
    asked = json.loads(call("errors", run, "--index", right, "--format", "json").out)
    assert [row["index"] for row in asked] == [right]
    assert asked[0]["label"] == asked[0]["predicted"]
    assert asked[0]["gap"] == 0


def test_no_error_is_an_empty_result_and_success(call, run):
    answer = call("errors", run, "--min-gap", "1.5", "--format", "json")
    assert (answer.code, answer.out) == (0, "[]\n")
    assert call("errors", run, "--min-gap", "1.5").out.startswith("0 of ")


def test_no_row_as_indices_is_no_line(call, run):
    answer = call("errors", run, "--min-gap", "1.5", "--format", "indices")
    assert (answer.code, answer.out) == (0, "")


def test_what_cannot_be_done_costs_no_look(call, run):
    call("errors", run, "--save", "Not A Name")
    call("errors", run, "--pairs", "--format", "indices")
    call("errors", run, "--label", "99")
    call("gallery", run, "-o", "errors.doc")
    call("errors", run, "--view", "nothing")
    call("errors", run, "--view", "ties", "--share", "0.5")
    call("errors", run, "--where", "nothing > 1")
    call("errors", run, "--where", "pair like 'x' escape 'yy'")
    assert not (run / "test-access.jsonl").exists()


def test_pairs_count_all_errors(call, run, rows):
    counted = json.loads(call("errors", run, "--pairs", "--format", "json").out)
    assert sum(row["count"] for row in counted) == len(rows)
    assert [row["count"] for row in counted] == sorted((r["count"] for r in counted), reverse=True)
    limited = json.loads(call("errors", run, "--pairs", "--limit", "1", "--format", "json").out)
    assert limited == counted[:1]


def test_limit_keeps_the_first_rows_and_says_of_how_many(call, run, rows):
    answer = call("errors", run, "--limit", "1")
    assert f"1 of {len(rows)} errors in 6 examples of test" in answer.out


def test_saved_rows_can_be_loaded_with_decision_and_pictures(call, run, rows):
    from ensemble_lab import load_catalogue

    answer = call("errors", run, "--ties", "lowest", "--save", "hard")
    assert answer.code == 0
    path = answer.err.splitlines()[0].removeprefix("saved ")
    saved = load_catalogue(path)
    assert saved.decision.ties == "lowest"
    assert saved.thumbnails.shape == (len(saved), 5, 4, 1)


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        (("--pair", "4-"), ["4-", "4:9", "'4->9'"]),
        (("--pair", "x"), ["'x'", "4:9"]),
        (("--index", "60000"), ["60000", "from 0 to 5", "'test'"]),
        (("--index", "-1"), ["whole number", "-1"]),
        (("--label", "four"), ["label", "four"]),
        (("--rule", "majorty"), ["majority", "mean-probability", "did you mean 'majority'"]),
        (("--ties", "random"), ["random:", "seed"]),
        (("--index", "9" * 30), ["index", "9" * 30]),
        (("--label", "3"), ["from 0 to 2", "got 3"]),
        (("--pair", "0:99"), ["from 0 to 2", "got 99"]),
        (("--ties", "random:" + "9" * 5000), ["random:"]),
        (("--split", "tset"), ["validation, test", "tset", "did you mean 'test'"]),
        (("--members", "b-*"), ["b-*"]),
        (("--save", "Not A Name"), ["lower-case", "Not A Name"]),
        (("--view", "oracel"), ["near-misses", "oracel", "did you mean 'oracle'"]),
        (("--share", "0.4"), ["persistent", "confident", "'errors'"]),
        (("--view", "persistent", "--share", "0"), ["above 0", "at most 1", "0.0"]),
        (("--view", "persistent", "--share", "nan"), ["above 0", "at most 1", "nan"]),
        (("--where", "margn > 0"), ["margn", "votes_for_label", "did you mean 'margin'"]),
        (("--where", '"0->1" = pair'), ["0->1", "double quotes", "single quotes"]),
        (("--where", "gap > 0; DROP TABLE errors"), ["without ';'"]),
        (("--where", "1) OR (1"), ["open each bracket"]),
        (("--where", "gap >"), ["'gap >'", "incomplete input"]),
        (("--where", ""), ["gap > 0.5", "none"]),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_1(call, run, options, facts):
    answer = call("errors", run, *options)
    assert answer.code == 1
    assert len(answer.err.strip().splitlines()) == 1
    for fact in facts:
        assert fact in answer.err


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        (("--sort", "size"), "--sort"),
        (("--limit", "-1"), "--limit"),
        (("--nothing",), "--nothing"),
        (("--pairs", "--format", "indices"), "no indices"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(call, run, options, fact):
    answer = call("errors", run, *options)
    assert answer.code == 2
    assert len(answer.err.strip().splitlines()) == 1
    assert fact in answer.err


FOOTERS = {
    "errors": "3 errors in 6 examples of test;",
    "all": "6 examples of test, 3 of them wrong;",
    "oracle": "2 examples that no member gets right, among 6 examples of test;",
    "persistent": "4 examples that 2 or more of 3 members get wrong, 3 of them wrong, among 6 "
    "examples of test;",
    "ties": "1 tie in 6 examples of test;",
    "near-misses": "3 right examples in 6 examples of test;",
    "confident": "1 error with 0.5 or more of the probability on the wrong class, among 6 "
    "examples of test;",
}


def on_one_line(text: str) -> str:
    """What was printed, its wrapped sentence unwrapped; no line may be long."""
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines)
    return " ".join(lines)


@pytest.mark.parametrize("view", FOOTERS)
def test_every_view_says_what_its_rows_are(call, run, view):
    answer = call("errors", run, "--view", view)
    assert answer.code == 0
    told = f" {FOOTERS[view]} vote of 3, majority, ties by mean-probability"
    assert on_one_line(answer.out).endswith(told)


def test_a_narrowed_view_says_of_how_many(call, run):
    near = call("errors", run, "--view", "near-misses", "--limit", "2")
    assert " 2 of 3 right examples in 6 examples of test;" in on_one_line(near.out)
    oracle = call("errors", run, "--view", "oracle", "--where", "label = 1")
    assert " 1 of 2 examples that no member gets right, among 6 " in on_one_line(oracle.out)
    none = call("errors", run, "--view", "oracle", "--index", "0")
    assert none.out.startswith("0 of 2 examples that no member gets right, among 6 ")


def test_right_rows_stand_in_the_same_table_with_their_margin(call, run):
    lines = call("errors", run, "--view", "persistent").out.splitlines()
    assert lines[0].split()[:4] == ["index", "pair", "gap", "margin"]
    assert [line.split()[0] for line in lines[1:5]] == ["4", "5", "2", "3"]
    assert lines[3].split()[1:6] == ["2", "right", "0.0000", "0.1250", "0.4167"]
    assert "margin" not in call("errors", run).out.splitlines()[0]


def test_where_narrows_every_view(call, run):
    def indices(*options):
        return call("errors", run, "--format", "indices", *options).out.split()

    assert indices("--where", "pair = '0->1'") == ["3"]
    assert indices("--where", "Index > 3 and not predicted = 0") == ["4"]
    assert indices("--view", "all", "--where", "tied or n_wrong = 3") == ["2", "4", "5"]
    both = ("--view", "all", "--where", "n_wrong = 3", "--label", "2", "--limit", "1")
    assert indices(*both) == ["5"]


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("margin", "4 5 2 3 1 0"),
        ("confidence", "4 0 3 1 2 5"),
        ("wrong", "4 5 2 3 1 0"),
    ],
)
def test_orders_of_all_examples(call, run, sort, wanted):
    answer = call("errors", run, "--view", "all", "--sort", sort, "--format", "indices")
    assert answer.out.split() == wanted.split()


def test_help_tells_what_each_view_lists(call):
    from ensemble_lab.errors.views import VIEWS
    from ensemble_lab.errors.where import COLUMNS

    text = call("errors", "--help").out
    lines = [line.split(maxsplit=1) for line in text.splitlines()]
    for name, view in VIEWS.items():
        assert [name, view.help] in lines
    assert set(COLUMNS) <= set(re.findall(r"\w+", text))
