"""The command that makes members of files."""

import json

import numpy as np
import pytest

from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import open_run
from tests.toy import LABELS, toy_predictions

PROBABILITIES = toy_predictions().probabilities
VOTES = np.array([0, 1, 2, 1, 2, 0])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files of somebody else's: two members of the toy ensemble, votes, labels and images."""
    monkeypatch.chdir(tmp_path)
    np.save("My_Net.npy", PROBABILITIES[0])
    np.savetxt("b.csv", PROBABILITIES[1], delimiter=",", header="p0,p1,p2", comments="")
    np.savez("hard.npz", votes=VOTES)
    np.savetxt("y.csv", LABELS, fmt="%d")
    np.save("x.npy", np.zeros((6, 5, 4), np.uint8))
    (tmp_path / "names.txt").write_text("cat\ndog\nemu\n")
    return tmp_path


def test_files_become_members_of_a_new_run(call, folder):
    answer = call(
        "import", "run", "My_Net.npy", "b.csv", "--labels", "y.csv", "--images", "x.npy",
        "--class-names", "names.txt",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "member  holds          file",
        "my-net  probabilities  My_Net.npy",
        "b       probabilities  b.csv",
        "run: 2 members on test, 6 examples of 3 classes, with images",
    ]
    assert answer.err == "My_Net.npy is named my-net\n"
    more = call("import", "run", "b.csv", "--name", "again")
    assert more.out.splitlines()[-1].startswith("run: 1 member more, 3 in all, on test, 6 exam")
    assert open_run("run").class_names == ("cat", "dog", "emu")
    answer = call("errors", "run", "--format", "indices", "--rule", "mean-probability")
    assert answer.code == 0
    assert call("gallery", "run", "-o", "g.png").code == 0
    assert call("errors", "run", "--save", "all").code == 0


def test_names_that_look_like_seeds_are_said_to_be_taken_for_them(call, folder):
    words = ("import", "run", "b.csv", "--labels", "y.csv", "--name")
    assert call(*words, "net-2019").err == ""
    told = call("import", "run", "b.csv", "--name", "net-2020").err
    assert told == "net-2019, net-2020 are taken for seeds of one recipe, by their names\n"
    assert call("import", "run", "b.csv", "--name", "other").err == ""


def test_votes_alone_are_said_to_be_so(call, folder):
    answer = call("import", "run", "hard.npz", "--labels", "y.csv")
    assert answer.out.splitlines()[1:] == [
        "hard    votes  hard.npz",
        "run: 1 member on test, 6 examples of 3 classes, no images",
        "1 with votes alone: ties go to the lowest class; there is no gap, no margin, and",
        "no rule that needs probabilities",
    ]
    assert answer.err == ""
    answer = call("vote", "run")
    assert "ties by lowest" in answer.out
    rows = json.loads(call("errors", "run", "--format", "json").out)
    assert {row["gap"] for row in rows} == {row["margin"] for row in rows} == {None}
    assert "–" in call("errors", "run").out
    for option, value in (("--rule", "mean-probability"), ("--min-gap", "0")):
        answer = call("errors", "run", option, value)
        assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
        assert "only votes" in answer.err


def test_json_says_what_was_imported(call, folder):
    words = ["import", "run", "b.csv", "hard.npz", "--labels", "y.csv", "--name", "one"]
    answer = call(*words, "--name", "two", "--format", "json")
    assert json.loads(answer.out) == {
        "run": "run",
        "split": "test",
        "n_examples": 6,
        "n_classes": 3,
        "has_images": False,
        "members": [
            {"key": "one", "given": "b.csv", "has_probabilities": True, "n_flipped": None},
            {"key": "two", "given": "hard.npz", "has_probabilities": False, "n_flipped": None},
        ],
    }
    assert answer.err == ""


def test_rounding_to_float16_says_how_many_labels_it_flips(call, folder):
    rows = PROBABILITIES[0].copy()
    rows[1] = [0.4999, 0.50002, 0.00008]  # Equal as float16.
    np.save("a.npy", rows)
    words = ("import", "run", "--labels", "y.csv", "--probabilities", "float16")
    answer = call(*words, "a.npy", "hard.npz")
    assert answer.code == 0, answer.err
    assert answer.err == "a is stored as float16, which flips 1 of 6 labels; its votes stay\n"
    assert open_run("run").probabilities == "float16"
    assert load_predictions(open_run("run"), members=("a",)).votes[0, 1] == 1
    # From then on the run stores it so, unless told otherwise.
    assert "b is stored as float16, which flips 0" in call("import", "run", "b.csv").err
    words = ("import", "run", "b.csv", "--name", "c", "--probabilities", "float32")
    assert call(*words).err == ""
    assert open_run("run").probabilities == "float32"


def test_inspect_tells_of_rounding(call, folder):
    np.save("a.npy", PROBABILITIES[0])
    call("import", "run", "a.npy", "b.csv", "--labels", "y.csv", "--probabilities", "float16")
    told = call("inspect", "run").out
    assert "test: 2 members stored as float16, which flips 0 labels; votes stay" in told


def test_images_may_follow_without_predictions(call, folder):
    call("import", "run", "b.csv", "--labels", "y.csv")
    answer = call("gallery", "run", "-o", "g.png")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "ensemble-lab import run --split test --images FILE" in answer.err
    assert call("ledger", "run").out.count("gallery") == 0
    answer = call("import", "run", "--images", "x.npy")
    assert answer.out == "run: images on test, 6 examples of 3 classes, with images\n"
    assert call("gallery", "run", "-o", "g.png").code == 0


def test_another_split_is_for_choosing(call, folder):
    call("import", "run", "b.csv", "My_Net.npy", "--labels", "y.csv")
    words = ["import", "run", "b.csv", "My_Net.npy", "--labels", "y.csv", "--split", "validation"]
    assert call(*words).code == 0
    assert call("select", "run", "-o", "chosen.json").code == 0
    assert call("vote", "run", "--decision", "chosen.json").code == 0


def test_logits_are_said_to_be_so(call, folder):
    np.save("l.npy", PROBABILITIES[0] * 8)
    answer = call("import", "run", "l.npy", "--labels", "y.csv")
    assert answer.code == 1
    assert "row 0, in l.npy. If these are raw outputs, say --logits." in answer.err
    assert call("import", "run", "l.npy", "--labels", "y.csv", "--logits").code == 0
    votes = load_predictions(open_run("run")).votes[0]
    assert votes.tolist() == toy_predictions().votes[0].tolist()


@pytest.mark.parametrize(
    ("words", "code", "fact"),
    [
        (["b.csv"], 1, "Say --data SOURCE or --labels FILE."),
        (["b.csv", "--labels", "x.npy"], 1, "labels must be whole numbers"),
        (["b.csv", "--labels", "y.csv", "--split", "train"], 1, "test or validation"),
        (["b.csv", "b.csv", "--labels", "y.csv"], 1, "keys of their own"),
        (["b.csv", "y.csv", "--labels", "y.csv", "--name", "q"], 1, "2 files; got 1"),
        (["names.txt", "--labels", "y.csv"], 1, "must end in npy, npz, csv, parquet"),
        (["no.npy", "--labels", "y.csv"], 1, "no.npy"),
        (["b.csv", "--data", "nothing"], 1, "source must be one of"),
        (["--labels", "y.csv"], 2, "name one FILE"),
        ([], 2, "name one FILE"),
    ],
)
def test_what_cannot_be_imported_is_one_line(call, folder, words, code, fact):
    answer = call("import", "run", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert fact in answer.err
    assert not (folder / "run").exists()


ANSWERED = [
    ["vote"],
    ["vote", "--by", "group"],
    ["confusion"],
    ["errors", "--pairs"],
    ["curve", "--split", "test"],
    ["diversity", "--split", "test"],
    ["calibration", "--split", "test"],
    ["audit"],
    ["significance", "{run}:b", "{run}:my-net"],
    ["inspect"],
    ["runs"],
    ["ledger"],
]


@pytest.mark.parametrize("words", ANSWERED, ids=" ".join)
def test_commands_about_predictions_answer(call, folder, words):
    call("import", "run", "b.csv", "My_Net.npy", "--labels", "y.csv")
    asked = words[1:] if words[0] == "significance" else ["run", *words[1:]]
    answer = call(words[0], *(word.format(run="run") for word in asked))
    assert answer.code == 0, answer.err
    assert answer.out


REFUSED = {
    "select": "a run must have a validation split",
    "history": "b (imported), my-net (imported)",
    "results": "member b must be trained; got one that was imported",
    "corruptions": "--data SOURCE",
    "predict": "--data SOURCE",
}


@pytest.mark.parametrize("command", REFUSED)
def test_commands_that_need_more_say_so_in_a_line(call, folder, command):
    call("import", "run", "b.csv", "My_Net.npy", "--labels", "y.csv")
    more = {"results": ["-o", "r.json"], "predict": ["--data", "digits"]}.get(command, [])
    answer = call(command, "run", *more)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert REFUSED[command] in answer.err


@pytest.fixture
def sourced(call, folder, make_run):
    """A run whose member was imported on the examples of a source; a trained run of the same."""
    made = make_run(folder / "made")
    answer = call("import", "run", "b.csv", "--data", f"{made.path}.npz", "--format", "json")
    assert answer.code == 0, answer.err
    return made


@pytest.mark.parametrize("words", [["corruptions"], ["predict", "--data", "made.npz:train"]])
def test_nothing_predicts_for_imported_members(call, sourced, words):
    answer = call(words[0], "run", *words[1:])
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "Imported members have predictions alone" in answer.err


def test_trained_and_imported_members_are_pooled(call, sourced):
    answer = call("pool", "both", "run", "made")
    assert answer.code == 0, answer.err
    assert open_run("both").keys == ("b", *sourced.keys)
    assert call("vote", "both").code == 0
    assert "imported" in call("inspect", "both").out


def test_run_of_labels_alone_is_not_pooled_with_images(call, sourced):
    call("import", "bare", "b.csv", "--labels", "y.csv")
    answer = call("pool", "both", "bare", "made")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "image_shape must be the same in all runs; got none in bare" in answer.err


def test_member_that_joins_a_trained_run_lacks_its_validation(call, folder, make_run):
    run = make_run()
    assert call("import", run.path, "b.csv").code == 0
    assert call("vote", run.path).out.splitlines()[4].startswith("b ")
    answer = call("curve", run.path)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "b of" in answer.err
    assert "ensemble-lab import --split validation" in answer.err
    assert call("curve", run.path, "--members", "a-*").code == 0


@pytest.mark.mnist
def test_predictions_of_real_mnist_have_their_errors(call, mnist_dir, tmp_path):
    path = mnist_dir / "mnist_test_set_pyx.npy"
    answer = call("import", tmp_path / "run", path, "--data", "mnist")
    assert answer.code == 0, answer.err
    answer = call("vote", tmp_path / "run", "--format", "json")
    assert json.loads(answer.out)["errors"] == 87
    assert call("gallery", tmp_path / "run", "-o", tmp_path / "g.png", "--limit", 12).code == 0
