"""What the stacked engine is asked, and what it refuses before anything is started."""

import numpy as np
import pytest

from ensemble_lab.engines import Outcome
from ensemble_lab.exceptions import MismatchError, MissingExtraError, SpecError
from ensemble_lab.store.members import member_path
from ensemble_lab.store.predictions import predictions_path
from ensemble_lab.store.training_state import (
    TrainingState,
    load_state,
    save_state,
    state_path,
)
from ensemble_lab.workflows import workers as module
from ensemble_lab.workflows.predict import predict
from ensemble_lab.workflows.train import train
from tests.conftest import train_in_name


@pytest.fixture
def jobs(monkeypatch):
    """What an engine would run; no package is missing."""
    asked = []

    def run_engine(name, jobs, **_):
        asked.extend(jobs)
        return tuple(Outcome(job.key, "trained") for job in jobs)

    monkeypatch.setattr(module, "run_engine", run_engine)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _name: True)
    return asked


@pytest.fixture
def run(make_run):
    """Three members of one recipe; nothing is trained."""
    run = make_run()
    for key in run.keys:
        member_path(run, key).unlink()
        for split in run.splits[1:]:
            predictions_path(run, key, split).unlink()
    return run


def begin(run, key, numerics):
    """Leave what a worker leaves that was stopped."""
    save_state(run, key, TrainingState(1, (), (), (), 1, (), numerics=numerics))


def test_members_that_differ_in_the_seed_are_of_one_stack(run, jobs, tmp_path):
    path = run.path / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    other = text[text.index("[[members]]") :].replace('"a"', '"b"') + "batch_size = 7\n"
    path.write_text(text + other, encoding="utf-8")
    train(path, run=tmp_path / "fresh", engine="stacked", backend="jax")
    stacks = {job.key: job.stack for job in jobs}
    assert list(stacks) == [f"{group}-000{seed}" for group in "ab" for seed in range(3)]
    assert len(set(stacks.values())) == 2
    assert len({stacks[f"a-000{seed}"] for seed in range(3)}) == 1
    assert "" not in stacks.values()
    assert {job.sharing for job in jobs} == {"alone"}


def test_sweep_of_rates_and_schedules_is_one_stack(run, jobs, tmp_path):
    path = run.path / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    block = text[text.index("[[members]]") :]
    other = block.replace('"a"', '"b"')
    other += 'optimizer = { name = "adam", rate = 0.5 }\nschedule = { name = "cosine" }\n'
    path.write_text(text + other, encoding="utf-8")
    train(path, run=tmp_path / "fresh", engine="stacked", backend="jax")
    assert [job.key[0] for job in jobs] == [*"aaabbb"]
    assert len({job.stack for job in jobs}) == 1


@pytest.mark.parametrize(("workers", "said"), [(None, ()), (1, ()), (2, "2"), (5, "2")])
def test_stacks_side_by_side_are_told_how_many_share_the_memory(run, jobs, tmp_path, workers, said):
    path = run.path / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    other = text[text.index("[[members]]") :].replace('"a"', '"b"') + "batch_size = 7\n"
    path.write_text(text + other, encoding="utf-8")
    asked = {"engine": "stacked", "backend": "jax", "workers": workers}
    train(path, run=tmp_path / "fresh", **asked)
    for job in jobs:
        told = job.options[job.options.index("--stacks") + 1] if said else ()
        assert told == said
        assert said or "--stacks" not in job.options


def test_members_of_other_engines_are_of_no_stack(run, jobs, tmp_path):
    train(run.path / "experiment.toml", run=tmp_path / "fresh", engine="serial", backend="jax")
    assert [(job.stack, job.sharing) for job in jobs] == [("", "in-turn")] * 3


def test_workers_are_asked_to_time_augmentation_in_a_stack_too(run, jobs, tmp_path):
    asked = {"run": tmp_path / "fresh", "backend": "jax", "profile": True}
    for engine in ("serial", "stacked"):
        train(run.path / "experiment.toml", **asked, engine=engine)
    assert ["--profile" in job.options for job in jobs] == [True] * 6


def test_shard_stacks_its_own_members(run, jobs, tmp_path):
    fresh = {"run": tmp_path / "fresh", "backend": "jax", "engine": "stacked"}
    train(run.path / "experiment.toml", **fresh, shard="1/2")
    assert [job.key for job in jobs] == ["a-0000", "a-0002"]
    assert len({job.stack for job in jobs}) == 1


def test_member_of_another_backend_is_refused_before_anything_is_started(run, jobs):
    events = []
    with pytest.raises(SpecError, match=r"of a-0000 must be 'jax'.*Say --backend jax"):
        train(run.path / "experiment.toml", run=run.path, engine="stacked", report=events.append)
    assert (jobs, events) == ([], [])


@pytest.mark.parametrize(
    ("began", "engine", "others"),
    [("stacked", "process", ["serial"]), ("single", "stacked", [])],
)
def test_member_is_not_continued_under_other_numerics(run, jobs, tmp_path, began, engine, others):
    again = {"run": tmp_path / "fresh", "backend": "jax"}
    fresh = train(run.path / "experiment.toml", **again)
    jobs.clear()
    begin(fresh, "a-0001", began)
    for each in (engine, *others):
        with pytest.raises(MismatchError, match=f"numerics of a-0001 must be .* got {began!r}"):
            train(run.path / "experiment.toml", **again, engine=each)
        assert jobs == []
    # Asked for the others alone, nothing is in the way.
    train(run.path / "experiment.toml", **again, engine=engine, members=["a-0000"])
    assert [job.key for job in jobs] == ["a-0000"]
    assert load_state(fresh, "a-0001").numerics == began


@pytest.mark.parametrize("engine", ["process", "stacked"])
def test_damaged_state_is_its_workers_to_tell(run, jobs, tmp_path, engine):
    again = {"run": tmp_path / "fresh", "backend": "jax", "engine": engine}
    fresh = train(run.path / "experiment.toml", **again)
    jobs.clear()
    begin(fresh, "a-0001", "single")
    state_path(fresh, "a-0001").write_bytes(b"half a file")
    train(run.path / "experiment.toml", **again)
    assert [job.key for job in jobs] == ["a-0000", "a-0001", "a-0002"]


def test_member_that_is_trained_may_be_finished_by_any_engine(run, jobs):
    train_in_name(run, "a-0000", np.random.default_rng(0))
    begin(run, "a-0000", "stacked")
    train(run.path / "experiment.toml", run=run.path, members=["a-0000"])
    assert [job.key for job in jobs] == ["a-0000"]


def test_stacked_engine_does_not_predict(make_run, jobs):
    run = make_run()
    with pytest.raises(SpecError, match="one of serial, process, ray to predict; got stacked"):
        predict(run, f"{run.path}.npz", "more", engine="stacked")
    assert jobs == []


def test_jax_that_is_not_installed_is_said_with_what_to_install(run, jobs, monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: name != "jax" or None)
    with pytest.raises(MissingExtraError, match=r"ensemble-lab\[jax\]"):
        train(run.path / "experiment.toml", run=run.path, engine="stacked", backend="jax")
