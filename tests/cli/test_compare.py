"""Runs compared: what they share, what one fixes of another, in every format."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.analysis.significance.families import adjust_holm
from ensemble_lab.analysis.significance.paired import count_discordant
from ensemble_lab.store import splits
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_votes
from tests.conftest import need

N_EXAMPLES = 60
LABELS = np.random.default_rng(1).integers(0, 3, N_EXAMPLES)


@pytest.fixture
def make(make_run, tmp_path):
    """Write a run of three members on the same examples, with predictions of its own."""

    def make(name, seed, *, labels=LABELS, images=0):
        rng = np.random.default_rng(seed)
        given = rng.dirichlet(np.ones(3), (3, len(labels))) + 0.4 * np.eye(3)[labels]
        # Five that all get wrong, by whichever of the two wrong classes.
        given[:, :5] -= 0.39 * np.eye(3)[labels[:5]]
        given[:, :5] *= 1 - 0.99 * np.eye(3)[labels[:5]]
        probabilities = given / given.sum(axis=-1, keepdims=True)
        path = tmp_path / "runs" / name
        return make_run(path, probabilities=probabilities, labels=labels, seed=images)

    return make


@pytest.fixture
def runs(make):
    return [make(name, seed) for seed, name in enumerate(("one", "two", "three"))]


@pytest.fixture
def paths(runs):
    return [run.path for run in runs]


def wrong_of(run, *members, rule="majority") -> np.ndarray:
    vote = lab.combine(lab.load_predictions(run, members=members), lab.Decision(rule=rule))
    return vote.predicted != LABELS


def ask(call, *words) -> object:
    answer = call("compare", *words, "--format", "json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_json_counts_what_sets_count(call, runs, paths):
    found = ask(call, *paths)
    wrong = [set(np.flatnonzero(wrong_of(run)).tolist()) for run in runs]
    assert list(found) == [
        "split", "n_examples", "n_any", "n_shared", "images_note", "ensembles", "against",
        "pairs", "intersections",
    ]  # fmt: skip
    assert found["n_examples"] == N_EXAMPLES
    assert found["n_any"] == len(set().union(*wrong))
    assert found["n_shared"] == len(set.intersection(*wrong)) > 0
    assert [each["title"] for each in found["ensembles"]] == ["one", "two", "three"]
    assert [each["errors"] for each in found["ensembles"]] == list(map(len, wrong))
    alone = wrong[0] - wrong[1] - wrong[2]
    assert found["ensembles"][0]["only"] == len(alone) > 0
    assert found["ensembles"][0]["decision"]["members"] == list(runs[0].keys)
    assert sum(each["count"] for each in found["intersections"]) == found["n_any"]
    assert {"ensembles": ["one"], "count": len(alone)} in found["intersections"]


def test_pairs_have_mcnemar_and_holm_over_them(call, runs, paths):
    found = ask(call, *paths)["pairs"]
    wrong = list(map(wrong_of, runs))
    counted = [count_discordant(wrong[a], wrong[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    p_values = [lab.mcnemar_exact(each.only_first, each.only_second) for each in counted]
    assert [(pair["first"], pair["second"]) for pair in found] == [
        ("one", "two"), ("one", "three"), ("two", "three"),
    ]  # fmt: skip
    for pair, each, p, p_holm in zip(found, counted, p_values, adjust_holm(p_values), strict=True):
        assert (pair["fixed"], pair["broken"]) == (each.only_first, each.only_second)
        assert (pair["both"], pair["p"], pair["p_holm"]) == (each.both, p, p_holm)
    report = lab.compare_ensembles(paths)
    assert [(pair.p, pair.p_holm) for pair in report.pairs] == [
        (pair["p"], pair["p_holm"]) for pair in found
    ]


def test_p_is_that_of_the_binomial_test_of_scipy(call, paths):
    stats = need("scipy.stats")
    for pair in ask(call, *paths)["pairs"]:
        n = pair["fixed"] + pair["broken"]
        assert pair["p"] == pytest.approx(stats.binomtest(pair["fixed"], n).pvalue)


def test_table_names_runs_by_their_folders(call, paths):
    answer = call("compare", *paths)
    lines = answer.out.splitlines()
    assert lines[0].split() == ["run", "members", "errors", "only", "here"]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["A", "one"], ["B", "two"], ["C", "three"],
    ]  # fmt: skip
    assert lines[5].split() == ["pair", "fixed", "broken", "both", "wrong", "p", "Holm"]
    assert [line.split()[0] for line in lines[6:9]] == ["A–B", "A–C", "B–C"]
    assert "in all 3; majority, ties by mean-probability" in " ".join(answer.out.split())
    assert "images" not in answer.err


def test_every_run_is_a_look_and_their_numbers_run_on(call, runs, paths):
    assert call("compare", *paths).err == "look 3 on this test set\n"
    rows = [row for run in runs for row in lab.load_ledger(run)]
    assert [(row["command"], row["split"]) for row in rows] == [("compare", "test")] * 3
    assert [row["members"] for row in rows] == [lab.load_predictions(run).digest for run in runs]
    again = call("compare", *paths, "--view", "fixed")
    assert again.err == "look 3 of 3 on this test set, taken before\n"


@pytest.mark.parametrize("view", ["any", "shared", "only", "fixed", "broken", "persistent"])
def test_view_lists_the_same_examples_in_every_format(call, runs, paths, view):
    rows = ask(call, *paths, "--view", view)
    expected = lab.compare_runs(runs).errors.view(view)
    assert [row["index"] for row in rows] == list(expected.indices) != []
    for row, classes in zip(rows, expected.predicted.T.tolist(), strict=True):
        assert row["label"] == LABELS[row["index"]]
        assert row["predicted"] == dict(zip(("one", "two", "three"), classes, strict=True))
        assert row["wrong"] == [
            title for title, number in row["predicted"].items() if number != row["label"]
        ]
    indices = call("compare", *paths, "--view", view, "--format", "indices").out.split()
    assert indices == [str(row["index"]) for row in rows]
    text = call("compare", *paths, "--view", view, "--format", "csv").out
    table = list(csv.DictReader(io.StringIO(text)))
    assert list(table[0]) == [
        "index", "label", "n_wrong", "predicted one", "predicted two", "predicted three",
    ]  # fmt: skip
    for row, line in zip(rows, table, strict=True):
        assert int(line["n_wrong"]) == len(row["wrong"])
        assert int(line["predicted three"]) == row["predicted"]["three"]
    lines = call("compare", *paths, "--view", view).out.splitlines()
    assert lines[0].split() == ["index", "label", "A", "B", "C"]
    for row, line in zip(rows, lines[1:], strict=False):
        said = [
            "·" if number == row["label"] else str(number) for number in row["predicted"].values()
        ]
        assert line.split() == [str(row["index"]), str(row["label"]), *said]
    assert lines[-1] == "A one; B two; C three"
    assert f", of {N_EXAMPLES} of test; majority, ties by" in " ".join(lines)


def test_share_narrows_what_is_persistent(call, runs, paths):
    n_wrong = sum(wrong_of(run).astype(int) for run in runs)
    for share, least in ((0.3, 1), (0.5, 2), (0.7, 3)):
        rows = ask(call, *paths, "--view", "persistent", "--share", share)
        assert [row["index"] for row in rows] == np.flatnonzero(n_wrong >= least).tolist()
        text = call("compare", *paths, "--view", "persistent", "--share", share).out
        assert f"a share of {share} or more gets wrong" in " ".join(text.split())


def test_view_without_an_example_is_an_empty_success(call, paths):
    words = (paths[0], paths[0], "--view", "fixed")
    assert call("compare", *words, "--format", "indices").out == ""
    assert call("compare", *words, "--format", "json").out == "[]\n"
    assert call("compare", *words).out.startswith("0 examples that the first gets wrong and")
    found = ask(call, paths[0], paths[0])
    assert [each["title"] for each in found["ensembles"]] == ["one", "one (2)"]
    assert (found["pairs"][0]["fixed"], found["pairs"][0]["p"]) == (0, 1.0)


def test_ensembles_within_a_run_are_compared_by_pattern(call, runs, paths):
    found = ask(call, f"{paths[0]}:a-0000", f"{paths[0]}:a-000[12]", paths[0])["ensembles"]
    assert [each["title"] for each in found] == ["one:a-0000", "one:a-000[12]", "one"]
    assert [each["n_members"] for each in found] == [1, 2, 3]
    assert found[0]["errors"] == wrong_of(runs[0], "a-0000").sum()


def test_members_are_those_of_every_run_without_a_pattern(call, runs, paths):
    found = ask(call, paths[0], f"{paths[1]}:a-0002", "--members", "a-0001")["ensembles"]
    assert found[0]["decision"]["members"] == ["a-0001"]
    assert found[1]["decision"]["members"] == ["a-0002"]


def test_rules_of_one_run_are_compared(call, runs, paths):
    words = (paths[0], "--rule", "majority", "--rule", "mean-probability")
    found = ask(call, *words)
    assert [each["title"] for each in found["ensembles"]] == [
        "one by majority", "one by mean-probability",
    ]  # fmt: skip
    assert [each["errors"] for each in found["ensembles"]] == [
        wrong_of(runs[0], rule=rule).sum() for rule in ("majority", "mean-probability")
    ]
    text = " ".join(call("compare", *words).out.split())
    assert "majority, ties by mean-probability or mean-probability" in text
    assert len({row["decision"] for row in lab.load_ledger(runs[0])}) == 2


def test_one_decision_file_is_that_of_every_run(call, runs, paths, tmp_path):
    file = tmp_path / "chosen.json"
    lab.save_decision(file, lab.Decision(rule="median", members=("a-0000", "a-0002")))
    for each in ask(call, *paths, "--decision", file)["ensembles"]:
        assert each["decision"]["members"] == ["a-0000", "a-0002"]
        assert each["decision"]["rule"] == "median"


def test_table_of_many_runs_with_long_names_fits_a_terminal(call, make):
    made = [make(f"run-{seed}", seed) for seed in range(3)]
    paths = []
    for number, run in enumerate(made):
        path = run.path.with_name(f"{number}-\x1b[31m\n-{'long-' * 20}{number}")
        run.path.rename(path)
        paths += [path, *(f"{path}:{key}" for key in run.keys)]
    text = call("compare", *paths).out
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "pairs with A; --against all tests all 66" in text
    assert [line for line in text.splitlines() if line.startswith("A–L")]
    rows = call("compare", *paths, "--view", "shared").out
    assert max(map(len, rows.splitlines())) <= 80
    assert rows.splitlines()[0].split() == ["index", "label", *"ABCDEFGHIJKL"]


def test_runs_too_many_for_a_column_each_are_counted_by_class(call, paths):
    names = [f"{path}:a-000{n}" for path in paths for n in range(3)] * 3
    lines = call("compare", *names, "--view", "any").out.splitlines()
    assert lines[0].split() == ["index", "label", "wrong", "said"]
    assert max(map(len, lines)) <= 80
    rows = ask(call, *names, "--view", "any")
    assert len(rows) > 10
    for row, line in zip(rows, lines[1:], strict=False):
        index, label, n_wrong, of, n_runs, said = line.split(maxsplit=5)
        assert (int(index), int(label)) == (row["index"], row["label"])
        assert (n_wrong, of, n_runs) == (str(len(row["wrong"])), "of", "27")
        wrong = [number for number in row["predicted"].values() if number != row["label"]]
        by_class = sorted({(-wrong.count(number), number) for number in wrong})
        assert said == ", ".join(f"{number} ×{-count}" for count, number in by_class)


def test_pairs_are_all_of_six_and_those_with_the_first_of_seven(call, paths):
    names = [f"{path}:a-000{n}" for path in paths for n in range(3)]
    assert len(ask(call, *names[:6])["pairs"]) == 15
    seven = ask(call, *names[:7])
    assert (seven["against"], len(seven["pairs"])) == ("first", 6)
    assert {pair["first"] for pair in seven["pairs"]} == {"one:a-0000"}
    p_values = [pair["p"] for pair in seven["pairs"]]
    assert [pair["p_holm"] for pair in seven["pairs"]] == list(adjust_holm(p_values))
    assert len(ask(call, *names[:7], "--against", "all")["pairs"]) == 21
    assert len(ask(call, *names[:3], "--against", "first")["pairs"]) == 2
    text = call("compare", *names, "--against", "all", "--format", "csv").out
    assert len(list(csv.DictReader(io.StringIO(text)))) == 36


def test_other_labels_are_refused_and_cost_no_look(call, make, runs):
    other = make("other", 7, labels=(LABELS + 1) % 3)
    answer = call("compare", runs[0].path, other.path)
    assert answer.code == 1
    assert str(runs[0].path) in answer.err
    assert str(other.path) in answer.err
    short = make("short", 7, labels=LABELS[:-1])
    answer = call("compare", runs[0].path, short.path)
    assert answer.code == 1
    assert "of 60 examples" in answer.err
    assert "of 59 in" in answer.err
    assert not any(lab.load_ledger(run) for run in (*runs, other, short))


def test_other_images_are_allowed_and_said(call, make, runs, paths):
    other = make("other", 7, images=5)
    known = [splits.load_record(run, "test").images_sha256[:12] for run in (runs[0], other)]
    said = (
        f"labels are the same, but images differ: {known[0]} in one and two, {known[1]} in other\n"
    )
    for words in ((), ("--view", "any", "--format", "indices")):
        answer = call("compare", *paths[:2], other.path, *words)
        assert answer.code == 0
        assert answer.err.startswith(said)
    assert ask(call, *paths[:2], other.path)["images_note"] == said.strip()


def test_unknown_images_are_said(monkeypatch, runs, paths):
    from ensemble_lab.workflows import ensembles

    def without_images(run, split):
        record = splits.load_record(run, split)
        return replace(record, images_sha256=None) if run.path in unknown else record

    monkeypatch.setattr(ensembles, "load_record", without_images)
    unknown = paths[1:2]
    said = lab.compare_runs(paths).images_note
    assert said == "labels are the same, but images are unknown in two"
    unknown = paths
    assert lab.compare_runs(paths).images_note.endswith("images are unknown in all")
    assert lab.compare_runs(paths).ensembles[0].images_sha256 is None


def test_votes_alone_are_compared(runs, paths):
    before = lab.compare_runs(paths)
    for run in runs:
        for key, votes in zip(run.keys, lab.load_predictions(run).votes, strict=True):
            (run.member_folder(key) / "predictions-test.h5").unlink()
            parent = load_member(run, key).weights_sha256
            save_votes(run, key, "test", votes, np.arange(N_EXAMPLES), parent=parent)
    after = lab.compare_runs(paths, decisions=(lab.Decision(ties="lowest"),))
    assert after.errors.n_examples == before.errors.n_examples
    assert {each.decision.ties for each in after.ensembles} == {"lowest"}


def test_figure_is_written_and_named(call, paths, tmp_path):
    file = tmp_path / "new" / "upset.svg"
    assert call("compare", *paths, "-o", file).out == f"{file}\n"
    assert file.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("--format", "indices"), 2, "add --view"),
        (("--share", "0.5"), 2, "add --view persistent"),
        (("--view", "shared", "--share", "0.5"), 1, "with the view persistent"),
        (("--view", "persistent", "--share", "1.5"), 1, "above 0 and at most 1; got 1.5"),
        (("--view", "persistent", "--share", "nan"), 1, "above 0 and at most 1; got nan"),
        (("--view", "nothing"), 2, "got 'nothing'"),
        (("--view", "any", "--against", "all"), 2, "--against is about pairs"),
        (("--view", "any", "-o", "upset.png"), 2, "leave out --view or -o"),
        (("--against", "first", "-o", "upset.png"), 2, "--against is about pairs"),
        (("--format", "json", "-o", "upset.png"), 2, "leave out --format or -o"),
        (("-o", "upset.gif"), 1, ".png, .svg, .pdf"),
        (("--rule", "majorty"), 1, "did you mean 'majority'"),
        (("--members", "b-*"), 1, "b-*"),
        (("--split", "tset"), 1, "tset"),
        (("--decision", "chosen.json", "--rule", "median"), 2, "leave out --decision"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_look(call, make, words, code, fact):
    run = make("one", 0)
    answer = call("compare", run.path, run.path, *words)
    assert (answer.code, answer.out) == (code, "")
    assert fact in answer.err
    assert answer.err.count("\n") == 1
    assert lab.load_ledger(run) == []


def test_fewer_than_two_are_refused(call, paths):
    answer = call("compare", paths[0])
    assert answer.code == 1
    assert "two or more to be compared; got 1" in answer.err
    with pytest.raises(lab.EnsembleLabError, match="all or first; got 'frist'; did you mean"):
        lab.compare_runs(paths, against="frist")


def test_two_runs_of_one_name_are_told_apart(make_run, call, tmp_path):
    made = [make_run(tmp_path / folder / "toy", labels=LABELS) for folder in ("x", "y")]
    found = ask(call, *(run.path for run in made))
    assert [each["title"] for each in found["ensembles"]] == ["x/toy", "y/toy"]


def test_members_beside_patterns_everywhere_are_refused(call, runs):
    path = runs[0].path
    answer = call("compare", f"{path}:a-0000", f"{path}:a-0001", "--members", "a-0002")
    assert answer.code == 1
    assert "members must be of names without a pattern" in answer.err
