"""How far the probabilities of a run can be believed: its members' and their mean."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.calibration.measures import N_BINS, Calibration, measure_calibration
from ensemble_lab.analysis.calibration.reliability import (
    ChanceError,
    draw_chance_error,
    space_evenly,
)
from ensemble_lab.analysis.calibration.risk_coverage import (
    RiskCoverage,
    build_risk_coverage,
    count_referred,
)
from ensemble_lab.analysis.calibration.temperature import Temperature, apply_temperature
from ensemble_lab.analysis.calibration.uncertainty import Uncertainty, measure_uncertainty
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.arrays import Array, Labels
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.temperatures import (
    MEAN,
    FittedTemperatures,
    fit_temperatures,
    load_with_probabilities,
)

__all__ = ["REFER", "CalibrationReport", "CalibrationRow", "save_calibration", "score_calibration"]

REFER = 0.5
"""Per cent of the examples that go to a person, unless told otherwise."""


@dataclass(frozen=True, eq=False)
class CalibrationRow:
    """A member, or the ensemble.

    Attributes
    ----------
    key : str
        The member's; ``ensemble`` for the mean of all.
    plain : Calibration
        Of the probabilities as they are stored.
    temperature : Temperature or None
        Fitted on validation; None where the run has no validation split.
    calibrated : Calibration or None
        Of the probabilities at that temperature. Its answers are the same.
    """

    key: str
    plain: Calibration
    temperature: Temperature | None
    calibrated: Calibration | None


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """How far probabilities can be believed, and what they were compared with.

    Attributes
    ----------
    run, split : str
    members : tuple of CalibrationRow
    ensemble : CalibrationRow
        Of the mean of the members' probabilities.
    uncertainty : Uncertainty
        Of the ensemble, as stored.
    by_entropy, by_mutual_information : RiskCoverage
        Of the ensemble, where these tell how sure an answer is, and not its confidence.
    chance_ece : ChanceError
        ECE, with bins of equal width, of perfectly calibrated answers that are as sure as the
        ensemble's.
    chance_ece_calibrated : ChanceError or None
        The same at the ensemble's temperature.
    refer : float
        Per cent of the examples that go to a person.
    n_referred : int
        How many those are.
    fitted : FittedTemperatures or None
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    members: tuple[CalibrationRow, ...]
    ensemble: CalibrationRow
    uncertainty: Uncertainty
    by_entropy: RiskCoverage
    by_mutual_information: RiskCoverage
    chance_ece: ChanceError
    chance_ece_calibrated: ChanceError | None
    refer: float
    n_referred: int
    fitted: FittedTemperatures | None
    look: Look | None

    @property
    def is_fitted_on_these(self) -> bool:
        """Whether the temperatures were fitted on the labels that they are reported on."""
        return self.fitted is not None and self.fitted.split == self.split


def score_calibration(
    run: Run | Path | str,
    split: str | None = None,
    *,
    members: tuple[str, ...] = (),
    n_bins: int = N_BINS,
    refer: float = REFER,
) -> CalibrationReport:
    """Return how far the probabilities of members and of their mean can be believed.

    Temperatures are fitted on the run's validation split before the labels of another split are
    read. The ensemble's is that of the mean of the stored probabilities: averaging makes an
    ensemble less sure, so members that are calibrated each make one that is not (Rahaman and
    Thiery, NeurIPS 2021).

    Parameters
    ----------
    run : Run or path
    split : str, optional
        The run's validation split, or ``train-oof`` where it is in folds, unless given. There the
        calibrated figures are on the examples that the temperature was fitted on.
    members : tuple of str
        Patterns of keys; none for all.
    n_bins : int
        Of the calibration errors, 1 to 1,000.
    refer : float
        Per cent of the examples, the least sure, that go to a person.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    PredictionError
        Members of which only votes are known, `n_bins` or `refer` outside their range, or single
        folds of a seed.
    """
    run = open_run(run)
    split = run.choose_split(split)
    # What can be refused is refused before labels are read.
    predictions = load_with_probabilities(run, split, members)
    edges, n_referred = space_evenly(n_bins), count_referred(len(predictions.index), refer)
    vote = combine(predictions, MEAN)
    assert predictions.probabilities is not None, "votes alone are refused"
    assert vote.mean_probabilities is not None, "and so there is a mean"
    fitted = fit_temperatures(run, predictions)
    labels = load_labels(
        run,
        split,
        command="calibration",
        decision=vote.decision.digest,
        members=predictions.digest,
    )
    values = labels.values
    temperatures = [None] * len(predictions.members) if fitted is None else fitted.members
    rows = [
        _measure(*row, values, n_bins)
        for row in zip(
            predictions.members,
            predictions.probabilities,
            predictions.votes,
            temperatures,
            strict=True,
        )
    ]
    best = None if fitted is None else fitted.ensemble
    ensemble = _measure("ensemble", vote.mean_probabilities, vote.predicted, best, values, n_bins)
    uncertainty = measure_uncertainty(predictions.probabilities, predictions.members)
    is_right = ensemble.plain.is_right
    return CalibrationReport(
        run=run.title,
        split=split,
        members=tuple(rows),
        ensemble=ensemble,
        uncertainty=uncertainty,
        by_entropy=build_risk_coverage(-uncertainty.predictive_entropy, is_right),
        by_mutual_information=build_risk_coverage(-uncertainty.mutual_information, is_right),
        chance_ece=draw_chance_error(ensemble.plain.confidence, edges),
        chance_ece_calibrated=None
        if ensemble.calibrated is None
        else draw_chance_error(ensemble.calibrated.confidence, edges),
        refer=refer,
        n_referred=n_referred,
        fitted=fitted,
        look=labels.look,
    )


def save_calibration(
    run: Run | Path | str,
    path: Path | str,
    split: str | None = None,
    *,
    members: tuple[str, ...] = (),
    refer: float = REFER,
) -> CalibrationReport:
    """Draw `score_calibration` to a png, svg or pdf file and return it.

    Raises
    ------
    PredictionError
        The path ends otherwise, and as `score_calibration`.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.calibration import Line, draw_calibration
    from ensemble_lab.figures.files import check_figure_path

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    report = score_calibration(run, split, members=members, refer=refer)
    lines = [Line("ensemble", report.ensemble.plain)]
    if report.ensemble.temperature is not None and report.ensemble.calibrated is not None:
        fitted = ", fitted on these" if report.is_fitted_on_these else ""
        name = f"ensemble, T = {report.ensemble.temperature.value:.3g}{fitted}"
        lines.append(Line(name, report.ensemble.calibrated))
    draw_calibration(
        lines,
        [row.plain for row in report.members],
        n_referred=report.n_referred,
        title=f"{report.run}, {report.split}",
        path=path,
    )
    return report


def _measure(
    key: str,
    probabilities: Array,
    predicted: Array,
    temperature: Temperature | None,
    labels: Labels,
    n_bins: int,
) -> CalibrationRow:
    plain = measure_calibration(probabilities, predicted, labels, n_bins=n_bins)
    if temperature is None:
        return CalibrationRow(key, plain, None, None)
    rows = apply_temperature(probabilities, temperature.value)
    calibrated = measure_calibration(rows, predicted, labels, n_bins=n_bins)
    return CalibrationRow(key, plain, temperature, calibrated)
