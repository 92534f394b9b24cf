"""The worker as a process, on a run of 60 images."""

import json
import signal

import numpy as np
import pytest

from ensemble_lab.data.loading import load_dataset, load_split
from ensemble_lab.spec.data import parse_data
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.spec.member import parse_member
from ensemble_lab.spec.variant import AugmentedCopies, VariantSpec
from ensemble_lab.store.epoch_votes import load_epoch_votes
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import load_predictions, predictions_path
from ensemble_lab.store.run import Entry, Run, open_run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split
from ensemble_lab.store.training_state import state_path
from ensemble_lab.store.variants import load_variant
from ensemble_lab.training.nets import load as load_nets
from ensemble_lab.training.plan import hash_examples
from tests.conftest import train_in_name
from tests.processes import start_module
from tests.training.members import draw_examples

pytestmark = pytest.mark.keras

KEY = "toy-0000"
EXPERIMENT = """
name = "toy"
[data]
name = "npz"
path = "{path}"
validation = {{ share = 0.2 }}
[[members]]
group = "toy"
seeds = [0]
backend = "{backend}"
architecture = {{ name = "mlp", hidden = [8], dropout = 0.5 }}
epochs = {epochs}
batch_size = 16
keep = "average"
epoch_votes = true
augmentation = [{{ name = "affine", rotation_degrees = 10, shift = 0.1 }}]
"""


def write_data(path, seed=0):
    train, test = draw_examples(60, seed=seed), draw_examples(9, seed=1)
    np.savez(
        path, x_train=train.images, y_train=train.labels, x_test=test.images, y_test=test.labels
    )


def build_run(folder, backend, *, epochs):
    """Write data and a run of one member that is not trained yet."""
    folder.mkdir(exist_ok=True)
    data = folder / "data.npz"
    if not data.exists():
        write_data(data)
    experiment = parse_experiment(EXPERIMENT.format(path=data, backend=backend, epochs=epochs))
    dataset = load_dataset(experiment.data)
    (spec,) = experiment.expand()
    digest = spec.identity(hash_examples(dataset))
    run = Run(
        path=folder / "run",
        name="toy",
        class_names=dataset.class_names,
        image_shape=dataset.image_shape,
        data=experiment.data.to_json(),
        splits=tuple(split.name for split in dataset.splits),
        members=(Entry(spec.key, spec.group, "trained", digest, spec.to_json()),),
    )
    run.path.mkdir()
    for split in dataset.splits:
        save_split(
            run,
            SplitRecord(
                name=split.name,
                role=split.role,
                index=split.index,
                images_sha256=split.images_sha256,
                labels_sha256=split.labels_sha256,
                source={
                    "data": experiment.data.to_json(),
                    "split": "test" if split.name == "test" else "train",
                },
            ),
            split.labels,
        )
    save_run(run)
    return open_run(run.path)


def start(run, *options):
    return start_module("ensemble_lab.training.worker", run.path, KEY, *options)


def finish(worker):
    """Return the exit code and the events that were not read yet."""
    out, log = worker.communicate(timeout=120)
    try:
        return worker.returncode, [json.loads(line) for line in out.splitlines()]
    except ValueError:
        pytest.fail(f"no JSON in {out!r}; log: {log}")


def wait_for(worker, event):
    for line in worker.stdout:
        if json.loads(line)["event"] == event:
            return
    pytest.fail(f"{event} never came; log: {worker.stderr.read()}")


@pytest.mark.slow
def test_stopped_and_killed_member_ends_as_an_uninterrupted_one(backend, tmp_path):
    whole = build_run(tmp_path / "whole", backend, epochs=25)
    code, events = finish(start(whole))
    assert code == 0
    assert [event["event"] for event in events if event["event"] != "progress"] == [
        "start",
        *["epoch"] * 25,
        "done",
    ]
    assert events[-1] == {"event": "done", "key": KEY, "status": "trained"}
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "data.npz").write_bytes((tmp_path / "whole" / "data.npz").read_bytes())
    broken = build_run(tmp_path / "broken", backend, epochs=25)

    worker = start(broken)
    wait_for(worker, "epoch")
    worker.send_signal(signal.SIGTERM)
    code, events = finish(worker)
    assert code == 130
    assert events[-1]["event"] == "interrupted"

    worker = start(broken)
    wait_for(worker, "epoch")
    worker.kill()
    worker.communicate()
    assert state_path(broken, KEY).exists()

    code, events = finish(start(broken))
    assert code == 0
    assert events[0]["epoch"] > 1
    assert load_member(broken, KEY).weights_sha256 == load_member(whole, KEY).weights_sha256
    assert load_predictions(broken, "test").digests == load_predictions(whole, "test").digests
    votes = [load_epoch_votes(run, KEY, "test") for run in (broken, whole)]
    assert votes[0].shape == (25, 9)
    np.testing.assert_array_equal(*votes)
    assert not state_path(broken, KEY).exists()


@pytest.mark.slow
def test_complete_member_is_left_alone_and_a_lost_prediction_is_made_again(backend, tmp_path):
    run = build_run(tmp_path, backend, epochs=1)
    assert finish(start(run))[0] == 0
    member = load_member(run, KEY)
    assert member.environment["backend"] == backend
    assert member.environment["threads"] == 1
    assert member.n_parameters == 64 * 8 + 8 + 8 * 3 + 3
    before = load_predictions(run, "test")
    code, events = finish(start(run))
    assert code == 0
    assert events == [{"event": "done", "key": KEY, "status": "complete"}]

    written = member_path(run, KEY).read_bytes()
    predictions_path(run, KEY, "test").unlink()
    code, events = finish(start(run))
    assert code == 0
    assert events[-1]["status"] == "trained"
    assert member_path(run, KEY).read_bytes() == written
    assert load_predictions(run, "test").digests == before.digests

    predictions_path(run, KEY, "test").unlink()
    assert finish(start(run, "--predict", "test"))[0] == 0
    assert load_predictions(run, "test").digests == before.digests


@pytest.mark.slow
def test_one_worker_predicts_several_splits_and_goes_on_where_it_was_left(backend, tmp_path):
    run = build_run(tmp_path, backend, epochs=1)
    assert finish(start(run))[0] == 0
    names = ["plain", "blurred", "noisy"]
    for name, harm in zip(names, (None, "blur", "noise"), strict=True):
        run = add_split(run, name, harm)
    assert finish(start(run, "--predict", "blurred"))[0] == 0
    alone = predictions_path(run, KEY, "blurred").read_bytes()
    code, events = finish(start(run, "--predict", *names))
    assert code == 0
    first, *_, last = events
    assert (first["event"], first["epochs"], first["unit"]) == ("start", 2, "split")
    assert last["status"] == "trained"
    assert predictions_path(run, KEY, "blurred").read_bytes() == alone
    plain, blurred, noisy = (load_predictions(run, name) for name in names)
    np.testing.assert_array_equal(plain.probabilities, load_predictions(run).probabilities)
    assert len({each.probabilities.tobytes() for each in (plain, blurred, noisy)}) == 3

    predictions_path(run, KEY, "blurred").unlink()
    assert finish(start(run, "--predict", *names))[0] == 0
    assert load_predictions(run, "blurred").digests == blurred.digests
    code, events = finish(start(run, "--predict", *names))
    assert events == [{"event": "done", "key": KEY, "status": "complete"}]

    # What comes before a split that cannot be had is kept.
    for name in ("plain", "noisy"):
        predictions_path(run, KEY, name).unlink()
    (run.path / "splits" / "noisy.h5").write_bytes(b"nonsense")
    code, (*_, last) = finish(start(run, "--predict", *names))
    assert (code, last["error"]) == (1, "DamagedError")
    assert load_predictions(run, "plain").digests == plain.digests


@pytest.mark.slow
def test_variant_is_the_same_again_after_a_stop_and_leaves_plain_predictions(backend, tmp_path):
    run = build_run(tmp_path, backend, epochs=1)
    assert finish(start(run))[0] == 0
    plain = load_predictions(run).digests
    (spec,) = (parse_member(entry.spec) for entry in run.members)
    variant = VariantSpec(name="tta-4", copies=AugmentedCopies(name="augmented", n_copies=4))
    view = run.with_variant("tta-4")
    asked = ("--predict", "validation", "test", "--variant", variant.canonical)
    code, events = finish(start(run, *asked))
    assert (code, events[0]["unit"], events[-1]["status"]) == (0, "split", "trained")
    found = load_predictions(view)
    assert load_variant(view, KEY, "test").copies.augmentation == spec.training.augmentation
    assert load_predictions(run).digests == plain
    written = predictions_path(view, KEY, "test").read_bytes()
    predictions_path(view, KEY, "test").unlink()
    assert finish(start(run, *asked))[0] == 0
    assert predictions_path(view, KEY, "test").read_bytes() == written
    assert finish(start(run, *asked))[1] == [{"event": "done", "key": KEY, "status": "complete"}]
    # The first of the copies is the image as it is; the others are not.
    only = load_nets(run, spec)(load_split(parse_data(run.data), "test").images, name=KEY)
    np.testing.assert_array_equal(only.probabilities, load_predictions(run).probabilities[0])
    assert 0 < np.abs(found.probabilities[0] - only.probabilities).max() < 0.5


def add_split(run, name, harm):
    """Let a run record its test images, corrupted if so wished, under a name."""
    harms = [{"name": harm, "strength": 5}] if harm else []
    data = parse_data(run.data | {"transforms": harms})
    split = load_split(data, "test")
    hashes = (split.images_sha256, split.labels_sha256)
    source = {"data": data.to_json(), "split": "test"}
    run = run.with_split(name)
    save_split(run, SplitRecord(name, split.role, split.index, *hashes, source), split.labels)
    save_run(run)
    return run


def test_what_cannot_be_is_one_event_and_exit_code_1(backend, tmp_path):
    run = build_run(tmp_path, backend, epochs=1)
    write_data(tmp_path / "data.npz", seed=5)
    code, events = finish(start(run))
    assert code == 1
    assert [event["event"] for event in events] == ["failed"]
    assert events[0]["error"] == "MismatchError"
    assert "The data have changed" in events[0]["cause"]


@pytest.mark.parametrize("options", [(), ("--predict", "test")])
def test_member_of_other_layers_does_not_predict(backend, tmp_path, options):
    """A later version may build other layers from the same spec."""
    run = build_run(tmp_path, backend, epochs=1)
    train_in_name(run, KEY, np.random.default_rng(0), architecture_sha256="b" * 64)
    code, (*_, last) = finish(start(run, *options))
    assert code == 1
    assert (last["event"], last["error"]) == ("failed", "MismatchError")
    assert f"architecture of {KEY} must be " in last["cause"]
    assert "got bbbbbbbbbbbb" in last["cause"]
    assert not predictions_path(run, KEY, "test").exists()


def test_member_that_another_process_writes_is_left_to_it(backend, tmp_path):
    run = build_run(tmp_path, backend, epochs=1)
    with lock_member(run, KEY):
        code, events = finish(start(run))
    assert code == 0
    assert events == [{"event": "locked", "key": KEY}]
