"""An import that was killed before its manifest was written has not taken place."""

import contextlib
import sys

import numpy as np
import pytest

from ensemble_lab.exceptions import MismatchError
from ensemble_lab.store.predictions import has_predictions, load_predictions
from ensemble_lab.workflows.import_ import import_predictions


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """Import into a run and be killed before the manifest is written."""

    def kill(path, given, split, seed):
        labels = np.random.default_rng(seed).integers(0, 3, 12)
        # What runs when a process is killed: nothing.
        monkeypatch.setattr("ensemble_lab.workflows.import_.removing", contextlib.nullcontext)
        with monkeypatch.context() as patch:
            patch.setattr("ensemble_lab.workflows.import_.save_run", lambda run: sys.exit("killed"))
            with pytest.raises(SystemExit):
                import_predictions(path, given, split=split, labels=labels)
        return labels

    return kill


def test_what_a_killed_import_left_is_not_there(tmp_path, killed):
    rng = np.random.default_rng(1)
    rows = [rng.dirichlet(np.ones(3), 12) for _ in range(3)]
    path = tmp_path / "run"
    import_predictions(path, {"a": rows[0]}, labels=rng.integers(0, 3, 12))
    killed(path, {"a": rows[1], "b": rows[1]}, "validation", 2)
    other = rng.integers(0, 3, 12)
    run = import_predictions(path, {"b": rows[2]}, split="validation", labels=other).run
    assert not has_predictions(run, "a", "validation")
    assert load_predictions(run, "validation", members=("b",)).votes[0].tolist() == (
        rows[2].argmax(axis=1).tolist()
    )


def test_killed_import_can_be_repeated(tmp_path, killed):
    rng = np.random.default_rng(1)
    rows = [rng.dirichlet(np.ones(3), 12) for _ in range(3)]
    path = tmp_path / "run"
    import_predictions(path, {"a": rows[0]}, labels=rng.integers(0, 3, 12))
    labels = killed(path, {"a": rows[1]}, "validation", 2)
    once = import_predictions(path, {"a": rows[1]}, split="validation", labels=labels).run
    assert once.splits == ("test", "validation")
    killed(path, {"b": rows[2]}, "validation", 2)
    again = import_predictions(path, {"b": rows[2]}, split="validation", labels=labels).run
    assert again.keys == ("a", "b")
    with pytest.raises(MismatchError, match="a member with predictions"):
        import_predictions(path, {"a": rows[2]}, split="validation", labels=labels)
