r"""Say how far probabilities can be believed.

A row for each member, for the ensemble (the mean of the members' probabilities), and for the
ensemble at the temperature T that fits the validation labels best. NLL (nats), Brier (sum over
classes, 0 to 2), ECE with bins of equal width (low < confidence <= high) and of equal mass
(adapt.), AURC (mean share of errors among the surest, in per mille), and the errors left if
the least sure answers go to a person. Lower is better in each; T below 1 means that the answers
were not sure enough, above 1 that they were too sure.

Calibrated answers have an ECE above zero too, by chance; the last lines say how large. Rank nets
by NLL or Brier score. json and csv hold more, such as every member at its own T; a figure has
confidence against errors, and the errors left for every number of answers. Examples:

\b
  ensemble-lab calibration RUN --split test --refer 1
  ensemble-lab calibration RUN -o calibration.png
"""

from typing import TYPE_CHECKING, Annotated

from ensemble_lab.cli.arguments import Option, UsageError
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
    render_share,
    render_table,
)
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.analysis.calibration.measures import Calibration
    from ensemble_lab.analysis.calibration.temperature import Temperature
    from ensemble_lab.workflows.calibration import CalibrationReport

__all__ = ["command"]

_NUMBERS = ("errors", "left", "NLL", "Brier", "ECE", "adapt.", "AURC ‰", "T")


def command(
    run: RunFolder,
    split: OwnSplit = None,
    members: Members = [],  # noqa: B006 - read, never written
    refer: Annotated[
        float,
        Option(
            "--refer",
            min=0,
            max=100,
            metavar="PERCENT",
            help="How many of the examples, the least sure, go to a person.",
        ),
    ] = 0.5,
    bins: Annotated[
        int | None,
        Option(
            "--bins",
            min=1,
            max=1000,
            metavar="N",
            help="Bins of the ECE; 15 unless given.",
            show_default=False,
        ),
    ] = None,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Say how far probabilities can be believed."""
    from ensemble_lab.analysis.calibration.measures import N_BINS
    from ensemble_lab.cli.calibration_rows import COLUMNS, describe, list_rows
    from ensemble_lab.workflows.calibration import save_calibration, score_calibration

    refuse_format_of_figure(output, format)
    if output is not None and bins is not None:
        raise UsageError("a figure has bins of its own; leave out --bins or -o")
    patterns = tuple(members)
    if output is not None:
        report = save_calibration(run, output, split, members=patterns, refer=refer)
        print(output)
    else:
        n_bins = N_BINS if bins is None else bins
        report = score_calibration(run, split, members=patterns, n_bins=n_bins, refer=refer)
        if format == "json":
            print(render_json(describe(report)))
        elif format == "csv":
            print(render_csv(list_rows(report), COLUMNS))
        else:
            print(_render(report))
    note_look(report.look)


def _render(report: "CalibrationReport") -> str:
    ensemble = report.ensemble
    rows = [
        _row(row.key, row.plain, row.temperature, report.n_referred)
        for row in (*report.members, ensemble)
    ]
    if ensemble.temperature is not None and ensemble.calibrated is not None:
        key = f"ensemble, T {_render_temperature(ensemble.temperature, equal='= ')}"
        rows.append(_row(key, ensemble.calibrated, None, report.n_referred))
    table = render_table(rows, list(rows[0]), to_right=_NUMBERS)
    return "\n".join([table, *_explain(report)])


def _row(
    key: str, found: "Calibration", temperature: "Temperature | None", n_referred: int
) -> dict[str, str]:
    numbers = (
        str(found.errors),
        _render_errors(found.risk_coverage.count_left(n_referred)),
        f"{found.nll:.4f}",
        f"{found.brier:.4f}",
        f"{found.even.ece:.4f}",
        f"{found.adaptive.ece:.4f}",
        _render_per_mille(found.risk_coverage.aurc),
        "–" if temperature is None else _render_temperature(temperature),
    )
    return {"member": key} | dict(zip(_NUMBERS, numbers, strict=True))


def _render_temperature(temperature: "Temperature", equal: str = "") -> str:
    if temperature.is_at_bound:
        equal = "≤ " if temperature.value < 1 else "≥ "
    return f"{equal}{temperature.value:.2f}"


def _render_per_mille(share: float) -> str:
    """Return a share in per mille: three decimals, fewer of a large one.

    Examples
    --------
    >>> _render_per_mille(2.8e-05), _render_per_mille(0.0123456), _render_per_mille(0.25)
    ('0.028', '12.35', '250.0')
    """
    value = 1000 * share
    return f"{value:.{3 if value < 9.9995 else 2 if value < 99.995 else 1}f}"


def _render_errors(count: float) -> str:
    """Return a number of errors, whole unless equally sure answers leave it open."""
    return f"{count:.0f}" if abs(count - round(count)) < 1e-9 else f"{count:.1f}"


def _explain(report: "CalibrationReport") -> list[str]:
    plain, calibrated = report.ensemble.plain, report.ensemble.calibrated
    n_members = len(report.members)
    named = render_count(n_members, "member")
    examples = render_count(report.n_referred, "example")
    at_best = "" if calibrated is None else f", at T {render_share(calibrated.mean_confidence)}"
    return [
        render_sentence(
            f"{plain.n_examples:,} examples of {report.split}; ensemble: mean probability of "
            f"{named}"
        ),
        f"left: errors left if the least sure {report.refer:g} % ({examples}) go to a person",
        *_explain_temperature(report),
        f"ensemble: mean confidence {render_share(plain.mean_confidence)}{at_best}; accuracy "
        f"{render_share(plain.accuracy)}",
        *_explain_chance(report),
        *_explain_uncertainty(report),
    ]


def _explain_temperature(report: "CalibrationReport") -> list[str]:
    fitted = report.fitted
    if fitted is None:
        return ["T: none, for the run has no validation split to fit it on"]
    lines = [f"T: fitted on {fitted.split}; all rows but the last are as stored"]
    if report.is_fitted_on_these:
        lines = [f"T: fitted on these {fitted.split} labels, so the last row is no fair test of it"]
    if any(each.is_at_bound for each in (fitted.ensemble, *fitted.members)):
        lines.append("   (≤ or ≥: none is best; if all answers there are right, colder is better)")
    if fitted.n_voters < len(report.members):
        who = "1 member answers" if fitted.n_voters == 1 else f"{fitted.n_voters} members answer"
        lines.append(f"   (of the ensemble: there {who} each example, here {len(report.members)})")
    return lines


def _explain_chance(report: "CalibrationReport") -> list[str]:
    chance, calibrated = report.chance_ece, report.chance_ece_calibrated
    text = f"ECE by chance, if calibrated: {chance.mean:.4f} (95 % ≤ {chance.high:.4f})"
    if calibrated is not None:
        text += f", at T {calibrated.mean:.4f} (≤ {calibrated.high:.4f})"
    return [text]


def _explain_uncertainty(report: "CalibrationReport") -> list[str]:
    from ensemble_lab.cli.calibration_rows import describe_uncertainty

    lines = []
    means = describe_uncertainty(report)
    for name, words in (
        ("predictive_entropy", "predictive entropy"),
        ("mutual_information", "mutual information"),
    ):
        right, wrong = means["right"][name], means["wrong"][name]
        parts = [
            f"{which} {value:.4f}"
            for which, value in (("right", right), ("wrong", wrong))
            if value is not None
        ]
        lines.append(f"{words} {means['all'][name]:.4f} nats ({', '.join(parts)})")
    return lines
