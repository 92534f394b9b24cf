"""The command data: its table, its JSON, its pictures, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ensemble_lab.cli import data as module
from ensemble_lab.workflows.drawings import DRAWINGS
from tests.conftest import need

ROOT = Path(__file__).parents[2]


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """Six training images, of which one comes twice and one is constant; three of test."""
    images = np.arange(10 * 6, dtype=np.uint8).reshape(10, 2, 3)
    images[2], images[3] = images[1], 9
    path = tmp_path / "mine.npz"
    np.savez(
        path,
        x_train=images[:6],
        y_train=np.array([0, 1, 0, 0, 1, 0]),
        x_test=images[[6, 7, 0]],
        y_test=np.array([1, 1, 0]),
        class_names=np.array(["cat", "dog", "ape"]),
    )
    return path


def test_table_shows_splits_side_by_side_and_what_is_odd(call, npz):
    answer = call("data", npz)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0].split() == ["mine.npz", "train", "test"]
    assert lines[1].split() == ["examples", "6", "3"]
    table = [line.split() for line in lines]
    assert ["label", "class", "train", "test"] in table
    assert ["0", "cat", "4", "1"] in table
    assert ["2", "ape", "0", "0"] in table
    assert "largest class ÷ smallest: 2.00 in train, 2.00 in test" in lines
    assert lines[-5:] == [
        "train lacks 1 class: ape",
        "train has 1 constant image: 3",
        "test lacks 1 class: ape",
        "train repeats 1 image of its own, 1 with another label: train 1 = train 2",
        "test repeats 1 image of train, all with the same label: train 0 = test 2",
    ]


def test_table_says_what_was_looked_for_in_vain(call, tmp_path):
    images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.savez(tmp_path / "fine.npz", x_test=images)
    assert call("data", tmp_path / "fine.npz").out.splitlines()[-2:] == [
        "", "no image is constant, no image comes twice",
    ]  # fmt: skip
    np.savez(tmp_path / "fine.npz", x_test=images, y_test=np.array([0, 1]))
    out = call("data", tmp_path / "fine.npz").out.splitlines()
    assert out[-1] == "no class is missing, no image is constant, no image comes twice"


def test_many_repeats_are_counted_and_few_listed(call, tmp_path):
    np.savez(tmp_path / "same.npz", x_test=np.zeros((9, 2, 2), np.uint8))
    last = call("data", tmp_path / "same.npz").out.splitlines()[-1]
    assert last.startswith("test repeats 8 images of its own, labels are not known: test 0 = ")
    assert last.endswith("test 0 = test 5 and 3 more")


def test_json_has_whole_hashes_and_every_pair(call, npz):
    summary = json.loads(call("data", npz, "--format", "json").out)
    assert list(summary) == [
        "name", "class_names", "splits", "repeats", "shared_writers", "unknown",
    ]  # fmt: skip
    train, test = summary["splits"]
    assert list(train) == [
        "name", "role", "n_examples", "image_shape", "dtype", "lowest", "highest", "mean", "sd",
        "label_counts", "missing", "constant", "images_sha256", "labels_sha256", "n_writers",
        "series",
    ]  # fmt: skip
    assert len(train["images_sha256"]) == len(test["labels_sha256"]) == 64
    assert summary["repeats"][0]["pairs"] == [[1, 2]]


@pytest.mark.mnist
def test_table_of_mnist_names_writers_and_series(call, mnist_dir):
    out = call("data", "mnist", "--data-dir", mnist_dir).out
    assert "\n    1   6742  1135\n" in out
    assert "hsf0 4,999, hsf4 5,001" in out
    assert out.endswith("train and test share no writers\n")


def test_digit_is_printed_as_numbers(call, npz):
    answer = call("data", f"{npz}:test", "--draw", "digit", "--index", "1")
    assert answer.out == "mine.npz test 1: label dog, 2×3×1\n42 43 44\n45 46 47\n"
    assert call("data", npz, "--draw", "digit").out.splitlines()[1] == "0 1 2"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("samples.png", []),
        ("samples.svg", ["--index", "1,5"]),
        ("samples.pdf", ["--examples", "2", "--seed", "3"]),
        ("all.png", ["--draw", "mosaic", "--group-by", "label"]),
        ("some.png", ["--draw", "mosaic", "--examples", "4"]),
        ("means.png", ["--draw", "means"]),
        ("digit.svg", ["--draw", "digit", "--index", "2"]),
    ],
)
def test_picture_is_written_where_it_says(call, npz, tmp_path, name, options):
    path = tmp_path / "folder" / name
    answer = call("data", npz, "-o", path, *options)
    assert (answer.code, answer.out, answer.err) == (0, f"{path}\n", "")
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[path.suffix]
    assert path.read_bytes().startswith(start)


def test_projection_is_written(call, npz, tmp_path):
    pytest.importorskip("sklearn")
    path = tmp_path / "map.png"
    answer = call("data", npz, "-o", path, "--draw", "projection", "--perplexity", "2")
    assert (answer.code, answer.out, answer.err) == (0, f"{path}\n", "")


@pytest.mark.keras
def test_augmented_images_are_written_and_no_framework_is_heard(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    labels = np.arange(40) % 10
    np.savez(tmp_path / "x.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    path = tmp_path / "seen.png"
    options = ["-o", path, "--draw", "augmented", "--augmentation", "light"]
    # Keras in a process of its own: in this one other tests choose its threads.
    done = subprocess.run(
        [sys.executable, "-m", "ensemble_lab", "data", tmp_path / "x.npz", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n", "")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        (["--draw", "means"], ["--draw means needs -o"]),
        (["--index", "1"], ["--index goes with -o"]),
        (["--draw", "digit", "--index", "1,2"], ["one --index"]),
        (["-o", "x.png", "--draw", "means", "--seed", "1"], ["--seed changes nothing"]),
        (["-o", "x.png", "--group-by", "label"], ["--group-by changes nothing", "samples"]),
        (["-o", "x.png", "--perplexity", "5"], ["--perplexity changes nothing"]),
        (["-o", "x.png", "--index", "1", "--examples", "2"], ["--examples", "leave out one"]),
        (["-o", "x.png", "--draw", "augmented"], ["--augmentation", "light"]),
        (["-o", "x.png", "--format", "json"], ["--format"]),
        (["-o", "x.png", "--draw", "sample"], ["'samples'"]),
        (["-o", "x.png", "--examples", "0"], ["--examples"]),
    ],
)
def test_options_that_do_not_go_together_are_usage_errors(call, npz, options, facts):
    answer = call("data", npz, *options)
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1
    for fact in facts:
        assert fact in answer.err


@pytest.mark.parametrize(
    ("source", "options", "facts"),
    [
        ("minst", [], ["mnist"]),
        ("{npz}:valid", [], ["train, test", "valid"]),
        ("none.npz", [], ["none.npz"]),
        ("{npz}", ["-o", "x.gif"], [".png", "x.gif"]),
        ("{npz}", ["-o", "x.svg", "--draw", "mosaic"], [".png", "x.svg"]),
        ("{npz}", ["-o", "x.png", "--index", "77"], ["from 0 to 5", "77"]),
        ("{npz}", ["-o", "x.png", "--index", "a"], ["whole number", "'a'"]),
        ("{npz}:test", ["-o", "x.png", "--draw", "projection"], ["at least 5", "3"]),
        ("{npz}", ["-o", "x.png", "--draw", "augmented", "--augmentation", "cnn3"], ["cnn3"]),
    ],
)
def test_refusals_are_one_line_and_leave_no_file(
    call, npz, tmp_path, monkeypatch, source, options, facts
):
    monkeypatch.chdir(tmp_path)
    answer = call("data", source.format(npz=npz), *options)
    assert (answer.code, answer.out) == (1, "")
    assert len(answer.err.splitlines()) == 1
    for fact in facts:
        assert fact in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.npz"]


def test_every_drawing_can_be_asked_for_and_every_option_changes_one():
    choices = get_args(get_args(get_args(module.What)[0])[0])
    assert choices == tuple(DRAWINGS)
    taken = {name for row in DRAWINGS.values() for name in row.takes}
    assert taken == set(module._OPTIONS)


@pytest.mark.parametrize("options", [[], ["--format", "json"], ["--draw", "digit"]])
def test_table_loads_nothing_heavy(npz, options):
    script = (
        "import sys\nfrom ensemble_lab.cli import main\n"
        f"try:\n    main(['data', {str(npz)!r}, *{options!r}])\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'matplotlib', 'seaborn', 'pandas', 'sklearn',\n"
        "         'scipy', 'PIL', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


@pytest.mark.parametrize(
    "words",
    [
        ("data", "digits:test", "--draw", "digit"),
        ("corruptions", "--show", "s.png", "--data", "digits:test", "--only", "blur"),
    ],
)
def test_first_example_is_shown_wherever_a_split_begins(call, tmp_path, monkeypatch, words):
    """The test examples of scikit-learn's digits are numbered from 898 on."""
    need("sklearn")
    monkeypatch.chdir(tmp_path)
    answer = call(*words)
    assert (answer.code, answer.err) == (0, "")
