"""How far the probabilities of a run's members and of their mean can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.calibration import N_BINS, Calibration, measure_calibration
from ensemble_lab.analysis.reliability import draw_calibrated_errors, space_evenly
from ensemble_lab.analysis.risk_coverage import count_referred
from ensemble_lab.analysis.temperature import Temperature, apply_temperature, fit_temperature
from ensemble_lab.analysis.uncertainty import measure_uncertainty
from ensemble_lab.analysis.vote import combine
from ensemble_lab.arrays import Array, Labels
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.labels import load_validation_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import Predictions, load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.scoring import score

__all__ = ["REFER", "CalibrationReport", "CalibrationRow", "measure_run", "save_calibration"]

REFER = 0.5
"""Percent of the examples that go to a person, unless told otherwise."""

_MEAN = Decision(rule="mean-probability")


@dataclass(frozen=True, eq=False)
class CalibrationRow:
    """One member, the ensemble, or the ensemble at its temperature.

    Attributes
    ----------
    name : str
    scores : Calibration
        Of probabilities as they are, or at the temperature for the row that says so.
    temperature : float or None
        Fitted on validation; None where that cannot be.
    errors_left : float
        Expected errors left where the least sure go to a person.
    """

    name: str
    scores: Calibration
    temperature: float | None
    errors_left: float


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """Rows, and what they were measured on.

    Attributes
    ----------
    run, split : str
    n_examples, n_referred : int
    members : tuple of CalibrationRow
    ensemble : CalibrationRow
        Of the mean probabilities.
    calibrated : CalibrationRow or None
        The same at the ensemble's temperature.
    temperature : Temperature or None
        The ensemble's: fitted on the mean probabilities, not member by member.
    chance_ece : float
        The ECE that an ensemble as confident and calibrated perfectly stays below 95 times of 100.
    entropy : tuple of float
        Mean predictive entropy where the ensemble is right and where it is wrong, nats; NaN where
        there is no such example.
    mutual_information : tuple of float
        Likewise; what part of it is that members disagree.
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    n_examples: int
    n_referred: int
    members: tuple[CalibrationRow, ...]
    ensemble: CalibrationRow
    calibrated: CalibrationRow | None
    temperature: Temperature | None
    chance_ece: float
    entropy: tuple[float, float]
    mutual_information: tuple[float, float]
    look: Look | None

    @property
    def is_fitted_here(self) -> bool:
        """Whether the temperature was fitted on the very examples it is scored on."""
        return self.temperature is not None and self.temperature.split == self.split


def measure_run(
    run: Run | Path | str,
    split: str | None = None,
    *,
    members: tuple[str, ...] = (),
    refer: float = REFER,
    n_bins: int = N_BINS,
) -> CalibrationReport:
    """Return how well a run's members and their mean are calibrated.

    Temperatures are fitted on the run's validation split, whatever split is scored.

    Parameters
    ----------
    run : Run or path
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given.
    members : tuple of str
        Patterns of keys; none for all.
    refer : float
        Percent of the examples, the least sure ones, that go to a person.
    n_bins : int
        Of the expected calibration errors.

    Raises
    ------
    PredictionError
        Members of whom only votes are known, or numbers that are none.
    MissingError
        No such run, split or member, predictions are missing, or no split is given and the
        run has none to choose on.
    """
    run = run if isinstance(run, Run) else open_run(run)
    split = run.validation_split if split is None else split
    edges = space_evenly(n_bins)
    n_referred = count_referred(len(load_record(run, split).index), refer)
    fitted = _fit(run, split, members)
    scored = score(run, split, _MEAN, members, command="calibration")
    probabilities, means = scored.predictions.probabilities, scored.vote.mean_probabilities
    assert probabilities is not None, "`_MEAN` is refused on votes alone"
    assert means is not None
    temperature = None if fitted is None else fitted.of_ensemble
    judge = _Judge(scored.labels.values, n_bins, n_referred)
    ensemble = judge.build("ensemble", means, scored.vote.predicted, temperature)
    doubt = measure_uncertainty(probabilities)
    chances = draw_calibrated_errors(ensemble.scores.confidence, edges)
    is_right = ensemble.scores.is_right
    return CalibrationReport(
        run=run.name,
        split=split,
        n_examples=len(is_right),
        n_referred=n_referred,
        members=tuple(
            judge.build(key, rows, votes, None if fitted is None else fitted.of_members[key])
            for key, rows, votes in zip(
                scored.predictions.members, probabilities, scored.predictions.votes, strict=True
            )
        ),
        ensemble=ensemble,
        calibrated=(
            None if temperature is None else judge.cool(means, scored.vote.predicted, temperature)
        ),
        temperature=temperature,
        chance_ece=float(np.quantile(chances, 0.95)),
        entropy=_mean_of_both(doubt.predictive_entropy, is_right),
        mutual_information=_mean_of_both(doubt.mutual_information, is_right),
        look=scored.labels.look,
    )


def save_calibration(
    run: Run | Path | str,
    path: Path | str,
    split: str | None = None,
    *,
    members: tuple[str, ...] = (),
    refer: float = REFER,
) -> CalibrationReport:
    """Draw `measure_run` to a png, svg or pdf file and return it.

    Raises
    ------
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.calibration import draw_calibration
    from ensemble_lab.figures.files import check_figure_path

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    report = measure_run(run, split, members=members, refer=refer)
    draw_calibration(
        report.ensemble.scores,
        None if report.calibrated is None else report.calibrated.scores,
        tuple(row.scores for row in report.members),
        title=f"{report.run}, {report.split}",
        path=path,
    )
    return report


@dataclass(frozen=True, eq=False)
class _Fitted:
    """Temperatures of members and of their mean."""

    of_members: Mapping[str, Temperature]
    of_ensemble: Temperature


@dataclass(frozen=True, eq=False)
class _Judge:
    """What all rows are scored by."""

    labels: Labels
    n_bins: int
    n_referred: int

    def build(
        self, name: str, rows: Array, predicted: Array, temperature: Temperature | None
    ) -> CalibrationRow:
        """Return a row of probabilities as they are."""
        found = measure_calibration(rows, predicted, self.labels, n_bins=self.n_bins)
        left = found.risk_coverage.count_left(self.n_referred)
        value = None if temperature is None else temperature.value
        return CalibrationRow(name, found, value, left)

    def cool(self, rows: Array, predicted: Array, temperature: Temperature) -> CalibrationRow:
        """Return the row of an ensemble's probabilities at its temperature."""
        cooled = apply_temperature(rows, temperature.value)
        return self.build("ensemble at T", cooled, predicted, temperature)


def _fit(run: Run, split: str, patterns: tuple[str, ...]) -> _Fitted | None:
    """Return the temperatures, or None where the members share no validation examples."""
    voters = tuple(voter.key for voter in find_voters(run, load_record(run, split), patterns))
    for name in ("validation", "train-oof"):
        if name not in run.splits:
            continue
        known = {voter.key for voter in find_voters(run, load_record(run, name))}
        if known.issuperset(voters):
            return _fit_on(run, load_predictions(run, name, members=voters))
    return None


def _fit_on(run: Run, predictions: Predictions) -> _Fitted:
    if predictions.probabilities is None:
        raise PredictionError(
            "probabilities must be known to be calibrated; got votes only of some member, on "
            f"split {predictions.split!r}, in {run.path}. Leave it out with --members."
        )
    labels = load_validation_labels(run, predictions.split)
    means = combine(predictions, _MEAN).mean_probabilities
    assert means is not None
    own = [fit_temperature(rows, labels) for rows in predictions.probabilities]
    return _Fitted(
        of_members=dict(zip(predictions.members, own, strict=True)),
        of_ensemble=fit_temperature(means, labels),
    )


def _mean_of_both(values: Array, is_right: Array) -> tuple[float, float]:
    right, wrong = values[is_right], values[~is_right]
    return (
        float(right.mean()) if right.size else float("nan"),
        float(wrong.mean()) if wrong.size else float("nan"),
    )
