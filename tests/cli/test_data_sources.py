"""Every source can be named where data are named."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.cli.train import PresetData
from ensemble_lab.data.sources import SOURCES, Source
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import save_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows import predict as module
from ensemble_lab.workflows.new import read_template
from tests.data.small_sets import FILES, SETS, lay, shrink
from tests.data.test_pixel_csv import csv_text


@pytest.fixture(autouse=True)
def sets(monkeypatch, tmp_path):
    """Small sets in a folder of data."""
    for name in SETS:
        monkeypatch.setitem(SOURCES, name, Source.of_set(shrink(name)))
        lay(tmp_path / "data" / name, FILES[name])
    monkeypatch.setenv("ENSEMBLE_LAB_DATA", str(tmp_path / "data"))


@pytest.mark.parametrize("name", SOURCES)
def test_texts_name_every_source(call, name):
    assert name in " ".join(call("predict", "--help").out.split())
    assert name in read_template("experiment")
    assert name in PresetData.__metadata__[0].help


@pytest.mark.parametrize("name", SETS)
def test_preset_is_planned_on_a_set(call, name):
    answer = call("train", "--preset", "mlp-256", "--data", name, "--dry-run")
    assert answer.code == 0, answer.err
    assert f"{name}: 24 train, 6 validation, 20 test images" in answer.out


def test_experiment_file_names_a_set(call, tmp_path):
    path = tmp_path / "fashion.toml"
    text = read_template("experiment").replace('name = "digits"', 'name = "fashion_mnist"')
    path.write_text(text)
    answer = call("train", path, "--dry-run")
    assert answer.code == 0, answer.err
    assert "fashion_mnist: 27 train" in answer.out


def test_articles_are_no_digits(call, make_run, monkeypatch):
    """Members that name digits are not scored on labels that stand for other things."""
    run = make_run(n_classes=10)
    monkeypatch.setattr(module, "load_split", fit_to(run.image_shape))
    answer = call("predict", run.path, "--data", "fashion_mnist", "--as", "articles")
    assert answer.code == 1
    assert "class names must be the members'" in answer.err
    assert "T-shirt/top" in answer.err


def fit_to(shape):
    """Loader of a set whose images are cut to the run's."""

    def load(source, split, data_dir=None):
        published = SOURCES[source.name].load_split(source, split, data_dir)
        images = np.ascontiguousarray(published.images[:, : shape[0], : shape[1]])
        return module.Split(
            split, "report", published.index, images, published.labels, "0" * 64, "1" * 64
        )

    return load


def write_csv(path, labels=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(1).integers(0, 256, (40, 16))
    path.write_text(csv_text(images, labels))
    return path


@pytest.fixture
def digits(tmp_path):
    """A folder with Kaggle's two files."""
    write_csv(tmp_path / "digits" / "train.csv", np.arange(40) % 10)
    return write_csv(tmp_path / "digits" / "test.csv").parent


def test_preset_is_planned_on_kaggles_folder(call, digits):
    answer = call("train", "--preset", "mlp-256", "--data", digits / "train.csv", "--dry-run")
    assert answer.code == 0, answer.err
    assert "kaggle: 32 train, 8 validation, 40 test images" in answer.out


def test_experiment_file_names_kaggles_folder_beside_it(call, digits, tmp_path):
    path = tmp_path / "kaggle.toml"
    text = read_template("experiment").replace(
        'name = "digits"', 'name = "kaggle"\npath = "digits"'
    )
    path.write_text(text.split("[[members]]")[0] + KAGGLE_GROUP)
    answer = call("train", path, "--dry-run")
    assert answer.code == 0, answer.err
    assert "kaggle: 36 train, 4 validation, 40 test images" in answer.out


KAGGLE_GROUP = """
[[members]]
group = "net"
architecture = { name = "mlp" }
seeds = [0]
"""


@pytest.fixture
def predicted(make_run, monkeypatch):
    """A run of digits whose members answer at once what the first pixel says."""
    run = make_run(n_members=2, n_classes=10)
    save_run(replace(run, data={"name": "mnist"}, image_shape=(4, 4, 1)))

    def answer(run, keys, arguments, **_):
        split = arguments[1]
        index = load_record(run, split).index
        for key in keys:
            parent = load_member(run, key).weights_sha256
            rows = np.eye(10, dtype=np.float32)[index % 10]
            save_predictions(run, key, split, rows, index, parent=parent)

    monkeypatch.setattr(module, "run_members", answer)
    monkeypatch.setattr(module, "check_backends", lambda *_, **__: None)
    return run.path


def test_submission_is_written_and_says_what_was_seen(call, predicted, digits, tmp_path):
    path = tmp_path / "submission.csv"
    answer = call("predict", predicted, "--data", digits / "test.csv", "--kaggle", path)
    assert answer.code == 0, answer.err
    assert "2 of 2 members have predictions on digits-test" in answer.out
    assert f"{path}: 40 rows, vote of 2, majority" in answer.out
    assert answer.err.count("70,000 images") == 1
    assert "trained on mnist" in answer.err
    lines = path.read_text().splitlines()
    assert (lines[0], lines[1], lines[40], len(lines)) == ("ImageId,Label", "1,0", "40,9", 41)


def test_members_that_are_not_trained_do_not_vote(call, predicted, digits, tmp_path):
    (predicted / "members" / "a-0001" / "member.weights.h5").unlink()
    arguments = ("--data", digits / "test.csv", "--kaggle", tmp_path / "submission.csv")
    answer = call("predict", predicted, *arguments)
    assert answer.code == 0, answer.err
    assert "40 rows, vote of 1, majority" in answer.out
    assert "not trained yet: a-0001" in answer.out


def test_labelled_rows_are_no_submission(call, predicted, digits, tmp_path):
    arguments = ("--data", digits / "train.csv", "--as", "known")
    answer = call("predict", predicted, *arguments, "--kaggle", tmp_path / "submission.csv")
    assert answer.code == 1
    assert "vote" in answer.err
    assert "--split known" in answer.err
    assert not (tmp_path / "submission.csv").exists()


def test_without_kaggle_the_hint_names_it_and_a_rule_has_no_use(call, predicted, digits):
    arguments = ("predict", predicted, "--data", digits / "test.csv")
    assert "--kaggle FILE" in call(*arguments).out
    answer = call(*arguments, "--rule", "mean-probability")
    assert answer.code == 2
    assert "--kaggle" in answer.err


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("mnist", "mnist-test"),
        ("qmnist:test50k", "qmnist-test50k"),
        ("fashion_mnist:train", "fashion-mnist-train"),
        ("some/where/Mine (2).npz", "mine-2-test"),
        ("digit-recognizer/train.csv", "digit-recognizer-train"),
    ],
)
def test_split_is_named_after_its_data(data, name):
    assert module.name_split(data) == name
