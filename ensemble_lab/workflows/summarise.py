"""One table of all experiments, and the frontier figure, from their results.json files."""

from pathlib import Path

from ensemble_lab.figures.files import check_figure_path
from ensemble_lab.figures.frontier import FrontierPoint, draw_frontier
from ensemble_lab.spec.presets import PRESETS
from ensemble_lab.spec.published import Published
from ensemble_lab.store.files import check_target, replacing
from ensemble_lab.workflows.experiments import ExperimentResults, GroupResults, find_results
from ensemble_lab.workflows.summary import GroupRow, Summary, VoteRow
from ensemble_lab.workflows.summary_text import render_summary

__all__ = ["frontier_points", "save_summary", "summarise"]


def summarise(folder: Path | str) -> Summary:
    """Return what the results.json files of a folder's experiments say.

    A preset that was measured in several experiments has a row for each.

    Raises
    ------
    MissingError
        There is no such folder, or no ``*/results.json`` in it.
    DamagedError
        A file is no JSON, or a key is missing or holds something else.
    """
    experiments = find_results(folder)
    groups = [_group_row(each, group) for each in experiments for group in each.groups]
    order = {name: place for place, name in enumerate(PRESETS)}
    groups.sort(key=lambda row: order[row.preset.name] if row.preset else len(order))
    measured = {row.preset.name for row in groups if row.preset}
    return Summary(
        folder=Path(folder),
        experiments=experiments,
        groups=tuple(groups),
        votes=tuple(
            VoteRow(each, vote, _left_for_votes(each, groups))
            for each in experiments
            for vote in each.votes
            if each.n_members > 1
        ),
        not_measured=tuple(p for name, p in PRESETS.items() if name not in measured),
    )


def _group_row(experiment: ExperimentResults, group: GroupResults) -> GroupRow:
    preset = PRESETS.get(group.preset or "")
    stated = preset.published if preset else ()
    # What several groups' experiment quotes is about one of them, or about their vote.
    of_all = experiment.published if len(experiment.groups) == 1 else ()
    return GroupRow(experiment, group, preset, stated or of_all)


def _left_for_votes(experiment: ExperimentResults, groups: list[GroupRow]) -> tuple[Published, ...]:
    shown = {each for row in groups if row.experiment is experiment for each in row.published}
    return tuple(each for each in experiment.published if each not in shown)


def frontier_points(summary: Summary) -> tuple[FrontierPoint, ...]:
    """Return the points of the frontier: groups, and the majority vote of each experiment.

    Only experiments on MNIST as it is, 28 × 28 pixels: what others state is about that. The
    vote drawn is by the first rule, `majority`, whatever the others reached: to draw the
    best of them would choose on test.
    """
    points = [
        FrontierPoint(
            label=row.name,
            n_members=1,
            errors=row.group.test_errors.mean,
            sd=row.group.test_errors.sd,
            tflop=row.group.tflop or 0.0,
        )
        for row in summary.groups
        if _is_plain_mnist(row.experiment)
    ]
    for each in summary.experiments:
        if each.n_members > 1 and each.votes and _is_plain_mnist(each):
            label = f"{each.folder.name}, {each.n_members} members"
            errors = each.votes[0].errors
            points.append(FrontierPoint(label, each.n_members, errors, None, each.tflop))
    return tuple(points)


def _is_plain_mnist(experiment: ExperimentResults) -> bool:
    data = experiment.data
    return data.name == "mnist" and data.canvas is None and not data.transforms


def save_summary(
    folder: Path | str, path: Path | str, *, figure: Path | str | None = None
) -> Summary:
    """Write `render_summary` of a folder's experiments, and the frontier figure.

    Parameters
    ----------
    folder : path
        Holds the experiments' folders.
    path : path
        The Markdown file; links in it are relative to it.
    figure : path, optional
        A png, svg or pdf file, which the Markdown shows.

    Raises
    ------
    MissingError, DamagedError
        As `summarise`.
    PredictionError
        `figure` ends otherwise.
    StoreError
        A file cannot be written.
    """
    check_target(Path(path))
    if figure is not None:
        check_figure_path(figure)
    summary = summarise(folder)
    text = render_summary(summary, path, figure=figure)
    if figure is not None:
        draw_frontier(frontier_points(summary), path=figure)
    with replacing(Path(path)) as partial:
        partial.write_text(text, encoding="utf-8")
    return summary
