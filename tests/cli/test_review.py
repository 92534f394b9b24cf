"""Ranking labels, keeping what people say of them, and the range that errors become."""

import csv
import getpass
import io
import json
import os

import numpy as np
import pytest

import ensemble_lab as lab
from tests.conftest import need
from tests.toy import hard_predictions, toy_labels, toy_predictions

LABELS = toy_labels().values.tolist()


@pytest.fixture
def run(make_run):
    """Three members, six examples: see `tests.toy`."""
    return make_run(probabilities=toy_predictions().probabilities, labels=toy_labels().values)


@pytest.fixture
def say(call, run):
    """Record a verdict, which must succeed."""

    def say(index, verdict, *more, author="Ada"):
        words = ("review", run.path, index, "--verdict", verdict, "--author", author)
        answer = call(*words, *more)
        assert answer.code == 0, answer.err
        return answer.out

    return say


@pytest.fixture
def votes_file(tmp_path):
    """Five people's votes on examples 4 (wrong by 1 to 4) and 0 (right)."""
    entries = [
        {
            "id": index,
            "given_original_label": LABELS[index],
            "our_guessed_label": guess,
            "mturk": {"given": given, "guessed": 5 - given, "neither": 0},
        }
        for index, guess, given in ((4, 2, 1), (0, 1, 5))
    ]
    path = tmp_path / "votes.json"
    path.write_text(json.dumps(entries))
    return path


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_most_doubted_label_comes_first(call, run):
    found = json.loads(call("review", run.path, "--format", "json").out)
    assert [row["index"] for row in found] == [4, 5, 2, 1, 3, 0]
    sums = [10, 10, 20, 26, 27, 30]
    assert [row["score"] for row in found] == pytest.approx([each / 48 for each in sums])
    assert found[0] == {
        "index": 4,
        "label": 1,
        "predicted": 2,
        "score": pytest.approx(10 / 48),
        "votes_for_label": 0,
        "votes_for_predicted": 3,
        "n_label_error": 0,
        "n_label_right": 0,
        "n_ambiguous": 0,
        "is_mislabelled": None,
        "reviews": [],
    }


@pytest.mark.parametrize("score", ["self-confidence", "normalized-margin"])
def test_order_is_cleanlabs(call, make_run, score):
    rank = need("cleanlab.rank")
    run = make_run(n_examples=40, lead=0.3, n_members=4)
    text = call("review", run.path, "--score", score, "--format", "indices", "--limit", 40).out
    predictions = lab.load_predictions(run)
    means = predictions.probabilities.astype(float).mean(axis=0)
    theirs = rank.get_label_quality_scores(
        lab.load_labels(run).values, means, method=score.replace("-", "_")
    )
    assert [int(word) for word in text.split()] == theirs.argsort(kind="stable").tolist()


def test_confident_learning_ranks_what_cleanlab_flags(call, make_run):
    need("cleanlab")
    rng = np.random.default_rng(0)
    truth = np.arange(300) % 3
    labels = np.where(rng.random(300) < 0.1, rng.integers(0, 3, 300), truth)
    given = rng.dirichlet(np.ones(3), (2, 300)) + 1.5 * np.eye(3)[truth]
    run = make_run(probabilities=given / given.sum(axis=-1, keepdims=True), labels=labels)
    answer = call("review", run.path, "--score", "confident-learning", "--limit", 300)
    index = [int(line.split()[0]) for line in answer.out.splitlines()[1:-2]]
    assert len(index) > 5
    assert (labels != truth)[index].mean() > 0.8
    assert f"{len(index)} of {len(index)} flagged of 300 examples" in answer.out


def test_labels_of_train_are_ranked_by_members_that_never_saw_them(call, make_run):
    run = make_run(groups={"a": 2}, folds=2)
    words = ("review", run.path, "--split", "train-oof")
    found = json.loads(call(*words, "--limit", 99, "--format", "json").out)
    assert sorted(row["index"] for row in found) == list(range(24))
    answer = call("review", run.path, 7, "--verdict", "label-error", "--split", "train-oof")
    assert answer.code == 0
    assert lab.score_vote(run, "train-oof").reviewed.n_label_errors == 1
    assert lab.score_vote(run).reviewed is None


def test_ranking_is_a_look_at_what_it_shows(call, run):
    answer = call("review", run.path, "--rule", "mean-probability")
    assert answer.err == "look 1 on this test set\n"
    (row,) = lab.load_ledger(run)
    assert (row["command"], row["members"]) == ("review", lab.load_predictions(run).digest)
    assert call("review", run.path, "--split", "validation").err == ""


def test_table_says_what_people_said_and_what_it_makes_of_the_errors(call, run, say):
    assert "people" not in call("review", run.path).out
    say(4, "label-error")
    say("5,0", "label-error", author="Bea")
    say("5,0", "ambiguous", author="Cy")
    say(5, "ambiguous", author="Bea")
    say(5, "label-error")
    out = call("review", run.path).out
    assert "4      1          2  0.2083  0 of 3     label-error (Ada)" in out
    assert "divided: 1 of 2 label-error" in out
    assert out.splitlines()[-1] == (
        "3 errors, 2 without 1 that people judge mislabelled (1 of 3 reviewed)"
    )
    assert "ambiguous 2 of 3" in out
    assert max(map(len, out.splitlines())) <= 80


def test_limit_and_csv(call, run, say):
    say(4, "label-error")
    table = rows(call("review", run.path, "--limit", 2, "--format", "csv").out)
    assert [row["index"] for row in table] == ["4", "5"]
    assert [row["is_mislabelled"] for row in table] == ["True", ""]
    assert table[0]["n_label_error"] == "1"
    assert call("review", run.path, "--limit", 0, "--format", "indices").out == ""


def test_verdict_is_kept_with_author_date_and_note(call, run, say):
    out = say("3,5", "label-error", "--note", 'a "9", or כן')
    assert out == "3, 5: label-error, by Ada\n"
    first, second = lab.load_reviews(run)
    assert (first.index, second.index, first.author, first.seen) == (3, 5, "Ada", None)
    assert first.note == 'a "9", or כן'
    assert first.date.endswith("+00:00")
    assert lab.load_ledger(run) == []
    say(4, "label-error", "--class", 2)
    assert lab.load_reviews(run)[-1].seen == 2
    # Whether that is another class than the label, the labels said.
    (row,) = lab.load_ledger(run)
    assert (row["command"], row.get("decision")) == ("review", None)
    assert call("review", run.path, 4, "--verdict", "label-right").code == 0
    assert lab.load_reviews(run)[-1].author == getpass.getuser()


def test_label_is_not_wrong_and_right(call, run, tmp_path):
    words = ("review", run.path, 5, "--verdict", "label-error", "--class", LABELS[5])
    answer = call(*words)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == (
        "ensemble-lab: class must be another than the label where that is wrong; got "
        f"{LABELS[5]} of 5 in 'test'.\n"
    )
    path = tmp_path / "verdicts.csv"
    path.write_text(f"index,verdict,author,class\n5,label-error,Bea,{LABELS[5]}\n")
    assert call("review", run.path, "--import", path).code == 1
    assert lab.load_reviews(run) == ()


def test_list_shows_all_and_brackets_what_was_superseded(call, run, say):
    say(4, "label-error", "--note", "x" * 300, "--class", 2)
    say(4, "ambiguous")
    say(5, "label-right", author="Bea with a name that is long")
    out = call("review", run.path, "--list").out
    assert "(label-error)" in out
    assert "3 reviews of 2 examples of test by 2 authors; 0 judged mislabelled" in out
    assert max(map(len, out.splitlines())) <= 80
    assert call("review", run.path, "--list", "--format", "indices").out == "4\n5\n"
    assert len(json.loads(call("review", run.path, 5, "--list", "--format", "json").out)) == 1
    found = json.loads(call("review", run.path, "--list", "--format", "json").out)
    assert [row["is_current"] for row in found] == [False, True, True]
    assert found[0]["class"] == 2
    assert call("review", run.path, "--list", "--split", "validation").out.startswith("0 reviews")


def test_listed_csv_is_imported_whole_elsewhere_and_not_at_all_here(
    call, run, say, make_run, tmp_path
):
    say(4, "label-error", "--note", "a, b", "--class", 2)
    say(4, "ambiguous")
    path = tmp_path / "said.csv"
    path.write_text(call("review", run.path, "--list", "--format", "csv").out)
    answer = call("review", run.path, "--import", path)
    assert answer.out == "2 reviews by Ada: 1 label-error, 1 ambiguous; 0 new\n"
    other = make_run(
        tmp_path / "other", probabilities=toy_predictions().probabilities, labels=np.array(LABELS)
    )
    assert "2 new" in call("review", other.path, "--import", path).out
    told = [(r.verdict, r.author, r.note, r.seen, r.date) for r in lab.load_reviews(other)]
    assert told == [(r.verdict, r.author, r.note, r.seen, r.date) for r in lab.load_reviews(run)]


def test_people_are_imported_once_and_their_labels_compared(call, run, votes_file):
    words = ("review", run.path, "--import", votes_file)
    assert call(*words).out == "2 reviews by mturk: 1 label-error, 1 label-right; 2 new\n"
    assert len(lab.load_ledger(run)) == 1
    before = (run.path / "verdicts.jsonl").read_bytes()
    assert "0 new" in call(*words).out
    assert (run.path / "verdicts.jsonl").read_bytes() == before
    assert "by crowd" in call(*words, "--author", "crowd").out
    first = lab.load_reviews(run)[0]
    assert first.votes == ((1, 1), (2, 4), (None, 0))
    assert (first.author, first.seen, first.source) == ("mturk", 2, "votes.json")
    assert {row["command"] for row in lab.load_ledger(run)} == {"review"}
    assert {row["decision"] for row in lab.load_ledger(run)} == {None}


def test_file_about_other_labels_is_refused_whole(call, run, votes_file):
    votes_file.write_text(
        votes_file.read_text().replace('"given_original_label": 0', '"given_original_label": 2')
    )
    answer = call("review", run.path, "--import", votes_file)
    assert answer.code == 1
    for fact in ("label of 0", "'test'", "must be 0", "got 2", "entry 2"):
        assert fact in answer.err
    assert lab.load_reviews(run) == ()


def test_vote_errors_and_results_show_both_numbers_once_people_spoke(call, run, say, tmp_path):
    plain = {name: call(name, run.path).out for name in ("vote", "errors")}
    report = json.loads(call("vote", run.path, "--format", "json").out)
    assert call("results", run.path, "-o", tmp_path / "before.json").code == 0
    say(4, "label-error")
    line = "3 errors, 2 without 1 that people judge mislabelled (1 of 1 reviewed)\n"
    for name, text in plain.items():
        assert call(name, run.path).out == text + line
    told = {"errors": 3, "errors_without_label_errors": 2, "n_label_errors": 1, "n_reviewed": 1}
    assert json.loads(call("vote", run.path, "--format", "json").out) == report | {"reviewed": told}
    assert call("results", run.path, "-o", tmp_path / "after.json").code == 0
    before, after = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("before", "after"))
    assert after["votes"][0] == before["votes"][0] | {"reviewed": told}
    assert after | {"votes": None} == before | {"votes": None}
    groups = json.loads(call("vote", run.path, "--by", "group", "--format", "json").out)["groups"]
    assert groups[0]["reviewed"] == told
    validation = json.loads(call("vote", run.path, "--split", "validation", "--format", "json").out)
    assert "reviewed" not in validation


def test_damaged_reviews_cost_no_look(call, run):
    (run.path / "verdicts.jsonl").write_text("{}\n")
    for words in (["review"], ["vote"], ["errors"], ["vote", "--by", "group"]):
        answer = call(words[0], run.path, *words[1:])
        assert (answer.code, "verdicts.jsonl:1" in answer.err) == (1, True)
    assert lab.load_ledger(run) == []


def test_run_with_votes_only_is_reviewed_but_not_ranked(call, run, say, monkeypatch):
    votes = toy_predictions().votes.tolist()
    monkeypatch.setattr(
        "ensemble_lab.workflows.scoring.open_predictions",
        lambda *words, **more: hard_predictions(votes),
    )
    answer = call("review", run.path)
    assert (answer.code, "votes only" in answer.err) == (1, True)
    assert lab.load_ledger(run) == []
    say(4, "label-error")


@pytest.mark.parametrize("more", [(), ("--list",)])
def test_read_only_run_is_one_line(call, run, votes_file, monkeypatch, more):
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and real(path, mode))
    for words in ([4, "--verdict", "ambiguous"], ["--import", votes_file]):
        answer = call("review", run.path, *words)
        assert answer.code == 1
        assert "read-only" in answer.err
        assert len(answer.err.splitlines()) == 1
    assert lab.load_ledger(run) == []
    assert call("review", run.path, *more).code == 0


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ((9, "--verdict", "label-error"), ["from 0 to 5", "got 9"]),
        (("x", "--verdict", "label-error"), ["index", "'x'"]),
        ((4, "--verdict", "label-eror"), ["label-right", "did you mean 'label-error'"]),
        ((4, "--verdict", "ambiguous", "--author", " "), ["author"]),
        ((4, "--verdict", "ambiguous", "--note", "a\nb"), ["note", "U+000A"]),
        ((4, "--verdict", "ambiguous", "--note", "\x1b[2J"), ["note", "U+001B"]),
        ((4, "--verdict", "ambiguous", "--class", 3), ["class", "from 0 to 2"]),
        ((4, "--verdict", "label-right", "--class", 1), ["class", "left out"]),
        ((4, "--verdict", "ambiguous", "--split", "tset"), ["tset", "did you mean 'test'"]),
        ((9, "--list"), ["got 9"]),
        (("--list", "--split", "tset"), ["tset"]),
        (("--score", "normalised-margin"), ["did you mean 'normalized-margin'"]),
        (("--split", "tset"), ["tset"]),
        (("--import", "none.csv"), ["none.csv"]),
    ],
)
def test_what_cannot_be_said_is_one_line_and_exit_1(call, run, words, facts):
    answer = call("review", run.path, *words)
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 1
    for fact in facts:
        assert fact in answer.err
    assert lab.load_ledger(run) == []
    assert not (run.path / "verdicts.jsonl").exists()


def test_author_that_nobody_names_is_asked_for(call, run, tmp_path, monkeypatch):
    path = tmp_path / "said.csv"
    path.write_text("index,verdict\n4,ambiguous\n")
    answer = call("review", run.path, "--import", path)
    assert (answer.code, "--author" in answer.err, "said.csv:2" in answer.err) == (1, True, True)
    assert call("review", run.path, "--import", path, "--author", "Ada").code == 0
    monkeypatch.setattr(getpass, "getuser", lambda: (_ for _ in ()).throw(KeyError("uid")))
    answer = call("review", run.path, 4, "--verdict", "ambiguous")
    assert (answer.code, "--author" in answer.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ((4,), "--verdict"),
        (("--verdict", "ambiguous"), "indices"),
        ((4, "--verdict", "ambiguous", "--list"), "two requests"),
        (("--list", "--import", "x.csv"), "two requests"),
        ((4, "--import", "x.csv"), "INDEX"),
        (("--list", "--note", "x"), "--note"),
        (("--note", "x"), "--note"),
        ((4, "--verdict", "ambiguous", "--format", "json"), "--format"),
        ((4, "--verdict", "ambiguous", "--score", "confident-learning"), "--score"),
    ],
)
def test_words_that_mean_nothing_are_wrong_usage(call, run, words, fact):
    answer = call("review", run.path, *words)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert fact in answer.err


def test_python_says_the_same(call, run):
    (review,) = lab.add_review(run, 4, "label-error", author="Ada", note="a two", seen=2)
    assert lab.load_reviews(run) == (review,)
    assert [each.index for each in lab.add_review(run.path, [5, 5, 0], "ambiguous")] == [5, 0]
    ranked = lab.rank_labels(run, "normalized-margin", limit=1)
    assert (ranked.n_examples, ranked.n_ranked, ranked.n_members) == (6, 6, 3)
    (row,) = ranked.rows
    assert (row.index, row.judged.is_mislabelled) == (4, True)
    assert row.score == pytest.approx((10 - 32 + 48) / 96)
    assert ranked.reviewed.errors_without_label_errors == 2
    alone = lab.rank_labels(run, members=("a-0000",), limit=1)
    assert (alone.n_members, alone.rows[0].score) == (1, 2 / 16)


def test_date_in_the_future_is_refused_as_it_would_outrank_what_comes(call, run, tmp_path):
    (tmp_path / "a.csv").write_text(
        "index,verdict,author,date\n3,label-error,Ada,2999-01-01\n", encoding="utf-8"
    )
    answer = call("review", run.path, "--import", tmp_path / "a.csv")
    assert answer.code == 1
    assert "date must not be later than" in answer.err
    assert not (run.path / "verdicts.jsonl").exists()


def test_number_that_python_does_not_read_is_one_line(call, run, tmp_path):
    (tmp_path / "a.json").write_text('[{"id": ' + "9" * 5000 + "}]", encoding="utf-8")
    answer = call("review", run.path, "--import", tmp_path / "a.json")
    assert answer.code == 1
    assert answer.err.count("\n") == 1


def test_pipe_and_link_to_nothing_are_no_file_of_verdicts(call, run, tmp_path):
    words = ("review", run.path, "3", "--verdict", "ambiguous", "--author", "Ada")
    os.mkfifo(run.path / "verdicts.jsonl")
    assert call(*words).code == 1
    (run.path / "verdicts.jsonl").unlink()
    (run.path / "verdicts.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    assert call(*words).code == 1
    assert not (tmp_path / "elsewhere.jsonl").exists()
