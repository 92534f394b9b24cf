r"""Measure how differently the members err.

By votes: means over all pairs of members, measures of all members together, and the errors that
no choice among them could avoid. By probabilities: the log loss of the normalised geometric mean
of all members is their mean log loss less their diversity. The mean log loss is bias and
variance, estimated where each group has at least two seeds; the variance is that of seeds alone.

The table has one number a measure; json has the matrices of pairs too, csv a row a pair, and a
figure one matrix. Examples:

\b
  ensemble-lab diversity RUN
  ensemble-lab diversity RUN --split test --format csv
  ensemble-lab diversity RUN -o pairs.png --measure double-fault
"""

from math import floor, log10
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
    render_table,
)
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    import numpy as np

    from ensemble_lab.workflows.diversity import DiversityReport

__all__ = ["MeasureName", "command"]

MeasureName = Literal["disagreement", "class-disagreement", "double-fault", "error-correlation"]


def command(
    run: RunFolder,
    split: OwnSplit = None,
    members: Members = [],  # noqa: B006 - read, never written
    measure: Annotated[
        MeasureName | None,
        Option(
            "--measure",
            help="What -o draws of each pair; error-correlation unless given.",
            show_default=False,
        ),
    ] = None,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Measure how differently the members err."""
    from ensemble_lab.workflows.diversity import build_diversity, save_diversity

    refuse_format_of_figure(output, format)
    if measure is not None and output is None:
        raise UsageError("--measure chooses what is drawn; add -o FILE")
    patterns = tuple(members)
    if output is not None:
        drawn = measure or "error-correlation"
        report = save_diversity(run, output, split, measure=drawn, members=patterns)
        print(output)
    else:
        report = build_diversity(run, split, members=patterns)
        if format == "json":
            print(render_json(_to_json(report)))
        elif format == "csv":
            rows = _list_pairs(report)
            print(render_csv(rows, list(rows[0])))
        else:
            print(_render(report))
    note_look(report.look)


def _to_json(report: "DiversityReport") -> dict[str, Any]:
    found, parts = report.diversity, report.log_loss
    return {
        "split": report.split,
        "n_examples": found.n_examples,
        "members": list(report.members),
        "errors": found.errors.tolist(),
        "measures": {_field(name): value for name, value in found.means.items()}
        | {
            "interrater_kappa": found.kappa,
            "kohavi_wolpert_variance": found.kohavi_wolpert,
            "entropy": found.entropy,
            "oracle_errors": found.oracle_errors,
            "errors_alike": found.errors_alike,
        },
        "log_loss": None
        if parts is None
        else {
            "ensemble": parts.ensemble,
            "members": parts.members,
            "diversity": parts.diversity,
            "bias": parts.bias,
            "variance": parts.variance,
            "n_floored": parts.n_floored,
        },
        "pairs": {
            _field(name): [_without_nan(row) for row in matrix]
            for name, matrix in found.pairs.items()
        },
    }


def _list_pairs(report: "DiversityReport") -> list[dict[str, Any]]:
    """Return a row for each pair of different members."""
    import numpy as np

    first, second = np.triu_indices(len(report.members), 1)
    columns: dict[str, list[Any]] = {
        "first": [report.members[row] for row in first.tolist()],
        "second": [report.members[row] for row in second.tolist()],
    }
    for name, matrix in report.diversity.pairs.items():
        columns[_field(name)] = _without_nan(matrix[first, second])
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _field(name: str) -> str:
    return name.replace("-", "_")


def _without_nan(values: "np.ndarray[Any, Any]") -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]


def _render(report: "DiversityReport") -> str:
    rows = [
        {"measure": name, "value": text, "range": span, "more diverse": direction}
        for name, text, span, direction in (*_list_vote_rows(report), *_list_loss_rows(report))
    ]
    return "\n".join([render_table(rows, list(rows[0]), to_right=["value"]), *_list_notes(report)])


_Row = tuple[str, str | None, str, str]
"""Name, value, range and direction of a measure."""


def _list_vote_rows(report: "DiversityReport") -> list[_Row]:
    found = report.diversity
    means, lowest = found.means, f"−{1 / (found.n_members - 1):.2g}"
    rho, kappa = _write_decimals(means["error-correlation"]), _write_decimals(found.kappa)
    return [
        ("disagreement, mean of pairs", _write(means["disagreement"]), "0 to 1", "higher"),
        ("disagreement on the class", _write(means["class-disagreement"]), "0 to 1", "higher"),
        ("double fault", _write(means["double-fault"]), "0 to 1", "lower"),
        ("error correlation ρ", rho, "−1 to 1", "lower"),
        ("interrater agreement κ", kappa, f"{lowest} to 1", "lower"),
        ("Kohavi–Wolpert variance", _write(found.kohavi_wolpert), "0 to 0.25", "higher"),
        ("entropy E", _write(found.entropy), "0 to 1", "higher"),
        ("oracle errors: all wrong", f"{found.oracle_errors:,}", "from 0", "lower"),
        ("all wrong alike", f"{found.errors_alike:,}", "from 0", "lower"),
    ]


def _list_loss_rows(report: "DiversityReport") -> list[_Row]:
    parts = report.log_loss
    if parts is None:
        return []
    return [
        ("log loss, mean of members", _write(parts.members), "from 0", ""),
        ("  bias", _write(parts.bias), "", ""),
        ("  variance over seeds", _write(parts.variance), "from 0", ""),
        ("  diversity", _write(parts.diversity), "from 0", "higher"),
        ("log loss of geometric mean", _write(parts.ensemble), "from 0", ""),
    ]


def _list_notes(report: "DiversityReport") -> list[str]:
    found, parts = report.diversity, report.log_loss
    n_members = found.n_members
    n_pairs = n_members * (n_members - 1) // 2
    pairs = render_count(n_pairs, "pair")
    notes = [
        f"{found.n_examples:,} examples of {report.split}; {pairs} of {n_members} members, "
        f"mean {found.errors.mean():.1f} errors"
    ]
    if n_steady := int((found.errors % found.n_examples == 0).sum()):
        steady = render_count(n_steady, "member")
        notes.append(f"error correlation leaves out {steady}, always right or always wrong")
    if parts is None:
        return [*notes, "no log loss: a member has votes only"]
    if parts.bias is None:
        notes.append("no bias and variance: a group has one member")
    known = "" if parts.bias is None else "members = bias + variance, "
    notes.append(f"nats; {known}geometric mean = members − diversity")
    if parts.n_floored:
        notes.append(f"probabilities that count as 1.2e-38, being less: {parts.n_floored:,}")
    return notes


def _write(value: float | None) -> str | None:
    """Return a number with four significant digits, and four decimals at least.

    Shares of errors are small: four decimals would leave one digit of most.

    Examples
    --------
    >>> _write(0.65), _write(0.00123456), _write(0.0)
    ('0.6500', '0.001235', '0.0000')
    """
    if value is None:
        return None
    digits = max(4, 3 - floor(log10(abs(value)))) if value else 4
    return f"{value:.{min(digits, 12)}f}"


def _write_decimals(value: float | None) -> str | None:
    """Return a correlation, which is small by chance alone, with four decimals."""
    return None if value is None else f"{value:z.4f}"
