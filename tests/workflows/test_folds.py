"""An experiment in folds: every training image is answered by members that never saw it."""

import io
import json

import numpy as np
import pytest

from ensemble_lab.data.folds import take_fold
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.exceptions import MismatchError, MissingError, SpecError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.spec.experiment import load_experiment, parse_experiment, render_experiment
from ensemble_lab.store.labels import ValidationLabels, load_labels
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.splits import load_record
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.worker import train_member
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.experiments import load_results
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.inspect import summarise_run
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.results import save_results
from ensemble_lab.workflows.train import find_lacking, is_complete, prepare_run
from ensemble_lab.workflows.vote import score_vote, score_vote_by_group
from tests.conftest import need
from tests.workflows.test_classic import write

N_FOLDS, N_TRAIN = 3, 90
MEMBERS = (
    '[[members]]\ngroup = "nb"\narchitecture = { name = "naive_bayes" }\n'
    'backend = "scikit-learn"\nseeds = [0]\n'
    '[[members]]\ngroup = "sgd"\narchitecture = { name = "sgd_linear", loss = "log_loss" }\n'
    'backend = "scikit-learn"\nseeds = [4, 7]\n'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    need("sklearn")
    folder = tmp_path_factory.mktemp("folds")
    path = write(folder, MEMBERS)
    path.write_text(path.read_text().replace("share = 0.2", f"folds = {N_FOLDS}, seed = 5"))
    return folder


@pytest.fixture(scope="module")
def run(folder):
    path = folder / "experiment.toml"
    plan = plan_experiment(path)
    run = prepare_run(plan, folder / "run", path)
    for key in run.keys:
        assert train_member(run, key, None, Reporter(key, io.StringIO())) == "trained"
        assert train_member(run, key, None, Reporter(key, io.StringIO())) == "complete"
    return run


def test_every_seed_is_there_once_a_fold(run, folder):
    assert run.keys == tuple(
        f"{group}-fold-{fold}" for group in ("nb-0000", "sgd-0004", "sgd-0007") for fold in range(3)
    )
    assert run.splits == ("train", "train-oof", "test")
    assert all(is_complete(run, key) for key in run.keys)
    assert find_lacking(plan_experiment(folder / "experiment.toml"), run) == ()
    assert {member.status for member in summarise_run(run).members} == {"complete"}


def test_stitched_predictions_are_those_of_a_model_that_did_not_see_the_fold(run):
    from sklearn.naive_bayes import GaussianNB

    dataset = load_dataset(parse_data(run.data))
    fold = dataset.split("train-oof").fold
    found = load_predictions(run, "train-oof", members=("nb-*",))
    pixels = dataset.split("train").images.reshape(N_TRAIN, -1) / 255
    labels = dataset.split("train").labels
    for number in range(N_FOLDS):
        model = GaussianNB().fit(pixels[fold != number], labels[fold != number])
        expected = model.predict_proba(pixels[fold == number])
        answered = found.probabilities[0, fold == number]
        np.testing.assert_allclose(answered, expected, atol=1e-6)


def test_members_learn_from_the_other_folds_alone(run):
    dataset = load_dataset(parse_data(run.data))
    for number in range(N_FOLDS):
        seen = take_fold(dataset, number)
        errors = (
            load_predictions(run, "train-oof", members=("sgd-0007",)).votes[
                0, load_record(run, "train-oof").rows_of(number)
            ]
            != seen.validation.labels
        )
        (record,) = load_member(run, f"sgd-0007-fold-{number}").history
        assert record.validation_accuracy == pytest.approx(1 - errors.mean())


def test_out_of_fold_labels_are_for_choosing_and_leave_no_ledger_line(run):
    with pytest.raises(MissingError, match=r"such as sgd-0007-fold-0; got 'sgd-0007'"):
        load_predictions(run, "test", members=("sgd-0007",))
    labels = load_labels(run, "train-oof")
    assert isinstance(labels, ValidationLabels)
    score_vote(run, "train-oof")
    assert not (run.path / "test-access.jsonl").exists()


def test_vote_on_train_has_a_row_a_seed(run):
    report = score_vote(run, "train-oof")
    assert [(m.key, m.group, m.seed) for m in report.members] == [
        ("nb-0000", "nb", 0),
        ("sgd-0004", "sgd", 4),
        ("sgd-0007", "sgd", 7),
    ]
    assert report.n_examples == N_TRAIN
    groups = score_vote_by_group(run, "train-oof")
    assert [(g.group, len(g.members)) for g in groups] == [("nb", 1), ("sgd", 2)]


def test_errors_on_train_keep_their_index_and_have_images(run):
    found = find_errors(run, Question(split="train-oof", sort="index"))
    labels = load_labels(run, "train-oof")
    predictions = load_predictions(run, "train-oof")
    n_wrong = (predictions.votes != labels.values).sum(axis=0)
    # Wrong for two or more of three: the majority, but where all three differ.
    assert set(np.flatnonzero(n_wrong == 3)) <= set(found.catalogue.index)
    assert not set(np.flatnonzero(n_wrong == 0)) & set(found.catalogue.index)
    assert np.array_equal(load_images(run, "train-oof").index, labels.index)


def test_all_members_vote_on_test_and_groups_are_told_without_the_fold(run):
    assert load_predictions(run, "test").members == run.keys
    groups = score_vote_by_group(run, "test")
    assert [(g.group, len(g.members)) for g in groups] == [("nb", 3), ("sgd", 6)]


def test_results_count_each_member_on_its_own_fold(run, folder):
    path = folder / "results" / "results.json"
    path.parent.mkdir()
    values = save_results(run, path).values
    labels = load_labels(run, "train-oof").values
    votes = load_predictions(run, "train-oof").votes
    rows = {row["key"]: row for row in values["members"]}
    fold = load_record(run, "train-oof").fold
    for place, seed in enumerate(("nb-0000", "sgd-0004", "sgd-0007")):
        for number in range(N_FOLDS):
            own = fold == number
            expected = int((votes[place, own] != labels[own]).sum())
            assert rows[f"{seed}-fold-{number}"]["validation_errors"] == expected
    assert [(g["group"], g["n_members"], g["seeds"]) for g in values["groups"]] == [
        ("nb", 3, [0]),
        ("sgd", 6, [4, 7]),
    ]
    read = load_results(path)
    assert (read.splits.out_of_fold.n_folds, read.splits.validation) == (3, None)
    assert json.loads(path.read_text())["spec_digest"] is not None


def test_experiment_file_of_the_run_says_the_same_again(folder):
    experiment = load_experiment(folder / "experiment.toml")
    again = parse_experiment(render_experiment(experiment))
    assert again.digest == experiment.digest
    assert [spec.fold for spec in again.expand()] == [0, 1, 2] * 3


def test_other_folds_are_refused_in_the_same_run(run, folder, tmp_path):
    text = (folder / "experiment.toml").read_text()
    other = folder / "other.toml"
    other.write_text(text.replace("seed = 5", "seed = 6"))
    with pytest.raises(MismatchError, match=r"another validation split|folds of split"):
        prepare_run(plan_experiment(other), run.path, other)


def test_share_beside_folds_is_refused(folder):
    text = (folder / "experiment.toml").read_text().replace("folds", "share = 0.1, folds")
    with pytest.raises(SpecError, match=r"a share or folds; got share = 0\.1 and folds = 3"):
        parse_experiment(text)
