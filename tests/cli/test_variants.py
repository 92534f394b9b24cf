"""A variant asked on the command line: in every question, and nowhere else."""

import json

import numpy as np
import pytest

from ensemble_lab.spec.variant import ShiftedCopies, VariantSpec
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows import variants as module

MINE = VariantSpec(name="mine", copies=ShiftedCopies(name="shifted"))
LABELS = np.random.default_rng(0).integers(0, 3, 40)


@pytest.fixture
def run(make_run):
    """Four members; in the variant each gets every test example wrong, and validation too."""
    rng = np.random.default_rng(1)
    given = rng.dirichlet(np.ones(3), (4, 40)) + 0.5 * np.eye(3)[LABELS]
    given /= given.sum(axis=-1, keepdims=True)
    run = make_run(probabilities=given, labels=LABELS, groups={"a": 2, "b": 2})
    for row, key in enumerate(run.keys):
        parent = load_member(run, key).weights_sha256
        for split in ("validation", "test"):
            index = load_record(run, split).index
            labels = LABELS if split == "test" else index % 3
            rows = np.full((len(index), 3), 0.1, np.float32)
            rows[np.arange(len(index)), (labels + 1 + row % 2) % 3] = 0.8
            save_predictions(run, key, split, rows, index, parent=parent, variant=MINE)
    return run


@pytest.fixture
def view(run):
    return f"{run.path}@mine"


def test_vote_counts_the_variants_errors_and_says_so(call, run, view):
    plain, asked = call("vote", run.path), call("vote", view)
    assert "variant" not in plain.out
    assert "variant mine" in " ".join(asked.out.split())
    before, report = (
        json.loads(call("vote", each, "--format", "json").out) for each in (run.path, view)
    )
    assert before["errors"] < report["errors"] == 40
    assert (before.get("variant"), report["variant"]) == (None, "mine")


def test_vote_on_a_variant_is_a_look_of_its_own(call, run, view):
    for asked in (run.path, view, run.path, view):
        assert call("vote", asked).code == 0
    first, second, *again = load_ledger(run)
    assert first["members"] != second["members"]
    assert first["decision"] != second["decision"]
    assert second["words"].endswith(", variant mine")
    assert [(each["decision"], each["members"]) for each in again] == [
        (each["decision"], each["members"]) for each in (first, second)
    ]
    assert "variant mine" in " ".join(call("ledger", run.path).out.split())


@pytest.mark.parametrize(
    "words",
    [
        ("errors", "--format", "json"),
        ("errors", "--view", "oracle", "--format", "json"),
        ("errors", "--pairs"),
        ("errors", "--where", "n_wrong > 2", "--format", "csv"),
        ("confusion", "--format", "json"),
        ("curve", "--split", "test", "--format", "json"),
        ("committees", "--size", "2"),
        ("calibration", "--split", "test", "--format", "json"),
        ("diversity", "--split", "test", "--format", "json"),
        ("select", "--format", "json"),
        ("slices", "--format", "json"),
        ("review", "--split", "test", "--format", "json"),
        ("why", "3", "--format", "json"),
    ],
    ids=lambda words: " ".join(words),
)
def test_question_is_answered_of_the_variant(call, run, view, words):
    command, *options = words
    plain, asked = (call(command, each, *options) for each in (run.path, view))
    assert (plain.code, asked.code) == (0, 0), asked.err
    assert asked.out != plain.out


@pytest.mark.parametrize("name", ["export.npz", "export.csv", "export.sqlite", "gallery.html"])
def test_files_hold_the_variant(call, run, view, name, tmp_path):
    command, ending = name.split(".")
    made = []
    for number, asked in enumerate((run.path, view)):
        path = tmp_path / f"{number}.{ending}"
        assert call(command, asked, "-o", path).code == 0
        made.append(path.read_bytes())
    assert made[0] != made[1]
    if ending == "npz":
        votes = np.load(tmp_path / "1.npz")["votes"]
        assert not (votes == LABELS).any()
    if ending == "html":
        assert b"toy@mine" in made[1]


def test_plain_and_varied_votes_are_compared(call, run, view):
    words = ("compare", run.path, view, f"{view}:a-*", "--format", "json")
    found = json.loads(call(*words).out)
    assert [each["title"] for each in found["ensembles"]] == ["toy", "toy@mine", "toy@mine:a-*"]
    plain = found["ensembles"][0]["errors"]
    assert found["ensembles"][1]["errors"] == 40
    assert found["pairs"][0]["broken"] == 40 - plain
    assert found["pairs"][0]["fixed"] == 0
    words = ("significance", run.path, view, "--format", "json")
    pair = json.loads(call(*words).out)["pairs"][0]
    assert pair["found"]["only_second"] == 40 - plain


def test_saved_errors_of_both_lie_side_by_side(call, run, view):
    for asked in (run.path, view):
        assert call("errors", asked, "--save", "all").code == 0
    assert len(list((run.path / "catalogues").glob("test-*-all.h5"))) == 2


def test_decision_that_is_chosen_on_a_variant_votes_in_it_alone(call, run, view, tmp_path):
    path = tmp_path / "chosen.json"
    assert call("select", view, "--method", "best", "-o", path).code == 0
    assert json.loads(path.read_text())["decision"]["variant"] == "mine"
    assert call("vote", view, "--decision", path).code == 0
    refused = call("vote", run.path, "--decision", path)
    assert refused.code == 1
    assert "Ask RUN@mine" in refused.err
    assert len(load_ledger(run)) == 1


@pytest.mark.parametrize("command", ["vote", "errors", "calibration", "diversity", "select"])
def test_unknown_variant_names_those_there_in_one_line(call, run, command):
    refused = call(command, f"{run.path}@mien")
    assert refused.code == 1
    assert "must be one of mine; got 'mien'" in refused.err
    assert "did you mean 'mine'?" in refused.err
    assert refused.err.count("\n") == 1
    assert load_ledger(run) == []


@pytest.mark.parametrize(
    "words",
    [
        ("inspect",),
        ("history",),
        ("audit",),
        ("results", "-o", "results.json"),
        ("corruptions",),
        ("predict", "--data", "digits"),
        ("predict", "--tta", "shifts"),
    ],
    ids=lambda words: " ".join(words),
)
def test_what_is_about_a_whole_run_refuses_a_variant(call, view, words):
    command, *options = words
    refused = call(command, view, *options)
    assert refused.code == 1
    assert "Leave out @mine" in refused.err
    assert refused.err.count("\n") == 1


def test_pool_refuses_a_variant_and_takes_none_along(call, run, view, tmp_path):
    assert "Leave out @mine" in call("pool", tmp_path / "new", view).err
    assert call("pool", tmp_path / "new", run.path).code == 0
    assert not list((tmp_path / "new").rglob("*.mine.h5"))


def test_inspect_lists_variants(call, run):
    told = call("inspect", run.path).out
    assert "variant mine on validation: 4 members, 9 copies by shifts of 1 px" in told
    found = json.loads(call("inspect", run.path, "--format", "json").out)["variants"]
    assert [(each["name"], each["split"], each["n_predicted"]) for each in found] == [
        ("mine", "validation", 4), ("mine", "test", 4),
    ]  # fmt: skip


def test_predict_says_how_to_ask(call, run, monkeypatch):
    monkeypatch.setattr(module, "run_members", lambda *args, **named: None)
    answer = call("predict", run.path, "--tta", "shifts", "--as", "mine")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "4 of 4 members have predictions on validation in the variant mine",
        "4 of 4 members have predictions on test in the variant mine",
        f"ask with {run.path}@mine",
    ]


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ((), "either --data SOURCE, or --tta"),
        (("--data", "digits", "--tta", "8"), "either --data SOURCE, or --tta"),
        (("--tta", "8", "--kaggle", "file.csv"), "go with --data"),
        (("--tta", "8", "--transform", "blur:3"), "go with --data"),
        (("--tta", "8", "--rule", "borda"), "--kaggle"),
        (("--data", "digits", "--split", "test"), "go with --tta"),
        (("--data", "digits", "--members", "a-*"), "go with --tta"),
    ],
)
def test_options_that_do_not_go_together_are_refused(call, run, options, fact):
    refused = call("predict", run.path, *options)
    assert refused.code == 2
    assert fact in refused.err
