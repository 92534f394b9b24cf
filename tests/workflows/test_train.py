"""What train asks of its workers, and what it leaves alone; no worker is started."""

from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.engines import Cluster
from ensemble_lab.exceptions import MismatchError, SpecError
from ensemble_lab.store import labels as door
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.run import open_run
from ensemble_lab.store.training_state import TrainingState, save_state, state_path
from ensemble_lab.workflows import train as module
from ensemble_lab.workflows.train import find_lacking, find_untrained, is_complete, train


@pytest.fixture
def asked(monkeypatch):
    """What the workers would be asked."""
    calls = []
    monkeypatch.setattr(module, "run_members", lambda *args, **named: calls.append((args, named)))
    return calls


def keys_of(asked) -> list[tuple[str, ...]]:
    return [args[1] for args, _ in asked]


def change(run, old: str, new: str) -> Path:
    """Write the run's experiment anew beside it, with a change."""
    text = (run.path / "experiment.toml").read_text(encoding="utf-8")
    assert old in text
    path = run.path.parent / "changed.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def stop_after_an_epoch(run, key: str) -> None:
    """Leave what a worker leaves that was stopped."""
    state = TrainingState(
        epoch=1,
        weights=(np.zeros(3, np.float32),),
        optimizer=(),
        kept=(),
        kept_epoch=1,
        history=load_member(run, key).history[:1] if member_path(run, key).exists() else (),
    )
    save_state(run, key, state)


def test_train_reads_no_label_through_the_door(make_run, asked, monkeypatch):
    run = make_run()
    member_path(run, "a-0001").unlink()
    monkeypatch.setattr(door, "_read", None)
    again = train(run.path / "experiment.toml", run=run.path)
    assert keys_of(asked) == [("a-0001",)]
    assert load_ledger(again) == []
    assert not (run.path / "test-access.jsonl").exists()


def test_what_is_asked_for_reaches_the_workers(make_run, asked, tmp_path):
    run = make_run(n_members=4)
    for key in run.keys:
        member_path(run, key).unlink()
    events = []
    train(
        run.path / "experiment.toml",
        run=tmp_path / "fresh" / "toy",
        engine="ray",
        workers=1,
        cluster=Cluster(fetch=True),
        members=["a-000[123]"],
        shard="1/2",
        data_dir=tmp_path,
        backend="tensorflow",
        report=events.append,
    )
    (((opened, keys, arguments), named),) = asked
    assert opened.path == tmp_path / "fresh" / "toy"
    assert keys == ("a-0001", "a-0003")
    assert arguments == ()
    assert (named["engine"], named["workers"], named["data_dir"]) == ("ray", 1, tmp_path)
    assert named["cluster"] == Cluster(fetch=True)
    assert [(event.event, event.key, event.epochs) for event in events] == [
        ("waiting", "a-0001", 2), ("waiting", "a-0003", 2),
    ]  # fmt: skip
    assert all(event.tflop > 0 for event in events)


@pytest.mark.parametrize("refused", [{"engine": "proces"}, {"cluster": Cluster(address="auto")}])
def test_engine_is_refused_before_anything_is_written(make_run, asked, tmp_path, refused):
    with pytest.raises(SpecError, match="engine must be"):
        train(make_run().path / "experiment.toml", run=tmp_path / "fresh", **refused)
    assert not (tmp_path / "fresh").exists()


def test_run_folder_is_named_after_the_experiment(make_run, asked, tmp_path, monkeypatch):
    path = change(make_run(), 'name = "toy"', 'name = "other"')
    monkeypatch.chdir(tmp_path)
    assert train(path).path == Path("checkpoints/other")
    assert (tmp_path / "checkpoints/other/run.json").is_file()


def test_complete_members_are_not_trained_again(make_run, asked):
    run = make_run()
    train(run.path / "experiment.toml", run=run.path)
    assert keys_of(asked) == [()]


def test_added_seed_is_trained_alone(make_run, asked):
    run = make_run()
    grown = train(change(run, "seeds = [0, 1, 2]", "seeds = [0, 1, 2, 3]"), run=run.path)
    assert keys_of(asked) == [("a-0003",)]
    assert grown.keys == (*run.keys, "a-0003")


def test_member_that_has_only_a_state_is_not_replaced_by_another(make_run, asked):
    run = make_run(n_members=1)
    stop_after_an_epoch(run, "a-0000")
    member_path(run, "a-0000").unlink()
    manifest = (run.path / "run.json").read_bytes()
    state = state_path(run, "a-0000").read_bytes()
    path = change(run, "epochs = 2", "epochs = 3")
    with pytest.raises(MismatchError, match=r"epochs of member a-0000 must stay 2.*; got 3, in"):
        train(path, run=run.path)
    assert asked == []
    assert (run.path / "run.json").read_bytes() == manifest
    assert state_path(run, "a-0000").read_bytes() == state


def test_member_with_a_leftover_state_is_not_complete(make_run, asked):
    run = make_run()
    assert is_complete(run, "a-0001")
    stop_after_an_epoch(run, "a-0001")
    assert not is_complete(run, "a-0001")
    train(run.path / "experiment.toml", run=run.path)
    assert keys_of(asked) == [("a-0001",)]


def test_members_not_asked_for_stay_as_they_were_made(make_run, asked):
    run = make_run()
    member_path(run, "a-0001").unlink()
    path = change(run, "epochs = 2", "epochs = 3")
    grown = train(path, run=run.path, members=["a-0001"])
    assert keys_of(asked) == [("a-0001",)]
    assert open_run(run.path) == grown
    for key in ("a-0000", "a-0002"):
        assert grown.member(key) == run.member(key)
        assert load_member(grown, key) == load_member(run, key)
    assert grown.member("a-0001").spec["training"]["epochs"] == 3


def test_members_with_weights_only_have_to_predict(make_run, tmp_path):
    from ensemble_lab.workflows.planning import plan_experiment

    run = make_run()
    member_path(run, "a-0002").unlink()
    (run.member_folder("a-0001") / "predictions-test.h5").unlink()
    plan = plan_experiment(run.path / "experiment.toml")
    lacking = find_lacking(plan, run.path)
    assert [m.spec.key for m in lacking] == ["a-0001", "a-0002"]
    assert [m.spec.key for m in find_untrained(plan, lacking, run.path)] == ["a-0002"]
    assert [m.spec.key for m in find_untrained(plan, lacking, run)] == ["a-0002"]
    assert find_untrained(plan, lacking, tmp_path / "none") == lacking


def test_members_that_lack_are_all_where_there_is_no_run(make_run, tmp_path):
    from ensemble_lab.workflows.planning import plan_experiment

    run = make_run()
    member_path(run, "a-0002").unlink()
    plan = plan_experiment(run.path / "experiment.toml")
    assert [m.spec.key for m in find_lacking(plan, run.path)] == ["a-0002"]
    assert [m.spec.key for m in find_lacking(plan, tmp_path / "none")] == list(run.keys)
    assert not (tmp_path / "none").exists()
