"""A report on calibration as rows of figures and as JSON: unrounded, with nothing left out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ensemble_lab.analysis.calibration.risk_coverage import RiskCoverage, count_referred

if TYPE_CHECKING:
    from ensemble_lab.analysis.calibration.measures import Calibration
    from ensemble_lab.analysis.calibration.reliability import Bins
    from ensemble_lab.analysis.calibration.temperature import Temperature
    from ensemble_lab.arrays import Booleans, Floats
    from ensemble_lab.workflows.calibration import CalibrationReport

__all__ = ["COLUMNS", "describe", "describe_uncertainty", "list_rows"]

COLUMNS = (
    "member",
    "split",
    "temperature",
    "fitted_on",
    "is_at_bound",
    "errors",
    "errors_left",
    "n_referred",
    "accuracy",
    "mean_confidence",
    "nll",
    "n_floored",
    "brier",
    "ece",
    "adaptive_ece",
    "aurc",
    "excess_aurc",
)
_REFERRED = (0, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 50)
"""Per cent that go to a person, at the points of a curve."""


def list_rows(report: "CalibrationReport") -> list[dict[str, Any]]:
    """Return the figures of each member and of the ensemble, as stored and at its temperature.

    A row as stored has no temperature.
    """
    return list(_iterate_rows(report))


def _iterate_rows(report: "CalibrationReport") -> Iterator[dict[str, Any]]:
    for row in (*report.members, report.ensemble):
        yield _figures(report, row.key, row.plain, None)
        if row.calibrated is not None:
            yield _figures(report, row.key, row.calibrated, row.temperature)


def _figures(
    report: "CalibrationReport",
    key: str,
    found: "Calibration",
    temperature: "Temperature | None",
) -> dict[str, Any]:
    curve = found.risk_coverage
    values = (
        key,
        report.split,
        None if temperature is None else temperature.value,
        None if temperature is None else temperature.split,
        None if temperature is None else temperature.is_at_bound,
        found.errors,
        curve.count_left(report.n_referred),
        report.n_referred,
        found.accuracy,
        found.mean_confidence,
        found.nll,
        found.n_floored,
        found.brier,
        found.even.ece,
        found.adaptive.ece,
        curve.aurc,
        curve.excess_aurc,
    )
    return dict(zip(COLUMNS, values, strict=True))


def describe(report: "CalibrationReport") -> dict[str, Any]:
    """Return a report as JSON: the rows, and the ensemble's bins, curves and doubts."""
    ensemble, fitted = report.ensemble, report.fitted
    found = {"as_stored": ensemble.plain, "at_temperature": ensemble.calibrated}
    chance = {"as_stored": report.chance_ece, "at_temperature": report.chance_ece_calibrated}
    return {
        "run": report.run,
        "split": report.split,
        "n_examples": ensemble.plain.n_examples,
        "n_members": len(report.members),
        "refer_percent": report.refer,
        "temperature": None
        if fitted is None
        else {
            "split": fitted.split,
            "is_fitted_on_these": report.is_fitted_on_these,
            "n_voters": fitted.n_voters,
            "ensemble": fitted.ensemble.value,
        },
        "rows": list_rows(report),
        "ece_by_chance": {
            name: {"mean": each.mean, "high_95": each.high, "n_draws": each.n_draws}
            for name, each in chance.items()
            if each is not None
        },
        "bins": {
            name: {"even": _list_bins(each.even), "adaptive": _list_bins(each.adaptive)}
            for name, each in found.items()
            if each is not None
        },
        "risk_coverage": {
            **{name: _describe_curve(e.risk_coverage) for name, e in found.items() if e},
            "by_predictive_entropy": _describe_curve(report.by_entropy),
            "by_mutual_information": _describe_curve(report.by_mutual_information),
        },
        "uncertainty": describe_uncertainty(report),
    }


def describe_uncertainty(report: "CalibrationReport") -> dict[str, dict[str, float | None]]:
    """Return mean doubts of the ensemble on all its answers, right ones and wrong ones."""
    is_right, found = report.ensemble.plain.is_right, report.uncertainty
    rows = {"all": is_right | ~is_right, "right": is_right, "wrong": ~is_right}
    return {
        which: {
            "predictive_entropy": _average(found.predictive_entropy, chosen),
            "expected_entropy": _average(found.expected_entropy, chosen),
            "mutual_information": _average(found.mutual_information, chosen),
        }
        for which, chosen in rows.items()
    }


def _average(values: "Floats", chosen: "Booleans") -> float | None:
    return float(values[chosen].mean()) if chosen.any() else None


def _list_bins(bins: "Bins") -> list[dict[str, Any]]:
    columns = (bins.low, bins.high, bins.counts, bins.confidence, bins.accuracy)
    return [
        {
            "low": low,
            "high": high,
            "count": count,
            "confidence": confidence if count else None,
            "accuracy": accuracy if count else None,
        }
        for low, high, count, confidence, accuracy in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _describe_curve(curve: RiskCoverage) -> dict[str, Any]:
    points = []
    for percent in _REFERRED:
        n_referred = count_referred(curve.n_examples, percent)
        n_kept, left = curve.n_examples - n_referred, curve.count_left(n_referred)
        points.append(
            {
                "referred_percent": percent,
                "n_referred": n_referred,
                "coverage": n_kept / curve.n_examples,
                "errors_left": left,
                "risk": left / n_kept,
            }
        )
    return {"aurc": curve.aurc, "excess_aurc": curve.excess_aurc, "points": points}
