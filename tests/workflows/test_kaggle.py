"""Kaggle's files from the folder to the submission, by way of real workers."""

from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.exceptions import MissingError
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.inspect import summarise_run
from ensemble_lab.workflows.predict import predict
from ensemble_lab.workflows.results import collect_results
from ensemble_lab.workflows.submission import save_submission
from ensemble_lab.workflows.train import train
from ensemble_lab.workflows.vote import score_vote
from tests.conftest import need

TEXT = """
name = "kaggle"
data = { name = "kaggle", path = "digit-recognizer" }
[[members]]
group = "nb"
architecture = { name = "naive_bayes" }
backend = "scikit-learn"
seeds = [0]
"""


def write_csv(path: Path, images: np.ndarray, labels: np.ndarray | None) -> None:
    names = [f"pixel{at}" for at in range(images.shape[1])]
    head = names if labels is None else ["label", *names]
    rows = images if labels is None else np.column_stack([labels, images])
    path.parent.mkdir(exist_ok=True)
    text = "\n".join(",".join(map(str, row)) for row in [head, *rows.tolist()])
    path.write_text(text + "\n")


def train_on(folder: Path, images: np.ndarray, labels: np.ndarray, n_train: int):
    """Train on the first rows, with the others unlabelled; return the run."""
    need("sklearn")
    data = folder / "digit-recognizer"
    write_csv(data / "train.csv", images[:n_train], labels[:n_train])
    write_csv(data / "test.csv", images[n_train:], None)
    (folder / "experiment.toml").write_text(TEXT)
    return train(folder / "experiment.toml", run=folder / "run", engine="serial")


def draw_rows(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of 4×4 whose brightest row tells the class in part."""
    rng = np.random.default_rng(2)
    labels = np.arange(n_rows) % 10
    images = rng.integers(0, 100, (n_rows, 16))
    images[np.arange(n_rows), labels] += 150
    return images, labels


@pytest.fixture
def trained(tmp_path):
    return train_on(tmp_path, *draw_rows(150), n_train=120)


def test_run_is_complete_without_test_labels(trained):
    record = load_record(trained, "test")
    assert (record.role, record.labels_sha256, len(record.index)) == ("none", None, 30)
    assert summarise_run(trained).n_complete == 1
    assert score_vote(trained, "validation").n_examples == 12
    for ask in (score_vote, collect_results):
        with pytest.raises(MissingError, match="split 'test' must have labels") as caught:
            ask(trained)
        assert "\n" not in str(caught.value)


def test_its_own_test_split_is_submitted(trained, tmp_path):
    written = save_submission(trained, "test", tmp_path / "submission.csv")
    assert written.n_examples == 30
    assert not written.is_seen
    numbers, labels = np.loadtxt(written.path, int, delimiter=",", skiprows=1).T
    assert numbers.tolist() == list(range(1, 31))
    truth = draw_rows(150)[1][120:]
    assert np.count_nonzero(labels == truth) > 15


def test_one_file_is_predicted_by_workers(trained, tmp_path):
    images, labels = draw_rows(50)
    write_csv(tmp_path / "more.csv", images, labels)
    run = predict(trained, str(tmp_path / "more.csv"), "more", engine="serial")
    assert score_vote(run, "more").errors < 25
    assert np.array_equal(load_images(run, "more").images.reshape(50, -1), images)


@pytest.mark.mnist
def test_rows_of_real_digits_are_learnt(mnist_dir: Path, tmp_path: Path) -> None:
    with np.load(mnist_dir / "mnist.npz") as arrays:
        images, labels = arrays["x_test"][:1500].reshape(1500, -1), arrays["y_test"][:1500]
    run = train_on(tmp_path, images, labels, n_train=1200)
    written = save_submission(run, "test", tmp_path / "submission.csv")
    submitted = np.loadtxt(written.path, int, delimiter=",", skiprows=1)[:, 1]
    # Gaussian naive Bayes reaches little more than half on MNIST.
    assert np.mean(submitted == labels[1200:]) > 0.4
