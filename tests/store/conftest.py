"""A run with every kind of file in it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ensemble_lab.exceptions import EnsembleLabError
from ensemble_lab.store.epoch_votes import load_epoch_votes
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.training_state import load_state
from tests.conftest import write_run
from tests.store.fuzz import prepare

KEY = "a-0000"


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_run(tmp_path_factory.mktemp("pattern") / "toy", n_members=2, n_examples=4)
    prepare(run, KEY)
    return run.path


@pytest.fixture
def run(pattern: Path, tmp_path: Path) -> Run:
    """Two members, four test examples, three classes; a training state and epoch votes too."""
    return open_run(shutil.copytree(pattern, tmp_path / "toy"))


@pytest.fixture
def files(run: Run) -> dict[str, tuple[Path, Callable[[], object]]]:
    """One file of each kind, and what reads it."""
    folder = run.member_folder(KEY)
    return {
        "member": (folder / "member.weights.h5", lambda: load_member(run, KEY)),
        "predictions": (folder / "predictions-test.h5", lambda: load_predictions(run, "test")),
        "epoch votes": (folder / "epoch-votes-test.h5", lambda: load_epoch_votes(run, KEY, "test")),
        "state": (folder / "resume.weights.h5", lambda: load_state(run, KEY)),
        "split": (run.path / "splits" / "test.h5", lambda: load_record(run, "test")),
        "labels": (run.path / "splits" / "test.h5", lambda: load_labels(run, "test")),
    }


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], EnsembleLabError]:
    """Call something that must be refused with one of our errors, in one line; return it."""

    def refused(read: Callable[[], object]) -> EnsembleLabError:
        with pytest.raises(EnsembleLabError) as caught:
            read()
        text = str(caught.value)
        assert text
        assert "\n" not in text
        return caught.value

    return refused
