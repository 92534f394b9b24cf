"""What all tests share: the marks' conditions, real MNIST, and runs written without training."""

import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from ensemble_lab.data.folds import take_fold
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.store.members import EpochRecord, save_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import Entry, Run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.training.plan import hash_examples

# Machines are shared and slow at times; a deadline would make a test of the neighbours. What
# is drawn is the same each time, so a red test is red because of the change.
settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

CLASS_COPIES = 8
"""Training examples of each class in a made run; a quarter of them validates."""


def is_all_required() -> bool:
    return os.environ.get("ENSEMBLE_LAB_REQUIRE_ALL") == "1"


def miss(reason: str) -> NoReturn:
    """Skip, or fail where everything must be there (the CI)."""
    if is_all_required():
        pytest.fail(f"{reason}, and ENSEMBLE_LAB_REQUIRE_ALL is set", pytrace=False)
    pytest.skip(reason)


def need(module: str) -> ModuleType:
    """Return an optional module, or `miss` it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        miss(f"{module} is not installed")


def count_skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", ())) if reporter else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that are slow as a whole: at the end one core would wait for another."""
    items.sort(key=lambda item: not is_slow_file(item))


def is_slow_file(item: pytest.Item) -> bool:
    marks = getattr(getattr(item, "module", None), "pytestmark", [])
    return any(mark.name == "slow" for mark in (marks if isinstance(marks, list) else [marks]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything must be there, what skips in a way of its own fails the session."""
    if is_all_required() and count_skipped(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(config: pytest.Config) -> None:
    if is_all_required() and (n_skipped := count_skipped(config)):
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        reporter.write_line(f"{n_skipped} skipped, and ENSEMBLE_LAB_REQUIRE_ALL is set", red=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("keras") is not None:
        if importlib.util.find_spec("keras") is None:
            miss("keras is not installed")
        if not any(importlib.util.find_spec(name) for name in ("tensorflow", "jax")):
            miss("Keras has no backend: neither tensorflow nor jax is installed")
    if item.get_closest_marker("mnist") is not None:
        find_mnist()
    if item.get_closest_marker("browser") is not None:
        need("playwright.sync_api")
        find_browser()


def find_browser() -> str:
    """Return the system's Chromium: what Playwright would download is another."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or miss(f"no browser is installed: none of {', '.join(BROWSERS)} is on the path")


def find_mnist() -> Path:
    folder = os.environ.get("ENSEMBLE_LAB_DATA")
    if not folder:
        miss("ENSEMBLE_LAB_DATA names no folder with real MNIST")
    path = Path(str(folder)).resolve()
    if not (path / "mnist.npz").is_file():
        miss(f"there is no mnist.npz in ENSEMBLE_LAB_DATA={folder}")
    return path


@pytest.fixture(autouse=True)
def user_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own for each test, in the place of the user's."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def mnist_dir() -> Path:
    """The folder with real MNIST."""
    return find_mnist()


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """Write a whole small run, as training would leave it, without Keras: see `write_run`."""

    def make(path: Path = tmp_path / "toy", **wishes: Any) -> Run:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", lambda descriptor: None)  # No test outlives the machine.
            return write_run(path, **wishes)

    return make


def write_run(
    path: Path,
    *,
    n_members: int = 3,
    n_examples: int = 6,
    n_classes: int = 3,
    groups: dict[str, int] | None = None,
    probabilities: np.ndarray | None = None,
    labels: np.ndarray | None = None,
    data_path: str | None = None,
    lead: float = 0.6,
    folds: int | None = None,
    seed: int = 0,
) -> Run:
    """Write a run at `path` and its images at ``<path>.npz``; return it.

    Parameters
    ----------
    n_members, n_examples, n_classes : int
        Members (``a-0000`` …), test examples and classes; the validation split has two
        examples of each class.
    groups : dict
        Members by group, in the place of `n_members`.
    probabilities : float (members, examples, classes)
        On the test split, in the place of drawn ones that are right more often than not.
    labels : int (examples,)
        Of the test split.
    data_path : str
        Records this path of the images, in the place of the true one.
    lead : float
        How far drawn probabilities favour the label.
    folds : int
        Every seed is there once a fold; validation is ``train-oof``.
    """
    rng = np.random.default_rng(seed)
    if probabilities is not None:
        n_members, n_examples, n_classes = probabilities.shape
    groups = groups or {"a": n_members}
    if labels is None:
        labels = (rng.random(n_examples) * n_classes).astype(np.int64)
    npz = Path(f"{path}.npz")
    npz.parent.mkdir(parents=True, exist_ok=True)
    n_train = CLASS_COPIES * n_classes
    np.savez(
        npz,
        x_train=draw_images(rng, n_train),
        y_train=np.arange(n_train) % n_classes,
        x_test=draw_images(rng, len(labels)),
        y_test=np.asarray(labels, np.int64),
    )
    validation = "share = 0.25" if folds is None else f"folds = {folds}"
    experiment = parse_experiment(describe(path.name, npz, groups, validation))
    dataset = load_dataset(experiment.data)
    recorded = experiment.data.to_json() | ({"path": data_path} if data_path else {})
    specs = experiment.expand()
    seen = {spec.fold: take_fold(dataset, spec.fold) for spec in specs}
    digests = {spec.key: spec.identity(hash_examples(seen[spec.fold])) for spec in specs}
    run = Run(
        path=path,
        name=experiment.name,
        class_names=tuple(str(label) for label in range(n_classes)),
        image_shape=dataset.image_shape,
        data=recorded,
        splits=tuple(split.name for split in dataset.splits),
        members=tuple(
            Entry(spec.key, spec.group, "trained", digests[spec.key], spec.to_json())
            for spec in specs
        ),
    )
    save_run(run)
    (path / "experiment.toml").write_text(
        describe(path.name, Path(data_path or npz), groups, validation), encoding="utf-8"
    )
    for split in dataset.splits:
        source = {"data": recorded, "split": "test" if split.name == "test" else "train"}
        hashes = (split.images_sha256, split.labels_sha256)
        record = SplitRecord(split.name, split.role, split.index, *hashes, source, split.fold)
        save_split(run, record, split.labels)
    for row, entry in enumerate(run.members):
        parent = train_in_name(run, entry.key, rng)
        for split in seen[entry.fold].splits[1:]:
            given = probabilities if split.name == "test" else None
            drawn = draw_probabilities(rng, split.labels, n_classes, lead)
            rows = drawn if given is None else np.asarray(given[row], np.float32)
            save_predictions(run, entry.key, split.name, rows, split.index, parent=parent)
    return run


def describe(name: str, npz: Path, groups: dict[str, int], validation: str) -> str:
    """The experiment file of a made run."""
    members = "".join(
        f'[[members]]\ngroup = "{group}"\narchitecture = {{ name = "mlp", hidden = [4] }}\n'
        f"seeds = {list(range(count))}\n"
        for group, count in groups.items()
    )
    data = f'[data]\nname = "npz"\npath = "{npz.as_posix()}"\nvalidation = {{ {validation} }}\n'
    return f'name = "{name}"\n{data}[defaults]\nepochs = 2\n{members}'


def train_in_name(run: Run, key: str, rng: np.random.Generator, **wishes: Any) -> str:
    """Write a member whose weights are drawn; return its content digest."""
    weights = rng.random((4, 3)).astype(np.float32)

    def write_weights(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["layers/dense/vars/0"] = weights
            file["layers/dense/vars/1"] = np.zeros(3, np.float32)

    history = tuple(
        EpochRecord(epoch, 1 / epoch, 1 - 1 / (epoch + 1), 0.5, 0.75, 0.001, 1.5)
        for epoch in (1, 2)
    )
    about: dict[str, Any] = {
        "architecture_sha256": "a" * 64,
        "history": history,
        "kept_epoch": 2,
        "n_parameters": 15,
        "training_macs": 12,
        "environment": {"backend": "none", "threads": 1},
    }
    return save_member(run, key, write_weights, **about | wishes).weights_sha256


def draw_probabilities(
    rng: np.random.Generator, labels: np.ndarray, n_classes: int, lead: float
) -> np.ndarray:
    """float32 (examples, classes), right more often than not; always with a lead of 1."""
    rows = rng.random((len(labels), n_classes)) + lead * np.eye(n_classes)[labels]
    return (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)


def draw_images(rng: np.random.Generator, n_images: int) -> np.ndarray:
    """uint8 (images, 5, 4); by `random`, which gives the same in every version of NumPy."""
    return (rng.random((n_images, 5, 4)) * 256).astype(np.uint8)
