"""Every source can be named where data are named."""

import numpy as np
import pytest

from ensemble_lab.cli.train import PresetData
from ensemble_lab.data.sources import SOURCES, Source
from ensemble_lab.workflows import predict as module
from ensemble_lab.workflows.new import read_template
from tests.data.small_sets import FILES, SETS, lay, shrink


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
