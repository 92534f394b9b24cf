"""Pictures of errors from the command line: what is drawn, of which errors, at one look."""

import pytest

import ensemble_lab as lab
from ensemble_lab.cli.errors import command
from ensemble_lab.store.predictions import predictions_path, save_votes
from ensemble_lab.workflows import error_figures
from ensemble_lab.workflows.error_figures import ERROR_DRAWINGS
from tests.toy import toy_labels, toy_predictions

PNG = b"\x89PNG"


@pytest.fixture
def run(make_run):
    """Three members, six examples: see `tests.toy`."""
    probabilities = toy_predictions().probabilities
    return make_run(probabilities=probabilities, labels=toy_labels().values)


@pytest.fixture
def hard_run(run):
    """The same, but of one member only votes are known."""
    predictions = lab.load_predictions(run)
    key = predictions.members[1]
    predictions_path(run, key, "test").unlink()
    parent = lab.load_member(run, key).weights_sha256
    save_votes(run, key, "test", predictions.votes[1], predictions.index, parent=parent)
    return run


@pytest.mark.parametrize("what", ERROR_DRAWINGS)
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_each_drawing_is_written_and_named_and_is_one_look(call, run, tmp_path, what, ending):
    path = tmp_path / "new" / f"errors.{ending}"
    answer = call("errors", run.path, "-o", path, "--draw", what)
    assert (answer.code, answer.out) == (0, f"{path}\n")
    assert answer.err == "look 1 on this test set\n"
    assert path.stat().st_size > 1000
    (row,) = lab.load_ledger(run)
    assert row["command"] == "errors"


def test_choices_are_the_registry():
    from typing import get_args, get_type_hints

    hints = get_type_hints(command, include_extras=True)
    choice, _ = get_args(get_args(hints["draw"])[0])
    assert get_args(choice) == tuple(ERROR_DRAWINGS)


@pytest.mark.parametrize(
    ("options", "what"),
    [((), "members"), (("--pairs",), "pairs"), (("--pairs", "--draw", "pairs"), "pairs")],
)
def test_members_are_drawn_unless_another_is_named(call, run, tmp_path, monkeypatch, options, what):
    asked = []
    monkeypatch.setattr(
        error_figures,
        "save_error_figure",
        lambda run, path, what, question: asked.append(what) or error_figures.Drawn((path,), None),
    )
    assert call("errors", run.path, "-o", tmp_path / "a.png", *options).code == 0
    assert asked == [what]


def test_picture_is_of_the_errors_asked_for(call, run, tmp_path):
    path = tmp_path / "errors.svg"

    def draw(*options) -> str:
        answer = call("errors", run.path, "-o", path, *options)
        assert answer.code == 0, answer.err
        return path.read_text(encoding="utf-8")

    assert "test: 5 contested examples, the vote wrong on 3" in draw()
    assert "test: 2 of 5 contested examples, the vote wrong on 1" in draw("--label", 1)
    assert "test: 1 of 5 contested examples" in draw("--limit", 1)
    assert "test: 2 examples, the vote wrong on 1" in draw("--index", "0,3")
    drawn = draw("--pairs")
    assert "3 errors in 6 examples of test" in drawn
    assert "3 confusion pairs; vote of 3" in drawn
    assert "1 of 3 errors in 6 examples of test" in draw("--pairs", "--pair", "1:2")
    assert "Not drawn: 2 more pairs of classes" in draw("--pairs", "--limit", 1)
    assert "test: 3 errors in 6 examples" in draw("--draw", "gaps")
    assert "test: 1 of 3 errors in 6 examples" in draw("--draw", "gaps", "--pair", "1:2")
    assert "test: 1 of 3 errors in 6 examples" in draw("--draw", "gaps", "--index", "0,3")
    assert "test: 0 contested examples" not in draw("--pair", "2:1")
    assert "There is nothing to show." in draw("--pair", "2:1")


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        (("--draw", "pairs"), "--draw pairs needs -o FILE"),
        (("-o", "a.png", "--format", "json"), "leave out --format or -o"),
        (("-o", "a.png", "--draw", "gap"), "--draw"),
        (("-o", "a.png", "--draw", "gaps", "--pairs"), "--pairs changes nothing of --draw gaps"),
        (("-o", "a.png", "--draw", "gaps", "--limit", "3"), "--limit changes nothing"),
        (("-o", "a.png", "--save", "hard"), "--save changes nothing of --draw members"),
        (("-o", "a.png", "--sort", "pair"), "--sort changes nothing"),
        (("-o", "a.png", "--reverse"), "--reverse changes nothing"),
    ],
)
def test_wrong_usage_is_one_line_exit_2_and_no_look(call, run, options, fact):
    answer = call("errors", run.path, *options)
    assert answer.code == 2
    assert len(answer.err.strip().splitlines()) == 1
    assert fact in answer.err
    assert lab.load_ledger(run) == []


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        (("-o", "errors.gif"), ["errors.gif", ".png, .svg, .pdf"]),
        (("--label", "9"), ["from 0 to 2", "got 9"]),
        (("--index", "77"), ["77", "from 0 to 5"]),
        (("--members", "z-*"), ["z-*"]),
    ],
)
@pytest.mark.parametrize("what", ERROR_DRAWINGS)
def test_bad_input_is_one_line_exit_1_and_no_look(call, run, tmp_path, what, options, facts):
    answer = call("errors", run.path, "-o", tmp_path / "a.png", "--draw", what, *options)
    assert answer.code == 1
    assert len(answer.err.strip().splitlines()) == 1
    for fact in facts:
        assert fact in answer.err
    assert lab.load_ledger(run) == []
    assert not list(tmp_path.glob("*.png"))


def test_gaps_of_members_with_votes_only_are_refused_by_name_before_a_look(
    call, hard_run, tmp_path
):
    path = tmp_path / "a.png"
    for options in (("--draw", "gaps"), ("--min-gap", "0.1"), ("--pairs", "--max-gap", "1")):
        answer = call("errors", hard_run.path, "-o", path, *options)
        assert answer.code == 1
        assert "of a-0001 only votes are known" in answer.err
        assert len(answer.err.splitlines()) == 1
    assert call("errors", hard_run.path, "--min-gap", "0.1").code == 1
    assert lab.load_ledger(hard_run) == []
    for what in ("members", "pairs"):
        assert call("errors", hard_run.path, "-o", path, "--draw", what).code == 0
        assert path.read_bytes().startswith(PNG)
    words = (hard_run.path, "-o", path, "--draw", "gaps", "--members", "a-0000")
    assert call("errors", *words).code == 0


def test_python_lists_what_the_pictures_show(run):
    contested = lab.list_contested(run)
    assert contested.rows.indices == (4, 5, 2, 3, 1)
    assert contested.look.number == lab.find_errors(run).look.number == 1
    few = lab.list_contested(run, lab.Question(members=("a-0002", "a-0000"), limit=2))
    assert few.votes.shape == (2, 2)
    assert few.rows.members == ("a-0000", "a-0002")
    margins = lab.list_margins(run)
    errors = lab.find_errors(run, lab.Question(sort="index"))
    assert margins.gap.tolist() == errors.catalogue.gap.tolist()
    assert margins.margin[~margins.is_right].tolist() == errors.catalogue.margin.tolist()
    assert margins.n_errors == errors.n_errors
    assert "6 examples, 3 errors" in repr(margins)
    with pytest.raises(lab.EnsembleLabError, match="did you mean 'gaps'"):
        lab.save_error_figure(run, "a.png", "gap")
