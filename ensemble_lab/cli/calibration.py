r"""Measure how far probabilities can be believed.

\b
  NLL       mean negative log-likelihood of the labels, nats
  Brier     mean squared difference to the label, summed over classes, 0 to 2
  ECE       expected calibration error in 15 bins of equal width
  adaptive  the same in bins of equally many examples
  AURC      mean share of errors among the surest, over all coverages, in 1/10,000
  left      errors left if the least sure (--refer, in percent) go to a person
  T         temperature fitted on validation: above 1 the answers are too sure

Lower is better in all but T. The ensemble is the mean of the members' probabilities; its
temperature is fitted on that mean. An ECE is never 0 by chance; the last lines say what a perfectly
calibrated ensemble would have. Examples:

\b
  ensemble-lab calibration RUN
  ensemble-lab calibration RUN --split test -o calibration.png
"""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ensemble_lab.cli.options import (
    FigureFile,
    Members,
    OwnSplit,
    RunFolder,
    refuse_format_of_figure,
)
from ensemble_lab.cli.output import (
    DataFormat,
    note_look,
    render_csv,
    render_json,
    render_sentence,
    render_table,
)

if TYPE_CHECKING:
    from ensemble_lab.workflows.calibration import CalibrationReport, CalibrationRow

__all__ = ["command"]

_COVERAGES = (1.0, 0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5)


def command(
    run: RunFolder,
    split: OwnSplit = None,
    members: Members = [],  # noqa: B006 - typer reads it, nobody writes it
    refer: Annotated[
        float,
        typer.Option(
            "--refer", metavar="PERCENT", help="Share of the least sure that go to a person."
        ),
    ] = 0.5,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Measure how far probabilities can be believed."""
    from ensemble_lab.workflows.calibration import measure_run, save_calibration

    refuse_format_of_figure(output, format)
    patterns = tuple(members)
    if output is not None:
        report = save_calibration(run, output, split, members=patterns, refer=refer)
        print(output)
    else:
        report = measure_run(run, split, members=patterns, refer=refer)
        rows = [_list_row(row) for row in _rows(report)]
        if format == "json":
            print(render_json(_list_values(report, rows)))
        elif format == "csv":
            print(render_csv(rows, list(rows[0])))
        else:
            print(_render(report, rows))
    note_look(report.look)


def _rows(report: "CalibrationReport") -> "list[CalibrationRow]":
    calibrated = [] if report.calibrated is None else [report.calibrated]
    return [*report.members, report.ensemble, *calibrated]


def _list_row(row: "CalibrationRow") -> dict[str, Any]:
    scores = row.scores
    return {
        "name": row.name,
        "errors": scores.errors,
        "nll": scores.nll,
        "brier": scores.brier,
        "ece": scores.even.ece,
        "adaptive_ece": scores.adaptive.ece,
        "mean_confidence": scores.mean_confidence,
        "aurc": scores.risk_coverage.aurc,
        "excess_aurc": scores.risk_coverage.excess_aurc,
        "errors_left": row.errors_left,
        "temperature": row.temperature,
        "n_floored": scores.n_floored,
    }


def _list_values(report: "CalibrationReport", rows: list[dict[str, Any]]) -> dict[str, Any]:
    scores, n = report.ensemble.scores, report.n_examples
    bins = scores.even
    errors = scores.risk_coverage.errors
    temperature = report.temperature
    return {
        "split": report.split,
        "n_examples": n,
        "n_referred": report.n_referred,
        "rows": rows,
        "chance_ece": report.chance_ece,
        "temperature": None
        if temperature is None
        else {
            "value": temperature.value,
            "is_at_bound": temperature.is_at_bound,
            "fitted_on": temperature.split,
        },
        "predictive_entropy": _name_both(report.entropy),
        "mutual_information": _name_both(report.mutual_information),
        "bins": [
            {
                "low": low,
                "high": high,
                "count": count,
                "confidence": _known(confidence),
                "accuracy": _known(accuracy),
            }
            for low, high, count, confidence, accuracy in zip(
                bins.low.tolist(),
                bins.high.tolist(),
                bins.counts.tolist(),
                bins.confidence.tolist(),
                bins.accuracy.tolist(),
                strict=True,
            )
        ],
        "risk_coverage": [
            {"coverage": kept / n, "errors": float(errors[kept])}
            for kept in dict.fromkeys(max(1, round(share * n)) for share in _COVERAGES)
        ],
    }


def _render(report: "CalibrationReport", rows: list[dict[str, Any]]) -> str:
    table = [
        {
            "": row["name"],
            "errors": row["errors"],
            "NLL": f"{row['nll']:.4f}",
            "Brier": f"{row['brier']:.4f}",
            "ECE": f"{row['ece']:.4f}",
            "adaptive": f"{row['adaptive_ece']:.4f}",
            "AURC": f"{row['aurc'] * 1e4:.2f}",
            "left": f"{row['errors_left']:.1f}",
            "T": "–" if row["temperature"] is None else f"{row['temperature']:.2f}",
        }
        for row in rows
    ]
    columns = list(table[0])
    lines = [render_table(table, columns, to_right=columns[1:])]
    lines.append(
        render_sentence(
            f"{report.n_examples:,} examples of {report.split}; left: if the "
            f"{report.n_referred:,} least sure go to a person; an ECE up to "
            f"{report.chance_ece:.4f} is chance. {_say_temperature(report)}"
        )
    )
    lines.append(render_sentence(_say_doubt(report)))
    return "\n".join(lines)


def _say_temperature(report: "CalibrationReport") -> str:
    found = report.temperature
    if found is None:
        return "No temperature: the members share no validation examples"
    where = "these very examples" if report.is_fitted_here else found.split
    text = f"T was fitted on {where}"
    return f"{text}, and is at the end of its range" if found.is_at_bound else text


def _say_doubt(report: "CalibrationReport") -> str:
    parts = []
    for what, (right, wrong) in (
        ("predictive entropy", report.entropy),
        ("mutual information", report.mutual_information),
    ):
        values = [
            f"{value:.3f} where {where}"
            for value, where in ((right, "right"), (wrong, "wrong"))
            if not math.isnan(value)
        ]
        parts.append(f"{what} {' and '.join(values)}")
    return f"Mean {', '.join(parts)}, nats"


def _name_both(values: tuple[float, float]) -> dict[str, float | None]:
    return {"right": _known(values[0]), "wrong": _known(values[1])}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
