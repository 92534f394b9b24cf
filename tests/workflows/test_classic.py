"""Classic members in a run: from the file to vote, errors, pictures, results and predictions."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import h5py
import numpy as np
import pytest

from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import MissingExtraError, PredictionError, SpecError
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.spec.member import Backend, parse_member
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import load_predictions, predictions_path
from ensemble_lab.training.classic import load
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.trainers import TRAINERS
from ensemble_lab.training.worker import train_member
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.gallery import save_gallery
from ensemble_lab.workflows.inspect import summarise_run
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.predict import predict
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.results import collect_results
from ensemble_lab.workflows.train import is_complete, train
from ensemble_lab.workflows.vote import score_vote
from ensemble_lab.workflows.workers import check_backends
from tests.conftest import need
from tests.processes import make_environment
from tests.training.members import draw_examples

ROOT = Path(__file__).parents[2]
HEAD = 'name = "classic"\n[data]\nname = "npz"\npath = "data.npz"\nvalidation = { share = 0.2 }\n'
BAYES = (
    '[[members]]\ngroup = "nb"\narchitecture = { name = "naive_bayes" }\n'
    'backend = "scikit-learn"\nseeds = [0]\n'
)
LINEAR = (
    '[[members]]\ngroup = "sgd"\narchitecture = { name = "sgd_linear", scaled = true }\n'
    'backend = "scikit-learn"\nseeds = [0, 1]\n'
)
NET = (
    '[[members]]\ngroup = "net"\narchitecture = { name = "mlp", hidden = [8] }\n'
    'backend = "BACKEND"\nseeds = [0]\n'
)


def write(folder, members, defaults=""):
    """Write an experiment and data on which no model is right throughout; return its file."""
    train, test = draw_examples(90), draw_examples(60, seed=1)
    rng = np.random.default_rng(5)
    labels = np.where(rng.random(60) < 0.2, rng.integers(0, 3, 60), test.labels)
    np.savez(
        folder / "data.npz",
        x_train=train.images,
        y_train=train.labels,
        x_test=test.images,
        y_test=labels,
    )
    path = folder / "experiment.toml"
    path.write_text(HEAD + (f"[defaults]\n{defaults}" if defaults else "") + members)
    return path


def train_here(run, keys, _arguments, **_options):
    """Train members in this process, which classic ones do not mind."""
    for key in keys:
        assert train_member(run, key, None, Reporter(key, io.StringIO())) == "trained"


def train_in(folder, members):
    need("sklearn")
    path = write(folder, members)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ensemble_lab.workflows.train.run_members", train_here)
        return train(path, run=folder / "run")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One of naive Bayes, which gives probabilities, and two linear ones, which do not."""
    return train_in(tmp_path_factory.mktemp("classic"), BAYES + LINEAR)


def test_members_are_complete_and_hold_plain_arrays(run):
    assert all(is_complete(run, key) for key in run.keys)
    with h5py.File(member_path(run, "nb-0000")) as file:
        assert sorted(file) == ["class_prior", "ensemble_lab", "theta", "var"]
    with h5py.File(member_path(run, "sgd-0001")) as file:
        assert {*file} == {"coef", "ensemble_lab", "intercept", "scaler_mean", "scaler_scale"}
    environment = load_member(run, "nb-0000").environment
    assert (environment["backend"], environment["threads"]) == ("scikit-learn", 1)
    assert "scikit-learn" in environment
    assert not {"keras", "tensorflow", "jax"} & set(environment)


def test_history_is_one_epoch_that_says_what_was_measured(run):
    for key in run.keys:
        member = load_member(run, key)
        (record,) = member.history
        labels = load_labels(run, "validation").values
        votes = load_predictions(run, "validation", members=(key,)).votes[0]
        assert member.kept_epoch == record.epoch == 1
        assert record.rate == 0
        assert record.validation_accuracy == (votes == labels).mean()
        if key.startswith("sgd"):
            assert record.validation_loss == 1 - record.validation_accuracy
            assert record.loss == 1 - record.accuracy


def test_stored_member_answers_as_when_it_was_trained(run):
    images = draw_examples(60, seed=1).images
    for key in run.keys:
        stored = load_predictions(run, "test", members=(key,))
        again = load(run, parse_member(run.member(key).spec))(images, name=key)
        np.testing.assert_array_equal(again.votes, stored.votes[0])
        if key.startswith("nb"):
            np.testing.assert_array_equal(again.probabilities, stored.probabilities[0])
        else:
            assert again.probabilities is stored.probabilities is None


def test_linear_members_make_the_vote_one_of_votes(run):
    report = score_vote(run)
    assert report.decision.ties == "lowest"
    predictions, labels = load_predictions(run, "test"), load_labels(run, "test").values
    counts = np.stack([np.bincount(column, minlength=3) for column in predictions.votes.T])
    assert report.errors == int((counts.argmax(axis=1) != labels).sum()) > 0
    with pytest.raises(PredictionError, match="where only votes are known; got 'mean-pro"):
        score_vote(run, decision=Decision(rule="mean-probability"))
    alone = score_vote(run, decision=Decision(rule="mean-probability"), members=("nb-*",))
    assert alone.errors == alone.members[0].errors


def test_errors_and_gallery_do_without_gaps(run, tmp_path):
    found = find_errors(run)
    assert len(found.catalogue) == found.n_errors > 0
    assert np.isnan(found.catalogue.gap).all()
    with pytest.raises(PredictionError, match="probabilities"):
        find_errors(run, Question(min_gap=0.5))
    need("matplotlib")
    drawn = save_gallery(run, Question(limit=3), tmp_path / "errors.png")
    assert all(path.stat().st_size > 0 for path in drawn.paths)


def test_inspect_says_complete_and_how_good(run):
    rows = summarise_run(run).members
    assert {row.status for row in rows} == {"complete"}
    assert all(row.epochs == 1 and row.validation_accuracy is not None for row in rows)


def test_results_leave_out_a_rule_that_needs_probabilities(run):
    values = collect_results(run).values
    decisions = [vote["decision"] for vote in values["votes"]]
    assert "majority, ties by lowest" in decisions
    assert not [decision for decision in decisions if decision.startswith("mean-probability")]
    assert [row["epochs"] for row in values["members"]] == [1, 1, 1]
    assert [row["parameters"] for row in values["members"]] == [
        2 * 64 * 3 + 3, *[2 * 64 + 64 * 3 + 3] * 2,
    ]  # fmt: skip
    json.dumps(values, allow_nan=False)


WORKER = """
import sys
from ensemble_lab.training.worker import main
BLOCKED
code = main(sys.argv[1:])
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
sys.exit(code)
"""


def work(*arguments, blocked=()):
    """Run a worker in which some libraries cannot be imported."""
    lines = "\n".join(f'sys.modules["{name}"] = None' for name in blocked)
    return subprocess.run(
        [sys.executable, "-c", WORKER.replace("BLOCKED", lines), *map(str, arguments)],
        env=make_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_worker_imports_no_framework_and_gives_the_same_bits_again(run, tmp_path):
    again = train_in(tmp_path, BAYES + LINEAR)
    for key in again.keys:
        assert load_member(again, key).weights_sha256 == load_member(run, key).weights_sha256
        member_path(again, key).unlink()
        predictions_path(again, key, "test").unlink()
        done = work(again.path, key)
        assert done.returncode == 0, done.stderr
    assert load_predictions(again, "test").digests == load_predictions(run, "test").digests


@pytest.mark.slow
def test_stored_members_predict_without_scikit_learn(tmp_path):
    trained = train_in(tmp_path, BAYES + LINEAR)
    images = draw_examples(7, seed=9).images
    np.savez(tmp_path / "more.npz", x_test=images)
    before = load_predictions(trained, "test").digests
    for key in trained.keys:
        predictions_path(trained, key, "test").unlink()
        done = work(trained.path, key, "--predict", "test", blocked=["sklearn"])
        assert done.returncode == 0, done.stderr
    assert load_predictions(trained, "test").digests == before
    more = predict(trained, str(tmp_path / "more.npz"), "more", engine="serial")
    assert load_predictions(more, "more").votes.shape == (3, 7)


def test_absent_scikit_learn_is_one_event_that_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr("ensemble_lab.workflows.train.check_backends", lambda _backends: None)
    monkeypatch.setattr("ensemble_lab.workflows.train.run_members", lambda *_, **__: None)
    made = train(write(tmp_path, BAYES), run=tmp_path / "run")
    done = work(made.path, "nb-0000", blocked=["sklearn"])
    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], last["error"]) == ("failed", "MissingExtraError")
    assert "pip install 'ensemble-lab[train]'" in last["cause"]


def test_scikit_learn_is_asked_for_before_training_but_not_for_predicting(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"sklearn .* to train .*ensemble-lab\[train\]"):
        check_backends({"scikit-learn"})
    check_backends({"scikit-learn"}, to="predict")
    with pytest.raises(MissingExtraError, match="jax must be installed to predict with jax"):
        check_backends({"jax"}, to="predict")


@pytest.mark.keras
@pytest.mark.slow
def test_nets_and_classic_members_share_a_run(tmp_path):
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    need("sklearn")
    members = NET.replace("BACKEND", backend) + BAYES + LINEAR
    path = write(tmp_path, members, "epochs = 2\nbatch_size = 30\n")
    made = train(path, run=tmp_path / "run", engine="serial")
    assert [load_member(made, key).environment["backend"] for key in made.keys] == [
        backend, *["scikit-learn"] * 3,
    ]  # fmt: skip
    assert [len(load_member(made, key).history) for key in made.keys] == [2, 1, 1, 1]
    assert score_vote(made).decision.ties == "lowest"
    both = score_vote(made, decision=Decision(rule="mean-probability"), members=("net-*", "nb-*"))
    assert len(both.members) == 2
    backends = collect_results(made).values["hardware"]["backend"]
    assert backends == [backend, "scikit-learn"]


PLANNED = """
import sys
from ensemble_lab.workflows.planning import plan_experiment
plan = plan_experiment(sys.argv[1], backend="jax")
print([(m.spec.backend, m.plan.parameters, m.plan.epochs) for m in plan.members])
assert not {"keras", "tensorflow", "jax", "sklearn"} & set(sys.modules)
"""


def test_plan_needs_no_library(tmp_path):
    path = write(tmp_path, BAYES + LINEAR)
    done = subprocess.run(
        [sys.executable, "-c", PLANNED, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sizes = [("scikit-learn", 387, 1), *[("scikit-learn", 323, 1)] * 2]
    assert done.stdout.strip() == str(sizes)


def test_backend_for_all_members_leaves_classic_ones_as_they_are(tmp_path):
    path = write(tmp_path, NET.replace("BACKEND", "tensorflow") + BAYES)
    plain, jax = plan_experiment(path), plan_experiment(path, backend="jax")
    assert [m.spec.backend for m in jax.members] == ["jax", "scikit-learn"]
    assert plain.members[1].entry == jax.members[1].entry
    assert plain.members[0].entry.digest != jax.members[0].entry.digest


def refuse(text):
    with pytest.raises(SpecError) as caught:
        parse_experiment(HEAD + text, source="x.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_architecture_and_backend_must_go_together():
    text = refuse(BAYES.replace('backend = "scikit-learn"\n', ""))
    assert "backend must be 'scikit-learn' for architecture 'naive_bayes'" in text
    assert "got 'tensorflow', in x.toml:members[0]" in text
    text = refuse(NET.replace("BACKEND", "scikit-learn"))
    assert "backend must be 'tensorflow' or 'jax' for architecture 'mlp'" in text


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("epochs = 3", "epochs must be left out"),
        ("batch_size = 3", "got 3"),
        ('optimizer = { name = "sgd" }', "optimizer must be left out .*got 'sgd'"),
        ('augmentation = [{ name = "affine" }]', "augmentation must be left out"),
        ('keep = "best-validation"', "got 'best-validation'"),
        ("epoch_votes = true", "got True"),
        ("threads = 2", "threads must be left out"),
    ],
)
@pytest.mark.parametrize("place", ["group", "defaults"])
def test_recipe_that_would_change_nothing_is_refused(line, fact, place):
    text = f"{BAYES}{line}\n" if place == "group" else f"[defaults]\n{line}\n{BAYES}"
    message = refuse(text)
    assert "architecture 'naive_bayes'" in message
    assert "x.toml:members[0]" in message
    assert re.search(fact, message)


def test_recipe_in_the_defaults_of_a_mixed_file_is_the_nets():
    net = NET.replace("BACKEND", "jax")
    experiment = parse_experiment(f"{HEAD}[defaults]\nepochs = 3\nthreads = 2\n{net}{BAYES}")
    nets, classic = experiment.expand()
    assert (nets.epochs, nets.threads) == (3, 2)
    assert (classic.epochs, classic.threads) == (1, 1)
    assert classic == parse_experiment(HEAD + BAYES).expand()[0]
    message = refuse(f"[defaults]\nepochs = 3\n{net}{BAYES}batch_size = 3\n")
    assert "batch_size must be left out" in message


def test_every_backend_has_a_trainer():
    assert set(TRAINERS) == set(get_args(Backend))
