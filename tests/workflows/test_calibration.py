"""Temperatures are fitted on validation, whatever they are reported on."""

import numpy as np
import pytest

from ensemble_lab.analysis.calibration.temperature import fit_temperature
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.labels import ValidationLabels, load_labels, load_validation_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.calibration import score_calibration
from ensemble_lab.workflows.temperatures import MEAN


@pytest.fixture
def run(make_run):
    return make_run(n_members=3, n_examples=30, n_classes=8, lead=0.3)


def test_temperatures_are_those_of_validation_on_both_splits(run):
    predictions = load_predictions(run, "validation")
    labels = load_validation_labels(run)
    wanted = [fit_temperature(rows, labels).value for rows in predictions.probabilities]
    ensemble = fit_temperature(combine(predictions, MEAN).mean_probabilities, labels)
    assert not ensemble.is_at_bound
    for split in (None, "test"):
        report = score_calibration(run, split)
        assert [row.temperature.value for row in report.members] == wanted
        assert report.ensemble.temperature == ensemble
        assert report.is_fitted_on_these == (split is None)


def test_fit_is_better_on_what_it_was_fitted_on(run):
    report = score_calibration(run)
    for row in (*report.members, report.ensemble):
        assert row.calibrated.nll <= row.plain.nll
        assert np.array_equal(row.calibrated.is_right, row.plain.is_right)


def test_test_labels_change_no_temperature(make_run, tmp_path):
    labels = np.arange(24) % 8
    reports = [
        score_calibration(make_run(tmp_path / name, n_classes=8, labels=each, lead=0.3), "test")
        for name, each in (("one", labels), ("other", labels[::-1].copy()))
    ]
    one, other = (report.ensemble for report in reports)
    assert one.temperature.value == other.temperature.value
    assert one.plain.nll != other.plain.nll


def test_ensemble_is_averaged_first_and_calibrated_then(run):
    report = score_calibration(run, "test")
    predictions = load_predictions(run)
    rows = predictions.probabilities.astype(np.float64)
    mean = rows.mean(axis=0)
    mean = mean / mean.sum(axis=1, keepdims=True)
    assert report.ensemble.plain.confidence == pytest.approx(mean.max(axis=1))
    powers = mean ** (1 / report.ensemble.temperature.value)
    powers /= powers.sum(axis=1, keepdims=True)
    assert report.ensemble.calibrated.confidence == pytest.approx(powers.max(axis=1))


def test_member_of_a_fold_is_fitted_on_its_own_examples(make_run):
    run = make_run(groups={"a": 2}, folds=2, n_classes=6, lead=0.2)
    report = score_calibration(run, "test")
    record, labels = load_record(run, "train-oof"), load_validation_labels(run, "train-oof")
    stitched = load_predictions(run, "train-oof").probabilities
    wanted = []
    for seed in range(2):
        for fold in range(2):
            rows = record.rows_of(fold)
            part = ValidationLabels("train-oof", labels.values[rows], labels.index[rows], "")
            wanted.append(fit_temperature(stitched[seed, rows], part).value)
    assert [row.key for row in report.members] == [
        f"a-000{seed}-fold-{fold}" for seed in range(2) for fold in range(2)
    ]
    assert [row.temperature.value for row in report.members] == wanted
    assert report.fitted.n_voters == 2
    own = score_calibration(run)
    assert own.split == "train-oof"
    assert own.is_fitted_on_these
    assert own.ensemble.temperature == report.ensemble.temperature


@pytest.mark.parametrize("wish", [{"n_bins": 0}, {"refer": 101.0}])
def test_what_cannot_be_answered_costs_no_look(run, wish):
    with pytest.raises(PredictionError):
        score_calibration(run, "test", **wish)
    assert load_ledger(run) == []


def test_all_to_a_person_leaves_no_error(run):
    report = score_calibration(run, "test", refer=100)
    assert report.n_referred == 30
    assert report.ensemble.plain.risk_coverage.count_left(report.n_referred) == 0
    assert load_labels(run).look.kept == "run"
