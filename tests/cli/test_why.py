"""Why on the command line: text that fits a terminal, JSON that is whole, refusals in a line."""

import json
from dataclasses import replace

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.cli.why_text import render_explanation
from ensemble_lab.store.run import save_run
from ensemble_lab.workflows.why import explain_example
from tests.conftest import need
from tests.toy import LABELS, toy_predictions

HOSTILE = (
    "<script>alert('x')</script>",
    "two\nlines\tand a bell\a\x1b[31m",
    "قط أسود قط أسود قط أسود قط أسود قط أسود",
)


@pytest.fixture
def run(make_run):
    """The toy ensemble: each of its six examples is a case of its own."""
    probabilities = toy_predictions().probabilities
    return make_run(probabilities=probabilities, labels=np.array(LABELS), groups={"a": 2, "b": 1})


@pytest.fixture
def crowd(make_run):
    """Forty members, four of five of which agree."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 5)
    given = rng.dirichlet(np.ones(3), (40, 5)) + 0.6 * np.eye(3)[labels]
    return make_run(probabilities=given / given.sum(axis=-1, keepdims=True), labels=labels)


def name_classes(run, names):
    named = replace(run, class_names=tuple(names))
    save_run(named)
    return named


def fits(text):
    return max(map(len, text.splitlines())) <= 80


def test_text_tells_the_whole_story(call, run):
    answer = call("why", run.path, 3)
    assert (answer.code, answer.err) == (0, "look 1 on this test set\n")
    text = " ".join(answer.out.split())
    assert "3 of test: label 0, the vote says 1: wrong" in text
    assert "vote of 3, majority, ties by mean-probability" in text
    # Sums of probabilities 27, 17 and 4 sixteenths.
    assert "confidence 0.5625, gap -0.2083, margin 0.2083; number 3 of 3 errors by gap" in text
    assert "0 1 0.5625 label 1 2 0.3542 vote 2 0 0.0833" in text
    assert "a-0000 0 0.9375 0.9375 yes a-0001 1 0.5000 0.3750 b-0000 1 0.5000 0.3750" in text
    assert "1, wrong: majority" in text
    assert "0, right: mean-probability" in text
    assert "1 0 0 0.667 2 0 0 0.667 3 1 0 1.000" in text
    assert "majority last changes at 3, mean never changes" in text
    assert "Undecided with 3 members (2 for 1, 1 for the label, p 0.500)" in text
    assert "labels of the 18 nearest of 18 examples that the members learned from: " in text
    assert fits(answer.out)


def test_text_of_right_examples_and_ties(call, run):
    right = " ".join(call("why", run.path, 0).out.split())
    assert "label 0, the vote says 0: right" in right
    assert "label and vote" in right
    assert "Every member is right" in right
    tied = " ".join(call("why", run.path, 2).out.split())
    assert "; a tie, settled so" in tied
    assert "majority (tie)" in tied


def test_many_members_are_told_by_those_against_the_vote(call, crowd):
    explained = explain_example(crowd, 0)
    against = [each.key for each in explained.members if each.vote != explained.predicted]
    assert 0 < len(against) <= 15
    text = call("why", crowd.path, 0).out
    assert [word for word in text.split() if word.startswith("a-00")] == against
    assert f"{40 - len(against)} of 40 members vote {explained.predicted}" in text
    assert fits(text)
    every = call("why", crowd.path, 0, "--all-members").out
    assert [word for word in every.split() if word.startswith("a-00")] == list(crowd.keys)
    assert fits(every)


def test_many_members_against_the_vote_are_cut(crowd):
    explained = explain_example(crowd, 0)
    split = replace(
        explained,
        predicted=2,
        members=tuple(
            replace(each, vote=place % 3) for place, each in enumerate(explained.members)
        ),
    )
    text = " ".join(render_explanation(split).split())
    # 27 of the 40 vote 0 or 1.
    assert "12 more vote otherwise and 13 of 40 members vote 2" in text


def test_hostile_names_stay_on_their_line_and_fit(call, run):
    named = name_classes(run, HOSTILE)
    for index in range(6):
        text = call("why", named.path, index).out
        assert fits(text)
        assert not {"\a", "\x1b", "\t"} & set(text)
        assert "two lines" in " ".join(text.split()) or "<script>" in text


def test_long_keys_and_many_classes_fit(call, make_run):
    rng = np.random.default_rng(0)
    given = rng.dirichlet(np.full(200, 0.05), (3, 2))
    run = make_run(probabilities=given, groups={"g" * 60: 3})
    text = call("why", run.path, 1).out
    assert fits(text)
    assert text.count("…") >= 3


def test_the_very_same_picture_is_named(run):
    explained = explain_example(run, 0)
    around = explained.neighbourhood
    same = replace(around, nearest=(replace(around.nearest[0], distance=0.0), *around.nearest[1:]))
    text = render_explanation(replace(explained, neighbourhood=same))
    (line,) = (line for line in text.splitlines() if "the very same picture" in line)
    assert line.split()[:3] == [str(around.nearest[0].index), str(around.nearest[0].label), "0.000"]
    assert "the very same picture" not in render_explanation(explained)


def test_json_holds_every_number_unrounded(call, run):
    (found,) = json.loads(call("why", run.path, 3, "--format", "json").out)
    explained = explain_example(run, 3)
    assert (found["index"], found["label"], found["predicted"]) == (3, 0, 1)
    assert (found["right"], found["tied"], found["rank"]) == (False, False, 3)
    assert found["gap"] == explained.gap
    assert [row["mean_probability"] for row in found["classes"]] == explained.means.tolist()
    assert [row["votes"] for row in found["classes"]] == [1, 2, 0]
    assert [row["probabilities"] for row in found["members"]] == explained.probabilities.tolist()
    assert found["joining"] == {
        "majority": [0, 0, 1],
        "majority_settled": 3,
        "mean_probability": [0, 0, 0],
        "mean_probability_settled": 1,
        "chances_of_error": explained.joining.chances.tolist(),
    }
    assert [row["rule"] for row in found["rules"]] == [each.rule for each in explained.rules]
    near = found["neighbours"]["nearest"]
    assert [row["distance"] for row in near] == [
        each.distance for each in explained.neighbourhood.nearest
    ]
    assert found["outlook"] == {"verdict": "undecided", "rival": 1, "p": 0.5}
    assert (found["metadata"], found["metadata_note"], found["images_note"]) == ({}, None, None)


def test_votes_alone_print_without_a_number_that_is_none(call, run):
    from tests.workflows.test_why import keep_votes_only

    keep_votes_only(run)
    text = call("why", run.path, 3).out
    assert "only votes are known; the vote makes" in text
    assert "not asked: mean-probability, geometric-mean" in text
    assert fits(text)
    assert "nan" not in text.lower()
    (found,) = json.loads(call("why", run.path, 3, "--format", "json").out)
    assert found["gap"] is found["confidence"] is found["joining"]["mean_probability"] is None
    assert {row["p_vote"] for row in found["members"]} == {None}


def test_several_examples_are_one_look_and_an_item_each(call, run):
    answer = call("why", run.path, "3,0", 5)
    heads = [line for line in answer.out.splitlines() if " of test: label " in line]
    assert [int(line.split()[0]) for line in heads] == [3, 0, 5]
    assert len(lab.load_ledger(run)) == 1
    found = json.loads(call("why", run.path, 3, 0, 5, "--format", "json").out)
    assert [each["index"] for each in found] == [3, 0, 5]


def test_decisions_are_made_as_elsewhere(call, run, tmp_path):
    words = ("why", run.path, 3, "--format", "json")
    (found,) = json.loads(call(*words, "--rule", "mean-probability").out)
    assert (found["predicted"], found["decision"]["rule"]) == (0, "mean-probability")
    (found,) = json.loads(call(*words, "--members", "a-*", "--ties", "lowest").out)
    assert [row["key"] for row in found["members"]] == ["a-0000", "a-0001"]
    lab.select(run, "best", path=tmp_path / "best.json")
    (found,) = json.loads(call(*words, "--decision", tmp_path / "best.json").out)
    assert (len(found["members"]), found["decision"]["chosen_on"]) == (1, "validation")


def test_validation_costs_no_look(call, run):
    index = int(lab.load_predictions(run, "validation").index[0])
    answer = call("why", run.path, index, "--split", "validation", "--neighbours", 0)
    assert (answer.code, answer.err) == (0, "")
    assert "no neighbours: images were left out" in answer.out
    assert lab.load_ledger(run) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("why.pdf", ["why.pdf"]),
        ("why.png", ["why-1.png", "why-2.png"]),
        ("why.svg", ["why-1.svg", "why-2.svg"]),
    ],
)
def test_a_page_for_each_example(call, run, tmp_path, name, written):
    need("matplotlib")
    folder = tmp_path / "new"
    answer = call("why", run.path, 3, 5, "-o", folder / name)
    assert answer.out.splitlines() == [str(folder / file) for file in written]
    assert sorted(file.name for file in folder.iterdir()) == written
    assert answer.err == "look 1 on this test set\n"


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (("6",), 1, "from 0 to 5; got 6"),
        (("x",), 1, "got 'x'"),
        (("3,",), 1, "index must be a whole number"),
        ((), 2, "INDEX"),
        (("3", "--neighbours", "-1"), 2, "--neighbours"),
        (("3", "-o", "why.gif"), 1, ".gif"),
        (("3", "-o", "why.png", "--format", "json"), 2, "leave out --format or -o"),
        (("3", "--format", "json", "--all-members"), 2, "--all-members"),
        (("3", "--split", "tset"), 1, "did you mean 'test'"),
        (("3", "--rule", "borde"), 1, "did you mean 'borda'"),
    ],
)
def test_refusals_are_one_line_and_cost_no_look(call, run, words, code, fact):
    answer = call("why", run.path, *words)
    assert (answer.code, answer.out) == (code, "")
    assert len(answer.err.splitlines()) == 1
    assert fact in answer.err
    assert lab.load_ledger(run) == []


def test_images_that_are_not_there_name_the_way_out(call, run):
    (run.path.parent / f"{run.path.name}.npz").unlink()
    answer = call("why", run.path, 3)
    assert (answer.code, len(answer.err.splitlines())) == (1, 1)
    assert "--neighbours 0" in answer.err
    assert call("why", run.path, 3, "--neighbours", 0).code == 0


def test_what_people_say_of_the_label_is_told(call, run):
    call("review", run.path, "3", "--verdict", "label-error", "--class", "1", "--author", "Ada")
    call("review", run.path, "3", "--verdict", "ambiguous", "--author", "Ada", "--note", "or 2")
    call("review", run.path, "4", "--verdict", "label-right", "--author", "Bea")
    text = call("why", run.path, "3", "--neighbours", "0").out
    assert "Ada says ambiguous (or 2)" in text
    assert "label-error" not in text
    assert "Bea" not in text
    (found,) = json.loads(call("why", run.path, "3", "--format", "json").out)
    assert [(each["author"], each["verdict"]) for each in found["reviews"]] == [
        ("Ada", "ambiguous")
    ]
