"""One pass over the splits for all members: what is loaded when, and whose failure is whose."""

import io
import json
from contextlib import nullcontext

import numpy as np
import pytest

from ensemble_lab.exceptions import DataError, InterruptedTraining, TrainingError
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.predictions import has_predictions, load_predictions, predictions_path
from ensemble_lab.training import predicting
from ensemble_lab.training.predicting import predict_splits
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.trainers import Answers

SPLITS = ("validation", "test")


class Ask:
    """Asks a run's members without a framework, and keeps a diary of what was done."""

    def __init__(self, run, monkeypatch):
        self.run, self.diary, self.troubles = run, [], {}
        for key in run.keys:
            for split in SPLITS:
                predictions_path(run, key, split).unlink()
        self._load = predicting.load_checked_images
        monkeypatch.setattr(predicting, "load_checked_images", self._load_images)
        monkeypatch.setattr(predicting, "load_trainer", lambda _backend: self)
        monkeypatch.setattr(predicting, "hash_architecture", lambda *_: "a" * 64)

    def open_libraries(self, _spec):
        return nullcontext()

    def load(self, _run, spec):
        return lambda images, *, name, on_batch: self._answer(spec.key, images, name, on_batch)

    def __call__(self, *splits):
        """Return the exit code and the events, each as ``(key, what)``."""
        lines = io.StringIO()
        self.diary.clear()
        reporters = [Reporter(key, lines) for key in self.run.keys]
        code = predict_splits(self.run, reporters, splits or SPLITS, None)
        events = [json.loads(line) for line in lines.getvalue().splitlines()]
        return code, [(event["key"], event["event"]) for event in events]

    def _load_images(self, run, split, data_dir, *, fold):
        self.diary.append(f"load {split}")
        self._fail(split)
        return self._load(run, split, data_dir, fold=fold)

    def _answer(self, key, images, name, on_batch):
        self.diary.append(name)
        self._fail(name)
        on_batch()
        rows = np.eye(3, dtype=np.float32)[(images.sum(axis=(1, 2, 3)) + int(key[-1])) % 3]
        return Answers(rows.argmax(axis=1).astype(np.uint8), rows)

    def _fail(self, name):
        if name in self.troubles:
            raise self.troubles[name]


@pytest.fixture
def ask(make_run, monkeypatch):
    return Ask(make_run(), monkeypatch)


def test_each_split_is_loaded_once_and_all_members_are_asked_before_the_next(ask):
    code, events = ask()
    assert code == 0
    assert ask.diary == [
        "load validation", *(f"a-000{seed} on validation" for seed in range(3)),
        "load test", *(f"a-000{seed} on test" for seed in range(3)),
    ]  # fmt: skip
    assert [event for event in events if event[1] == "done"] == [(k, "done") for k in ask.run.keys]
    assert load_predictions(ask.run, "test").probabilities.shape == (3, 6, 3)


def test_what_is_predicted_is_asked_no_more(ask):
    ask("test")
    predictions_path(ask.run, "a-0001", "test").unlink()
    ask()
    assert ask.diary[-2:] == ["load test", "a-0001 on test"]
    code, events = ask()
    assert (code, ask.diary) == (0, [])
    assert events == [(key, "done") for key in ask.run.keys]


def test_member_that_fails_leaves_the_others_alone(ask):
    ask.troubles["a-0001 on validation"] = TrainingError("it must not fail.")
    code, events = ask()
    assert code == 1
    assert [event for event in events if event[1] in ("done", "failed")] == [
        ("a-0001", "failed"), ("a-0000", "done"), ("a-0002", "done"),
    ]  # fmt: skip
    assert "a-0001 on test" not in ask.diary


def test_split_that_cannot_be_had_fails_those_that_lack_it(ask):
    ask("test")
    predictions_path(ask.run, "a-0002", "test").unlink()
    ask.troubles["test"] = DataError("it must be there.")
    code, events = ask()
    assert code == 1
    ended = [event for event in events if event[1] in ("done", "failed")]
    assert ended == [("a-0000", "done"), ("a-0001", "done"), ("a-0002", "failed")]
    assert all(has_predictions(ask.run, key, "validation") for key in ask.run.keys)


def test_stop_interrupts_all_that_are_not_done_and_keeps_what_is(ask):
    ask.troubles["a-0001 on test"] = InterruptedTraining("it was stopped.")
    code, events = ask()
    assert code == 130
    assert events[-2:] == [("a-0001", "interrupted"), ("a-0002", "interrupted")]
    assert [has_predictions(ask.run, key, "test") for key in ask.run.keys] == [True, False, False]


def test_member_in_use_is_left_to_its_holder(ask):
    with lock_member(ask.run, "a-0000"):
        code, events = ask("test")
    assert code == 0
    assert events[0] == ("a-0000", "locked")
    assert ask.diary == ["load test", "a-0001 on test", "a-0002 on test"]


def test_worker_tells_whose_turn_it_is_before_each_answer(ask):
    """The parent knows by it who was at work when a process is killed."""
    _, events = ask()
    assert [event for event in events if event[1] in ("start", "progress")] == [
        *((key, "start") for key in ask.run.keys), *((key, "progress") for key in ask.run.keys),
    ]  # fmt: skip
