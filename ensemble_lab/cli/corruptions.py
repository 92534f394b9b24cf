r"""Count errors on corrupted images, or list corruptions.

Predicts with all members on what corruptions make of the run's test images, at strengths 1 to 5,
and tabulates the errors of the vote and of the members. Each becomes a split of the run, such as
test-blur3, for every command; what is predicted once is not predicted again.

\b
  ensemble-lab corruptions                                 lists corruptions
  ensemble-lab corruptions --show FILE --data mnist:test   what they look like
  ensemble-lab corruptions RUN --only blur --only shift -o FIGURE
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.options import (
    DataDir,
    EngineName,
    Members,
    Rule,
    Ties,
    Workers,
    build_decision,
)
from ensemble_lab.cli.output import (
    note,
    note_look,
    render_csv,
    render_json_rows,
    render_sentence,
    render_table,
)
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.corruption_rows import CorruptionErrors
    from ensemble_lab.workflows.corruptions import CorruptionQuestion, CorruptionReport

__all__ = ["command", "render_corruptions", "render_list"]

By = Literal["group", "member"]
FormatName = Literal["table", "json", "csv"]

OptionalRun = Annotated[
    Path | None, Argument(metavar="RUN", help="Run folder.", show_default=False)
]
Data = Annotated[
    str | None,
    Option("--data", metavar="SOURCE[:SPLIT]", help="Corrupt this; default the run's test images."),
]
Only = Annotated[
    list[str],
    Option("--only", metavar="NAME", help="This corruption; repeat for more.", show_default=False),
]
Strengths = Annotated[str | None, Option("--strengths", metavar="I,J", help="1 to 5; default all.")]
ByWhom = Annotated[By, Option("--by", help="Beside the vote: means of groups, or each member.")]
CorruptionFormat = Annotated[FormatName, Option("--format", help="How to print.")]
Curves = Annotated[
    Path | None,
    Option("-o", "--output", metavar="FILE", help="Draw errors against strength: png, svg or pdf."),
]
Show = Annotated[
    Path | None,
    Option("--show", metavar="FILE", help="Draw what images become, and stop: png, svg or pdf."),
]
ShownIndex = Annotated[
    str | None,
    Option(
        "--index",
        metavar="I,J",
        help="Which images --show draws; the first unless given.",
        show_default=False,
    ),
]
SplitsName = Annotated[
    str | None, Option("--as", metavar="NAME", help="What the splits' names begin with.")
]
NoPredict = Annotated[
    bool, Option("--no-predict", help="Tabulate what is there, and say what is not.")
]


def command(
    run: OptionalRun = None,
    data: Data = None,
    only: Only = [],  # noqa: B006 - read, never written
    strengths: Strengths = None,
    members: Members = [],  # noqa: B006
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    by: ByWhom = "group",
    format: CorruptionFormat = "table",
    output: Curves = None,
    show: Show = None,
    index: ShownIndex = None,
    name: SplitsName = None,
    no_predict: NoPredict = False,
    engine: EngineName = "process",
    workers: Workers = None,
    data_dir: DataDir = None,
) -> None:
    """Count errors on corrupted images, or list corruptions."""
    if show is not None:
        from ensemble_lab.workflows.corruption_figures import save_corruption_examples

        numbers = () if index is None else _parse_numbers(index, "index")
        names = tuple(only)
        save_corruption_examples(
            show, run=run, data=data, index=numbers, only=names, data_dir=data_dir
        )
        print(show)
        return
    if index is not None:
        raise UsageError("--index says which images --show draws")
    if run is None:
        if data is not None or output is not None or only or strengths is not None:
            raise UsageError("name a RUN, or a picture of the images with --show")
        print(render_list(format))
        return
    from ensemble_lab.workflows.corruptions import CorruptionQuestion

    question = CorruptionQuestion(
        data=data,
        name=name,
        only=tuple(only),
        strengths=() if strengths is None else _parse_numbers(strengths, "strength"),
        members=tuple(members),
        decision=build_decision(rule, ties),
    )
    if output is not None:
        from ensemble_lab.figures.files import check_figure_path

        # What cannot be drawn must cost no prediction and no look at the labels.
        check_figure_path(output)
    if not no_predict:
        _predict(run, question, engine=engine, workers=workers, data_dir=data_dir)
    _tell(run, question, by, format, output)


def _parse_numbers(text: str, name: str) -> tuple[int, ...]:
    from ensemble_lab.exceptions import DataError
    from ensemble_lab.spelling import parse_whole

    return tuple(parse_whole(word, name=name, error=DataError) for word in text.split(","))


def _predict(run: Path, question: "CorruptionQuestion", **choice: Any) -> None:
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.workflows.corruptions import predict_corruptions

    with Progress() as progress:
        predict_corruptions(run, question, report=progress.report, **choice)
    for line in progress.summary():
        note(line)


def _tell(
    run: Path, question: "CorruptionQuestion", by: By, format: FormatName, output: Path | None
) -> None:
    from ensemble_lab.workflows.corruptions import score_corruptions

    report = score_corruptions(run, question)
    print(render_corruptions(report, by, format))
    if report.missing:
        note(f"not predicted by all members: {', '.join(report.missing)}")
    if output is not None:
        from ensemble_lab.workflows.corruption_figures import save_corruption_curves

        save_corruption_curves(report, output, by=by)
        note(f"drew {output}")
    note_look(report.look)


def render_list(format: FormatName) -> str:
    """Return what corruptions there are, with their parameters and whose they are."""
    from ensemble_lab.data.corruptions import CORRUPTIONS

    if format == "table":
        return "\n".join(
            f"{render_sentence(f'{name}: {row.description}', indent='    ')}\n"
            f"    {', '.join(f'{value:g}' for value in row.parameters)} {row.unit}\n"
            f"{render_sentence(row.source, first='    ', indent='    ')}"
            for name, row in CORRUPTIONS.items()
        )
    rows = [
        {
            "corruption": name,
            "parameters": list(row.parameters),
            "unit": row.unit,
            "is_random": row.is_random,
            "description": row.description,
            "source": row.source,
        }
        for name, row in CORRUPTIONS.items()
    ]
    return render_json_rows(rows) if format == "json" else render_csv(rows, list(rows[0]))


def render_corruptions(report: "CorruptionReport", by: By, format: FormatName) -> str:
    """Return the errors of the vote and of the members in that format."""
    from ensemble_lab.workflows.corruption_rows import list_corruption_errors

    found = list_corruption_errors(report, by=by)
    if format != "table":
        rows = [asdict(row) for row in found]
        return render_json_rows(rows) if format == "json" else render_csv(rows, list(rows[0]))
    vote = report.corrupted[0].report
    members = render_count(len(vote.members), "member")
    clean = "" if report.clean is None else f" of {report.clean.split}, clean and"
    told = (
        f"errors in {vote.n_examples:,} examples{clean} by strength; {members}, "
        f"{vote.decision.text}"
    )
    return f"{_render_wide(found)}\n{render_sentence(told)}"


def _render_wide(found: "tuple[CorruptionErrors, ...]") -> str:
    """Return a table with a row for each corruption and voter, a column for each strength."""
    cells = {
        (row.corruption, row.kind, row.voter, row.strength): _render_cell(row) for row in found
    }
    lines = dict.fromkeys((row.corruption, row.kind, row.voter) for row in found if row.strength)
    columns = {}
    for strength in sorted({row.strength for row in found}):
        of = [
            cells.get((name if strength else "clean", kind, voter, strength), "–")
            for name, kind, voter in lines
        ]
        head = str(strength or "clean")
        width = max(map(len, (head, *of)))
        columns[head.rjust(width)] = [cell.rjust(width) for cell in of]
    # A corruption is named in the vote's line, which is its first.
    names = [name if kind == "vote" else "" for name, kind, _ in lines]
    voters = [voter for _, _, voter in lines]
    columns = {"corruption": names, "voter": voters} | columns
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return render_table(rows, list(columns))


def _render_cell(row: "CorruptionErrors") -> str:
    """Return errors, of several members as mean ± standard deviation."""
    if row.sd is None:
        return f"{row.errors:,.0f}"
    digits = 1 if row.errors < 100 else 0
    return f"{row.errors:,.{digits}f} ± {row.sd:,.{digits}f}"
